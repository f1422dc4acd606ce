//! The own clocks of co-handlers (domain.md 2.3): each runs beside the ticket's handling clock, and stands still and is held
//! with it. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    id::OrderId,
    lifecycle::{Act, Change, Clock, ClockEffect},
    problem::Problem,
};
use sla::{ClockBook, Limit, Terms};

use crate::{
    case::{Case, no_deadline, stored_badly},
    entity::work_order,
    rules::At,
};

/// The clock of a piece of work; none if it has the lead's deadline.
pub fn clock(order: &work_order::Model) -> Result<Option<ClockBook>, Problem> {
    order.clock.as_deref().map(serde_json::from_str).transpose().map_err(|_| stored_badly("clock"))
}

/// A part of the work gets a clock of its own; when it ends.
pub fn start(case: &mut Case, at: At<'_>, order: OrderId, days: u32) -> Result<DateTime<Utc>, Problem> {
    let mut book = ClockBook::default();
    let terms = Terms { handling: Some(Limit::WorkingDays(days)), ..at.rules.terms(None, case.urgent()) };
    let started = [ClockEffect { clock: Clock::K5, change: Change::Started }];
    let turns = book.apply(&started, &terms, at.now).map_err(|e| no_deadline(&e))?;
    let due = book.due(Clock::K5).ok_or_else(|| stored_badly("clock"))?;
    keep(case, at, order, &book, turns)?;
    Ok(due)
}

/// Something happens to the clock of one part, if it has one.
pub fn turn(case: &mut Case, at: At<'_>, order: &work_order::Model, change: Change) -> Result<(), Problem> {
    let Some(mut book) = clock(order)? else { return Ok(()) };
    let terms = at.rules.terms(None, case.urgent());
    let turns = book.apply(&[ClockEffect { clock: Clock::K5, change }], &terms, at.now).map_err(|e| no_deadline(&e))?;
    keep(case, at, order.order_id.parse()?, &book, turns)
}

/// What a step does to the ticket's handling clock happens to those of all parts in effect: they stand still while it does.
pub fn follow(case: &mut Case, at: At<'_>, act: Act) -> Result<(), Problem> {
    let change = match act {
        // a deferred ticket's own clock starts anew; what others have to do for it goes on
        Act::Suspend | Act::Defer => Change::Paused,
        Act::Resume | Act::ResumeDeferred => Change::Resumed,
        Act::Merge => Change::Held,
        Act::Split => Change::Restored,
        _ => return Ok(()),
    };
    for order in case.orders.clone().iter().filter(|o| o.active == 1) {
        turn(case, at, order, change)?;
    }
    Ok(())
}

/// Every provisional deadline of a part by the calendar in force.
pub fn recalculate(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    for order in case.orders.clone().iter().filter(|o| o.active == 1) {
        if let Some(mut book) = clock(order)? {
            let turns = book.recalculate(&at.rules.calendar, &at.rules.book.policy).map_err(|e| no_deadline(&e))?;
            keep(case, at, order.order_id.parse()?, &book, turns)?;
        }
    }
    Ok(())
}

/// Stores a part's clock; the next fact tells the turns as that order's.
fn keep(
    case: &mut Case,
    at: At<'_>,
    order: OrderId,
    book: &ClockBook,
    turns: Vec<contracts::clock::ClockTurn>,
) -> Result<(), Problem> {
    if turns.is_empty() {
        return Ok(());
    }
    let stored = serde_json::to_string(book).map_err(|_| stored_badly("clock"))?;
    let due = book.life(Clock::K5).map(|life| life.due().timestamp_millis());
    case.change(&order.to_string(), |o| (o.clock, o.due_ms) = (Some(stored), due));
    let turns = turns.into_iter().map(|turn| contracts::clock::ClockTurn { order: Some(order), ..turn }).collect();
    let clocks = case.clocks()?;
    case.keep_clocks(at, &clocks, turns)
}
