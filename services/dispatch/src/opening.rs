//! From a classified ticket to the first queue item. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::centre,
    id::UnitId,
    lifecycle::{Act, Class, Context, History, Intake, Role, State},
    problem::Problem,
    ticket::{Classified, ConsultationOpened},
    work::Consultation,
};

use crate::{
    case::{Acting, Case},
    entity::ticket,
    orders::{self, Plan, Rules},
};

/// The facts before: received is the first, classified the second.
const FACTS_BEFORE: i64 = 2;

/// A new case: accepted, then dispatched or taken to consultation by its class.
pub fn open(rules: &Rules, c: &Classified, now: DateTime<Utc>) -> Result<Case, Problem> {
    let mut case = Case::stored(row(c, now)?);
    // a matter without a known place belongs to the district: it is one big grid
    let known = Intake { category_set: true, place_set: true, ..Intake::default() };
    case.step(Act::Accept, Role::System, Context { intake: known, ..Context::default() })?;
    if c.class == Class::KeyDifficult {
        consult(&mut case, rules, c, now)?;
        return Ok(case);
    }
    case.step(Act::Dispatch, Role::System, orders::named())?;
    let plan = Plan {
        lead: c.lead.clone(),
        responsible: Vec::new(),
        limit: rules.limit(c.class),
        reason: format!("{}件，按分类派单目录派给主办单位", c.class.zh()),
    };
    orders::send(&mut case, rules, plan, &Acting::system(), now)?;
    Ok(case)
}

/// 重点难点: the district centre convenes.
fn consult(case: &mut Case, rules: &Rules, c: &Classified, now: DateTime<Utc>) -> Result<(), Problem> {
    // the convener opens it by rule: every key-difficult ticket is consulted
    let acting = Acting { role: Role::Convener, unit: Some(centre()), person: None };
    case.step(Act::OpenConsultation, acting.role, Context::default())?;
    let order = case.open(&centre(), "consultation", 1)?;
    let others = invited(rules, c);
    let by = case.by(&acting)?;
    let mut units = vec![c.lead.clone()];
    units.extend(others.iter().cloned());
    case.tell(ConsultationOpened { ticket: c.ticket, order, invited: units, at: now, by }, now)?;
    let item = Consultation { task: case.task(order, now)?, lead: c.lead.clone(), others };
    case.enqueue(&centre(), order, item, now)
}

/// The units that classification names beside the lead; if it names none, the town of the place: a consultation
/// needs more than one.
fn invited(rules: &Rules, c: &Classified) -> Vec<UnitId> {
    if c.others.is_empty() { vec![rules.district.town_unit_of(c.division.as_ref())] } else { c.others.clone() }
}

fn row(c: &Classified, now: DateTime<Utc>) -> Result<ticket::Model, Problem> {
    Ok(ticket::Model {
        ticket_id: c.ticket.to_string(),
        version: 0,
        seq: FACTS_BEFORE,
        number: c.number.clone(),
        state: State::Received.code().to_owned(),
        class: c.class.code().to_owned(),
        category: c.category.clone(),
        category_name: c.category_name.clone(),
        urgent: i32::from(c.urgent),
        text: c.text.clone(),
        division: c.division.as_ref().map(ToString::to_string),
        history: serde_json::to_string(&History::default()).map_err(|_| crate::case::stored_badly("history"))?,
        opened: 0,
        dispatched_ms: None,
        due_ms: None,
        result: None,
        at_ms: now.timestamp_millis(),
    })
}
