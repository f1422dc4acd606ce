//! What citizens do with their tickets: pure. Intake has checked number and code; dispatch decides.

use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    id::{MessageId, TicketId},
    problem::Problem,
    subject,
    text::Text,
    work::{AnswerOutcome, CitizenAct, CitizenDo, CitizenWork, UnitAnswer},
};
use sha2::{Digest, Sha256};

use crate::{domain, entity::citizen_act::Model};

/// Not answered yet.
pub const WAITING: &str = "waiting";
/// It took effect.
pub const DONE: &str = "done";
/// It did not.
pub const REFUSED: &str = "refused";

/// One act as it came in.
#[derive(Clone, Debug)]
pub struct Act {
    /// The ticket.
    pub ticket: TicketId,
    /// What is done.
    pub act: CitizenDo,
    /// The asker's own name for it; none: the same words on the same day are the same act.
    pub key: Option<String>,
}

/// Where to look for what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The act.
    pub act: MessageId,
    /// It had been taken before.
    pub repeated: bool,
}

/// What is decided on an act.
#[derive(Debug)]
pub enum Verdict {
    /// It was taken before.
    Before(Acted),
    /// It is new.
    New(Acted, Model),
}

impl Act {
    /// Its id, derived from the ticket and the key: the same act is taken once.
    pub fn id(&self, now: DateTime<Utc>) -> MessageId {
        let name = match &self.key {
            Some(key) => format!("act key {key}"),
            None => format!("act {} {}", domain::day(now), digest(&self.act)),
        };
        MessageId::derive(self.ticket.0, &name)
    }
}

/// Decides on an act, where `known` are all acts of its ticket: repeated, too many, or the row of a new one.
pub fn decide(act: &Act, known: &[Model], per_day: usize, now: DateTime<Utc>) -> Result<Verdict, Problem> {
    let id = act.id(now);
    let digest = digest(&act.act);
    if let Some(before) = known.iter().find(|row| row.act_id == id.to_string()) {
        if before.digest != digest {
            return Err(Problem::new(
                "key_reused",
                "该 Idempotency-Key 已用于另一个操作；新的操作请用新的值",
                "this Idempotency-Key belongs to another act; use a new one for a new act",
            ));
        }
        return Ok(Verdict::Before(Acted { act: id, repeated: true }));
    }
    let today = domain::day(now);
    let day = |ms| DateTime::from_timestamp_millis(ms).map(domain::day);
    if known.iter().filter(|row| day(row.at_ms).as_ref() == Some(&today)).count() >= per_day {
        return Err(Problem::new(
            "too_many_acts",
            format!("同一工单每天最多操作 {per_day} 次，请明天再来"),
            format!("a ticket takes {per_day} acts a day; come back tomorrow"),
        ));
    }
    let row = Model {
        act_id: id.to_string(),
        ticket_id: act.ticket.to_string(),
        what: code(&act.act).to_owned(),
        digest,
        at_ms: now.timestamp_millis(),
        outcome: WAITING.to_owned(),
        problem: None,
        answered_ms: None,
    };
    Ok(Verdict::New(Acted { act: id, repeated: false }, row))
}

/// The act for dispatch, numbers masked.
pub fn told(act: &Act, now: DateTime<Utc>) -> Result<Outbound, Problem> {
    let masked = |text: &Text<2000>| Text::try_from(text.masked());
    let body = match &act.act {
        CitizenDo::Supply { text } => CitizenDo::Supply { text: masked(text)? },
        CitizenDo::Urge { text } => CitizenDo::Urge { text: masked(text)? },
        CitizenDo::Reopen { reason } => CitizenDo::Reopen { reason: masked(reason)? },
    };
    let message = CitizenWork::from(CitizenAct { ticket: act.ticket, act: body });
    let subject = subject::CITIZEN_ACTS.to_owned();
    Ok(Outbound::new(act.id(now), subject::ACTS, subject, &message, now).about(act.ticket))
}

/// The row after its answer.
pub fn answered(row: &mut Model, answer: &UnitAnswer) {
    row.answered_ms = Some(answer.at.timestamp_millis());
    match &answer.outcome {
        AnswerOutcome::Done => DONE.clone_into(&mut row.outcome),
        AnswerOutcome::Refused { problem } => {
            REFUSED.clone_into(&mut row.outcome);
            row.problem = serde_json::to_string(problem).ok();
        }
    }
}

fn code(act: &CitizenDo) -> &'static str {
    match act {
        CitizenDo::Supply { .. } => "supply",
        CitizenDo::Urge { .. } => "urge",
        CitizenDo::Reopen { .. } => "reopen",
    }
}

fn digest(act: &CitizenDo) -> String {
    let content = serde_json::to_vec(act).unwrap_or_default();
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}
