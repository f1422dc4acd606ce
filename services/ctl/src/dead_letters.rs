//! Messages that could not take effect: list, replay. Bodies are never shown: they are people's reports.

use anyhow::{anyhow, bail};
use bus::Clock;
use contracts::{id::MessageId, text::mask_numbers};
use outbox::{Db, bulk, dead_letter, entity::dead_letter as letters};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    database,
    screen::{Outcome, both, china, note, say},
    settings::{DatabaseArgs, Operator, Service},
};

/// Letters that are replayed in one transaction.
const AT_ONCE: usize = 200;

/// 死信：未能处理的消息 / dead letters: messages that could not take effect.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Example: gridline dead-letters list --service intake")]
pub enum Command {
    List(ListArgs),
    Replay(ReplayArgs),
}

/// 列出死信（不含正文） / list them, newest first, without their bodies.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline dead-letters list --service dispatch --limit 20")]
pub struct ListArgs {
    /// 只看一个服务 / only those of one service
    #[arg(long, value_name = "SERVICE")]
    service: Option<Service>,
    /// 每个服务最多几条 / most of each service
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// 重新投递死信；服务恢复运行后会再次处理 / send them again; the running service takes them from its outbox.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline dead-letters replay --service dispatch --all")]
pub struct ReplayArgs {
    /// 哪个服务 / whose
    #[arg(long, value_name = "SERVICE")]
    service: Service,
    /// 死信编号 / their ids, as `list` shows them
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<MessageId>,
    /// 全部未重投的 / all that were not replayed yet
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// Lists or replays.
pub async fn run(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::List(args) => list(args).await,
        Command::Replay(args) => replay(args).await,
    }
}

async fn list(args: ListArgs) -> anyhow::Result<Outcome> {
    let operator = Operator::read()?.with(&args.databases);
    let services = args.service.map_or_else(|| Service::ALL.to_vec(), |s| vec![s]);
    let mut good = true;
    say("ID\tSERVICE\tSUBJECT\tCODE\tWHEN\tREPLAYED\tREASON")?;
    for service in services {
        let Some(url) = operator.database(service) else { continue };
        let found = match database::open(service, url).await {
            Ok(db) => dead_letter::list(&db, args.limit.into()).await.map_err(|e| database::unreadable(&e)),
            Err(problem) => Err(problem),
        };
        match found {
            Ok(found) => found.iter().try_for_each(|letter| say(&line(service, letter)))?,
            Err(problem) => {
                note(&format!("{}: {}", service.name(), both(&problem)));
                good = false;
            }
        }
    }
    Ok(Outcome::of(good))
}

fn line(service: Service, l: &letters::Model) -> String {
    let replayed = l.replayed_ms.map_or_else(|| "-".to_owned(), china);
    let fields = [&l.msg_id, service.name(), &subject(&l.subject), &l.code, &china(l.at_ms), &replayed, &l.reason];
    fields.map(|f| f.replace(['\t', '\n', '\r'], " ")).join("\t")
}

/// Tokens of a subject are the sender's choice: one that is no name, or looks like somebody's number, is not shown.
fn subject(subject: &str) -> String {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let token = |t: &str| match t {
        t if t.is_empty() || t.len() > 40 || !t.chars().all(name) => "?".to_owned(),
        t if t.chars().any(|c| c.is_ascii_alphabetic()) => t.to_owned(),
        digits => mask_numbers(digits),
    };
    subject.split('.').map(token).collect::<Vec<_>>().join(".")
}

async fn replay(args: ReplayArgs) -> anyhow::Result<Outcome> {
    let operator = Operator::read()?.with(&args.databases);
    let name = args.service.name();
    let Some(url) = operator.database(args.service) else { bail!("setting services.{}.database is empty", args.service.key()) };
    let db = database::open(args.service, url).await.map_err(|p| anyhow!("{name}: {}", both(&p)))?;
    let (ids, unknown) = if args.all { (waiting(&db).await?, Vec::new()) } else { known(&db, &args.ids).await? };
    let clock = Clock::system();
    let mut done = 0;
    for some in ids.chunks(AT_ONCE) {
        done += dead_letter::replay(&db, some, clock.now()).await?;
    }
    for id in &unknown {
        note(&format!("{id}: {name} 没有这条死信 / {name} has no such dead letter"));
    }
    say(&format!("{name}: {done} replayed, {} unknown", unknown.len()))?;
    Ok(Outcome::of(unknown.is_empty()))
}

/// Ids of all that were not replayed yet.
async fn waiting(db: &Db) -> anyhow::Result<Vec<String>> {
    let ids = letters::Entity::find().filter(letters::Column::ReplayedMs.is_null()).select_only().column(letters::Column::MsgId);
    Ok(ids.into_tuple().all(db.read()).await?)
}

/// Parts `ids` into those that are there and those that are not.
async fn known(db: &Db, ids: &[MessageId]) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let found = bulk::find_in::<letters::Entity>(db.read(), letters::Column::MsgId, &ids).await?;
    Ok(ids.into_iter().partition(|id| found.iter().any(|l| l.msg_id == *id)))
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn subjects_show_names_and_no_numbers_of_people() {
        assert_eq!(subject("intake.v1.submit.hotline-12345"), "intake.v1.submit.hotline-12345");
        assert_eq!(subject("work.v1.act.GRID-360802001001"), "work.v1.act.GRID-360802001001");
        assert_eq!(subject("intake.v1.submit.13800001022"), "intake.v1.submit.138******22");
        assert_eq!(subject("intake.v1.submit.张三\u{1b}[2J"), "intake.v1.submit.?");
    }
}
