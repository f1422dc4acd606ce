//! What the bridge does with what it hears: load, decide, save, say.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use contracts::{
    envelope::{Envelope, Inbound},
    id::{SourceId, TicketId},
    intake::{Receipt, ReceiptOutcome, Receipts, Submit},
    problem::Problem,
    subject,
    ticket::TicketFact,
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx,
    bulk::{self, Existing},
};

use crate::{
    config::Config,
    domain::{self, Accepted},
    entity::{callback, outside_order},
    outward,
};

/// What the bridge hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// An order of a platform, by the id of its connection.
    Order(String, Box<Submit>),
    /// How a ticket goes.
    Fact(Box<TicketFact>),
    /// What intake answered to a source, which may be a platform's.
    Receipt(SourceId, Box<Receipt>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if subject.starts_with("receipt.") {
            let Receipts::Receipt(receipt) = envelope.open(body)?;
            return Ok(Self::Receipt(subject::last_token(subject).parse()?, Box::new(receipt)));
        }
        envelope.open::<TicketFact>(body).map(|f| Self::Fact(Box::new(f)))
    }

    // an order is known by its number, a callback by its fact
    fn remembered(&self) -> bool {
        false
    }
}

/// Translates.
#[derive(Debug)]
pub struct Bridge {
    config: Arc<Config>,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    known: HashMap<String, outside_order::Model>,
    taken: Vec<outside_order::Model>,
    callbacks: BTreeMap<String, callback::Model>,
}

/// For who asked directly; a fact has nobody who waits.
pub type Answer = Option<Accepted>;

impl Bridge {
    /// With these connections.
    pub fn new(config: Arc<Config>) -> Self {
        Self { config }
    }

    fn order(&self, desk: &mut Desk, message: &Inbound<Heard>, id: &str, submit: &Submit) -> Decision<Answer> {
        let connection = self.config.connections.get(id).ok_or_else(|| Refusal::Illegal(unknown_connection()))?;
        let ticket = TicketId::derive(&connection.source, submit.external_id.as_str());
        if let Some(known) = desk.known.get(&ticket.to_string()) {
            let accepted = domain::repeat(known, ticket, submit).map_err(Refusal::Illegal)?;
            return Ok(Said { outbound: Vec::new(), answer: Some(accepted) });
        }
        let row = domain::taken(id, ticket, submit, message.now);
        desk.known.insert(row.ticket_id.clone(), row.clone());
        desk.taken.push(row);
        let outbound = vec![domain::submission(&connection.source, ticket, submit, message.now)];
        Ok(Said { outbound, answer: Some(Accepted { ticket, repeated: false }) })
    }

    fn fact(&self, desk: &mut Desk, message: &Inbound<Heard>, fact: &TicketFact) -> Decision<Answer> {
        let nothing = Ok(Said { outbound: Vec::new(), answer: None });
        if !outward::concerns(fact) {
            return nothing;
        }
        let ticket = fact.head().ticket;
        // most tickets did not come in here
        let Some(order) = desk.known.get(&ticket.to_string()) else { return nothing };
        let connection = self.config.connections.get(&order.connection);
        let connection = connection.ok_or_else(|| Refusal::Illegal(unknown_connection()))?;
        let seq = message.seq.ok_or_else(|| Refusal::Illegal(no_seq()))?;
        if let Some(told) = outward::told(&connection.callback, &order.order_no, seq, fact) {
            let row = domain::callback(order, ticket, seq, told, !connection.callback_url.is_empty(), message.now);
            desk.callbacks.insert(row.callback_id.clone(), row);
        }
        nothing
    }

    /// Intake does not take what we took: the platform must hear of it.
    fn receipt(&self, desk: &mut Desk, ticket: TicketId, receipt: &Receipt, now: DateTime<Utc>) -> Decision<Answer> {
        if let Some(order) = desk.known.get(&ticket.to_string()) {
            let connection = self.config.connections.get(&order.connection);
            let connection = connection.ok_or_else(|| Refusal::Illegal(unknown_connection()))?;
            if let Some(told) = outward::rejected(&connection.callback, &order.order_no, ticket, receipt) {
                // before all facts: there are none of a ticket that intake did not take
                let row = domain::callback(order, ticket, 0, told, !connection.callback_url.is_empty(), now);
                desk.callbacks.insert(row.callback_id.clone(), row);
            }
        }
        Ok(Said { outbound: Vec::new(), answer: None })
    }
}

impl Handler for Bridge {
    const SERVICE: &'static str = "hotline-bridge";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = Answer;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let tickets: HashSet<String> = batch.iter().filter_map(|m| self.ticket(&m.body)).map(|t| t.to_string()).collect();
        let tickets: Vec<String> = tickets.into_iter().collect();
        let rows = bulk::find_in::<outside_order::Entity>(&**tx, outside_order::Column::TicketId, &tickets).await?;
        Ok(Desk { known: rows.into_iter().map(|r| (r.ticket_id.clone(), r)).collect(), ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<Answer> {
        match &message.body {
            Heard::Order(connection, submit) => self.order(desk, message, connection, submit),
            Heard::Fact(fact) => self.fact(desk, message, fact),
            Heard::Receipt(_, receipt) => match self.ticket(&message.body) {
                Some(ticket) => self.receipt(desk, ticket, receipt, message.now),
                None => Ok(Said { outbound: Vec::new(), answer: None }),
            },
        }
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        bulk::write::<outside_order::Entity>(&**tx, &desk.taken, Existing::Fail).await?;
        let callbacks: Vec<callback::Model> = desk.callbacks.into_values().collect();
        // a replayed fact finds its callback there, perhaps delivered
        bulk::write::<callback::Entity>(&**tx, &callbacks, Existing::Keep).await?;
        Ok(())
    }
}

impl Bridge {
    fn ticket(&self, heard: &Heard) -> Option<TicketId> {
        match heard {
            Heard::Order(id, submit) => {
                let connection = self.config.connections.get(id)?;
                Some(TicketId::derive(&connection.source, submit.external_id.as_str()))
            }
            Heard::Fact(fact) => outward::concerns(fact).then(|| fact.head().ticket),
            Heard::Receipt(source, receipt) => {
                let external_id = receipt.external_id.as_ref()?;
                let ours = self.config.connections.values().any(|c| c.source == *source);
                let refused = matches!(receipt.outcome, ReceiptOutcome::Refused { .. });
                (ours && refused).then(|| TicketId::derive(source, external_id))
            }
        }
    }
}

/// A connection that is not in the settings.
pub fn unknown_connection() -> Problem {
    Problem::new(
        "unknown_connection",
        "没有这个热线连接，请联系管理员在 hotline.connections 中登记",
        "there is no such hotline connection; ask the administrator to add it to hotline.connections",
    )
}

fn no_seq() -> Problem {
    Problem::new("missing_header", "缺少消息头 ce-ticketseq", "header ce-ticketseq is missing")
}
