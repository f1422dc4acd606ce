//! From a classified ticket to the first queue item. Pure.

use contracts::{
    district::centre,
    id::{OrderId, UnitId},
    lifecycle::{Act, Class, Clock, Context, History, Intake, Note, Role, State},
    problem::Problem,
    ticket::{Classified, ConsultationOpened},
    work::{Consultation, Triage},
};
use sla::ClockBook;

use crate::{
    alarm,
    beside::Beside,
    case::{Acting, Case, Granted, no_deadline, stored_badly},
    entity::ticket,
    hand::blank,
    orders::{self, Plan},
    rules::At,
};

/// The facts before: received is the first, classified the second.
const FACTS_BEFORE: i64 = 2;

/// A new case: accepted and dispatched by rule, or held for a call-taker.
pub fn open(at: At<'_>, c: &Classified) -> Result<Case, Problem> {
    let mut case = Case::stored(row(at, c)?);
    if c.hold {
        hold(&mut case, at)?;
        triage(&mut case, at)?;
    } else {
        accept(&mut case, at, &Acting::rule(Role::System))?;
    }
    if c.urgent {
        alarm::raise(&mut case, at)?;
    }
    Ok(case)
}

/// T6, and what follows by rule: T8, or for key-difficult matters T18.
pub fn accept(case: &mut Case, at: At<'_>, acting: &Acting) -> Result<(), Problem> {
    // a matter without a known place belongs to the district: it is one big grid
    let known = Intake { category_set: true, place_set: true, ..Intake::default() };
    let facts = Context { intake: known, ..Context::default() };
    case.step(at, Act::Accept, acting.role, facts, Granted::default())?;
    let class = case.class()?;
    if class == Class::KeyDifficult {
        // the convener opens it by rule: every key-difficult ticket is consulted
        let convener = Acting { role: Role::Convener, unit: Some(centre()), person: acting.person.clone() };
        return consult(case, at, &convener, None);
    }
    let plan = Plan::to(named_lead(case)?, format!("{}件，按分类派单目录派给主办单位", class.zh()));
    let dispatcher = Acting { role: Role::System, ..acting.clone() };
    orders::dispatch(case, at, Act::Dispatch, orders::named(), Granted::default(), (plan, &dispatcher))
}

/// 启动会商 (T18): the district centre convenes those who are invited, or those whom classification names.
pub fn consult(case: &mut Case, at: At<'_>, acting: &Acting, invited: Option<&[UnitId]>) -> Result<(), Problem> {
    case.step(at, Act::OpenConsultation, acting.role, Context::default(), Granted::default())?;
    let mut beside = case.beside()?;
    beside.new_hands();
    if let Some(invited) = invited {
        beside.named.truncate(1);
        beside.named.extend(invited.iter().filter(|u| !beside.named.contains(u)).cloned().collect::<Vec<_>>());
    }
    case.remember(&beside)?;
    let order = case.open(&centre(), "consultation")?;
    let (lead, others) = invitation(case, at)?;
    let units = std::iter::once(lead).chain(others).collect();
    let by = case.by(acting)?;
    case.tell(ConsultationOpened { ticket: case.id()?, order, invited: units, at: at.now, by }, at.now)?;
    consultation_item(case, at)
}

/// The convener's item.
pub fn consultation_item(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let open = case.orders.iter().find(|o| o.part == "consultation" && o.active == 1);
    let order = open.ok_or_else(|| stored_badly("work_order"))?.order_id.parse()?;
    let (lead, others) = invitation(case, at)?;
    case.enqueue(&centre(), order, Consultation { task: case.task(order, at.now)?, lead, others }, at.now)
}

/// Lead and others that are named; if nobody is beside the lead, the town of the place: a consultation needs more than
/// one.
fn invitation(case: &Case, at: At<'_>) -> Result<(UnitId, Vec<UnitId>), Problem> {
    let lead = named_lead(case)?;
    let named: Vec<UnitId> = case.beside()?.named.into_iter().skip(1).filter(|u| *u != lead).collect();
    let town = || vec![at.rules.district.town_unit_of(case.division().as_ref())];
    Ok((lead, if named.is_empty() { town() } else { named }))
}

/// 待人工受理: told with the end of the time to accept, so that it is watched.
fn hold(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let acting = Acting::rule(Role::System);
    case.note(at, Note::Hold, acting.role)?;
    let mut noted = blank(case, at, Note::Hold, &acting)?;
    noted.reply_due = case.clocks()?.due(Clock::K1);
    case.tell(noted, at.now)
}

/// Puts a ticket that waits for a person on the centre's desk.
pub fn triage(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let mut named = case.beside()?.named.into_iter();
    let lead = named.next().ok_or_else(|| stored_badly("beside"))?;
    let order = nothing_yet(case)?;
    let item = Triage { task: case.task(order, at.now)?, waiting: case.state()?, lead, others: named.collect() };
    case.enqueue(&centre(), order, item, at.now)
}

/// Names the ticket itself where a queue item must name a piece of work and there is none yet.
fn nothing_yet(case: &Case) -> Result<OrderId, Problem> {
    Ok(OrderId::derive(case.id()?, 0))
}

/// The unit that classification, or the last ruling, names.
pub fn named_lead(case: &Case) -> Result<UnitId, Problem> {
    case.beside()?.named.into_iter().next().ok_or_else(|| stored_badly("beside"))
}

fn row(at: At<'_>, c: &Classified) -> Result<ticket::Model, Problem> {
    let mut clocks = ClockBook::default();
    let terms = at.rules.terms(Some(c.class), c.urgent);
    clocks.apply(Act::Register.row().clocks, &terms, c.received_at).map_err(|e| no_deadline(&e))?;
    let named = std::iter::once(&c.lead).chain(&c.others).cloned().collect();
    let beside = Beside { named, ..Beside::default() };
    let json = |value: Result<String, _>, column| value.map_err(|_: serde_json::Error| stored_badly(column));
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
        history: json(serde_json::to_string(&History::default()), "history")?,
        opened: 0,
        due_ms: None,
        result: None,
        at_ms: at.now.timestamp_millis(),
        clocks: json(serde_json::to_string(&clocks), "clocks")?,
        beside: json(serde_json::to_string(&beside), "beside")?,
        lead_ticket: None,
        followers: 0,
        provisional: None,
    })
}
