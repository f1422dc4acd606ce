//! What was told of a ticket, and what a recomputation says of each line about its clocks.

use crate::error::SlaError;
use crate::ledger::{Replay, Verdict};
use crate::life::Life;
use crate::policy::Limit;
use crate::rules::Books;
use chrono::{DateTime, Utc};
use contracts::clock::ClockTurn;
use contracts::lifecycle::{Change, Clock};
use contracts::ticket::TicketFact;
use std::collections::BTreeMap;

/// A ticket with its facts, in the order of their places.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What was told, by its place in the ticket's history.
    pub facts: BTreeMap<u64, TicketFact>,
}

/// A line of the ledger and what a recomputation says of it.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// Place of the fact that tells it.
    pub seq: u64,
    /// The fact.
    pub fact: &'a TicketFact,
    /// When.
    pub at: DateTime<Utc>,
    /// The line.
    pub line: &'a ClockTurn,
    /// Whether it is right.
    pub verdict: Verdict,
    /// What the clock had used by then, in the unit of its limit.
    pub used: Option<i64>,
    /// That limit; none for a promised date.
    pub limit: Option<Limit>,
}

impl Finding<'_> {
    /// Whether nothing speaks against the line.
    pub fn is_good(&self) -> bool {
        matches!(self.verdict, Verdict::Same | Verdict::OtherCalendar)
    }
}

impl History {
    /// Recomputes every line with the rules that it names.
    ///
    /// # Errors
    /// If no clock can start when the ticket was registered.
    pub fn findings(&self, books: &Books) -> Result<Vec<Finding<'_>>, SlaError> {
        let mut replay = Replay::new(books);
        let mut findings = Vec::new();
        for (seq, fact) in &self.facts {
            let head = fact.head();
            let lines = head.by.map_or(&[][..], |by| &by.clocks);
            if let (TicketFact::Received(_), []) = (fact, lines) {
                replay.register(head.at)?;
            }
            for line in lines {
                let verdict = replay.step(line, head.at);
                let used = replay.used(line.order, line.clock, head.at);
                let limit = replay.life(line.order, line.clock).and_then(Life::limit);
                findings.push(Finding { seq: *seq, fact, at: head.at, line, verdict, used, limit });
            }
        }
        Ok(findings)
    }

    /// Places of facts that are missing between the first and the last.
    pub fn missing(&self) -> Vec<u64> {
        let last = self.facts.keys().next_back().copied().unwrap_or(0);
        (1..last).filter(|seq| !self.facts.contains_key(seq)).collect()
    }

    /// Dispatches whose promise is not the deadline that their own ledger line gives the handling clock.
    pub fn broken_promises(&self) -> Vec<u64> {
        let broken = |fact: &TicketFact| {
            let TicketFact::Dispatched(f) = fact else { return false };
            let started = |turn: &&ClockTurn| turn.clock == Clock::K5 && turn.order.is_none() && turn.change == Change::Started;
            f.by.clocks.iter().rev().find(started).is_some_and(|turn| turn.due != Some(f.due) || turn.warn_at != Some(f.warn_at))
        };
        self.facts.iter().filter(|(_, fact)| broken(fact)).map(|(seq, _)| *seq).collect()
    }
}
