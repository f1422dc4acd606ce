//! Is every accepted report somewhere? Accepted by intake = sum over the states in dispatch + still on the way.
//!
//! Dispatch is counted before intake, so a ticket that moves on meanwhile can only look as if it were on the way,
//! never as if it came from nowhere. On the way is as it must be while something moves; when nothing moves, twice
//! and with the same count, the ticket is lost.

use std::time::Duration;

use bus::{
    Bus,
    topology::{CLASSIFICATION, DISPATCH},
};
use contracts::lifecycle::State;
use outbox::Db;
use sea_orm::DbErr;

use super::{broker, databases::Database, finding::Finding};
use crate::{
    database::{self, row, rows},
    settings::Service,
};

const WHAT: &str = "tickets";
/// Between two looks: longer than what a relay leaves to its quick way.
const SECOND_LOOK: Duration = Duration::from_secs(3);

/// How many tickets are where.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    accepted: i64,
    /// State code and number.
    states: Vec<(String, i64)>,
}

/// Counts; nothing to say if one of the two databases can't be read, which was told already.
pub async fn check(bus: Option<&Bus>, databases: &[Database]) -> Option<Finding> {
    let find = |service| databases.iter().find(|d| d.service == service).map(|d| &d.db);
    let (intake, dispatch) = (find(Service::Intake)?, find(Service::Dispatch)?);
    Some(match judge(bus, databases, intake, dispatch).await {
        Ok(finding) => finding,
        Err(e) => Finding::problem(WHAT, database::unreadable(&e)),
    })
}

async fn judge(bus: Option<&Bus>, databases: &[Database], intake: &Db, dispatch: &Db) -> Result<Finding, DbErr> {
    let quiet = is_quiet(bus, databases).await?;
    let first = count(intake, dispatch).await?;
    if first.on_the_way() <= 0 || !quiet {
        return Ok(first.finding(false));
    }
    tokio::time::sleep(SECOND_LOOK).await;
    let second = count(intake, dispatch).await?;
    Ok(second.finding(second == first && is_quiet(bus, databases).await?))
}

/// Does nothing wait between intake and dispatch, in no outbox and no consumer? Not, if that can't be told.
async fn is_quiet(bus: Option<&Bus>, databases: &[Database]) -> Result<bool, DbErr> {
    for database in databases.iter().filter(|d| matches!(d.service, Service::Intake | Service::Classification)) {
        if outbox::relay::unsent(&database.db).await? > 0 {
            return Ok(false);
        }
    }
    match bus {
        Some(bus) => Ok(broker::is_quiet(bus, &[CLASSIFICATION, DISPATCH]).await),
        None => Ok(false),
    }
}

async fn count(intake: &Db, dispatch: &Db) -> Result<Count, DbErr> {
    let found = rows(dispatch, "SELECT state, count(*) AS n FROM ticket GROUP BY state").await?;
    let mut states = Vec::with_capacity(found.len());
    for state in found {
        states.push((state.try_get("", "state")?, state.try_get("", "n")?));
    }
    states.sort_by_key(|(code, _): &(String, i64)| State::ALL.iter().position(|s| s.code() == code));
    let accepted = row(intake, "SELECT count(*) AS n FROM registration").await?.try_get("", "n")?;
    Ok(Count { accepted, states })
}

impl Count {
    fn on_the_way(&self) -> i64 {
        self.accepted - self.states.iter().map(|(_, n)| n).sum::<i64>()
    }

    fn finding(&self, lost: bool) -> Finding {
        let (zh, en) = (self.text(State::zh, "受理", "在途"), self.text(State::code, "accepted", "on the way"));
        let surplus = -self.on_the_way();
        if surplus > 0 {
            let zh = format!("{zh}：派单中有 {surplus} 件不在受理库，是否从旧备份恢复？");
            return Finding::fail(
                WHAT,
                zh,
                format!("{en}: dispatch has {surplus} that intake does not know; a restored backup?"),
            );
        }
        if lost {
            let zh = format!("{zh}：系统空闲但仍有在途工单；请看各服务死信与日志");
            return Finding::fail(WHAT, zh, format!("{en}: nothing moves, so these are lost; see dead letters and logs"));
        }
        Finding::ok(WHAT, zh, en)
    }

    /// `accepted 3 = CLOSED 2 + IN_PROGRESS 1`.
    fn text(&self, name: fn(State) -> &'static str, accepted: &str, on_the_way: &str) -> String {
        let mut parts: Vec<String> =
            self.states.iter().map(|(code, n)| format!("{} {n}", code.parse().map_or(code.as_str(), name))).collect();
        if self.on_the_way() > 0 {
            parts.push(format!("{on_the_way} {}", self.on_the_way()));
        }
        let sum = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
        format!("{accepted} {} = {sum}", self.accepted)
    }
}
