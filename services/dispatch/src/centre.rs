//! What the district centre does (and, for simple matters, the grid's chief): decides consultations, rules on
//! returns, checks results, calls back. Pure.

use contracts::{
    id::UnitId,
    lifecycle::{Act, Answer, Callback, Consultation, Context, Note, Request, Role, State},
    problem::Problem,
    text::Text,
    ticket::{CallbackAnswers, Checked, Closed, ReturnRuled},
    work::Ruling,
};
use sla::Limit;

use crate::{
    case::{Case, Granted},
    entity::work_order,
    hand::Hand,
    merge,
    orders::{self, Plan},
    watch,
};

/// What a consultation decided.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// 牵头单位.
    pub lead: &'a UnitId,
    /// 责任单位.
    pub responsible: &'a [UnitId],
    /// Working days of the lead.
    pub days: u32,
    /// Working days of each responsible unit.
    pub each: &'a [u32],
    /// 会商纪要.
    pub minutes: &'a Text<5000>,
}

impl Hand<'_> {
    /// 会商决定 (T19).
    pub fn decide(&self, case: &mut Case, d: Decision<'_>) -> Result<(), Problem> {
        self.only_centre()?;
        let range = &self.at.rules.book.policy.consultation;
        let (least, most) = (range.least, range.most);
        if !(least..=most).contains(&d.days) {
            return Err(Problem::new(
                "days_out_of_range",
                format!("办理时限应为 {least} 至 {most} 个工作日"),
                format!("the time must be {least} to {most} working days"),
            ));
        }
        if !d.each.is_empty() && (d.each.len() != d.responsible.len() || d.each.iter().any(|n| *n == 0 || *n >= d.days)) {
            let (zh, en) = (
                "责任单位的时限应逐一给出，且早于牵头单位",
                "give each responsible unit a time, and one that ends before the lead's",
            );
            return Err(Problem::new("days_of_each", zh, en));
        }
        if !d.responsible.is_empty() {
            self.units(d.responsible)?;
        }
        let mut responsible: Vec<(UnitId, Option<u32>)> = Vec::new();
        for (i, unit) in d.responsible.iter().enumerate() {
            if unit != d.lead && !responsible.iter().any(|(u, _)| u == unit) {
                responsible.push((unit.clone(), Some(d.each.get(i).copied().unwrap_or(d.days - 1))));
            }
        }
        let consultation = Consultation { lead_named: true, responsible_named: !responsible.is_empty(), minutes: true };
        let reason = format!("会商决定：{}", d.minutes.masked());
        let plan = Plan { lead: d.lead.clone(), responsible, reason };
        let granted = Granted { handling: Some(Limit::WorkingDays(d.days)), ..Granted::default() };
        let facts = Context { consultation, ..Context::default() };
        orders::dispatch(case, self.at, Act::DecideConsultation, facts, granted, (plan, &self.acting(Role::Convener)))
    }

    /// 退单审核: grant (T13), refuse (T14) or designate (T15).
    pub fn rule(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (ruling, reason): (&Ruling, &Text<2000>),
    ) -> Result<(), Problem> {
        self.only_centre()?;
        let request = Request { reason: true, proposed_unit: true, ..Request::default() };
        let facts = Context { people: self.people(case)?, request, ..orders::named() };
        let reason = reason.masked();
        let why = format!("退单审核：{reason}");
        match ruling {
            Ruling::Refuse {} => {
                case.step(self.at, Act::RefuseReturn, Role::Checker, facts, Granted::default())?;
                self.ruled(case, order, Role::Checker, (None, reason))?;
                case.change(&order.order_id, |o| "signed".clone_into(&mut o.state));
                orders::requeue(case, self.at)
            }
            Ruling::Grant { to } => {
                let to = self.at.rules.known(to)?;
                case.step(self.at, Act::GrantReturn, Role::Checker, facts, Granted::default())?;
                self.ruled(case, order, Role::Checker, (Some(&to), reason))?;
                self.end_work(case, "退单已同意，本单位任务结束", &[&to])?;
                // a granted return goes through the dispatcher again
                let dispatcher = self.acting(Role::Dispatcher);
                let sent = (Plan::to(to, why), &dispatcher);
                orders::dispatch(case, self.at, Act::Dispatch, orders::named(), Granted::default(), sent)
            }
            Ruling::Designate { to } => {
                let to = self.at.rules.known(to)?;
                // the step is the dispatch's; what is told here is why
                self.ruled(case, order, Role::HotlineOffice, (Some(&to), reason))?;
                let sent = (Plan::to(to, why), &self.acting(Role::HotlineOffice));
                orders::dispatch(case, self.at, Act::Designate, facts, Granted::default(), sent)
            }
        }
    }

    /// Tells a ruling, and charges the time that it took to the dispute.
    fn ruled(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        role: Role,
        (to, reason): (Option<&UnitId>, String),
    ) -> Result<(), Problem> {
        let mut beside = case.beside()?;
        let lost_ms = beside.dispute_ends(self.at.now);
        if let Some(to) = to {
            beside.named.retain(|u| u != to);
            beside.named.insert(0, to.clone());
        }
        case.remember(&beside)?;
        let of = self.of(case, order, role)?;
        case.tell(ReturnRuled { of, granted: to.is_some(), to: to.cloned(), lost_ms, reason }, self.at.now)
    }

    /// 审核: pass (T26) or send back (T25). `followers` are the tickets merged into this one: each reporter is called.
    pub fn check(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (pass, reason): (bool, Option<&Text<2000>>),
        followers: &mut [Case],
    ) -> Result<(), Problem> {
        let chief = self.has(order) && orders::checked_by_chief(case, self.at, self.unit)?;
        let role = if chief { Role::GridChief } else { Role::Checker };
        if role == Role::Checker {
            self.only_centre()?;
        }
        let request = Request { reason: reason.is_some(), ..Request::default() };
        let act = if pass { Act::PassCheck } else { Act::SendBack };
        let facts = Context { people: self.people(case)?, request, ..Context::default() };
        case.step(self.at, act, role, facts, Granted::default())?;
        let of = self.of(case, order, role)?;
        case.tell(Checked { of, passed: pass, reason: reason.map(Text::masked) }, self.at.now)?;
        if !pass {
            case.change(&order.order_id, |o| "signed".clone_into(&mut o.state));
            return orders::requeue(case, self.at);
        }
        orders::requeue(case, self.at)?;
        let (unit, result) = (order.unit.parse::<UnitId>()?, case.result()?);
        for follower in followers {
            merge::call(follower, self.at, &unit, &result)?;
        }
        Ok(())
    }

    /// 回访未接通.
    pub fn no_answer(&self, case: &mut Case) -> Result<(), Problem> {
        self.only_centre()?;
        let noted = self.noted(case, Note::LogTry, Role::CallbackClerk)?;
        let mut beside = case.beside()?;
        beside.tries = beside.tries.saturating_add(1);
        case.remember(&beside)?;
        case.tell(noted, self.at.now)
    }

    /// 回访: close (T27), or do it again (T28). A merged ticket's reporter is asked as well (see `merge`).
    pub fn call_back(
        &self,
        case: &mut Case,
        lead: Option<&mut Case>,
        order: &work_order::Model,
        answers: &CallbackAnswers,
    ) -> Result<(), Problem> {
        self.only_centre()?;
        if case.state()? == State::Merged {
            return merge::called(self, case, lead, (order, answers));
        }
        let role = Role::CallbackClerk;
        let (answers, callback) = self.counted(case, answers)?;
        let facts = Context { people: self.people(case)?, callback, ..orders::named() };
        if callback.answer.is_some_and(Answer::calls_for_redo) {
            let plan = Plan::to(order.unit.parse()?, "回访未解决，二次派单".to_owned());
            case.step(self.at, Act::Redo, role, facts, Granted::default())?;
            let mut beside = case.beside()?;
            (beside.tries, beside.handlers) = (0, Vec::new());
            case.remember(&beside)?;
            orders::send(case, self.at, plan, &self.acting(role))?;
            return watch::by_round(case, self.at);
        }
        case.step(self.at, Act::Close, role, facts, Granted::default())?;
        case.end_orders(self.at)?;
        let public_reply = case.result()?.public_reply;
        let of = self.of(case, order, role)?;
        case.tell(Closed { of, answers, public_reply }, self.at.now)
    }

    /// The answers with the calls counted: those that were logged, and this one. A citizen who was reached says both,
    /// solved and satisfied, or neither.
    pub fn counted(&self, case: &Case, answers: &CallbackAnswers) -> Result<(CallbackAnswers, Callback), Problem> {
        let answer = match (answers.solved, answers.satisfied) {
            (Some(solved), Some(satisfied)) => Some(Answer { solved, satisfied, upheld: answers.upheld }),
            (None, None) => None,
            _ => {
                let (zh, en) = ("解决与满意须分别回答，或均未联系上", "give both answers, solved and satisfied, or neither");
                return Err(Problem::new("both_answers", zh, en));
            }
        };
        let tries = case.beside()?.tries.saturating_add(1);
        let told = CallbackAnswers { tries: u8::try_from(tries).unwrap_or(u8::MAX), ..answers.clone() };
        Ok((told, Callback { answer, tries }))
    }
}
