//! Folds what is told of clusters into rows. Any order and any repetition gives the same rows: a topic is as the fact
//! with most tickets tells it, and a ticket is about one topic.

use std::collections::BTreeMap;

use contracts::{
    cluster::{ClusterFact, Moved, Topic},
    envelope::{Envelope, Inbound},
    problem::Problem,
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Said, Tx,
    bulk::{self, Existing},
};

use super::{
    entity::{attention, topic, topic_step, topic_ticket},
    store,
};

/// What is told of clusters.
#[derive(Clone, Debug)]
pub struct Told(pub ClusterFact);

impl HeardTrait for Told {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        envelope.open(body).map(Self)
    }

    fn remembered(&self) -> bool {
        false
    }
}

/// Folds.
#[derive(Clone, Copy, Debug)]
pub struct Topics;

/// What lies on the desk while a batch is folded.
#[derive(Debug, Default)]
pub struct Desk {
    topics: BTreeMap<String, topic::Model>,
    tickets: BTreeMap<String, topic_ticket::Model>,
    attention: BTreeMap<(String, &'static str), attention::Model>,
    steps: BTreeMap<(String, i64), topic_step::Model>,
}

/// What people are called to look at.
pub const SENSITIVE: &str = "sensitive";
/// The same person reported the same matter before.
pub const REPEATED: &str = "repeated";

impl Desk {
    fn topic(&mut self, told: &Topic, heated_ms: Option<i64>) {
        let topic_id = told.cluster.to_string();
        for m in &told.members {
            let row = topic_ticket::Model {
                ticket_id: m.ticket.to_string(),
                topic_id: topic_id.clone(),
                number: m.number.clone(),
                received_ms: m.received_at.timestamp_millis(),
            };
            self.tickets.insert(row.ticket_id.clone(), row);
        }
        let new = topic::Model {
            topic_id: topic_id.clone(),
            category: told.category.clone(),
            division: told.division.as_ref().map(ToString::to_string),
            text: told.text.clone(),
            tickets: told.tickets.into(),
            people: told.people.into(),
            heated_ms,
        };
        let known = self.topics.entry(topic_id).or_insert_with(|| new.clone());
        let heated_ms = known.heated_ms.max(heated_ms);
        // of two that tell as many tickets the same one wins, whichever came first
        let better =
            (new.tickets, new.people, &new.text, &new.category) > (known.tickets, known.people, &known.text, &known.category);
        *known = topic::Model { heated_ms, ..if better { new } else { known.clone() } };
    }

    fn look(&mut self, kind: &'static str, ticket: String, number: &str, what: String, at_ms: i64) {
        let row = attention::Model { ticket_id: ticket.clone(), kind: kind.to_owned(), number: number.to_owned(), what, at_ms };
        self.attention.insert((ticket, kind), row);
    }
}

fn step(f: &Moved) -> topic_step::Model {
    topic_step::Model {
        topic_id: f.cluster.to_string(),
        seq: f.seq.into(),
        step: f.step.code().to_owned(),
        state: f.state.code().to_owned(),
        unit: f.unit.as_ref().map(ToString::to_string),
        text: f.text.clone(),
        person: f.person.clone(),
        at_ms: f.at.timestamp_millis(),
    }
}

impl Handler for Topics {
    const SERVICE: &'static str = "console";
    type Heard = Told;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Told>]) -> Result<Desk, Fault> {
        let cluster = |m: &Inbound<Told>| match &m.body.0 {
            ClusterFact::Proposed(f) => Some(f.topic.cluster.to_string()),
            ClusterFact::Grown(f) => Some(f.topic.cluster.to_string()),
            ClusterFact::Heated(f) => Some(f.topic.cluster.to_string()),
            ClusterFact::Similar(_) | ClusterFact::Repeated(_) | ClusterFact::Sensitive(_) | ClusterFact::Moved(_) => None,
        };
        let ids: Vec<String> = batch.iter().filter_map(cluster).collect();
        let known = store::topics(&**tx, &ids).await?;
        Ok(Desk { topics: known.into_iter().map(|t| (t.topic_id.clone(), t)).collect(), ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Told>) -> Decision<()> {
        match &message.body.0 {
            ClusterFact::Similar(_) => {}
            ClusterFact::Proposed(f) => desk.topic(&f.topic, None),
            ClusterFact::Grown(f) => desk.topic(&f.topic, None),
            ClusterFact::Heated(f) => desk.topic(&f.topic, Some(f.topic.at.timestamp_millis())),
            ClusterFact::Moved(f) => {
                let step = step(f);
                desk.steps.insert((step.topic_id.clone(), step.seq), step);
            }
            ClusterFact::Repeated(f) => {
                desk.look(REPEATED, f.ticket.to_string(), &f.number, f.of_number.clone(), f.at.timestamp_millis());
            }
            ClusterFact::Sensitive(f) => {
                let what = format!("{}：{}", f.kinds.join("、"), f.words.join("、"));
                desk.look(SENSITIVE, f.ticket.to_string(), &f.number, what, f.at.timestamp_millis());
            }
        }
        Ok(Said { outbound: Vec::new(), answer: () })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        let rows: Vec<topic::Model> = desk.topics.into_values().collect();
        bulk::write::<topic::Entity>(&**tx, &rows, Existing::Replace).await?;
        let rows: Vec<topic_ticket::Model> = desk.tickets.into_values().collect();
        bulk::write::<topic_ticket::Entity>(&**tx, &rows, Existing::Keep).await?;
        let rows: Vec<attention::Model> = desk.attention.into_values().collect();
        bulk::write::<attention::Entity>(&**tx, &rows, Existing::Keep).await?;
        let rows: Vec<topic_step::Model> = desk.steps.into_values().collect();
        bulk::write::<topic_step::Entity>(&**tx, &rows, Existing::Keep).await?;
        Ok(())
    }
}
