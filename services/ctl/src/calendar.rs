//! The working-day calendar: what is in force, and a year or the district's own days put in force.

use std::{io::Read as _, path::PathBuf};

use anyhow::Context as _;
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;

use crate::{
    face::{client, good},
    input,
    screen::{Outcome, note, say},
};

/// 工作日历 / the working-day calendar.
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Example: gridline calendar load 2027.csv --source 国办发明电〔2026〕9号 --person 管-1 --reason 2027年安排公布"
)]
pub enum Command {
    Show(ServiceArgs),
    Load(LoadArgs),
}

/// 将一年的放假安排或本区自定的日期生效，暂定时限随即重算 / put a year's arrangement, or the district's own days, in force; provisional deadlines are computed anew.
///
/// Columns: date,kind,statutory,basis; kind: holiday or makeup_workday; basis: arranged (from the notice) or district.
/// What the file says of a year takes the place of what was known of it.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    /// 文件（CSV），- 为标准输入 / the file; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 依据的通知或决定 / the notice or decision that it rests on
    #[arg(long)]
    source: String,
    /// 工号 / staff number of who decides
    #[arg(long)]
    person: String,
    /// 理由 / why
    #[arg(long)]
    reason: String,
    /// 所见的现行版本（show 所示） / the version that one has seen [default: the one in force]
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
}

/// 显示现行日历 / show the calendar in force.
#[derive(Debug, clap::Args)]
pub struct ServiceArgs {
    /// 派单服务地址 / where dispatch's HTTP face is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7403")]
    at: String,
}

#[derive(Deserialize)]
struct InForce {
    version: String,
    published_through: chrono::NaiveDate,
    source: Option<String>,
    days: String,
}

impl ServiceArgs {
    fn url(&self) -> String {
        format!("{}/api/v1/calendar", self.at.trim_end_matches('/'))
    }

    async fn in_force(&self, client: &Client) -> anyhow::Result<InForce> {
        Ok(good(client.get(self.url()).send().await.context(AWAY)?).await?.json().await?)
    }
}

const AWAY: &str = "派单服务无应答 / dispatch does not answer";

/// Shows or loads.
pub async fn run(command: Command) -> anyhow::Result<Outcome> {
    let client = client()?;
    match command {
        Command::Show(service) => {
            let InForce { version, published_through, source, days } = service.in_force(&client).await?;
            say(days.trim_end())?;
            let source = source.unwrap_or_else(|| "程序自带 / built in".to_owned());
            note(&format!("{version}，已公布至 {published_through}，{source} / published through {published_through}"));
            Ok(Outcome::Good)
        }
        Command::Load(args) => load(&client, args).await,
    }
}

async fn load(client: &Client, args: LoadArgs) -> anyhow::Result<Outcome> {
    let mut days = String::new();
    input::open(&args.file)?.read_to_string(&mut days)?;
    let before = match args.from {
        Some(seen) => seen,
        None => args.service.in_force(client).await?.version,
    };
    let body = json!({"days": days, "source": args.source, "from": before, "person": args.person, "reason": args.reason});
    let asked = client.put(args.service.url()).header("idempotency-key", uuid::Uuid::new_v4().to_string()).json(&body);
    good(asked.send().await.context(AWAY)?).await?;
    let after = args.service.in_force(client).await?;
    note(&format!("{before} → {}，已公布至 {} / published through", after.version, after.published_through));
    Ok(Outcome::Good)
}
