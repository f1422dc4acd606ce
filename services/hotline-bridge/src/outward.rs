//! A fact into the platform's words: pure, and all that is particular to a platform is in the table.

use std::collections::{BTreeMap, HashSet};

use anyhow::ensure;
use chrono::{
    DateTime, FixedOffset, SecondsFormat, Utc,
    format::{Item, StrftimeItems},
};
use contracts::{
    clock::ClockTurn,
    district::District,
    id::{TicketId, UnitId},
    intake::{Receipt, ReceiptOutcome},
    lifecycle::{Act, Clock, Note},
    ticket::{By, CallbackAnswers, Head, Moved, Noted, TicketFact},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a callback can be about, in our words, beside the acts that `kinds` names: those of the lifecycle, and the two that
/// move a deadline (`recalculate`, `reclassify`).
pub const KINDS: [&str; 5] = ["signed", "progress", "result", "closed", "rejected"];

/// Notes that may give the ticket another deadline: a new calendar year, another class.
const MOVING: [Note; 2] = [Note::Recalculate, Note::Reclassify];

/// Every field that a callback can have, in our words; `default.toml` says which kind has which.
pub const FIELDS: [&str; 19] = [
    "order_no",
    "ticket",
    "seq",
    "kind",
    "at",
    "unit",
    "unit_name",
    "note",
    "factual",
    "solved",
    "unsolved_reason",
    "contacted_at",
    "reply",
    "contacted",
    "satisfied",
    "tries",
    "reason",
    "due",
    "code",
];

/// The platform's words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallbackTable {
    /// Our kind = the platform's; an act of the lifecycle that is not here is not told.
    pub kinds: BTreeMap<String, String>,
    /// Our field = the platform's; an empty one is left out.
    pub fields: BTreeMap<String, String>,
    /// Word for true; empty: JSON true.
    pub yes: String,
    /// Word for false; empty: JSON false.
    pub no: String,
    /// Form of times, in China's time; empty: RFC 3339 in UTC.
    pub time_format: String,
}

/// What a platform is told of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Kind, in our words.
    pub kind: &'static str,
    /// JSON, in the platform's words.
    pub body: String,
}

/// Can a platform want to know of this fact?
pub fn concerns(fact: &TicketFact) -> bool {
    match fact {
        TicketFact::Signed(_)
        | TicketFact::Progressed(_)
        | TicketFact::Reported(_)
        | TicketFact::Closed(_)
        | TicketFact::Moved(_) => true,
        TicketFact::Noted(f) => matches!(f.note, Note::CallBack | Note::Inform) || MOVING.contains(&f.note),
        _ => false,
    }
}

/// What the platform is told of a fact; none if the platform does not want to know.
pub fn told(table: &CallbackTable, order_no: &str, seq: u64, fact: &TicketFact) -> Option<Told> {
    let mut body = Body { table, fields: Map::new() };
    let kind = match fact {
        TicketFact::Signed(_) => "signed",
        TicketFact::Progressed(f) => {
            body.set("note", f.note.as_str());
            "progress"
        }
        TicketFact::Reported(f) => {
            body.flag("factual", Some(f.result.factual));
            body.flag("solved", Some(f.result.solved));
            body.maybe("unsolved_reason", f.result.unsolved_reason.clone());
            body.maybe("contacted_at", f.result.contacted_at.map(|t| time(table, t)));
            body.set("reply", f.result.public_reply.as_str());
            "result"
        }
        TicketFact::Closed(f) => {
            body.answers(&f.answers);
            body.set("reply", f.public_reply.as_str());
            "closed"
        }
        TicketFact::Moved(f) => moved(table, &mut body, f)?,
        // the reporter of a merged order was called back: for the platform it is closed
        TicketFact::Noted(f) if f.note == Note::CallBack => {
            body.answers(f.answers.as_ref()?);
            body.maybe("reply", f.text.clone());
            "closed"
        }
        // what became of a matter that many reported
        TicketFact::Noted(f) if f.note == Note::Inform => {
            body.maybe("note", f.text.clone());
            "progress"
        }
        TicketFact::Noted(f) if MOVING.contains(&f.note) => noted(table, &mut body, f)?,
        _ => return None,
    };
    let Head { ticket, at, .. } = fact.head();
    body.common(order_no, ticket, seq, kind, at);
    if let Some(unit) = unit(fact) {
        body.set("unit", unit.as_str());
        body.maybe("unit_name", District::sample().unit(unit).map(|u| u.name.clone()));
    }
    Some(body.told(kind))
}

/// A step beside the main way, if the platform has a word for it.
fn moved(table: &CallbackTable, body: &mut Body<'_>, f: &Moved) -> Option<&'static str> {
    let kind = f.act.code();
    table.kinds.get(kind)?;
    let reply = matches!(f.act, Act::AnswerNow | Act::Refuse | Act::HandOver | Act::Terminate);
    body.maybe(if reply { "reply" } else { "reason" }, f.reason.clone());
    body.maybe("due", handling(&f.by).and_then(|turn| turn.due).map(|due| time(table, due)));
    Some(kind)
}

/// Another deadline without a step of the ticket, if it is another one and the platform has a word for it.
fn noted(table: &CallbackTable, body: &mut Body<'_>, f: &Noted) -> Option<&'static str> {
    let kind = f.note.code();
    table.kinds.get(kind)?;
    let turn = handling(&f.by).filter(|turn| turn.due != turn.old_due)?;
    body.set("due", time(table, turn.due?));
    body.maybe("reason", f.text.clone());
    Some(kind)
}

/// What a step did to the ticket's handling clock.
fn handling(by: &By) -> Option<&ClockTurn> {
    by.clocks.iter().rfind(|turn| turn.clock == Clock::K5 && turn.order.is_none())
}

/// What the platform is told if intake does not take its order; none if it was taken.
pub fn rejected(table: &CallbackTable, order_no: &str, ticket: TicketId, receipt: &Receipt) -> Option<Told> {
    let ReceiptOutcome::Refused { problem } = &receipt.outcome else { return None };
    let mut body = Body { table, fields: Map::new() };
    body.set("code", problem.code.as_str());
    body.set("reason", problem.zh.as_str());
    body.common(order_no, ticket, 0, "rejected", receipt.at);
    Some(body.told("rejected"))
}

/// The unit that acted.
fn unit(fact: &TicketFact) -> Option<&UnitId> {
    match fact {
        TicketFact::Signed(f) => Some(&f.of.unit),
        TicketFact::Progressed(f) => Some(&f.of.unit),
        TicketFact::Reported(f) => Some(&f.of.unit),
        TicketFact::Closed(f) => Some(&f.of.unit),
        _ => fact.head().by.and_then(|by| by.unit.as_ref()),
    }
}

struct Body<'a> {
    table: &'a CallbackTable,
    fields: Map<String, Value>,
}

impl Body<'_> {
    fn common(&mut self, order_no: &str, ticket: TicketId, seq: u64, kind: &str, at: DateTime<Utc>) {
        self.set("order_no", order_no);
        self.set("ticket", ticket.to_string());
        self.set("seq", seq);
        self.set("kind", self.table.kinds.get(kind).map_or(kind, String::as_str));
        self.set("at", time(self.table, at));
    }

    fn answers(&mut self, a: &CallbackAnswers) {
        self.flag("contacted", Some(a.contacted));
        self.flag("solved", a.solved);
        self.flag("satisfied", a.satisfied);
        self.set("tries", a.tries);
    }

    fn told(self, kind: &'static str) -> Told {
        Told { kind, body: Value::Object(self.fields).to_string() }
    }

    fn set(&mut self, ours: &str, value: impl Into<Value>) {
        let name = self.table.fields.get(ours).map_or(ours, String::as_str);
        if !name.is_empty() {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    fn maybe(&mut self, ours: &str, value: Option<String>) {
        if let Some(value) = value {
            self.set(ours, value);
        }
    }

    fn flag(&mut self, ours: &str, value: Option<bool>) {
        let Some(value) = value else { return };
        let word = if value { &self.table.yes } else { &self.table.no };
        self.set(ours, if word.is_empty() { Value::Bool(value) } else { word.as_str().into() });
    }
}

fn time(table: &CallbackTable, at: DateTime<Utc>) -> String {
    match FixedOffset::east_opt(8 * 3600) {
        Some(china) if !table.time_format.is_empty() => at.with_timezone(&china).format(&table.time_format).to_string(),
        _ => at.to_rfc3339_opts(SecondsFormat::Millis, true),
    }
}

impl CallbackTable {
    /// Says what can't be used.
    pub fn check(&self) -> anyhow::Result<()> {
        let moving = MOVING.map(Note::code);
        for (kind, word) in &self.kinds {
            let known = KINDS.iter().chain(&moving).any(|k| k == kind) || kind.parse::<Act>().is_ok();
            ensure!(known, "kinds: `{kind}` is none of {}, {}, and no act", KINDS.join(", "), moving.join(", "));
            ensure!(!word.is_empty(), "kinds.{kind} is empty");
        }
        for field in self.fields.keys() {
            ensure!(FIELDS.contains(&field.as_str()), "fields: `{field}` is none of {}", FIELDS.join(", "));
        }
        let mut names = HashSet::new();
        for field in FIELDS {
            let name = self.fields.get(field).map_or(field, String::as_str);
            ensure!(name.is_empty() || names.insert(name), "fields: two of ours have the name `{name}`");
        }
        ensure!(self.yes.is_empty() == self.no.is_empty(), "yes and no: both or neither");
        let good = !StrftimeItems::new(&self.time_format).any(|item| matches!(item, Item::Error));
        ensure!(good, "time_format can't be used");
        Ok(())
    }
}
