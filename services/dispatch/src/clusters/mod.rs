//! Repeats, clusters (群体件), hot topics, sensitive words: a notice on the district centre's desk, and what persons of the
//! centre do with a proposed cluster. A ticket keeps its state and its clocks; a dispatcher merges (并案), or does not.
//!
//! - `notice` what a dispatcher or a leader is to see
//! - `life` how far a cluster is, and who may take it further
//! - `tell` the job that tells each reporter

pub mod entity;
pub mod life;
mod notice;
mod store;
pub mod tell;

use std::collections::{BTreeMap, HashMap};

use contracts::{
    cluster::{ClusterFact, Topic},
    envelope::{Envelope, Inbound},
    id::{ClusterId, TicketId},
    problem::Problem,
    work::AnswerOutcome,
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx};

use crate::{
    case::Case,
    in_force::InForce,
    rules::{At, Rules},
    store as tickets,
};
use entity::{cluster, cluster_ticket};

/// What is heard of clusters.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Classification or intake saw something.
    Fact(Box<ClusterFact>),
    /// A person of the centre takes a cluster further; over HTTP only.
    Act(ClusterId, Box<life::ClusterAct>),
}

impl HeardTrait for Heard {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        Ok(Self::Fact(Box::new(envelope.open(body)?)))
    }
}

/// Puts notices on the desk and keeps clusters.
#[derive(Debug, Default)]
pub struct Clusters {
    rules: InForce,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug)]
pub struct Desk {
    rules: std::sync::Arc<Rules>,
    /// The tickets that notices are about, by id; they are only read.
    cases: HashMap<String, Case>,
    known: BTreeMap<String, cluster::Model>,
    changed: BTreeMap<String, cluster::Model>,
    joined: BTreeMap<String, cluster_ticket::Model>,
}

impl Handler for Clusters {
    const SERVICE: &'static str = "dispatch";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = AnswerOutcome;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let rules = self.rules.read(&**tx).await?;
        let clusters: Vec<String> = batch.iter().filter_map(|m| cluster_of(&m.body)).map(|c| c.to_string()).collect();
        let known = store::clusters(tx, &clusters).await?;
        let mut ids: Vec<String> = batch.iter().filter_map(|m| ticket_of(&m.body)).map(|t| t.to_string()).collect();
        ids.extend(known.iter().map(|c| c.first_ticket.clone()));
        ids.sort_unstable();
        ids.dedup();
        let cases = tickets::cases(tx, &ids).await?;
        let known = known.into_iter().map(|c| (c.cluster_id.clone(), c)).collect();
        Ok(Desk { rules, cases, known, changed: BTreeMap::new(), joined: BTreeMap::new() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<AnswerOutcome> {
        let outbound = match &message.body {
            Heard::Fact(fact) => desk.fact(fact, message)?,
            Heard::Act(id, act) => {
                let rules = desk.rules.clone();
                let mut row = desk.row(*id).cloned().ok_or_else(unknown_cluster).map_err(Refusal::Illegal)?;
                let case = desk.cases.get(&row.first_ticket).ok_or(NOT_YET)?;
                let said = life::act(&mut row, act, (At { rules: &rules, now: message.now }, message.id), case);
                let said = said.map_err(Refusal::Illegal)?;
                desk.changed.insert(row.cluster_id.clone(), row);
                said
            }
        };
        Ok(Said { outbound, answer: AnswerOutcome::Done })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        let joined: Vec<cluster_ticket::Model> = desk.joined.into_values().collect();
        store::save(tx, desk.changed.into_values().collect(), &joined).await
    }
}

const NOT_YET: Refusal = Refusal::TooEarly("the ticket is not classified yet");

fn unknown_cluster() -> Problem {
    Problem::new("unknown_cluster", "没有这个群体件，请核对编号", "there is no such cluster; check its id")
}

/// What a fact tells of a cluster's tickets.
fn topic_of(fact: &ClusterFact) -> Option<&Topic> {
    match fact {
        ClusterFact::Proposed(f) => Some(&f.topic),
        ClusterFact::Grown(f) => Some(&f.topic),
        _ => None,
    }
}

fn cluster_of(heard: &Heard) -> Option<ClusterId> {
    match heard {
        Heard::Fact(fact) => topic_of(fact).map(|topic| topic.cluster),
        Heard::Act(cluster, _) => Some(*cluster),
    }
}

/// The ticket that a notice of it is about.
fn ticket_of(heard: &Heard) -> Option<TicketId> {
    match heard {
        Heard::Fact(fact) => topic_of(fact).map(|topic| topic.first).or_else(|| fact.ticket()),
        Heard::Act(..) => None,
    }
}

impl Desk {
    fn row(&self, id: ClusterId) -> Option<&cluster::Model> {
        let id = id.to_string();
        self.changed.get(&id).or_else(|| self.known.get(&id))
    }

    fn fact(&mut self, fact: &ClusterFact, message: &Inbound<Heard>) -> Result<Vec<contracts::envelope::Outbound>, Refusal> {
        let Some(ticket) = ticket_of(&message.body) else { return Ok(Vec::new()) };
        let case = self.cases.get(&ticket.to_string()).ok_or(NOT_YET)?;
        let mut said = Vec::new();
        if let Some(words) = notice::words(fact) {
            said.push(notice::to_centre(case, words, (message.id, message.now)).map_err(Refusal::Illegal)?);
        }
        let Some(topic) = topic_of(fact) else { return Ok(said) };
        let mut row = self.row(topic.cluster).cloned().unwrap_or_else(|| life::open(topic));
        said.extend(life::grown(&mut row, topic, (message.id, message.now), case).map_err(Refusal::Illegal)?);
        for member in &topic.members {
            let (ticket_id, cluster_id) = (member.ticket.to_string(), row.cluster_id.clone());
            self.joined.insert(ticket_id.clone(), cluster_ticket::Model { ticket_id, cluster_id, told: cluster_ticket::WAITS });
        }
        self.changed.insert(row.cluster_id.clone(), row);
        Ok(said)
    }
}
