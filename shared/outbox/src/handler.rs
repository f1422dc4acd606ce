//! What a service is: load, decide, save.

use std::future::Future;

use bus::consume::Delivery;
use contracts::{
    envelope::{Envelope, Inbound, Outbound},
    id::MessageId,
    problem::Problem,
};

use crate::{Fault, Tx};

/// The closed type of all that a service hears.
pub trait Heard: Sized + Send + Sync + 'static {
    /// Reads a message; the problem says what is wrong with it.
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem>;

    /// Whether it is remembered by id once it took effect. False where the same message twice, in any order, gives the
    /// same rows and the same words: its rows are what remembers it.
    fn remembered(&self) -> bool {
        true
    }

    /// Key in the inbox. By default a message is the same if source and id are the same; a service whose
    /// messages must be answered each time they are sent counts deliveries instead.
    fn identity(envelope: &Envelope, delivery: &Delivery) -> MessageId {
        let _ = delivery;
        MessageId::of_event(&envelope.source, &envelope.id)
    }
}

/// What a decision gives: messages to send, and an answer to who asked directly.
#[derive(Debug)]
pub struct Said<A> {
    /// Messages to send.
    pub outbound: Vec<Outbound>,
    /// For a caller that waits (HTTP).
    pub answer: A,
}

/// Why a message took no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What it builds on was not heard yet; try again later.
    TooEarly(&'static str),
    /// It can never take effect; a dead letter keeps it.
    Illegal(Problem),
}

/// The outcome of deciding on one message.
pub type Decision<A> = Result<Said<A>, Refusal>;

/// A service's work on messages. One batch is one transaction: `load` reads what the whole batch needs,
/// `decide` is called for each message in turn and changes only the desk, `save` writes what changed.
///
/// `decide` must leave the desk untouched when it refuses.
pub trait Handler: Send + Sync + 'static {
    /// Name of the service, as in `ce-source` and on metrics.
    const SERVICE: &'static str;
    /// What it hears.
    type Heard: Heard;
    /// What lies on the desk while a batch is decided.
    type Desk: Send;
    /// What a direct caller gets.
    type Answer: Send + 'static;

    /// Reads what the batch needs, in as few queries as there are tables.
    fn load(&self, tx: &Tx, batch: &[Inbound<Self::Heard>]) -> impl Future<Output = Result<Self::Desk, Fault>> + Send;

    /// Decides on one message; pure.
    fn decide(&self, desk: &mut Self::Desk, message: &Inbound<Self::Heard>) -> Decision<Self::Answer>;

    /// Writes what changed.
    fn save(&self, tx: &Tx, desk: Self::Desk) -> impl Future<Output = Result<(), Fault>> + Send;

    /// What to say about a message that could not be read; it becomes a dead letter in any case.
    fn unreadable(&self, delivery: &Delivery, problem: &Problem, at: chrono::DateTime<chrono::Utc>) -> Vec<Outbound> {
        let _ = (delivery, problem, at);
        Vec::new()
    }
}
