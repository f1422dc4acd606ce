//! Work orders go out: queue items, copies, the promise. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::{UnitKind, centre},
    id::UnitId,
    lifecycle::{Act, Class, Clock, Context, Order as OrderFacts, State},
    problem::Problem,
    ticket::{Assigned, Dispatched, Part},
    work::{Callback, Check, Copy, QueueItem, Review, Task, WorkOrder},
};
use sla::Limit;

use crate::{
    case::{Acting, Case, Granted, no_deadline, stored_badly},
    entity::work_order,
    opening, parts,
    rules::At,
};

/// What goes out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The unit that leads.
    pub lead: UnitId,
    /// The units that have a part of it, each with its working days; none: with the lead's deadline.
    pub responsible: Vec<(UnitId, Option<u32>)>,
    /// Why these units (Chinese).
    pub reason: String,
}

impl Plan {
    /// One unit alone.
    pub fn to(lead: UnitId, reason: String) -> Self {
        Self { lead, responsible: Vec::new(), reason }
    }
}

/// What the lifecycle wants to know of a dispatch; the plan names unit and copies.
pub fn named() -> Context {
    Context { order: OrderFacts { unit_named: true, copies_named: true, ..OrderFacts::default() }, ..Context::default() }
}

/// A step that ends in a dispatch, and the dispatch.
pub fn dispatch(
    case: &mut Case,
    at: At<'_>,
    act: Act,
    facts: Context,
    granted: Granted,
    (plan, acting): (Plan, &Acting),
) -> Result<(), Problem> {
    case.step(at, act, acting.role, facts, granted)?;
    send(case, at, plan, acting)
}

/// Sends the work orders of a plan. The lifecycle step, which started the clocks, was taken before.
pub fn send(case: &mut Case, at: At<'_>, plan: Plan, acting: &Acting) -> Result<(), Problem> {
    let lead = at.rules.known(&plan.lead)?;
    let class = case.class()?;
    case.end_orders(at)?;
    let mut beside = case.beside()?;
    beside.new_hands();
    case.remember(&beside)?;
    let mut orders = vec![Assigned { order: case.open(&lead, "lead")?, unit: lead.clone(), part: Part::Lead, due: None }];
    for (unit, days) in &plan.responsible {
        let unit = at.rules.known(unit)?;
        orders.push(responsible(case, at, unit, *days)?);
    }
    let copies = if class == Class::Simple { Vec::new() } else { vec![at.rules.district.supervisor_of(&lead)] };
    tell(case, at, &orders, &copies, (plan.reason, acting))?;
    for a in &orders {
        let with = orders.iter().filter(|o| o.unit != a.unit).map(|o| o.unit.clone()).collect();
        let task = case.task(a.order, at.now)?;
        case.enqueue(&a.unit, a.order, WorkOrder { task, part: a.part, with, what: None }, at.now)?;
    }
    for unit in copies {
        let order = orders[0].order;
        case.enqueue(&unit, order, Copy { task: case.task(order, at.now)?, unit: lead.clone() }, at.now)?;
    }
    Ok(())
}

/// 抄送 to the supervising department, of a ticket that rose to a class in which it gets one.
pub fn copy(case: &mut Case, at: At<'_>, lead: &work_order::Model) -> Result<(), Problem> {
    let (order, unit) = (lead.order_id.parse()?, lead.unit.parse()?);
    let to = at.rules.district.supervisor_of(&unit);
    case.enqueue(&to, order, Copy { task: case.task(order, at.now)?, unit }, at.now)
}

/// Opens a responsible unit's part; with days of its own it has a clock of its own.
pub fn responsible(case: &mut Case, at: At<'_>, unit: UnitId, days: Option<u32>) -> Result<Assigned, Problem> {
    let order = case.open(&unit, "responsible")?;
    let due = days.map(|days| parts::start(case, at, order, days)).transpose()?;
    Ok(Assigned { order, unit, part: Part::Responsible, due })
}

/// The end of a limit that starts now.
pub fn after(at: At<'_>, limit: Limit) -> Result<DateTime<Utc>, Problem> {
    let deadline = sla::deadline(&at.rules.calendar, &at.rules.book.policy, limit, at.now).map_err(|e| no_deadline(&e))?;
    Ok(deadline.due)
}

fn tell(
    case: &mut Case,
    at: At<'_>,
    orders: &[Assigned],
    copies: &[UnitId],
    (reason, acting): (String, &Acting),
) -> Result<(), Problem> {
    let clocks = case.clocks()?;
    // the step before started it, so it is there
    let life = clocks.life(Clock::K5).ok_or_else(|| stored_badly("clocks"))?;
    let by = case.by(acting)?;
    let fact = Dispatched {
        ticket: case.id()?,
        orders: orders.to_vec(),
        copies: copies.to_vec(),
        class: case.class()?,
        urgent: case.urgent(),
        division: case.division(),
        round: u32::from(case.history()?.round),
        warn_at: life.warn().unwrap_or(life.due()),
        due: life.due(),
        provisional: life.provisional(),
        calendar_version: at.rules.calendar.version().to_owned(),
        reason,
        at: at.now,
        by,
    };
    case.tell(fact, at.now)
}

/// Puts the ticket before whoever must act on it now; the queue item that they had was acknowledged, or went to others.
pub fn requeue(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    match case.state()? {
        State::Received | State::PendingDispatch => opening::triage(case, at),
        State::ReturnReview => centre_item(case, at, review),
        State::Consulting => opening::consultation_item(case, at),
        State::FeedbackReview => centre_item(case, at, check),
        State::PendingCallback => centre_item(case, at, callback),
        State::Dispatched | State::InProgress | State::Suspended | State::Deferred => match case.lead().cloned() {
            Some(lead) => hand_over(case, at, &lead),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A work order as the unit that has it reads it.
pub fn hand_over(case: &mut Case, at: At<'_>, order: &work_order::Model) -> Result<(), Problem> {
    let id = order.order_id.parse()?;
    let part = if order.part == "lead" { Part::Lead } else { Part::Responsible };
    let others = case.orders.iter().filter(|o| o.active == 1 && o.order_id != order.order_id);
    let with = others.filter(|o| matches!(o.part.as_str(), "lead" | "responsible")).map(|o| o.unit.parse());
    let item = WorkOrder { task: case.task(id, at.now)?, part, with: with.collect::<Result<_, _>>()?, what: None };
    case.enqueue(&order.unit.parse()?, id, item, at.now)
}

/// An item of the centre's queue about the lead's work; a simple matter's check is its grid chief's.
fn centre_item(
    case: &mut Case,
    at: At<'_>,
    item: impl FnOnce(&Case, Task, UnitId) -> Result<QueueItem, Problem>,
) -> Result<(), Problem> {
    let Some(lead) = case.lead().cloned() else { return Ok(()) };
    let (id, unit) = (lead.order_id.parse()?, lead.unit.parse::<UnitId>()?);
    let item = item(case, case.task(id, at.now)?, unit.clone())?;
    let chief = matches!(item, QueueItem::Check(_)) && checked_by_chief(case, at, &unit)?;
    let to = if chief { unit } else { centre() };
    case.enqueue(&to, id, item, at.now)
}

/// Is the result checked by the chief of the grid that handled it (domain.md 2.5)? All else is the centre's.
pub fn checked_by_chief(case: &Case, at: At<'_>, unit: &UnitId) -> Result<bool, Problem> {
    let grid = at.rules.district.unit(unit).is_some_and(|u| u.kind == UnitKind::Grid);
    Ok(grid && case.class()? == Class::Simple)
}

fn review(case: &Case, task: Task, unit: UnitId) -> Result<QueueItem, Problem> {
    let Some(r) = case.beside()?.returned else { return Err(stored_badly("beside")) };
    Ok(Review { task, unit, reason: r.reason, legal_basis: r.legal_basis, propose: r.propose }.into())
}

fn check(case: &Case, task: Task, unit: UnitId) -> Result<QueueItem, Problem> {
    Ok(Check { task, unit, result: case.result()? }.into())
}

fn callback(case: &Case, task: Task, unit: UnitId) -> Result<QueueItem, Problem> {
    Ok(Callback { task, unit, result: case.result()? }.into())
}
