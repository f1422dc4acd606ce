//! The index alone, to be measured: `tests/bench/src/bin/cluster.rs`.

use contracts::{district::District, id::TicketId};

use super::{
    groups::Groups,
    sight::{Eye, Sight},
};
use crate::{Classifier, Verdict, rules::RulesError};

/// Tickets in memory.
#[derive(Debug)]
pub struct Bench(Groups);

impl Bench {
    /// Nothing in it yet.
    ///
    /// # Errors
    /// The rules can't be read.
    pub fn new(classifier: &Classifier) -> Result<Self, RulesError> {
        Ok(Self(Groups::new(Eye::read(classifier.taxonomy(), District::sample())?)))
    }

    fn see(&self, text: &str, verdict: &Verdict) -> Sight {
        self.0.eye().see(text, &verdict.category, &verdict.perhaps, verdict.division.as_ref())
    }

    /// Adds an open ticket without looking where it belongs.
    pub fn add(&mut self, ticket: TicketId, received_ms: i64, text: &str, verdict: &Verdict) {
        let sight = self.see(text, verdict);
        self.0.place(ticket, Some((received_ms, sight)), None);
    }

    /// A new ticket finds where it belongs. Tells how many tickets changed their cluster.
    pub fn arrive(&mut self, ticket: TicketId, received_ms: i64, text: &str, verdict: &Verdict) -> usize {
        let sight = self.see(text, verdict);
        let near = self.0.near(&sight);
        self.0.arrive(ticket, received_ms, sight, &near).len()
    }

    /// The open tickets that are like this one, the most alike first.
    pub fn similar(&mut self, text: &str, verdict: &Verdict, most: usize) -> Vec<(TicketId, f32)> {
        let sight = self.see(text, verdict);
        let near = self.0.near(&sight);
        self.0.similar(&sight, &near, most)
    }
}
