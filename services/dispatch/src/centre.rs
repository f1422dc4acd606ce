//! What the district centre does (and, for simple matters, the grid's chief): decides consultations, rules on
//! returns, checks results, calls back. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::{CENTRE, centre},
    id::UnitId,
    lifecycle::{Act, Actor, Answer, Callback, Class, Consultation, Context, People, Request, Role},
    problem::Problem,
    text::Text,
    ticket::{CallbackAnswers, Checked, Closed, OrderFact, Part, ResultForm, ReturnRuled},
    work::{Callback as CallbackItem, Ruling, UnitAct, WorkOrder},
};
use sla::Limit;

use crate::{
    case::{Acting, Case, stored_badly},
    entity::work_order,
    orders::{self, Plan, Rules},
};

/// The centre at a task of its own.
pub struct AtDesk<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What was sent.
    pub act: &'a UnitAct,
    /// The unit that acts.
    pub unit: &'a UnitId,
    /// The work order that it is about.
    pub order: work_order::Model,
    /// When.
    pub now: DateTime<Utc>,
}

impl AtDesk<'_> {
    fn acting(&self, role: Role) -> Acting {
        Acting { role, unit: Some(self.unit.clone()), person: Some(self.act.person.as_str().to_owned()) }
    }

    /// Had this person a hand in what is decided?
    fn people(&self) -> People {
        let same = self.order.person.as_deref() == Some(self.act.person.as_str());
        let actor = if same { Actor::Involved } else { Actor::Independent };
        // the centre is the convener: when it checks a consulted ticket, the convener agrees
        People { actor, convener_agrees: self.unit.as_str() == CENTRE, ..People::default() }
    }

    fn fact(&self, case: &mut Case, role: Role) -> Result<OrderFact, Problem> {
        let by = case.by(&self.acting(role))?;
        Ok(OrderFact { ticket: self.act.ticket, order: self.act.order, unit: self.unit.clone(), at: self.now, by })
    }

    fn only_centre(&self) -> Result<(), Problem> {
        if self.unit.as_str() == CENTRE {
            return Ok(());
        }
        Err(not_yours())
    }

    /// 会商决定 (T19).
    pub fn decide(
        &self,
        case: &mut Case,
        lead: &UnitId,
        responsible: &[UnitId],
        days: u32,
        minutes: &Text<5000>,
    ) -> Result<(), Problem> {
        self.only_centre()?;
        let range = &self.rules.policy.consultation;
        if !(range.least..=range.most).contains(&days) {
            let (least, most) = (range.least, range.most);
            return Err(Problem::new(
                "days_out_of_range",
                format!("办理时限应为 {least} 至 {most} 个工作日"),
                format!("the time must be {least} to {most} working days"),
            ));
        }
        let mut others: Vec<UnitId> = responsible.iter().filter(|u| *u != lead).cloned().collect();
        others.sort();
        others.dedup();
        let consultation = Consultation { lead_named: true, responsible_named: !others.is_empty(), minutes: true };
        case.step(Act::DecideConsultation, Role::Convener, Context { consultation, ..Context::default() })?;
        let reason = format!("会商决定：{}", minutes.masked());
        let plan = Plan { lead: lead.clone(), responsible: others, limit: Limit::WorkingDays(days), reason };
        orders::send(case, self.rules, plan, &self.acting(Role::Convener), self.now)
    }

    /// 退单审核: grant (T13), refuse (T14) or designate (T15).
    pub fn rule(&self, case: &mut Case, ruling: &Ruling, reason: &Text<2000>) -> Result<(), Problem> {
        self.only_centre()?;
        let request = Request { reason: true, proposed_unit: true, ..Request::default() };
        let facts = Context { people: self.people(), request, ..orders::named() };
        let (act, role, to) = match ruling {
            Ruling::Grant { to } => (Act::GrantReturn, Role::Checker, Some(to)),
            Ruling::Refuse {} => (Act::RefuseReturn, Role::Checker, None),
            Ruling::Designate { to } => (Act::Designate, Role::HotlineOffice, Some(to)),
        };
        case.step(act, role, facts)?;
        let of = self.fact(case, role)?;
        let reason = reason.masked();
        case.tell(ReturnRuled { of, granted: to.is_some(), reason: reason.clone() }, self.now)?;
        let Some(to) = to else {
            return self.hand_back(case);
        };
        // a granted return goes through the dispatcher again; a designation is a dispatch itself
        let sender = if act == Act::GrantReturn { Role::Dispatcher } else { role };
        if act == Act::GrantReturn {
            case.step(Act::Dispatch, sender, orders::named())?;
        }
        let plan = Plan {
            lead: to.clone(),
            responsible: Vec::new(),
            limit: self.rules.limit(case.class()?),
            reason: format!("退单审核：{reason}"),
        };
        orders::send(case, self.rules, plan, &self.acting(sender), self.now)
    }

    /// 审核: pass (T26) or send back (T25).
    pub fn check(&self, case: &mut Case, pass: bool, reason: Option<&Text<2000>>) -> Result<(), Problem> {
        let simple = case.class()? == Class::Simple;
        let role = if simple && self.unit.as_str() == self.order.unit { Role::GridChief } else { Role::Checker };
        if role == Role::Checker {
            self.only_centre()?;
        }
        let request = Request { reason: reason.is_some(), ..Request::default() };
        let act = if pass { Act::PassCheck } else { Act::SendBack };
        case.step(act, role, Context { people: self.people(), request, ..Context::default() })?;
        let of = self.fact(case, role)?;
        case.tell(Checked { of, passed: pass, reason: reason.map(Text::masked) }, self.now)?;
        if pass {
            let task = case.task(self.act.order, self.now)?;
            let item = CallbackItem { task, unit: self.order.unit.parse()?, result: result(case)? };
            return case.enqueue(&centre(), self.act.order, item, self.now);
        }
        self.hand_back(case)
    }

    /// The unit has its work order again; its queue item was acknowledged, so it gets a new one.
    fn hand_back(&self, case: &mut Case) -> Result<(), Problem> {
        case.change(&self.order.order_id, |o| "signed".clone_into(&mut o.state));
        let task = case.task(self.act.order, self.now)?;
        case.enqueue(&self.order.unit.parse()?, self.act.order, WorkOrder { task, part: Part::Lead, with: Vec::new() }, self.now)
    }

    /// 回访: close (T27), or do it again (T28).
    pub fn call_back(&self, case: &mut Case, answers: &CallbackAnswers) -> Result<(), Problem> {
        self.only_centre()?;
        let role = Role::CallbackClerk;
        let answer = answers.solved.zip(answers.satisfied).map(|(solved, satisfied)| Answer { solved, satisfied, upheld: false });
        let callback = Callback { answer, tries: u16::from(answers.tries) };
        let facts = Context { people: self.people(), callback, ..orders::named() };
        if answer.is_some_and(Answer::calls_for_redo) {
            case.step(Act::Redo, role, facts)?;
            let plan = Plan {
                lead: self.order.unit.parse()?,
                responsible: Vec::new(),
                limit: self.rules.limit(case.class()?),
                reason: "回访未解决，二次派单".to_owned(),
            };
            return orders::send(case, self.rules, plan, &self.acting(role), self.now);
        }
        case.step(Act::Close, role, facts)?;
        case.end_orders();
        let public_reply = result(case)?.public_reply;
        let of = self.fact(case, role)?;
        case.tell(Closed { of, answers: answers.clone(), public_reply }, self.now)
    }
}

fn result(case: &Case) -> Result<ResultForm, Problem> {
    case.ticket.result.as_deref().and_then(|r| serde_json::from_str(r).ok()).ok_or_else(|| stored_badly("result"))
}

/// The order belongs to another unit.
pub fn not_yours() -> Problem {
    Problem::new("not_yours", "这件任务不在本单位，请核对任务编号", "this piece of work is not your unit's; check its id")
}
