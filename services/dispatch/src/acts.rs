//! Which act is done by what: the one list of all that a unit may send.

use contracts::{
    id::{OrderId, UnitId},
    lifecycle::Note,
    problem::Problem,
    ticket::RequestKind,
    work::{ActBody, UnitAct},
};

use crate::{
    case::Case,
    centre::Decision,
    entity::work_order,
    hand::{Hand, not_yours},
    rules::At,
};

/// A ticket on the desk, with the tickets that an act on it may touch.
#[derive(Clone, Debug)]
pub struct Open {
    /// The ticket.
    pub case: Case,
    /// The lead case that it is, or is to be, merged into.
    pub lead: Option<Case>,
    /// Tickets merged into it, where the act touches them.
    pub followers: Vec<Case>,
}

type Outcome = Result<(), Problem>;

/// Does what a unit sent.
pub fn perform(at: At<'_>, unit: &UnitId, act: &UnitAct, open: &mut Open) -> Outcome {
    let hand = Hand { at, unit, person: act.person.as_str().trim() };
    own_work(&hand, act, &mut open.case)
        .or_else(|| with_others(&hand, act, &mut open.case))
        .or_else(|| at_desk(&hand, &act.act, &mut open.case))
        .or_else(|| at_centre(&hand, act, open))
        .unwrap_or_else(|| beside(&hand, act, &mut open.case))
}

/// What a unit does with its own piece of work; none if the act is another.
fn own_work(hand: &Hand<'_>, act: &UnitAct, case: &mut Case) -> Option<Outcome> {
    let own = |case: &Case| own_order(hand, case, act.order);
    Some(match &act.act {
        ActBody::Sign {} => own(case).and_then(|o| hand.sign(case, &o)),
        ActBody::Contact { note } => own(case).and_then(|o| hand.contact(case, &o, note)),
        ActBody::Progress { note } => own(case).and_then(|o| hand.progress(case, &o, note)),
        ActBody::Report { result } => own(case).and_then(|o| hand.report(case, &o, result)),
        ActBody::Return { reason, legal_basis, propose } => {
            own(case).and_then(|o| hand.give_back(case, &o, (reason, legal_basis, propose)))
        }
        ActBody::Ask { request } => {
            asker(hand, case, act.order, request.kind()).and_then(|o| hand.ask(case, o.as_ref(), request))
        }
        ActBody::Withdraw { request } => {
            asker(hand, case, act.order, *request).and_then(|o| hand.withdraw(case, o.as_ref(), *request))
        }
        ActBody::Appeal { reason } => last_order(hand, case).and_then(|o| hand.appeal(case, &o, reason)),
        ActBody::Reply { text } => own(case).and_then(|o| hand.reply(case, &o, text)),
        ActBody::Reclassify { class, category, lead, reason } => asker(hand, case, act.order, RequestKind::Reclassify)
            .and_then(|o| hand.ask_reclass(case, o.as_ref(), (*class, category.as_ref(), lead.as_ref(), reason))),
        ActBody::SelfHandle {} => hand.self_handle(case),
        _ => return None,
    })
}

/// What it does together with others.
fn with_others(hand: &Hand<'_>, act: &UnitAct, case: &mut Case) -> Option<Outcome> {
    let own = |case: &Case| own_order(hand, case, act.order);
    Some(match &act.act {
        ActBody::Transfer { to, officer, reason } => {
            own(case).and_then(|o| hand.transfer(case, &o, (to.as_ref(), officer.as_ref(), reason)))
        }
        ActBody::HandUp { to, reason } => own(case).and_then(|o| hand.hand_up(case, &o, (to.as_ref(), reason))),
        ActBody::AskCoHandlers { tasks } => own(case).and_then(|o| hand.ask_co_handlers(case, &o, tasks)),
        ActBody::JudgePart { part, accept, reason } => {
            own(case).and_then(|o| hand.judge_part(case, &o, (*part, *accept, reason.as_ref())))
        }
        ActBody::Whistle { units, reason } => own(case).and_then(|o| hand.whistle(case, &o, (units, reason))),
        ActBody::Arrive {} => own(case).and_then(|o| hand.arrive(case, &o)),
        ActBody::EndWhistle {} => own(case).and_then(|o| hand.end_whistle(case, &o)),
        _ => return None,
    })
}

/// What the call-taker, the dispatcher and the convener do at the centre's desk.
fn at_desk(hand: &Hand<'_>, act: &ActBody, case: &mut Case) -> Option<Outcome> {
    Some(match act {
        ActBody::AnswerNow { knowledge, reply } => hand.answer_now(case, (knowledge, reply)),
        ActBody::Refuse { reason, way } => hand.refuse(case, (*reason, way)),
        ActBody::HandOver { to, note } => hand.hand_over(case, (*to, note)),
        ActBody::AskInfo { missing } => hand.ask_info(case, missing),
        ActBody::Accept { class, division, lead, category } => {
            hand.accept(case, (*class, category.as_ref()), division.as_ref(), lead.as_ref())
        }
        ActBody::Dispatch { to, reason } => hand.dispatch(case, (to, reason)),
        ActBody::Recall { reason } => hand.recall(case, reason),
        ActBody::Convene { units, reason } => hand.convene(case, (units, reason)),
        ActBody::Attend { units } => hand.attend(case, units),
        ActBody::Decide { lead, responsible, days, each, minutes } => {
            hand.decide(case, Decision { lead, responsible, days: *days, each, minutes })
        }
        _ => return None,
    })
}

/// What is decided at the centre about a unit's work, or about several tickets.
fn at_centre(hand: &Hand<'_>, act: &UnitAct, open: &mut Open) -> Option<Outcome> {
    let Open { case, lead, followers } = open;
    Some(match &act.act {
        ActBody::Rule { ruling, reason } => lead_order(case, act.order).and_then(|o| hand.rule(case, &o, (ruling, reason))),
        ActBody::Check { pass, reason } => {
            lead_order(case, act.order).and_then(|o| hand.check(case, &o, (*pass, reason.as_ref()), followers))
        }
        ActBody::NoAnswer {} => hand.no_answer(case),
        ActBody::CallBack { answers } => called(case, act.order).and_then(|o| hand.call_back(case, lead.as_mut(), &o, answers)),
        ActBody::Grant { request, reason } => hand.grant(case, (*request, reason.as_ref())),
        ActBody::Deny { request, reason } => hand.deny(case, (*request, reason)),
        ActBody::Resume { reason } => hand.resume(case, reason),
        ActBody::Merge { into, same, reason } => hand.merge(case, lead.as_mut(), (*into, *same, reason)),
        ActBody::Split { reason } => hand.split(case, lead.as_mut(), reason),
        ActBody::ReviewAppeal { upheld, reason } => hand.review_appeal(case, (*upheld, reason)),
        _ => return None,
    })
}

/// What who supervises does, and what leaves the work as it is.
fn beside(hand: &Hand<'_>, act: &UnitAct, case: &mut Case) -> Outcome {
    let order = || own_order(hand, case, act.order).ok();
    match &act.act {
        ActBody::Alarm { note } => hand.alarm(case, order().as_ref(), note),
        ActBody::AnswerAlarm { answer, note } => hand.answer_alarm(case, order().as_ref(), (*answer, note)),
        ActBody::Urge { text } => hand.say(case, (Note::Urge, text)),
        ActBody::Interview { text } => hand.say(case, (Note::Interview, text)),
        ActBody::Escalate { text } => hand.say(case, (Note::Escalate, text)),
        ActBody::Supervise { level, text, reply_days } => hand.supervise(case, (*level, text, *reply_days)),
        ActBody::Copy { to, text } => hand.copy(case, (to, text)),
        ActBody::Note { text } => hand.add_note(case, order().as_ref(), text),
        // all others are done above
        _ => Err(not_yours()),
    }
}

/// The unit's own piece of work: the one that it names, or the one that it has.
fn own_order(hand: &Hand<'_>, case: &Case, id: Option<OrderId>) -> Result<work_order::Model, Problem> {
    let order = match id {
        Some(_) => any_order(case, id).and_then(|o| if hand.has(&o) { Ok(o) } else { Err(not_yours()) })?,
        None => {
            let mut mine = case.orders.iter().filter(|o| o.active == 1 && hand.has(o));
            let first = mine.clone().find(|o| o.part == "lead").or_else(|| mine.next());
            first.cloned().ok_or_else(not_yours)?
        }
    };
    if order.officer.as_ref().is_some_and(|officer| officer != hand.person) {
        let (zh, en) = ("已转给指定的八员，请由其本人办理", "it was given to a named officer, who handles it");
        return Err(Problem::new("other_officer", zh, en));
    }
    Ok(order)
}

/// Who asks without a unit's order: the centre's staff. What concerns the assessment is asked by who had the work, also
/// after it ended.
fn asker(hand: &Hand<'_>, case: &Case, id: Option<OrderId>, kind: RequestKind) -> Result<Option<work_order::Model>, Problem> {
    if kind == RequestKind::Exclude {
        return last_order(hand, case).map(Some);
    }
    if id.is_none() && hand.only_centre().is_ok() {
        return Ok(None);
    }
    own_order(hand, case, id).map(Some)
}

/// The last order of a unit, also after it ended.
fn last_order(hand: &Hand<'_>, case: &Case) -> Result<work_order::Model, Problem> {
    let own = case.orders.iter().filter(|o| hand.has(o) && o.part == "lead");
    own.max_by_key(|o| o.n).cloned().ok_or_else(not_yours)
}

/// The order that is named, or the one that is in effect.
fn any_order(case: &Case, id: Option<OrderId>) -> Result<work_order::Model, Problem> {
    match id {
        Some(id) => {
            let order = case.order(id).ok_or_else(unknown_order)?;
            if order.active == 1 { Ok(order.clone()) } else { Err(ended()) }
        }
        None => {
            let active = case.lead().or_else(|| case.orders.iter().find(|o| o.active == 1));
            active.cloned().ok_or_else(unknown_order)
        }
    }
}

/// The lead's order: what is ruled on, checked and asked about is its work.
fn lead_order(case: &Case, id: Option<OrderId>) -> Result<work_order::Model, Problem> {
    let order = any_order(case, id)?;
    if order.part == "lead" { Ok(order) } else { Err(unknown_order()) }
}

/// The order whose result the citizen is asked about; a merged ticket has a callback of its own.
fn called(case: &Case, id: Option<OrderId>) -> Result<work_order::Model, Problem> {
    let own = case.orders.iter().find(|o| o.part == "callback" && o.active == 1);
    match own {
        Some(own) if id.is_none_or(|id| own.order_id == id.to_string()) => Ok(own.clone()),
        _ => lead_order(case, id),
    }
}

/// There is no such piece of work.
pub fn unknown_order() -> Problem {
    Problem::new("unknown_order", "没有这件任务，请核对工单与任务编号", "there is no such piece of work; check ticket and order")
}

fn ended() -> Problem {
    Problem::new("order_ended", "这件任务已经结束或已改派", "this piece of work has ended or went to another unit")
}
