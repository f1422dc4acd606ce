//! What the product does by itself when a clock runs out, and what citizens do. Pure.

use chrono::TimeDelta;
use contracts::{
    clock::{ClockAt, Expired},
    district::centre,
    id::UnitId,
    lifecycle::{Act, Class, Clock, Context, Note, Role, Standing, State},
    problem::Problem,
    work::CitizenDo,
};

use crate::{
    acts::Open,
    alarm,
    case::{Acting, Case, Granted},
    hand::{Move, blank, said, tell_moved},
    merge, opening,
    orders::{self, Plan},
    parts,
    rules::At,
    together, watch,
};

/// A clock ran out. What is superseded by now changes nothing.
pub fn expired(case: &mut Case, at: At<'_>, fact: &Expired) -> Result<(), Problem> {
    if let Some(order) = fact.order {
        return part_over(case, at, order);
    }
    let clocks = case.clocks()?;
    // the watchdog fires by its database's clock, which may be a little ahead of ours
    let ours = clocks.due(fact.clock) == Some(fact.due);
    let at = if ours { At { now: at.now.max(fact.due + TimeDelta::milliseconds(1)), ..at } } else { at };
    if clocks.standing(fact.clock, at.now) != Standing::Over {
        return Ok(());
    }
    match (fact.clock, case.state()?) {
        (Clock::K3, State::Dispatched) => deemed_signed(case, at),
        (Clock::K8, State::Deferred) => go_on(case, at, Act::ResumeDeferred, "挂账承诺日已到，自动恢复办理"),
        (Clock::K10, State::Suspended) => go_on(case, at, Act::Resume, "挂起上限已到，自动恢复办理"),
        (Clock::K10, State::NeedInfo) => {
            step(case, at, Act::SupplyInfo, "等待补充已到上限，按现有内容受理")?;
            opening::triage(case, at)
        }
        (Clock::K12, State::Closed) => archive(case, at),
        (Clock::K15, _) => alarm::unanswered(case, at),
        (clock, state) => urged(case, at, clock, state),
    }
}

/// A clock ran out that nothing follows from by itself: whoever must act is urged, once, since it runs out once.
fn urged(case: &mut Case, at: At<'_>, clock: Clock, state: State) -> Result<(), Problem> {
    let (note, to, why) = match (clock, state) {
        (Clock::K1, State::Received) => (Note::Urge, centre(), "受理时限已过，请立即受理"),
        (Clock::K2, State::PendingDispatch) => (Note::Urge, centre(), "派单时限已过，请立即派单"),
        (Clock::K4, State::Dispatched | State::InProgress) => {
            return urge(case, at, "首次联系时限已过，请立即联系诉求人");
        }
        (Clock::K6, State::ReturnReview) => (Note::Urge, centre(), "退单审核时限已过，请立即裁定"),
        (Clock::K7, State::PendingCallback) => (Note::Urge, centre(), "回访时限已过，请立即回访"),
        (Clock::K9, State::FeedbackReview) => (Note::Urge, checker(case, at)?, "审核时限已过，请立即审核"),
        (Clock::K11, State::Consulting) => (Note::Urge, centre(), "会商时限已过，请立即作出会商决定"),
        // no matter of ours any more: it is asked after, not urged
        (Clock::K14, State::HandedOver) => (Note::AddNote, centre(), "转送回执时限已过，请催询受理单位"),
        // the right to return the work lapses
        _ => return Ok(()),
    };
    let noted = said(case, at, note, why)?;
    watch::to_units(case, at, noted, &[to])
}

/// The unit that checks the result.
fn checker(case: &Case, at: At<'_>) -> Result<UnitId, Problem> {
    let lead = case.lead().map(|o| o.unit.parse::<UnitId>()).transpose()?;
    Ok(match lead {
        Some(unit) if orders::checked_by_chief(case, at, &unit)? => unit,
        _ => centre(),
    })
}

/// The time to handle is over. A simple matter rises to the next class (domain.md 2.5); else the unit is urged.
pub fn overdue(case: &mut Case, at: At<'_>, fact: &ClockAt) -> Result<(), Problem> {
    if case.clocks()?.due(Clock::K5) != Some(fact.due) {
        return Ok(());
    }
    match case.state()? {
        State::Dispatched | State::InProgress if case.class()? == Class::Simple => rise(case, at),
        State::Dispatched | State::InProgress | State::ReturnReview | State::Consulting => {
            urge(case, at, "办理时限已过，请立即办结并说明原因")
        }
        _ => Ok(()),
    }
}

/// A simple matter that its grid did not solve in time needs coordination: the time counts from the same start, its
/// supervising department gets its copy. Who has it keeps it, and may hand it up.
fn rise(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    together::reclass(case, at, Class::Coordination)?;
    let mut noted = said(case, at, Note::Reclassify, "简易件办理时限已过，升为需协调件，请立即办理或上报")?;
    noted.class = Some(Class::Coordination);
    watch::to_holder(case, at, noted)?;
    match case.lead().cloned() {
        Some(lead) => orders::copy(case, at, &lead),
        None => Ok(()),
    }
}

/// 归档 (T33), when the window is over and no appeal is open.
pub fn archive(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    step(case, at, Act::Archive, "重办窗口已过")
}

/// 视为签收 (T11), recorded with an urge.
fn deemed_signed(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    step(case, at, Act::DeemSigned, "签收时限已过，视为签收")?;
    if let Some(order) = case.lead().map(|o| o.order_id.clone()) {
        case.change(&order, |o| "signed".clone_into(&mut o.state));
    }
    urge(case, at, "签收时限已过，已视为签收，请尽快办理")
}

fn go_on(case: &mut Case, at: At<'_>, act: Act, why: &str) -> Result<(), Problem> {
    step(case, at, act, why)?;
    orders::requeue(case, at)
}

fn step(case: &mut Case, at: At<'_>, act: Act, why: &str) -> Result<(), Problem> {
    let no_appeal_open = case.beside()?.appeal.is_none();
    case.step(at, act, Role::System, Context { no_appeal_open, ..Context::default() }, Granted::default())?;
    tell_moved(case, at, act, &Acting::rule(Role::System), Move::because(why.to_owned()))
}

fn urge(case: &mut Case, at: At<'_>, why: &str) -> Result<(), Problem> {
    let noted = said(case, at, Note::Urge, why)?;
    watch::to_holder(case, at, noted)
}

/// A co-handler's own time is over.
fn part_over(case: &mut Case, at: At<'_>, order: contracts::id::OrderId) -> Result<(), Problem> {
    let late = case.order(order).filter(|o| o.active == 1 && o.state != "reported").cloned();
    let Some(late) = late else { return Ok(()) };
    let due = parts::clock(&late)?.and_then(|clock| clock.due(Clock::K5));
    // it stands still, or was given longer
    if due.is_none_or(|due| due > at.now) || !case.state()?.is_open() {
        return Ok(());
    }
    let acting = Acting::rule(Role::System);
    let unit: UnitId = late.unit.parse()?;
    let mut noted = blank(case, at, Note::Urge, &acting)?;
    (noted.order, noted.units) = (Some(order), vec![unit.clone()]);
    noted.text = Some("协办时限已过，请立即反馈".to_owned());
    case.tell(noted.clone(), at.now)?;
    crate::hand::notify(case, at, &unit, order, &noted)
}

/// 80 % of the time to handle is used: the unit is urged.
pub fn warned(case: &mut Case, at: At<'_>, fact: &ClockAt) -> Result<(), Problem> {
    let in_hand = matches!(case.state()?, State::Dispatched | State::InProgress | State::ReturnReview | State::Consulting);
    let same = case.lead().is_some_and(|o| o.order_id == fact.order.to_string());
    if in_hand && same { urge(case, at, "办理时限已用 80%，请抓紧办理") } else { Ok(()) }
}

/// A citizen's act; `text` is masked by intake.
pub fn citizen(open: &mut Open, at: At<'_>, act: &CitizenDo) -> Result<(), Problem> {
    let Open { case, lead, .. } = open;
    let acting = Acting::rule(Role::Citizen);
    match act {
        CitizenDo::Supply { text } => {
            case.step(at, Act::SupplyInfo, acting.role, Context::default(), Granted::default())?;
            tell_moved(case, at, Act::SupplyInfo, &acting, Move::because(text.masked()))?;
            opening::triage(case, at)
        }
        CitizenDo::Urge { text } => {
            case.note(at, Note::Urge, acting.role)?;
            let mut noted = blank(case, at, Note::Urge, &acting)?;
            noted.text = Some(text.masked());
            watch::to_holder(case, at, noted)
        }
        CitizenDo::Reopen { reason } if case.state()? == State::Merged => merge::reopen(case, at, lead.as_mut(), reason.masked()),
        CitizenDo::Reopen { reason } => {
            let last = case.orders.iter().filter(|o| o.part == "lead").max_by_key(|o| o.n);
            let lead = last.map(|o| o.unit.parse()).transpose()?;
            let lead = lead.map_or_else(|| opening::named_lead(case), Ok)?;
            case.step(at, Act::Reopen, acting.role, Context::default(), Granted::default())?;
            let mut beside = case.beside()?;
            (beside.tries, beside.handlers) = (0, Vec::new());
            case.remember(&beside)?;
            orders::send(case, at, Plan::to(lead, format!("诉求人申请重新办理：{}", reason.masked())), &acting)?;
            watch::by_round(case, at)
        }
    }
}
