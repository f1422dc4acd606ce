//! What a reporter sees of the ticket.

use chrono::{DateTime, SecondsFormat};
use contracts::{
    lifecycle::{Change, State},
    problem::Problem,
};
use serde::Serialize;

use crate::{citizen, entity::citizen_act, progress::Told, store::Seen};

/// What a reporter sees of the ticket.
#[derive(Debug, Serialize)]
pub struct Shown {
    number: String,
    state: &'static str,
    state_zh: &'static str,
    state_en: &'static str,
    received_at: Option<String>,
    /// The promised date; none while the clock stands still.
    due: Option<String>,
    /// It is over, and there was no result in time.
    overdue: bool,
    /// Every change of the promised date, oldest first.
    dates: Vec<Date>,
    /// What the citizen is asked for, while the ticket waits for it.
    asked: Option<String>,
    reply: Option<String>,
    /// What citizens did with the ticket, and what became of it, oldest first.
    answers: Vec<Answered>,
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
        let Seen { registration, progress, acts } = seen;
        let state = progress.as_ref().and_then(|p| p.state.parse().ok()).unwrap_or(State::Received);
        let told = progress.as_ref().map(Told::of).unwrap_or_default();
        let due = progress.as_ref().and_then(|p| p.due_ms);
        let asked = told.asked.map(|(_, asked)| asked).filter(|_| state == State::NeedInfo);
        let date = |d: crate::progress::DateChange| Date {
            at: rfc3339(d.at_ms),
            change: d.change,
            change_zh: d.change.zh(),
            change_en: d.change.en(),
            by_zh: d.by_zh,
            by_en: d.by_en,
            old_due: d.old_ms.and_then(rfc3339),
            due: d.due_ms.and_then(rfc3339),
            reason: d.reason,
        };
        Self {
            number: registration.number,
            state: state.code(),
            state_zh: state.zh(),
            state_en: state.en(),
            received_at: rfc3339(registration.received_ms),
            due: due.and_then(rfc3339),
            overdue: due.is_some_and(|due| told.done.1.unwrap_or(now_ms) > due),
            dates: told.dates.into_values().map(date).collect(),
            asked,
            reply: progress.and_then(|p| p.reply),
            answers: acts.into_iter().map(Answered::of).collect(),
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
