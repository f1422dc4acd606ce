//! What is decided for all tickets: rules that change, periodic work that opens and is closed.

use contracts::{
    envelope::{Envelope, Inbound},
    problem::Problem,
    rules::{Changed, RulesFact},
    supervision::{Opened, SupervisionFact},
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Said, Tx,
    bulk::{self, Existing},
};

use crate::entity::{rules, supervision_task};

/// What is heard.
#[derive(Clone, Debug)]
pub enum Heard {
    /// The rules changed.
    Rules(Box<Changed>),
    /// Periodic work.
    Supervision(Box<SupervisionFact>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if subject.starts_with("rules.") {
            let RulesFact::Changed(changed) = envelope.open(body)?;
            return Ok(Self::Rules(Box::new(changed)));
        }
        Ok(Self::Supervision(Box::new(envelope.open(body)?)))
    }

    fn remembered(&self) -> bool {
        false
    }
}

/// Keeps it. Any order and any repetition gives the same rows: a version is what it is, a closed task tells all of it.
#[derive(Clone, Copy, Debug)]
pub struct Decided;

/// What lies on the desk while a batch is kept.
#[derive(Debug, Default)]
pub struct Desk {
    rules: Vec<rules::Model>,
    opened: Vec<supervision_task::Model>,
    closed: Vec<supervision_task::Model>,
}

impl Handler for Decided {
    const SERVICE: &'static str = "console";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, _tx: &Tx, _batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        Ok(Desk::default())
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        match &message.body {
            Heard::Rules(changed) => desk.rules.push(rules::Model {
                version: i64::try_from(changed.version).unwrap_or(i64::MAX),
                body: serde_json::to_string(changed).unwrap_or_default(),
            }),
            Heard::Supervision(fact) => match &**fact {
                SupervisionFact::Opened(opened) => desk.opened.push(row(opened)),
                SupervisionFact::Closed(closed) => desk.closed.push(supervision_task::Model {
                    closed_ms: Some(closed.closed_at.timestamp_millis()),
                    person: Some(closed.person.clone()),
                    minutes: Some(closed.minutes.clone()),
                    ..row(&closed.task)
                }),
            },
        }
        Ok(Said { outbound: Vec::new(), answer: () })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        bulk::write::<rules::Entity>(&**tx, &desk.rules, Existing::Keep).await?;
        bulk::write::<supervision_task::Entity>(&**tx, &desk.opened, Existing::Keep).await?;
        bulk::write::<supervision_task::Entity>(&**tx, &desk.closed, Existing::Replace).await?;
        Ok(())
    }
}

fn row(opened: &Opened) -> supervision_task::Model {
    supervision_task::Model {
        task: opened.task.to_string(),
        from_ms: opened.from.timestamp_millis(),
        to_ms: opened.to.timestamp_millis(),
        due_ms: opened.due.timestamp_millis(),
        opened_ms: opened.at.timestamp_millis(),
        closed_ms: None,
        person: None,
        minutes: None,
    }
}
