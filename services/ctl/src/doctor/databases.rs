//! Each service's database: can it be read, does it keep what it commits, what stayed behind in it?

use std::{fs::File, io::Read, path::Path};

use bus::Clock;
use outbox::{Db, dead_letter, entity::unsent as unsent_rows};
use sea_orm::{DbBackend, DbErr, EntityTrait, QueryOrder, QuerySelect};

use super::finding::{Finding, skew_ms};
use crate::{
    database::{self, row},
    settings::Service,
};

/// Oldest PostgreSQL that is supported.
const MIN_POSTGRES: i64 = 15;
/// An outbox row that is older stays behind; younger ones are on their way.
const LATE_MS: i64 = 60_000;

/// A database that can be read.
#[derive(Debug)]
pub struct Database {
    /// Whose.
    pub service: Service,
    /// Open.
    pub db: Db,
}

/// Opens a service's database and looks at it.
pub async fn examine(service: Service, url: &str, clock: &Clock) -> (Option<Database>, Vec<Finding>) {
    let what = format!("{} database", service.name());
    // opening switches it on, so it must be asked before
    let wal = database::sqlite_file(url).is_none_or(is_wal);
    let db = match database::open(service, url).await {
        Ok(db) => db,
        Err(problem) => return (None, vec![Finding::problem(what, problem)]),
    };
    let mut findings = Vec::new();
    let looked = match db.backend() {
        DbBackend::Postgres => postgres(&db, &what, clock, &mut findings).await,
        _ => sqlite(&db, &what, wal, &mut findings).await,
    };
    let looked = match looked {
        Ok(()) => left_behind(&db, service, clock, &mut findings).await,
        failed => failed,
    };
    match looked {
        Ok(()) => (Some(Database { service, db }), findings),
        Err(e) => {
            let hint = "启动该服务后会自动建表";
            let problem = database::unreadable(&e);
            let en = format!("{}; a service makes its tables when it starts", problem.en);
            findings.push(Finding::fail(what, format!("{}；{hint}", problem.zh), en));
            (None, findings)
        }
    }
}

/// Bytes 18 and 19 of a SQLite file tell the journal mode: 2 is WAL.
fn is_wal(file: &Path) -> bool {
    let mut head = [0u8; 20];
    File::open(file).and_then(|mut f| f.read_exact(&mut head)).is_ok() && head[18..] == [2, 2]
}

async fn migrations(db: &Db) -> Result<i64, DbErr> {
    row(db, "SELECT count(*) AS n FROM seaql_migrations").await?.try_get("", "n")
}

async fn sqlite(db: &Db, what: &str, wal: bool, findings: &mut Vec<Finding>) -> Result<(), DbErr> {
    let tables = migrations(db).await?;
    // set on every connection by the code that services share; 2 is FULL
    let full = row(db, "PRAGMA synchronous").await?.try_get::<i64>("", "synchronous")? >= 2;
    findings.push(if wal && full {
        let text = format!("SQLite，WAL，synchronous=FULL，{tables} 次迁移");
        Finding::ok(what, text, format!("SQLite, WAL, synchronous=FULL, {tables} migrations"))
    } else {
        Finding::warn(
            what,
            "SQLite 未用 WAL 与 synchronous=FULL，断电可能丢失已受理的诉求；请重启该服务",
            "SQLite without WAL and synchronous=FULL: a power failure may lose what was accepted; restart the service",
        )
    });
    Ok(())
}

async fn postgres(db: &Db, what: &str, clock: &Clock, findings: &mut Vec<Finding>) -> Result<(), DbErr> {
    let tables = migrations(db).await?;
    let before = clock.now().timestamp_millis();
    let answer = row(
        db,
        "SELECT current_setting('server_version_num')::bigint AS version, current_setting('fsync') AS fsync, \
         current_setting('synchronous_commit') AS commit, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
    )
    .await?;
    let after = clock.now().timestamp_millis();
    let version = answer.try_get::<i64>("", "version")? / 10_000;
    let (fsync, commit): (String, String) = (answer.try_get("", "fsync")?, answer.try_get("", "commit")?);
    findings.push(if version < MIN_POSTGRES {
        Finding::fail(
            what,
            format!("PostgreSQL {version} 太旧，需要 {MIN_POSTGRES} 或更新"),
            format!("PostgreSQL {version} is too old; {MIN_POSTGRES} or newer is needed"),
        )
    } else if fsync != "on" || commit == "off" {
        Finding::warn(
            what,
            format!("fsync={fsync}、synchronous_commit={commit}，断电可能丢失已受理的诉求；请都设为 on"),
            format!("fsync={fsync}, synchronous_commit={commit}: a power failure may lose what was accepted; set both to on"),
        )
    } else {
        let text = format!("PostgreSQL {version}，{tables} 次迁移");
        Finding::ok(what, text, format!("PostgreSQL {version}, {tables} migrations"))
    });
    let skew = skew_ms(answer.try_get("", "now")?, before, after);
    findings.push(Finding::skew(&format!("{what} clock"), skew));
    Ok(())
}

async fn left_behind(db: &Db, service: Service, clock: &Clock, findings: &mut Vec<Finding>) -> Result<(), DbErr> {
    let name = service.name();
    findings.push(outbox(db, name, clock.now().timestamp_millis()).await?);
    let what = format!("{name} dead letters");
    findings.push(match dead_letter::count(db).await? {
        0 => Finding::ok(what, "无", "none"),
        n => Finding::fail(
            what,
            format!("{n} 条；请看 gridline dead-letters list --service {name}"),
            format!("{n}; see `gridline dead-letters list --service {name}`"),
        ),
    });
    Ok(())
}

async fn outbox(db: &Db, name: &str, now: i64) -> Result<Finding, DbErr> {
    let what = format!("{name} outbox");
    let unsent = outbox::relay::unsent(db).await?;
    if unsent == 0 {
        return Ok(Finding::ok(what, "全部已发出", "everything is sent"));
    }
    let oldest = unsent_rows::Entity::find()
        .order_by_asc(unsent_rows::Column::CreatedMs)
        .select_only()
        .column(unsent_rows::Column::CreatedMs);
    // may be sent by now
    let oldest: i64 = oldest.into_tuple().one(db.read()).await?.unwrap_or(now);
    let seconds = (now - oldest).max(0) / 1000;
    let (zh, en) = (format!("{unsent} 条未发出，最久 {seconds} 秒"), format!("{unsent} unsent, the oldest for {seconds} s"));
    Ok(if now - oldest > LATE_MS {
        let (fix_zh, fix_en) = ("请确认该服务在运行、消息流已建立", "is the service running, are the streams provisioned?");
        Finding::fail(what, format!("{zh}；{fix_zh}"), format!("{en}; {fix_en}"))
    } else {
        Finding::warn(what, zh, en)
    })
}
