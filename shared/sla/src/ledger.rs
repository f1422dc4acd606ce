//! Recomputes a ledger: the lines that facts tell of a ticket's clocks, from nothing but their instants and limits.

use crate::book::{ClockBook, Terms};
use crate::error::SlaError;
use crate::life::Life;
use crate::rules::{Books, Rules};
use chrono::{DateTime, Utc};
use contracts::clock::ClockTurn;
use contracts::id::OrderId;
use contracts::lifecycle::{Act, Clock};
use std::collections::BTreeMap;

/// The clocks of a ticket, replayed line by line.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    rules: &'a Books,
    /// That of the ticket, and one for each co-handler's order.
    books: BTreeMap<Option<OrderId>, ClockBook>,
}

/// What the recomputation of a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The line is what it ought to be.
    Same,
    /// It ought to be this.
    Different(Box<ClockTurn>),
    /// It was provisional and computed with a calendar that is not known, so it need not be what this one gives.
    OtherCalendar,
    /// The clock was in a condition in which this can't happen to it.
    Unfitting,
    /// There is no deadline by such terms.
    NoDeadline(SlaError),
}

impl<'a> Replay<'a> {
    /// Begins with a ticket of which nothing was told. Each line is computed with the calendar and the policy that it
    /// names. Of the policy only the hours of the day and the share of the warning count: how long a clock may run
    /// stands in the line itself.
    pub fn new(rules: &'a Books) -> Self {
        Self { rules, books: BTreeMap::new() }
    }

    /// The ticket was registered at `at` by a fact that tells no lines: what T1 does to the clocks follows from the
    /// lifecycle table and the policy.
    ///
    /// # Errors
    /// [`SlaError::OutOfRange`] and what is wrong with the policy.
    pub fn register(&mut self, at: DateTime<Utc>) -> Result<(), SlaError> {
        let Rules { calendar, policy, .. } = self.rules.at(at);
        let terms = Terms::new(calendar, policy);
        self.books.entry(None).or_default().apply(Act::Register.row().clocks, &terms, at).map(drop)
    }

    /// Takes the next line, of a fact of `at`, and says whether it is right. A wrong line does not spoil the next: what
    /// follows is computed from what it ought to be.
    pub fn step(&mut self, line: &ClockTurn, at: DateTime<Utc>) -> Verdict {
        let book = self.books.entry(line.order).or_default();
        let now = self.rules.at(at);
        let named = line.calendar.as_deref().map(|version| self.rules.calendar(version));
        let policy = line.policy.as_deref().and_then(|version| self.rules.policy(version, at)).unwrap_or(&now.policy);
        let calendar = named.flatten().unwrap_or(&now.calendar);
        let terms = Terms { until: line.due, ..Terms::new(calendar, policy) };
        let limit = line.limit.as_deref().map(str::parse).transpose().ok().flatten();
        let expected = match book.again(line, limit, &terms, at) {
            Ok(Some(turn)) => ClockTurn { order: line.order, ..turn },
            Ok(None) => return Verdict::Unfitting,
            Err(error) => return Verdict::NoDeadline(error),
        };
        let same = (expected.due, expected.warn_at, expected.old_due, expected.provisional)
            == (line.due, line.warn_at, line.old_due, line.provisional);
        let unknown = named.is_some_and(|known| known.is_none());
        match (same, unknown && line.provisional) {
            (true, _) => Verdict::Same,
            (false, true) => Verdict::OtherCalendar,
            (false, false) => Verdict::Different(Box::new(expected)),
        }
    }

    /// A clock as it stands after the last line.
    pub fn life(&self, order: Option<OrderId>, clock: Clock) -> Option<&Life> {
        self.books.get(&order).and_then(|book| book.life(clock))
    }

    /// The time that a clock used up to `at`, in the unit of its limit.
    pub fn used(&self, order: Option<OrderId>, clock: Clock, at: DateTime<Utc>) -> Option<i64> {
        let Rules { calendar, policy, .. } = self.rules.newest();
        self.life(order, clock)?.used(calendar, policy, at).ok()
    }
}
