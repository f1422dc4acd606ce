//! Folding facts into a ticket's row: pure.
//!
//! Facts come from several services, over a broker that may deliver late and twice. So the row is made of groups of
//! fields, and each group belongs to the fact with the highest sequence number that sets it. Setting a group is
//! then commutative and idempotent, and with it the whole fold: any order and any repetition of the same facts
//! gives the same row, and no fact is ever kept waiting for another.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    district::District,
    id::{DivisionCode, SourceId, TicketId, UnitId},
    lifecycle::{Act, Class, Clock, Note, State},
    ticket::{AlarmAnswer, By, Classified, Dispatched, Moved, Nature, Noted, Received, TicketFact},
};

use serde::{Deserialize, Serialize};

use crate::entity::ticket;

/// Characters of the text that the list shows.
const EXCERPT: usize = 80;

/// Fields that are set together. Stored by position: a new group goes to the end.
#[derive(Clone, Copy, Debug)]
enum Group {
    /// Number, source, text, time of receipt.
    Identity,
    /// How it came in.
    Channel,
    /// Category and nature.
    Matter,
    /// Urgency.
    Urgency,
    /// Division and town.
    Place,
    /// Warning and deadline of the handling clock; none while it stands still.
    Deadline,
    /// Whether the handling is done.
    Done,
    /// Whether it is closed.
    Closing,
    /// State.
    State,
    /// Unit.
    Unit,
    /// Round, and when its work orders went out.
    Round,
    /// The lead case of a merged ticket.
    Lead,
    /// Class.
    Class,
    /// Whether it counts in the assessment.
    Excluded,
    /// The alarm that waits for an answer.
    Alarm,
}

/// For each group, the sequence number of the fact that owns it; 0: none yet.
type Owners = [i64; Group::Alarm as usize + 1];

/// A ticket's row on the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    model: ticket::Model,
    owners: Owners,
}

/// Who followed whom: kept apart from the unit that was named, so that it does not matter which is heard first.
#[derive(Serialize, Deserialize)]
struct Heirs {
    /// The unit that the ticket's facts name.
    named: Option<String>,
    /// Unit and successor, by the sequence number of the fact.
    passed: BTreeMap<i64, (String, String)>,
}

/// What a fact did last to a clock of the ticket.
pub fn last_turn(by: &By, clock: Clock) -> Option<&ClockTurn> {
    by.clocks.iter().rfind(|turn| turn.clock == clock && turn.order.is_none())
}

impl Row {
    /// A ticket that was not heard of before.
    pub fn new(ticket: TicketId) -> Self {
        let model = ticket::Model {
            ticket_id: ticket.to_string(),
            version: 0,
            seq: 0,
            number: ticket.to_string(),
            source: None,
            channel: None,
            excerpt: String::new(),
            state: State::Received.code().to_owned(),
            class: None,
            category: None,
            category_name: None,
            nature: None,
            urgent: false,
            unit: None,
            division: None,
            town: None,
            round: 1,
            received_ms: i64::MAX,
            dispatched_ms: None,
            warn_ms: None,
            due_ms: None,
            provisional: false,
            done_ms: None,
            closed_ms: None,
            lead: None,
            excluded: false,
            alarm_ms: None,
            heirs: None,
            owners: String::new(),
        };
        Self { model, owners: Owners::default() }
    }

    /// A row as it is stored.
    pub fn stored(model: ticket::Model) -> Self {
        let stored: Vec<i64> = serde_json::from_str(&model.owners).unwrap_or_default();
        let mut owners = Owners::default();
        // a row that an older version wrote has fewer groups
        owners.iter_mut().zip(stored).for_each(|(owner, stored)| *owner = stored);
        Self { model, owners }
    }

    /// The row to store next.
    pub fn into_next(mut self) -> ticket::Model {
        self.model.version += 1;
        self.model.owners = serde_json::to_string(&self.owners).unwrap_or_default();
        self.model
    }

    /// Folds in the fact with this sequence number.
    pub fn fold(&mut self, fact: &TicketFact, seq: i64) {
        let head = fact.head();
        self.model.seq = self.model.seq.max(seq);
        if self.owners[Group::Identity as usize] == 0 {
            self.model.received_ms = self.model.received_ms.min(head.at.timestamp_millis());
        }
        match fact {
            TicketFact::Received(f) => self.received(f, seq),
            TicketFact::Classified(f) => self.classified(f, seq),
            TicketFact::Dispatched(f) => self.dispatched(f, seq),
            TicketFact::Reported(_) => self.done(seq, Some(head.at)),
            TicketFact::Checked(f) if !f.passed => self.done(seq, None),
            TicketFact::Closed(_) => self.closing(seq, Some(head.at)),
            TicketFact::Moved(f) => self.moved(f, seq),
            TicketFact::Noted(f) => self.noted(f, seq),
            _ => {}
        }
        if let Some(by) = head.by {
            // a result stops the clock and leaves its deadline for all to see
            if let Some(turn) = last_turn(by, Clock::K5).filter(|_| !matches!(fact, TicketFact::Reported(_))) {
                self.turned(turn, seq);
            }
            if let Some(turn) = last_turn(by, Clock::K15).filter(|_| self.claim(Group::Alarm, seq)) {
                self.model.alarm_ms = turn.due.map(|due| due.timestamp_millis());
            }
            if self.claim(Group::State, seq) {
                by.state.code().clone_into(&mut self.model.state);
            }
        }
    }

    /// May the fact with this number set the group? From then on the group is its own.
    fn claim(&mut self, group: Group, seq: i64) -> bool {
        let owner = &mut self.owners[group as usize];
        let newer = seq > *owner;
        if newer {
            *owner = seq;
        }
        newer
    }

    fn received(&mut self, f: &Received, seq: i64) {
        self.identity(seq, &f.number, &f.source, &f.text, f.at);
        self.place(seq, f.division.as_ref());
        if self.claim(Group::Channel, seq) {
            self.model.channel = code(&f.channel);
        }
    }

    fn classified(&mut self, f: &Classified, seq: i64) {
        self.identity(seq, &f.number, &f.source, &f.text, f.received_at);
        self.place(seq, f.division.as_ref());
        self.class(seq, f.class);
        self.urgency(seq, f.urgent);
        self.unit(seq, Some(&f.lead));
        self.matter(seq, (&f.category, &f.category_name, f.nature));
    }

    fn dispatched(&mut self, f: &Dispatched, seq: i64) {
        self.class(seq, f.class);
        self.urgency(seq, f.urgent);
        self.unit(seq, f.orders.first().map(|o| &o.unit));
        self.place(seq, f.division.as_ref());
        if self.claim(Group::Round, seq) {
            self.model.round = i32::try_from(f.round).unwrap_or(i32::MAX);
            self.model.dispatched_ms = Some(f.at.timestamp_millis());
        }
        self.deadline(seq, Some(f.due), Some(f.warn_at), f.provisional);
        self.done(seq, None);
        self.closing(seq, None);
    }

    fn moved(&mut self, f: &Moved, seq: i64) {
        if let Some(to) = &f.to {
            self.unit(seq, Some(to));
        }
        if let Some(class) = f.class {
            self.class(seq, class);
        }
        if matches!(f.act, Act::Merge | Act::Split) && self.claim(Group::Lead, seq) {
            self.model.lead = f.lead.filter(|_| f.act == Act::Merge).map(|lead| lead.to_string());
        }
    }

    fn noted(&mut self, f: &Noted, seq: i64) {
        if let Some(class) = f.class {
            self.class(seq, class);
        }
        if let Some(c) = f.category.as_deref().and_then(|code| District::sample().category(code)) {
            self.matter(seq, (&c.code, &c.name, c.nature));
        }
        if f.note == Note::Alarm || f.alarm == Some(AlarmAnswer::NoDanger) {
            self.urgency(seq, f.note == Note::Alarm);
        }
        if f.note == Note::GrantExclusion && self.claim(Group::Excluded, seq) {
            self.model.excluded = true;
        }
        if f.note == Note::Succeed {
            self.succeeded(&f.units, seq);
        }
    }

    /// The handling clock runs to another deadline, or stands still.
    fn turned(&mut self, turn: &ClockTurn, seq: i64) {
        self.deadline(seq, turn.due, turn.warn_at, turn.provisional);
        self.done(seq, None);
    }

    fn identity(&mut self, seq: i64, number: &str, source: &SourceId, text: &str, received: DateTime<Utc>) {
        if self.claim(Group::Identity, seq) {
            number.clone_into(&mut self.model.number);
            self.model.source = Some(source.to_string());
            self.model.excerpt = text.chars().take(EXCERPT).collect();
            self.model.received_ms = received.timestamp_millis();
        }
    }

    fn class(&mut self, seq: i64, class: Class) {
        if self.claim(Group::Class, seq) {
            self.model.class = Some(class.code().to_owned());
        }
    }

    fn matter(&mut self, seq: i64, (code, name, nature): (&str, &str, Nature)) {
        if self.claim(Group::Matter, seq) {
            self.model.category = Some(code.to_owned());
            self.model.category_name = Some(name.to_owned());
            self.model.nature = Some(nature_code(nature).to_owned());
        }
    }

    fn urgency(&mut self, seq: i64, urgent: bool) {
        if self.claim(Group::Urgency, seq) {
            self.model.urgent = urgent;
        }
    }

    fn unit(&mut self, seq: i64, unit: Option<&UnitId>) {
        if self.claim(Group::Unit, seq) {
            let unit = unit.map(ToString::to_string);
            match self.heirs() {
                Some(heirs) => self.inherit(Heirs { named: unit, ..heirs }),
                None => self.model.unit = unit,
            }
        }
    }

    /// A reorganised unit's work passes to its successor, whether the unit has the ticket itself or only a part.
    fn succeeded(&mut self, units: &[UnitId], seq: i64) {
        let [from, to] = units else { return };
        let named = || Heirs { named: self.model.unit.clone(), passed: BTreeMap::new() };
        let mut heirs = self.heirs().unwrap_or_else(named);
        heirs.passed.insert(seq, (from.to_string(), to.to_string()));
        self.inherit(heirs);
    }

    fn heirs(&self) -> Option<Heirs> {
        serde_json::from_str(self.model.heirs.as_deref()?).ok()
    }

    fn inherit(&mut self, heirs: Heirs) {
        let since = self.owners[Group::Unit as usize];
        let pass = |unit: Option<String>, (from, to): &(String, String)| {
            if unit.as_ref() == Some(from) { Some(to.clone()) } else { unit }
        };
        self.model.unit = heirs.passed.range(since..).map(|(_, pair)| pair).fold(heirs.named.clone(), pass);
        self.model.heirs = serde_json::to_string(&heirs).ok();
    }

    /// A fact that knows no place leaves the one that is known.
    fn place(&mut self, seq: i64, division: Option<&DivisionCode>) {
        if let Some(division) = division
            && self.claim(Group::Place, seq)
        {
            self.model.division = Some(division.to_string());
            self.model.town = District::sample().town_of(division).map(|t| t.code.to_string());
        }
    }

    fn deadline(&mut self, seq: i64, due: Option<DateTime<Utc>>, warn: Option<DateTime<Utc>>, provisional: bool) {
        if self.claim(Group::Deadline, seq) {
            self.model.due_ms = due.map(|t| t.timestamp_millis());
            self.model.warn_ms = warn.or(due).map(|t| t.timestamp_millis());
            self.model.provisional = provisional;
        }
    }

    fn done(&mut self, seq: i64, done: Option<DateTime<Utc>>) {
        if self.claim(Group::Done, seq) {
            self.model.done_ms = done.map(|t| t.timestamp_millis());
        }
    }

    fn closing(&mut self, seq: i64, closed: Option<DateTime<Utc>>) {
        if self.claim(Group::Closing, seq) {
            self.model.closed_ms = closed.map(|t| t.timestamp_millis());
        }
    }
}

/// The code that a closed list has in JSON.
fn code(member: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(member).ok()?.as_str().map(str::to_owned)
}

/// The code of a nature.
pub fn nature_code(nature: Nature) -> &'static str {
    match nature {
        Nature::Service => "service",
        Nature::Rights => "rights",
    }
}
