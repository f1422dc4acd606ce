//! What is done with a proposed cluster: open → cause confirmed → handled → each reporter told → closed (domain.md 2.3).
//! Pure.

use chrono::{DateTime, Utc};
use contracts::{
    cluster::{ClusterFact, ClusterState, ClusterStep, Moved, Topic},
    envelope::Outbound,
    family::Family,
    id::{MessageId, UnitId},
    problem::Problem,
    subject,
    text::Text,
};
use serde::Deserialize;

use super::{entity::cluster, notice};
use crate::{
    case::{Case, stored_badly},
    rules::At,
};

/// A cluster that is refused or closed is proposed again when it has so many times as many people. Our default.
const CLEARLY_GROWN: i64 = 2;

/// A person of the centre takes a cluster further.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterAct {
    /// Staff number.
    pub person: Text<40>,
    /// What is done.
    pub act: Deed,
}

/// What is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// It is not one matter.
    Refuse {
        /// Why.
        reason: Text<2000>,
    },
    /// It is one matter, and its cause is known.
    Confirm {
        /// The cause.
        cause: Text<2000>,
        /// The responsible unit.
        unit: UnitId,
    },
    /// The cause was dealt with.
    Handle {
        /// What was done; each reporter is told it, with the cause.
        done: Text<2000>,
    },
    /// Each reporter was told.
    Close {
        /// A closing word.
        note: Text<2000>,
    },
}

/// A cluster as it is proposed.
pub fn open(topic: &Topic) -> cluster::Model {
    cluster::Model {
        cluster_id: topic.cluster.to_string(),
        version: 0,
        seq: 0,
        state: ClusterState::Open.code().to_owned(),
        first_ticket: topic.first.to_string(),
        tickets: 0,
        people: 0,
        rested: None,
        unit: None,
        cause: None,
        done: None,
        person: None,
        telling_ms: None,
    }
}

/// Tickets joined. Who reports after the answer is told it too; what had come to rest and has grown clearly is proposed
/// again.
pub fn grown(
    row: &mut cluster::Model,
    topic: &Topic,
    (cause, now): (MessageId, DateTime<Utc>),
    case: &Case,
) -> Result<Vec<Outbound>, Problem> {
    (row.tickets, row.people) = (row.tickets.max(topic.tickets.into()), row.people.max(topic.people.into()));
    if matches!(state(row)?, ClusterState::Handled | ClusterState::Told) && !topic.members.is_empty() {
        row.telling_ms.get_or_insert(now.timestamp_millis());
    }
    let Some(rested) = row.rested.filter(|rested| row.people >= CLEARLY_GROWN * rested) else { return Ok(Vec::new()) };
    (row.rested, row.unit, row.cause, row.done) = (None, None, None, None);
    let words = format!("群体件再次提示：此前 {rested} 人反映，现为 {} 人、{} 件，请核实", row.people, row.tickets);
    let notice = notice::to_centre(case, words, (cause, now))?;
    Ok(vec![moved(row, (ClusterStep::Reopen, ClusterState::Open), None, now)?, notice])
}

/// Does what a person asks for; the responsible unit gets a notice with `case`, the first ticket.
pub fn act(
    row: &mut cluster::Model,
    act: &ClusterAct,
    (at, cause): (At<'_>, MessageId),
    case: &Case,
) -> Result<Vec<Outbound>, Problem> {
    use ClusterState::{Closed, Confirmed, Handled, Open, Refused, Told};
    let (step, text, to) = match (&act.act, state(row)?) {
        (Deed::Refuse { reason }, Open | Confirmed) => (ClusterStep::Refuse, reason, Refused),
        (Deed::Confirm { cause, .. }, Open) => (ClusterStep::Confirm, cause, Confirmed),
        (Deed::Handle { done }, Confirmed) => (ClusterStep::Handle, done, Handled),
        (Deed::Close { note }, Told) => (ClusterStep::Close, note, Closed),
        (_, state) => return Err(wrong_state(state)),
    };
    let (text, person) = (text.masked(), act.person.as_str().trim().to_owned());
    let mut notice = None;
    match &act.act {
        Deed::Confirm { unit, .. } => {
            let unit = at.rules.known(unit)?;
            let words = format!("群体件：{} 人反映同一事项，共 {} 件，已查明原因：{text}。请负责处置", row.people, row.tickets);
            notice = Some(notice::to(&unit, case, words, (cause, at.now))?);
            (row.unit, row.cause) = (Some(unit.to_string()), Some(text.clone()));
        }
        Deed::Handle { .. } => {
            (row.done, row.person) = (Some(text.clone()), Some(person.clone()));
            row.telling_ms = Some(at.now.timestamp_millis());
        }
        Deed::Refuse { .. } | Deed::Close { .. } => row.rested = Some(row.people),
    }
    let fact = moved(row, (step, to), Some((text, person)), at.now)?;
    Ok(std::iter::once(fact).chain(notice).collect())
}

/// Each reporter was told.
pub fn told(row: &mut cluster::Model, now: DateTime<Utc>) -> Result<Option<Outbound>, Problem> {
    row.telling_ms = None;
    if state(row)? != ClusterState::Handled {
        return Ok(None);
    }
    moved(row, (ClusterStep::Tell, ClusterState::Told), None, now).map(Some)
}

/// What each reporter is told.
pub fn answer(row: &cluster::Model) -> Result<String, Problem> {
    let (Some(cause), Some(done)) = (&row.cause, &row.done) else { return Err(stored_badly("cluster")) };
    Ok(format!("多人反映的同一事项已查明原因：{}。处置情况：{done}", cause.trim_end_matches('。')))
}

fn state(row: &cluster::Model) -> Result<ClusterState, Problem> {
    row.state.parse().map_err(|_| stored_badly("cluster state"))
}

/// Takes the step, and tells it with the words and the person, if a person took it.
fn moved(
    row: &mut cluster::Model,
    (step, to): (ClusterStep, ClusterState),
    by: Option<(String, String)>,
    now: DateTime<Utc>,
) -> Result<Outbound, Problem> {
    row.seq += 1;
    to.code().clone_into(&mut row.state);
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let (text, person) = by.unzip();
    let fact = ClusterFact::from(Moved {
        cluster: row.cluster_id.parse()?,
        seq: number(row.seq),
        step,
        state: to,
        unit: row.unit.as_deref().map(str::parse).transpose()?,
        text,
        person,
        tickets: number(row.tickets),
        people: number(row.people),
        at: now,
    });
    let id = MessageId::of_event("/clusters", &format!("{} {}", row.cluster_id, row.seq));
    Ok(Outbound::new(id, subject::FACTS, subject::fact(ClusterFact::FAMILY, fact.kind()), &fact, now))
}

fn wrong_state(state: ClusterState) -> Problem {
    let (zh, en) = (
        format!("该群体件现为“{}”，不能这样办理", state.zh()),
        format!("this cluster is \"{}\"; that can't be done now", state.en()),
    );
    Problem::new("cluster_state", zh, en)
}
