//! What the console does with what it hears: load, fold, save.

use std::collections::{BTreeMap, HashMap};

use contracts::{
    clock::ClockFact,
    envelope::{Envelope, Inbound},
    problem::Problem,
    ticket::{Head, TicketFact},
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Said, Tx,
    bulk::{self, Existing},
};

use crate::{
    domain::Row,
    entity::{event, ticket},
    store,
};

/// A fact, and its body as it came: the event keeps it unchanged.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What was said.
    pub fact: Fact,
    /// Type with version: `ticket.v1.signed`.
    pub kind: String,
    /// The JSON body.
    pub body: String,
}

/// What the console hears.
#[derive(Clone, Debug)]
pub enum Fact {
    /// About a ticket, with its place in the ticket's history.
    Ticket(Box<TicketFact>, i64),
    /// About its clock.
    Clock(Box<ClockFact>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        let fact = if subject.starts_with("clock.") {
            Fact::Clock(Box::new(envelope.open(body)?))
        } else {
            let fact = envelope.open(body)?;
            let seq = envelope.seq.and_then(|n| i64::try_from(n).ok()).filter(|n| *n > 0).ok_or_else(no_seq)?;
            Fact::Ticket(Box::new(fact), seq)
        };
        Ok(Self { fact, kind: envelope.kind.clone(), body: String::from_utf8_lossy(body).into_owned() })
    }

    fn remembered(&self) -> bool {
        false
    }
}

fn no_seq() -> Problem {
    Problem::new("missing_header", "工单事实缺少消息头 ce-ticketseq", "a fact about a ticket needs the header ce-ticketseq")
}

/// Folds facts into rows.
#[derive(Clone, Copy, Debug)]
pub struct Console;

/// What lies on the desk while a batch is folded.
#[derive(Debug, Default)]
pub struct Desk {
    known: HashMap<String, Row>,
    /// Sorted, so that two replicas that write the same rows take them in the same order and never deadlock.
    folded: BTreeMap<String, Row>,
    events: Vec<event::Model>,
}

impl Handler for Console {
    const SERVICE: &'static str = "console";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let mut tickets: Vec<String> = batch
            .iter()
            .filter_map(|m| match &m.body.fact {
                Fact::Ticket(fact, _) => Some(fact.head().ticket.to_string()),
                Fact::Clock(_) => None,
            })
            .collect();
        tickets.sort_unstable();
        tickets.dedup();
        let known = store::rows(tx, &tickets).await?;
        let known = known.into_iter().map(|m| (m.ticket_id.clone(), Row::stored(m))).collect();
        Ok(Desk { known, folded: BTreeMap::new(), events: Vec::with_capacity(batch.len()) })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        let Heard { fact, kind, body } = &message.body;
        let (ticket_id, fact, at) = match fact {
            Fact::Ticket(fact, seq) => {
                let Head { ticket, at, .. } = fact.head();
                let id = ticket.to_string();
                let Desk { known, folded, .. } = desk;
                let fresh = || known.remove(&id).unwrap_or_else(|| Row::new(ticket));
                folded.entry(id.clone()).or_insert_with(fresh).fold(fact, *seq);
                (id, seq.to_string(), at)
            }
            Fact::Clock(fact) => {
                let (ticket, at) = fact.head();
                (ticket.to_string(), message.id.to_string(), at)
            }
        };
        desk.events.push(event::Model { ticket_id, fact, kind: kind.clone(), at_ms: at.timestamp_millis(), body: body.clone() });
        Ok(Said { outbound: Vec::new(), answer: () })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        let rows: Vec<ticket::Model> = desk.folded.into_values().map(Row::into_next).collect();
        bulk::write::<ticket::Entity>(&**tx, &rows, Existing::NextVersion).await?;
        bulk::write::<event::Entity>(&**tx, &desk.events, Existing::Keep).await?;
        Ok(())
    }
}
