//! Work orders go out: deadline, queue items, copies. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::District,
    id::UnitId,
    lifecycle::{Class, Context, Order as OrderFacts},
    problem::Problem,
    ticket::{Assigned, Dispatched, Part},
    work::{Copy, WorkOrder},
};
use sla::{Alarm, Calendar, Limit, Policy, Stage};

use crate::case::{Acting, Case};

/// The rules that dispatch decides by.
#[derive(Debug)]
pub struct Rules {
    /// The units and places.
    pub district: &'static District,
    /// The working days.
    pub calendar: &'static Calendar,
    /// Limits, warning, ladder.
    pub policy: Policy,
    /// Working days in which a unit may return (K6).
    pub return_days: u32,
}

/// What goes out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The unit that leads.
    pub lead: UnitId,
    /// The units that have a part of it.
    pub responsible: Vec<UnitId>,
    /// The time that is given.
    pub limit: Limit,
    /// Why these units (Chinese).
    pub reason: String,
}

/// What the lifecycle wants to know of a dispatch; the plan names unit and copies.
pub fn named() -> Context {
    Context { order: OrderFacts { unit_named: true, copies_named: true, ..OrderFacts::default() }, ..Context::default() }
}

/// Sends the work orders of a plan and starts the clock. The lifecycle step was taken before.
pub fn send(case: &mut Case, rules: &Rules, plan: Plan, acting: &Acting, now: DateTime<Utc>) -> Result<(), Problem> {
    for unit in std::iter::once(&plan.lead).chain(&plan.responsible) {
        rules.known(unit)?;
    }
    let promise = promise(rules, plan.limit, now)?;
    let class = case.class()?;
    let round = case.history()?.round;
    case.end_orders();
    case.ticket.dispatched_ms = Some(now.timestamp_millis());
    case.ticket.due_ms = Some(promise.due.timestamp_millis());
    let mut orders = vec![Assigned { order: case.open(&plan.lead, "lead", round)?, unit: plan.lead.clone(), part: Part::Lead }];
    for unit in &plan.responsible {
        orders.push(Assigned { order: case.open(unit, "responsible", round)?, unit: unit.clone(), part: Part::Responsible });
    }
    let copies = if class == Class::Simple { Vec::new() } else { vec![rules.district.supervisor_of(&plan.lead)] };
    let by = case.by(acting)?;
    case.tell(
        Dispatched {
            ticket: case.id()?,
            orders: orders.clone(),
            copies: copies.clone(),
            class,
            urgent: case.ticket.urgent == 1,
            division: case.division(),
            round: u32::from(round),
            warn_at: promise.warn_at,
            due: promise.due,
            provisional: promise.provisional,
            calendar_version: rules.calendar.version().to_owned(),
            reason: plan.reason,
            at: now,
            by,
        },
        now,
    )?;
    for a in &orders {
        let with = orders.iter().filter(|o| o.unit != a.unit).map(|o| o.unit.clone()).collect();
        case.enqueue(&a.unit, a.order, WorkOrder { task: case.task(a.order, now)?, part: a.part, with }, now)?;
    }
    for unit in copies {
        let order = orders[0].order;
        case.enqueue(&unit, order, Copy { task: case.task(order, now)?, unit: plan.lead.clone() }, now)?;
    }
    Ok(())
}

struct Promise {
    warn_at: DateTime<Utc>,
    due: DateTime<Utc>,
    provisional: bool,
}

/// Deadline and warning are computed once, here, and told; everybody else reads them from the fact.
fn promise(rules: &Rules, limit: Limit, now: DateTime<Utc>) -> Result<Promise, Problem> {
    let failed = |e: sla::SlaError| Problem::new("no_deadline", format!("无法计算时限：{e}"), format!("no deadline: {e}"));
    let deadline = sla::deadline(rules.calendar, &rules.policy, limit, now).map_err(failed)?;
    let alarms = sla::schedule(rules.calendar, &rules.policy, limit, now).map_err(failed)?;
    let warned = alarms.iter().find(|Alarm { stage, .. }| *stage == Stage::Warned);
    Ok(Promise { warn_at: warned.map_or(deadline.due, |a| a.at), due: deadline.due, provisional: deadline.provisional })
}

impl Rules {
    /// The time that the class gives.
    pub fn limit(&self, class: Class) -> Limit {
        match class {
            Class::Simple => self.policy.limits.simple,
            Class::Coordination => self.policy.limits.coordination,
            Class::KeyDifficult => self.policy.limits.key_difficult,
        }
    }

    /// Is this a unit of the district?
    pub fn known(&self, unit: &UnitId) -> Result<(), Problem> {
        if self.district.unit(unit).is_some() {
            return Ok(());
        }
        Err(Problem::new("unknown_unit", "没有这个单位，请核对单位编号", "there is no such unit; check the unit's id"))
    }

    /// Is a return still in time (K6)?
    pub fn may_return(&self, dispatched_ms: Option<i64>, now: DateTime<Utc>) -> bool {
        let Some(start) = dispatched_ms.and_then(DateTime::from_timestamp_millis) else { return false };
        sla::deadline(self.calendar, &self.policy, Limit::WorkingDays(self.return_days), start).is_ok_and(|d| now <= d.due)
    }
}
