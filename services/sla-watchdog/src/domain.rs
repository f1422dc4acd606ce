//! What a fact does to the handling clock of its ticket: pure.
//!
//! A clock has two parts, and each takes only what is newer than what it has: the promise (the last dispatch) and
//! whether it runs (the last fact that starts or stops it). So the order in which facts come does not matter: a
//! report that comes before its dispatch leaves a stopped clock; the late dispatch brings the promise and does not
//! start it; a later send-back finds the promise and does.

use chrono::{DateTime, Utc};
use contracts::{
    id::{DivisionCode, OrderId, TicketId, UnitId},
    problem::Problem,
    ticket::{Class, Dispatched, OrderFact, Part, TicketFact},
};
use sla::Stage;

/// The handling clock of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The ticket.
    pub ticket: TicketId,
    /// Place of the fact that last started or stopped it.
    pub seq: i64,
    /// Since when it runs; none while it is stopped.
    pub since: Option<DateTime<Utc>>,
    /// What was promised; none while only facts that follow a dispatch were heard.
    pub promise: Option<Promise>,
    /// The last alarm that was fired for this promise.
    pub reached: Option<Stage>,
    /// When the next alarm is due; none while it is stopped and after the last.
    pub next: Option<DateTime<Utc>>,
    /// Version of the row that it was read from; 0 if there is none.
    pub version: i64,
}

/// The lead's work order of a dispatch, and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Place of the dispatch.
    pub seq: i64,
    /// The lead's work order.
    pub order: OrderId,
    /// The lead.
    pub unit: UnitId,
    /// The division that owns the matter.
    pub division: Option<DivisionCode>,
    /// Round of handling.
    pub round: u32,
    /// Class; says whether the ladder counts hours or working days.
    pub class: Class,
    /// When the clock started.
    pub start: DateTime<Utc>,
    /// When the warning was promised.
    pub warn: DateTime<Utc>,
    /// The deadline.
    pub due: DateTime<Utc>,
}

/// A fact, as far as the clock is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The ticket.
    pub ticket: TicketId,
    /// Place of the fact in the ticket's history.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What the clock does.
    pub change: Change,
}

/// What the clock does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It starts, for this promise.
    Start(Box<Promise>),
    /// It stops.
    Stop,
    /// It goes on with what is left.
    Resume,
}

/// What a fact means to the clock; none if it means nothing.
pub fn turn(fact: &TicketFact, seq: i64) -> Result<Option<Turn>, Problem> {
    let of = |f: &OrderFact, change| Some(Turn { ticket: f.ticket, seq, at: f.at, change });
    Ok(match fact {
        TicketFact::Dispatched(f) => {
            Some(Turn { ticket: f.ticket, seq, at: f.at, change: Change::Start(Box::new(promise(f, seq)?)) })
        }
        TicketFact::Reported(f) => of(&f.of, Change::Stop),
        // what passed was reported, and that fact may still be on its way
        TicketFact::Checked(f) => of(&f.of, if f.passed { Change::Stop } else { Change::Resume }),
        TicketFact::ReturnRuled(f) if f.granted => of(&f.of, Change::Stop),
        TicketFact::Closed(f) => of(&f.of, Change::Stop),
        _ => None,
    })
}

fn promise(f: &Dispatched, seq: i64) -> Result<Promise, Problem> {
    let lead = f.orders.iter().find(|o| o.part == Part::Lead).ok_or_else(|| {
        Problem::new("no_lead", "派单没有主办单位，无法计时", "the dispatch names no lead, so there is no clock to run")
    })?;
    Ok(Promise {
        seq,
        order: lead.order,
        unit: lead.unit.clone(),
        division: f.division.clone(),
        round: f.round,
        class: f.class,
        start: f.at,
        // a warning after the end would hold up what comes after it
        warn: f.warn_at.min(f.due),
        due: f.due,
    })
}

impl Clock {
    /// A ticket that nothing was heard of.
    pub fn unheard(ticket: TicketId) -> Self {
        Self { ticket, seq: 0, since: None, promise: None, reached: None, next: None, version: 0 }
    }

    /// Takes what is newer in `turn`; false if nothing is. [`Self::next`] is not set: that takes the rules.
    pub fn take(&mut self, turn: &Turn) -> bool {
        let newer = turn.seq > self.seq;
        if newer {
            self.seq = turn.seq;
            self.since = (turn.change != Change::Stop).then_some(turn.at);
        }
        let Change::Start(promise) = &turn.change else { return newer };
        let before = self.promise.as_ref();
        if before.is_some_and(|b| b.seq >= promise.seq) {
            return newer;
        }
        // what was said of this order and round is never said again
        if before.is_none_or(|b| (b.order, b.round) != (promise.order, promise.round)) {
            self.reached = None;
        }
        self.promise = Some((**promise).clone());
        true
    }
}
