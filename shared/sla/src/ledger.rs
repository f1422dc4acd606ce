//! Recomputes a ledger: the lines that facts tell of a ticket's clocks, from nothing but their instants and limits.

use crate::book::{ClockBook, Terms};
use crate::calendar::Calendar;
use crate::error::SlaError;
use crate::life::Life;
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use contracts::clock::ClockTurn;
use contracts::id::OrderId;
use contracts::lifecycle::{Act, Clock};
use std::collections::BTreeMap;

/// The clocks of a ticket, replayed line by line.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    calendar: &'a Calendar,
    policy: &'a Policy,
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
    /// It was provisional and computed with another calendar, so it need not be what this one gives.
    OtherCalendar,
    /// The clock was in a condition in which this can't happen to it.
    Unfitting,
    /// There is no deadline by such terms.
    NoDeadline(SlaError),
}

impl<'a> Replay<'a> {
    /// Begins with a ticket of which nothing was told. Of the policy only the hours of the day and the share of the
    /// warning count: how long a clock may run stands in the line itself.
    pub fn new(calendar: &'a Calendar, policy: &'a Policy) -> Self {
        Self { calendar, policy, books: BTreeMap::new() }
    }

    /// The ticket was registered at `at` by a fact that tells no lines: what T1 does to the clocks follows from the
    /// lifecycle table and the policy.
    ///
    /// # Errors
    /// [`SlaError::OutOfRange`] and what is wrong with the policy.
    pub fn register(&mut self, at: DateTime<Utc>) -> Result<(), SlaError> {
        let terms = Terms::new(self.calendar, self.policy);
        self.books.entry(None).or_default().apply(Act::Register.row().clocks, &terms, at).map(drop)
    }

    /// Takes the next line, of a fact of `at`, and says whether it is right. A wrong line does not spoil the next: what
    /// follows is computed from what it ought to be.
    pub fn step(&mut self, line: &ClockTurn, at: DateTime<Utc>) -> Verdict {
        let book = self.books.entry(line.order).or_default();
        let terms = Terms { until: line.due, ..Terms::new(self.calendar, self.policy) };
        let limit = line.limit.as_deref().map(str::parse).transpose().ok().flatten();
        let expected = match book.again(line, limit, &terms, at) {
            Ok(Some(turn)) => ClockTurn { order: line.order, ..turn },
            Ok(None) => return Verdict::Unfitting,
            Err(error) => return Verdict::NoDeadline(error),
        };
        let same = (expected.due, expected.warn_at, expected.old_due, expected.provisional)
            == (line.due, line.warn_at, line.old_due, line.provisional);
        let other = line.calendar.as_deref().is_some_and(|version| version != self.calendar.version());
        match (same, other && line.provisional) {
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
        self.life(order, clock)?.used(self.calendar, self.policy, at).ok()
    }
}
