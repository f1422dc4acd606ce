//! How far a ticket is, for its reporter: pure.
//!
//! Facts may come twice and in any order, so each thing that is shown belongs to the fact with the highest sequence
//! number that told it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::{
    lifecycle::{Act, Change, Clock, Note},
    ticket::{By, Moved, TicketFact},
};
use serde::{Deserialize, Serialize};

use crate::entity::progress::Model;

/// What the row keeps beside state, promised date and reply.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// Every change of the promised date, by the sequence number of its fact.
    pub dates: BTreeMap<i64, DateChange>,
    /// What the citizen was asked for last, and by which fact.
    pub asked: Option<(i64, String)>,
    /// When the result was reported, ms, and by which fact; none again after a fact that started the clock anew.
    pub done: (i64, Option<i64>),
    /// The fact that the reply is from.
    reply: i64,
    /// The fact that the division is from.
    division: i64,
    /// What became of the matter that several people reported, and by which fact.
    pub cluster: Option<(i64, String)>,
    /// The case that the ticket is merged under, and by which fact; none again after a split.
    pub lead: (i64, Option<String>),
}

/// One change of the promised date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DateChange {
    /// When it was changed, ms.
    pub at_ms: i64,
    /// What happened to the clock.
    pub change: Change,
    /// By what, in Chinese.
    pub by_zh: String,
    /// By what, in English.
    pub by_en: String,
    /// The promise before, ms.
    pub old_ms: Option<i64>,
    /// The promise from then on, ms; none while the clock stands still.
    pub due_ms: Option<i64>,
    /// Why, as it was said.
    pub reason: Option<String>,
}

impl Told {
    /// Reads what a row keeps.
    pub fn of(row: &Model) -> Self {
        row.told.as_deref().and_then(|told| serde_json::from_str(told).ok()).unwrap_or_default()
    }

    /// The changes of the promised date that changed it: where two facts tell one promise, the first is enough.
    pub fn changes(self) -> Vec<DateChange> {
        let mut changes: Vec<DateChange> = self.dates.into_values().collect();
        changes.dedup_by(|later, earlier| later.change == earlier.change && later.due_ms == earlier.due_ms);
        changes
    }

    fn moved(&mut self, f: &Moved, seq: i64) {
        match f.act {
            Act::AskInfo if self.asked.as_ref().is_none_or(|(asked, _)| seq > *asked) => {
                self.asked = Some((seq, f.reason.clone().unwrap_or_default()));
            }
            Act::Merge if seq > self.lead.0 => self.lead = (seq, f.lead.map(|lead| lead.to_string())),
            Act::Split if seq > self.lead.0 => self.lead = (seq, None),
            _ => {}
        }
    }
}

/// Can this fact tell the reporter anything?
pub fn concerns(fact: &TicketFact) -> bool {
    match fact {
        TicketFact::Received(_) | TicketFact::Classified(_) | TicketFact::Progressed(_) | TicketFact::CoReported(_) => false,
        TicketFact::Noted(f) => f.note == Note::Inform || date_change(fact, &f.by, f.at).is_some(),
        _ => true,
    }
}

/// The row after this fact; none if it tells the reporter nothing.
pub fn after(before: Option<&Model>, fact: &TicketFact, seq: u64, now: DateTime<Utc>) -> Option<Model> {
    let (head, seq) = (fact.head(), i64::try_from(seq).unwrap_or(i64::MAX));
    let by = head.by?;
    let date = date_change(fact, by, head.at);
    if !concerns(fact) {
        return None;
    }
    let mut row = before.cloned().unwrap_or_else(|| fresh(head.ticket.to_string()));
    let mut told = Told::of(&row);
    if let Some(date) = date {
        told.dates.insert(seq, date);
        row.due_ms = told.dates.last_key_value().and_then(|(_, last)| last.due_ms);
    }
    if let Some(done) = done(fact, by).filter(|_| seq > told.done.0) {
        told.done = (seq, done);
    }
    if let Some(reply) = reply(fact).filter(|_| seq > told.reply) {
        (row.reply, told.reply) = (Some(reply.to_owned()), seq);
    }
    match fact {
        TicketFact::Dispatched(f) if seq > told.division => {
            (row.division, told.division) = (f.division.as_ref().map(ToString::to_string), seq);
        }
        TicketFact::Moved(f) => told.moved(f, seq),
        TicketFact::Noted(f) if f.note == Note::Inform && told.cluster.as_ref().is_none_or(|(last, _)| seq > *last) => {
            told.cluster = Some((seq, f.text.clone().unwrap_or_default()));
        }
        _ => {}
    }
    if seq > row.seq {
        row.seq = seq;
        by.state.code().clone_into(&mut row.state);
        row.at_ms = now.timestamp_millis();
    }
    row.told = serde_json::to_string(&told).ok();
    Some(row)
}

fn fresh(ticket_id: String) -> Model {
    Model { ticket_id, seq: 0, state: String::new(), due_ms: None, reply: None, at_ms: 0, version: 0, told: None, division: None }
}

/// What the fact did to the promised date. A result stops the clock and changes no promise.
fn date_change(fact: &TicketFact, by: &By, at: DateTime<Utc>) -> Option<DateChange> {
    let ms = |at: DateTime<Utc>| at.timestamp_millis();
    let turn = by.clocks.iter().rfind(|turn| turn.clock == Clock::K5 && turn.order.is_none());
    let (change, old_ms, due_ms) = match (turn, fact) {
        (_, TicketFact::Reported(_)) => return None,
        (Some(turn), _) => (turn.change, turn.old_due.map(ms), turn.due.map(ms)),
        // told before facts told their clocks
        (None, TicketFact::Dispatched(f)) => (Change::Started, None, Some(ms(f.due))),
        (None, _) => return None,
    };
    let (by_zh, by_en) = (fact.zh().to_owned(), fact.en().to_owned());
    Some(DateChange { at_ms: ms(at), change, by_zh, by_en, old_ms, due_ms, reason: reason(fact).map(str::to_owned) })
}

fn reason(fact: &TicketFact) -> Option<&str> {
    match fact {
        TicketFact::Dispatched(f) => Some(&f.reason),
        TicketFact::ReturnRuled(f) => Some(&f.reason),
        TicketFact::Checked(f) => f.reason.as_deref(),
        TicketFact::Moved(f) => f.reason.as_deref(),
        TicketFact::Noted(f) => f.text.as_deref(),
        _ => None,
    }
}

/// Whether the handling is done after this fact; none if it says nothing of that.
fn done(fact: &TicketFact, by: &By) -> Option<Option<i64>> {
    match fact {
        TicketFact::Reported(f) => Some(Some(f.of.at.timestamp_millis())),
        TicketFact::Dispatched(_) => Some(None),
        TicketFact::Checked(f) if !f.passed => Some(None),
        _ => by.clocks.iter().any(|t| t.clock == Clock::K5 && t.order.is_none() && t.due.is_some()).then_some(None),
    }
}

/// What the reporter is answered.
fn reply(fact: &TicketFact) -> Option<&str> {
    match fact {
        TicketFact::Closed(f) => Some(&f.public_reply),
        TicketFact::Moved(f) if matches!(f.act, Act::AnswerNow | Act::Refuse | Act::HandOver | Act::Terminate) => {
            f.reason.as_deref()
        }
        _ => None,
    }
}
