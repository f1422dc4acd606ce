//! What a reporter sees of the ticket.

use chrono::{DateTime, SecondsFormat};
use contracts::{
    lifecycle::{Change, State},
    problem::Problem,
};
use serde::Serialize;

use crate::{
    citizen,
    entity::{citizen_act, progress},
    progress::{DateChange, Told},
    store::Seen,
};

/// What a reporter sees of the ticket.
#[derive(Debug, Serialize)]
pub struct Shown {
    number: String,
    #[serde(flatten)]
    stands: Stands,
    received_at: Option<String>,
    /// Every change of the promised date, oldest first.
    dates: Vec<Date>,
    /// What the citizen is asked for, while the ticket waits for it.
    asked: Option<String>,
    reply: Option<String>,
    /// What became of the matter, if several people reported it.
    cluster: Option<String>,
    /// How the case stands that the ticket is merged under: it is handled for both.
    lead: Option<Stands>,
    /// What citizens did with the ticket, and what became of it, oldest first.
    answers: Vec<Answered>,
}

/// How far a ticket is.
#[derive(Debug, Serialize)]
struct Stands {
    state: &'static str,
    state_zh: &'static str,
    state_en: &'static str,
    /// The promised date; none while the clock stands still.
    due: Option<String>,
    /// It is over, and there was no result in time.
    overdue: bool,
}

impl Stands {
    fn of(progress: Option<&progress::Model>, now_ms: i64) -> Self {
        let state = progress.and_then(|p| p.state.parse().ok()).unwrap_or(State::Received);
        let due = progress.and_then(|p| p.due_ms);
        let done = progress.and_then(|p| Told::of(p).done.1);
        Self {
            state: state.code(),
            state_zh: state.zh(),
            state_en: state.en(),
            due: due.and_then(rfc3339),
            overdue: due.is_some_and(|due| done.unwrap_or(now_ms) > due),
        }
    }
}

/// One change of the promised date.
#[derive(Debug, Serialize)]
struct Date {
    at: Option<String>,
    change: Change,
    change_zh: &'static str,
    change_en: &'static str,
    by_zh: String,
    by_en: String,
    old_due: Option<String>,
    due: Option<String>,
    reason: Option<String>,
}

/// One act.
#[derive(Debug, Serialize)]
struct Answered {
    act: String,
    #[serde(rename = "do")]
    what: String,
    at: Option<String>,
    outcome: String,
    outcome_zh: &'static str,
    outcome_en: &'static str,
    answered_at: Option<String>,
    problem: Option<Problem>,
}

impl Shown {
    /// As it is now.
    pub fn of(seen: Seen, now_ms: i64) -> Self {
        let Seen { registration, progress, lead, acts } = seen;
        let stands = Stands::of(progress.as_ref(), now_ms);
        let told = progress.as_ref().map(Told::of).unwrap_or_default();
        let cluster = told.cluster.clone().map(|(_, answer)| answer);
        let asked = told.asked.clone().map(|(_, asked)| asked).filter(|_| stands.state == State::NeedInfo.code());
        Self {
            number: registration.number,
            received_at: rfc3339(registration.received_ms),
            dates: told.changes().into_iter().map(Date::of).collect(),
            asked,
            cluster,
            reply: progress.and_then(|p| p.reply),
            lead: lead.map(|lead| Stands::of(Some(&lead), now_ms)),
            answers: acts.into_iter().map(Answered::of).collect(),
            stands,
        }
    }
}

impl Date {
    fn of(d: DateChange) -> Self {
        Self {
            at: rfc3339(d.at_ms),
            change: d.change,
            change_zh: d.change.zh(),
            change_en: d.change.en(),
            by_zh: d.by_zh,
            by_en: d.by_en,
            old_due: d.old_ms.and_then(rfc3339),
            due: d.due_ms.and_then(rfc3339),
            reason: d.reason,
        }
    }
}

impl Answered {
    fn of(act: citizen_act::Model) -> Self {
        let (outcome_zh, outcome_en) = match act.outcome.as_str() {
            citizen::DONE => ("已办理", "done"),
            citizen::REFUSED => ("未受理", "refused"),
            _ => ("处理中", "waiting"),
        };
        Self {
            act: act.act_id,
            what: act.what,
            at: rfc3339(act.at_ms),
            outcome: act.outcome,
            outcome_zh,
            outcome_en,
            answered_at: act.answered_ms.and_then(rfc3339),
            problem: act.problem.and_then(|p| serde_json::from_str(&p).ok()),
        }
    }
}

fn rfc3339(ms: i64) -> Option<String> {
    DateTime::from_timestamp_millis(ms).map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true))
}
