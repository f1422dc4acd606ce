//! Work orders go out: queue items, copies, the promise. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    id::UnitId,
    lifecycle::{Act, Change, Class, Clock, Context, Order as OrderFacts, Role},
    problem::Problem,
    ticket::{Assigned, Dispatched, Part},
    work::{Copy, WorkOrder},
};
use sla::Limit;

use crate::{
    case::{Acting, Case, Granted, no_deadline, stored_badly},
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
    case.end_orders();
    case.ticket.dispatched_ms = Some(at.now.timestamp_millis());
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

/// Opens a responsible unit's part; with days of its own it has a clock of its own.
pub fn responsible(case: &mut Case, at: At<'_>, unit: UnitId, days: Option<u32>) -> Result<Assigned, Problem> {
    let order = case.open(&unit, "responsible")?;
    let due = days.map(|days| after(at, Limit::WorkingDays(days))).transpose()?;
    if let Some(due) = due {
        case.change(&order.to_string(), |o| o.due_ms = Some(due.timestamp_millis()));
        if let Some(row) = case.order(order).cloned() {
            case.part_turn(&row, Change::Started, Some(due));
        }
    }
    Ok(Assigned { order, unit, part: Part::Responsible, due })
}

/// The end of a limit that starts now.
pub fn after(at: At<'_>, limit: Limit) -> Result<DateTime<Utc>, Problem> {
    let deadline = sla::deadline(at.rules.calendar, &at.rules.book.policy, limit, at.now).map_err(|e| no_deadline(&e))?;
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

/// The unit has its work order again; its queue item was acknowledged, so it gets a new one.
pub fn hand_back(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let Some(lead) = case.lead().cloned() else { return Ok(()) };
    let order = lead.order_id.parse()?;
    let task = case.task(order, at.now)?;
    case.enqueue(&lead.unit.parse()?, order, WorkOrder { task, part: Part::Lead, with: Vec::new(), what: None }, at.now)
}

/// The rules dispatch as the product does by itself.
pub fn by_rule() -> Acting {
    Acting::rule(Role::System)
}
