//! Is everything as it must be? One line a finding.
//!
//! - [`finding`] what a line says
//! - [`broker`] connection, topology, backlog
//! - [`monitor`] what only nats-server's monitoring address tells: how it syncs, what time it has
//! - [`databases`] each service's database, outbox and dead letters
//! - [`services`] each service's `/readyz`
//! - [`sum`] is every accepted report somewhere?

mod broker;
mod databases;
mod finding;
mod monitor;
mod services;
mod sum;

use std::time::{Duration, Instant};

use bus::{Bus, Clock};
use databases::Database;
use finding::{Finding, Level};
use futures_util::future::join_all;

use crate::{
    screen::{Outcome, note, say},
    settings::{BrokerArgs, DatabaseArgs, Operator, Service},
};

const BETWEEN_ROUNDS: Duration = Duration::from_secs(1);

/// 体检：消息服务器、数据库、服务、工单总数 / check broker, databases, services and that no ticket is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 1 if anything fails.\nExample: gridline doctor --wait 60")]
pub struct Args {
    /// 最多等待多少秒直到没有失败项 / check again until nothing fails, at most this long
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// Checks once, or until nothing fails; prints the findings of the last round.
pub async fn run(args: Args) -> anyhow::Result<Outcome> {
    let operator = Operator::read()?.with(&args.databases).at(args.broker);
    let start = Instant::now();
    let mut told = 0;
    let findings = loop {
        let findings = examine(&operator).await;
        let failed = findings.iter().filter(|f| f.level == Level::Fail).count();
        if failed == 0 || start.elapsed() + BETWEEN_ROUNDS >= Duration::from_secs(args.wait) {
            break findings;
        }
        if failed != told {
            note(&format!("等待中，{failed} 项失败 / waiting: {failed} fail"));
            told = failed;
        }
        tokio::time::sleep(BETWEEN_ROUNDS).await;
    };
    for finding in &findings {
        say(&finding.to_string())?;
    }
    Ok(Outcome::of(findings.iter().all(|f| f.level != Level::Fail)))
}

async fn examine(operator: &Operator) -> Vec<Finding> {
    let clock = Clock::system();
    let mut findings = Vec::new();
    let bus = broker::connect(operator, &mut findings).await;
    let complete = match &bus {
        Some(bus) => broker::topology(bus, operator, &mut findings).await,
        None => false,
    };
    findings.extend(monitor::check(&operator.monitor, &clock).await);
    let databases = examine_databases(operator, &clock, &mut findings).await;
    // consumers that are missing have been told already
    if let Some(bus) = bus.as_ref().filter(|_| complete) {
        broker::backlog(bus, &mut findings).await;
    }
    findings.extend(services::check(operator).await);
    findings.extend(sum::check(bus.as_ref().filter(|_| complete), &databases).await);
    close(bus, databases).await;
    findings
}

/// All at once: one that is away costs its time-out once.
async fn examine_databases(operator: &Operator, clock: &Clock, findings: &mut Vec<Finding>) -> Vec<Database> {
    let wanted = Service::ALL.iter().filter_map(|&s| operator.database(s).map(|url| (s, url)));
    let mut found = Vec::new();
    for (database, seen) in join_all(wanted.map(|(s, url)| databases::examine(s, url, clock))).await {
        found.extend(database);
        findings.extend(seen);
    }
    found
}

async fn close(bus: Option<Bus>, databases: Vec<Database>) {
    if let Some(bus) = bus {
        bus.close().await;
    }
    for database in databases {
        // it was only read from; there is nothing to lose
        let _ = database.db.close().await;
    }
}
