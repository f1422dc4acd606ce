//! Folds what is heard into rows: which tickets there are, which are done with, which repeat another.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use contracts::{
    cluster::{ClusterFact, Repeated, Sensitive},
    envelope::{Envelope, Inbound, Outbound},
    family::Family,
    id::{MessageId, TicketId},
    problem::Problem,
    subject,
    ticket::{Classified, TicketFact},
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Said, Tx};

use super::{
    entity::{matter, repeat},
    gather,
    sensitive::Words,
    store,
};
use crate::rules::RulesError;

/// What is heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A ticket was classified.
    Classified(Box<Classified>),
    /// A ticket stands otherwise: whether somebody still has to act, by which fact.
    Stands(TicketId, bool, i64),
    /// A ticket repeats another one of the same reporter.
    Repeated(Box<Repeated>),
    /// What changes nothing here.
    Nothing,
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        let not_heard = || Problem::new("not_heard", "分类服务不处理此消息", "classification does not hear this message");
        if subject.starts_with("cluster.") {
            return match envelope.open::<ClusterFact>(body)? {
                ClusterFact::Repeated(r) => Ok(Self::Repeated(Box::new(r))),
                _ => Err(not_heard()),
            };
        }
        match envelope.open::<TicketFact>(body)? {
            TicketFact::Classified(c) => Ok(Self::Classified(Box::new(c))),
            // from round 2 on it may have been reopened; before, nothing had ended
            TicketFact::Dispatched(d) if d.round < 2 => Ok(Self::Nothing),
            fact => {
                let (head, seq) = (fact.head(), envelope.seq.and_then(|n| i64::try_from(n).ok()).unwrap_or(0));
                let by = head.by.ok_or_else(not_heard)?;
                Ok(Self::Stands(head.ticket, by.state.is_open(), seq))
            }
        }
    }

    fn remembered(&self) -> bool {
        false
    }
}

/// Folds.
#[derive(Debug)]
pub struct Matters {
    words: Words,
}

/// What lies on the desk while a batch is folded.
#[derive(Debug, Default)]
pub struct Desk {
    known: HashMap<String, matter::Model>,
    changed: BTreeMap<String, matter::Model>,
    repeats: Vec<repeat::Model>,
    /// The place before the next change.
    place: i64,
}

impl Matters {
    /// With the words that are shipped.
    ///
    /// # Errors
    /// The words can't be read.
    pub fn read() -> Result<Self, RulesError> {
        Ok(Self { words: Words::read()? })
    }

    fn sensitive(&self, c: &Classified, now: DateTime<Utc>) -> Option<Outbound> {
        let found = self.words.find(&c.text)?;
        let fact = Sensitive { ticket: c.ticket, number: c.number.clone(), kinds: found.kinds, words: found.words, at: now };
        Some(say(MessageId::derive(c.ticket.0, "sensitive"), fact, now))
    }
}

/// A fact about what belongs together.
pub(super) fn say(id: MessageId, fact: impl Into<ClusterFact>, now: DateTime<Utc>) -> Outbound {
    let fact = fact.into();
    let said = Outbound::new(id, subject::FACTS, subject::fact(ClusterFact::FAMILY, fact.kind()), &fact, now);
    match fact.ticket() {
        Some(ticket) => said.about(ticket),
        None => said,
    }
}

impl Desk {
    fn row(&self, ticket: TicketId) -> matter::Model {
        let id = ticket.to_string();
        let known = self.changed.get(&id).or_else(|| self.known.get(&id));
        known.cloned().unwrap_or_else(|| matter::Model {
            ticket_id: id,
            place: 0,
            number: String::new(),
            text: String::new(),
            category: String::new(),
            also: String::new(),
            division: None,
            received_ms: 0,
            ended: 0,
            seq: 0,
        })
    }

    fn change(&mut self, row: matter::Model) {
        self.place += 1;
        self.changed.insert(row.ticket_id.clone(), matter::Model { place: self.place, ..row });
    }
}

impl Handler for Matters {
    const SERVICE: &'static str = "classification";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let ticket = |m: &Inbound<Heard>| match &m.body {
            Heard::Classified(c) => Some(c.ticket.to_string()),
            Heard::Stands(ticket, _, _) => Some(ticket.to_string()),
            Heard::Repeated(_) | Heard::Nothing => None,
        };
        let mut tickets: Vec<String> = batch.iter().filter_map(ticket).collect();
        tickets.sort_unstable();
        tickets.dedup();
        // first the lock, so that what is read then is what the last one wrote
        let place = store::take_places(tx, i64::try_from(batch.len()).unwrap_or(0)).await?;
        let known = store::matters(&**tx, &tickets).await?;
        Ok(Desk { known: known.into_iter().map(|m| (m.ticket_id.clone(), m)).collect(), place, ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        let mut outbound = Vec::new();
        match &message.body {
            Heard::Classified(c) => {
                let row = desk.row(c.ticket);
                // the first word stands, as with dispatch
                if row.number.is_empty() {
                    outbound.extend(self.sensitive(c, message.now));
                    desk.change(matter::Model {
                        number: c.number.clone(),
                        text: c.text.clone(),
                        category: c.category.clone(),
                        also: gather::written(&c.perhaps),
                        division: c.division.as_ref().map(ToString::to_string),
                        received_ms: c.received_at.timestamp_millis(),
                        ..row
                    });
                }
            }
            Heard::Stands(ticket, open, seq) => {
                let row = desk.row(*ticket);
                // kept also if it stands as before, so that an older fact that comes late changes nothing
                if *seq > row.seq {
                    desk.change(matter::Model { ended: i32::from(!open), seq: *seq, ..row });
                }
            }
            Heard::Repeated(r) => {
                desk.repeats.push(repeat::Model { ticket_id: r.ticket.to_string(), of: r.of.to_string() });
            }
            Heard::Nothing => {}
        }
        Ok(Said { outbound, answer: () })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        let mut matters: Vec<matter::Model> = desk.changed.into_values().collect();
        matters.sort_unstable_by_key(|m| m.place);
        store::save(tx, &matters, &desk.repeats).await
    }
}
