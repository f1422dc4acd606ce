//! What is remembered of a ticket beside its state: open requests, tries, the dispute's time.

use chrono::{DateTime, Utc};
use contracts::{
    id::{OrderId, UnitId},
    problem::Problem,
    ticket::RequestKind,
};
use serde::{Deserialize, Serialize};

use crate::reclass::Change;

/// Beside the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// Units that classification, or the last ruling, names: lead, then others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<UnitId>,
    /// Requests that wait for a decision, at most one of a kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Pending>,
    /// A merged ticket's reporter said that it is solved: not asked again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content: bool,
    /// Callback tries without answer in this round.
    #[serde(skip_serializing_if = "is_zero")]
    pub tries: u16,
    /// How often an alarm was raised since one was last answered.
    #[serde(skip_serializing_if = "is_zero")]
    pub alarms: u16,
    /// Who appealed the assessment, while the appeal is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
    /// The return under review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Time that disputes took, ms: charged to them.
    #[serde(skip_serializing_if = "is_none_lost")]
    pub lost_ms: i64,
    /// Who signed for, wrote or reported in this round; may not check or call back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handlers: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(n: &u16) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none_lost(n: &i64) -> bool {
    *n == 0
}

/// A return that waits for the centre's ruling; texts are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// When it was asked, ms.
    pub at_ms: i64,
    /// Why.
    pub reason: String,
    /// The rule it rests on.
    pub legal_basis: String,
    /// The unit that is named instead.
    pub propose: UnitId,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// What is asked.
    pub kind: RequestKind,
    /// Why, with all that it must say; masked.
    pub reason: String,
    /// The new deadline or the promised date.
    pub until: Option<DateTime<Utc>>,
    /// The unit that asks.
    pub unit: UnitId,
    /// The person who asks: may not decide.
    pub person: String,
    /// The work order that it is asked for, if any.
    pub order: Option<OrderId>,
    /// It was asked before the handling clock ran out (T21).
    pub in_time: bool,
    /// What a reclassification is to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Change>,
}

impl Beside {
    /// The request of a kind.
    pub fn request(&self, kind: RequestKind) -> Result<&Pending, Problem> {
        self.requests.iter().find(|r| r.kind == kind).ok_or_else(|| {
            Problem::new("request_pending", format!("没有待审核的{}申请", kind.zh()), format!("no {} is asked for", kind.en()))
        })
    }

    /// Takes the request of a kind out.
    pub fn take(&mut self, kind: RequestKind) {
        self.requests.retain(|r| r.kind != kind);
    }

    /// The ticket goes to other hands, or to a new round: what was asked for is void, but what concerns the assessment.
    pub fn new_hands(&mut self) {
        self.requests.retain(|r| r.kind == RequestKind::Exclude);
    }

    /// A dispute ends: its time is charged to it.
    pub fn dispute_ends(&mut self, now: DateTime<Utc>) -> i64 {
        let lost = self.returned.take().map_or(0, |r| now.timestamp_millis() - r.at_ms);
        self.lost_ms += lost;
        lost
    }

    /// This person had a hand in the handling.
    pub fn handled(&mut self, person: &str) {
        if !self.handlers.iter().any(|p| p == person) {
            self.handlers.push(person.to_owned());
        }
    }
}
