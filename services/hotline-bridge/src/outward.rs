//! A fact into the platform's words: pure, and all that is particular to a platform is in the table.

use std::collections::{BTreeMap, HashSet};

use anyhow::ensure;
use chrono::{
    DateTime, FixedOffset, SecondsFormat, Utc,
    format::{Item, StrftimeItems},
};
use contracts::{
    district::District,
    ticket::{OrderFact, TicketFact},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a callback can be about, in our words.
pub const KINDS: [&str; 4] = ["signed", "progress", "result", "closed"];

/// Every field that a callback can have, in our words; `default.toml` says which kind has which.
pub const FIELDS: [&str; 16] = [
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
];

/// The platform's words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallbackTable {
    /// Our kind = the platform's.
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

/// The act that a fact of interest records; none for any other fact.
pub fn of(fact: &TicketFact) -> Option<&OrderFact> {
    match fact {
        TicketFact::Signed(f) => Some(&f.of),
        TicketFact::Progressed(f) => Some(&f.of),
        TicketFact::Reported(f) => Some(&f.of),
        TicketFact::Closed(f) => Some(&f.of),
        _ => None,
    }
}

/// What the platform is told of a fact; none if the platform does not want to know.
pub fn told(table: &CallbackTable, order_no: &str, seq: u64, fact: &TicketFact) -> Option<Told> {
    let of = of(fact)?;
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
            body.flag("contacted", Some(f.answers.contacted));
            body.flag("solved", f.answers.solved);
            body.flag("satisfied", f.answers.satisfied);
            body.set("tries", f.answers.tries);
            body.set("reply", f.public_reply.as_str());
            "closed"
        }
        _ => return None,
    };
    body.set("order_no", order_no);
    body.set("ticket", of.ticket.to_string());
    body.set("seq", seq);
    body.set("kind", table.kinds.get(kind).map_or(kind, String::as_str));
    body.set("at", time(table, of.at));
    body.set("unit", of.unit.as_str());
    body.maybe("unit_name", District::sample().unit(&of.unit).map(|u| u.name.clone()));
    Some(Told { kind, body: Value::Object(body.fields).to_string() })
}

struct Body<'a> {
    table: &'a CallbackTable,
    fields: Map<String, Value>,
}

impl Body<'_> {
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
        for (kind, word) in &self.kinds {
            ensure!(KINDS.contains(&kind.as_str()), "kinds: `{kind}` is none of {}", KINDS.join(", "));
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
