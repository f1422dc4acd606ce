//! What classification hears, and how it is read.

use contracts::{
    envelope::Envelope,
    problem::Problem,
    text::Text,
    ticket::{Noted, Received, ReturnRuled, TicketFact},
};
use outbox::Heard as HeardTrait;

use crate::{learning, register::Choice};

/// What classification hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A ticket was received.
    Received(Box<Received>),
    /// A return was ruled on: what it teaches is proposed for the catalogue.
    Ruled(Box<ReturnRuled>),
    /// A ticket was reclassified, or a person said whether there is danger: a sample, and perhaps a proposal.
    Noted(Box<Noted>),
    /// A note that teaches nothing.
    Nothing,
    /// A person decides on the catalogue or the model; over HTTP only.
    Person(Box<Chosen>),
}

/// A person's decision.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What.
    pub choice: Choice,
    /// Staff number.
    pub person: Text<40>,
    /// Why.
    pub reason: Text<2000>,
}

impl HeardTrait for Heard {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        match envelope.open::<TicketFact>(body)? {
            TicketFact::Received(r) => Ok(Self::Received(Box::new(r))),
            TicketFact::ReturnRuled(r) => Ok(Self::Ruled(Box::new(r))),
            TicketFact::Noted(n) if learning::teaches(&n) => Ok(Self::Noted(Box::new(n))),
            TicketFact::Noted(_) => Ok(Self::Nothing),
            _ => Err(Problem::new("not_heard", "分类服务不处理此消息", "classification does not hear this message")),
        }
    }

    /// A ticket that was classified is known by its row.
    fn remembered(&self) -> bool {
        !matches!(self, Self::Received(_) | Self::Nothing)
    }
}
