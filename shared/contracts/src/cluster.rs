//! What is said of tickets that belong together: repeats (重复件), clusters (群体件), hot topics, sensitive words.
//!
//! What classification and intake say is advice. Nothing is merged and nothing is changed on a ticket before a person
//! says so. What persons of the centre do with a proposed cluster, dispatch says ([`Moved`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::family,
    id::{ClusterId, DivisionCode, TicketId, UnitId},
};

vocabulary! {
    /// How far a proposed cluster is (domain.md 2.3).
    enum ClusterState, "state of a cluster" {
        Open      "open"      "待核实"           "open";
        Refused   "refused"   "非同一事项"       "not one matter";
        Confirmed "confirmed" "已查明原因"       "cause confirmed";
        Handled   "handled"   "已处置，正在告知" "handled, reporters are being told";
        Told      "told"      "已逐一告知"       "each reporter told";
        Closed    "closed"    "已办结"           "closed";
    }
}

vocabulary! {
    /// A step of a proposed cluster.
    enum ClusterStep, "step of a cluster" {
        Refuse  "refuse"  "认定非同一事项" "find that it is not one matter";
        Confirm "confirm" "查明原因"       "confirm the cause";
        Handle  "handle"  "处置完毕"       "say what was done";
        Tell    "tell"    "逐一告知诉求人" "tell each reporter";
        Close   "close"   "办结"           "close";
        Reopen  "reopen"  "明显增多，再次提示" "propose again: it has grown clearly";
    }
}

family! {
    /// Subject `cluster.v1.<kind>`. No fact tells who reported.
    pub enum ClusterFact: "cluster.v1" {
        /// Open tickets say nearly the same; intake looks whether one person reported them.
        Similar = "similar",
        /// 重复件: the same person reported the same matter before; by intake, which alone knows reporters.
        Repeated = "repeated",
        /// 群体件: several tickets of one matter at one place; a dispatcher may merge them.
        Proposed = "proposed",
        /// More tickets joined a cluster that was proposed.
        Grown = "grown",
        /// 热点: a cluster grows fast; its leaders are told at once.
        Heated = "heated",
        /// A ticket holds sensitive words; its leaders are told at once.
        Sensitive = "sensitive",
        /// 群体件: a person of the centre, or a rule, took a proposed cluster a step further.
        Moved = "moved",
    }
}

/// Open tickets say nearly the same as a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// The new ticket.
    pub ticket: TicketId,
    /// The tickets before it, the most similar first.
    pub others: Vec<TicketId>,
    /// When this was seen.
    pub at: DateTime<Utc>,
}

/// The same person reported the same matter before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeated {
    /// The later ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// The earlier one.
    pub of: TicketId,
    /// The earlier one's number.
    pub of_number: String,
    /// When this was seen.
    pub at: DateTime<Utc>,
}

/// A ticket of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

/// A matter that several tickets are about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// The cluster.
    pub cluster: ClusterId,
    /// The ticket that it began with; the lead case, if a dispatcher merges.
    pub first: TicketId,
    /// Category code of most of its tickets.
    pub category: String,
    /// The division of most of its tickets, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionCode>,
    /// Beginning of what was reported first, numbers masked.
    pub text: String,
    /// All its tickets.
    pub tickets: u32,
    /// The same without repeats of one person.
    pub people: u32,
    /// The tickets that were not told before, in the order of their arrival.
    pub members: Vec<Member>,
    /// When this was seen.
    pub at: DateTime<Utc>,
}

/// Several tickets of one matter at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// The matter.
    #[serde(flatten)]
    pub topic: Topic,
}

/// More tickets joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grown {
    /// The matter.
    #[serde(flatten)]
    pub topic: Topic,
}

/// A cluster grows fast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heated {
    /// The matter.
    #[serde(flatten)]
    pub topic: Topic,
    /// So many of its tickets …
    pub recent: u32,
    /// … came within so many hours.
    pub hours: u32,
}

/// A ticket holds sensitive words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitive {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// What kind of words, as the clerk's list names them: 群体访.
    pub kinds: Vec<String>,
    /// The words found.
    pub words: Vec<String>,
    /// When this was seen.
    pub at: DateTime<Utc>,
}

/// A proposed cluster went a step further; by dispatch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The cluster.
    pub cluster: ClusterId,
    /// Number of the step within the cluster, from 1.
    pub seq: u32,
    /// What was done.
    pub step: ClusterStep,
    /// How far it is from then on.
    pub state: ClusterState,
    /// The responsible unit, once the cause is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The cause, what was done, or why; numbers masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Staff number; none if it is done by rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Tickets and people of the cluster then.
    pub tickets: u32,
    /// The same without repeats of one person.
    pub people: u32,
    /// When.
    pub at: DateTime<Utc>,
}

impl ClusterFact {
    /// The ticket that a notice of it is about; none if it asks nobody to look.
    #[must_use]
    pub const fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Similar(_) | Self::Grown(_) | Self::Moved(_) => None,
            Self::Repeated(f) => Some(f.ticket),
            Self::Proposed(f) => Some(f.topic.first),
            Self::Heated(f) => Some(f.topic.first),
            Self::Sensitive(f) => Some(f.ticket),
        }
    }
}
