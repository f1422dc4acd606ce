//! 重复件: did one person report the same matter before?
//!
//! Classification sees that texts are alike and does not know who wrote them; intake knows that and says only yes. No
//! phone number, and nothing made of one, leaves this database.

use std::collections::HashMap;

use contracts::{
    cluster::{ClusterFact, Repeated, Similar},
    envelope::{Envelope, Inbound, Outbound},
    family::Family,
    id::MessageId,
    problem::Problem,
    subject,
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Said, Tx};

use crate::{entity::registration, store};

/// Tickets that say nearly the same.
#[derive(Clone, Debug)]
pub struct Alike(Similar);

impl HeardTrait for Alike {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        match envelope.open::<ClusterFact>(body)? {
            ClusterFact::Similar(similar) => Ok(Self(similar)),
            _ => Err(Problem::new("not_heard", "受理服务不处理此消息", "intake does not hear this message")),
        }
    }

    /// What is said has an id of its own for each pair; said twice it is sent once.
    fn remembered(&self) -> bool {
        false
    }
}

/// Compares reporters.
#[derive(Clone, Copy, Debug)]
pub struct Repeats;

impl Handler for Repeats {
    const SERVICE: &'static str = "intake";
    type Heard = Alike;
    type Desk = HashMap<String, registration::Model>;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Alike>]) -> Result<Self::Desk, Fault> {
        let named = batch.iter().flat_map(|m| std::iter::once(&m.body.0.ticket).chain(&m.body.0.others));
        let mut tickets: Vec<String> = named.map(ToString::to_string).collect();
        tickets.sort_unstable();
        tickets.dedup();
        Ok(store::registrations(tx, &tickets).await?)
    }

    fn decide(&self, desk: &mut Self::Desk, message: &Inbound<Alike>) -> Decision<()> {
        let Similar { ticket, others, .. } = &message.body.0;
        let said = desk.get(&ticket.to_string()).and_then(|own| {
            let phone = own.phone.as_ref()?;
            let mut before = others.iter().filter_map(|t| Some((*t, desk.get(&t.to_string())?)));
            let (of, earlier) = before.find(|(_, o)| o.received_ms <= own.received_ms && o.phone.as_ref() == Some(phone))?;
            let fact = ClusterFact::from(Repeated {
                ticket: *ticket,
                number: own.number.clone(),
                of,
                of_number: earlier.number.clone(),
                at: message.now,
            });
            let id = MessageId::derive(ticket.0, &format!("repeats {of}"));
            let to = subject::fact(ClusterFact::FAMILY, fact.kind());
            Some(Outbound::new(id, subject::FACTS, to, &fact, message.now).about(*ticket))
        });
        Ok(Said { outbound: said.into_iter().collect(), answer: () })
    }

    async fn save(&self, _tx: &Tx, _desk: Self::Desk) -> Result<(), Fault> {
        Ok(())
    }
}
