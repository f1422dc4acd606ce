//! The call-taker's and the dispatcher's desk: what becomes of a ticket that waits for a person. Pure.

use contracts::{
    id::UnitId,
    lifecycle::{Act, Class, Context, Intake, Note, Order as OrderFacts, Outside, Request, Role, Touch},
    problem::Problem,
    text::Text,
    ticket::{AlarmAnswer, RefusalReason},
    work::OutsideDesk,
};

use crate::{
    alarm,
    case::{Case, Granted},
    hand::{Hand, Move, not_yours},
    opening,
    orders::{self, Plan},
    reclass::Change,
};

impl Hand<'_> {
    fn intake_step(&self, case: &mut Case, act: Act, intake: Intake, what: Move) -> Result<(), Problem> {
        self.only_centre()?;
        let request = Request { reason_listed: true, ..Request::default() };
        let facts = Context { intake, request, ..Context::default() };
        case.step(self.at, act, Role::CallTaker, facts, Granted::default())?;
        self.moved(case, act, Role::CallTaker, what)
    }

    /// 即时答复 (T2).
    pub fn answer_now(&self, case: &mut Case, (knowledge, reply): (&Text<200>, &Text<2000>)) -> Result<(), Problem> {
        let intake = Intake { knowledge_cited: true, ..Intake::default() };
        let what = Move::because(format!("{}（依据：{}）", reply.masked(), knowledge.masked()));
        self.intake_step(case, Act::AnswerNow, intake, what)
    }

    /// 不予受理 (T3).
    pub fn refuse(&self, case: &mut Case, (reason, way): (RefusalReason, &Text<500>)) -> Result<(), Problem> {
        let intake = Intake { way_told: true, ..Intake::default() };
        let what = Move::because(format!("{}；告知途径：{}", reason.zh(), way.masked()));
        self.intake_step(case, Act::Refuse, intake, what)
    }

    /// 转送 (T4): an emergency only if it is one, which also answers its alarm.
    pub fn hand_over(&self, case: &mut Case, (to, note): (OutsideDesk, &Text<2000>)) -> Result<(), Problem> {
        let (outside, desk) = match to {
            OutsideDesk::Emergency => (Outside::Emergency, "110、119、120"),
            OutsideDesk::Petition => (Outside::Petition, "信访"),
        };
        let intake = Intake { outside: Some(outside), ..Intake::default() };
        self.intake_step(case, Act::HandOver, intake, Move::because(format!("转送{desk}：{}", note.masked())))?;
        match outside {
            Outside::Emergency if alarm::answer_due(case)?.is_some() => {
                self.answer_alarm(case, None, (AlarmAnswer::HandedOver, note))
            }
            _ => Ok(()),
        }
    }

    /// 退回补充 (T5).
    pub fn ask_info(&self, case: &mut Case, missing: &Text<500>) -> Result<(), Problem> {
        let intake = Intake { missing_named: true, ..Intake::default() };
        self.intake_step(case, Act::AskInfo, intake, Move::because(missing.masked()))
    }

    /// 受理 (T6), by the call-taker or the grid worker; then by rule to the unit.
    pub fn accept(
        &self,
        case: &mut Case,
        (class, category): (Option<Class>, Option<&Text<8>>),
        division: Option<&contracts::id::DivisionCode>,
        lead: Option<&UnitId>,
    ) -> Result<(), Problem> {
        let role = self.grid_or_call_taker(case)?;
        if role == Role::GridWorker && (class.is_some() || category.is_some() || division.is_some() || lead.is_some()) {
            // a grid takes it in as classified; who names another way is the call-taker
            return Err(not_yours());
        }
        if let Some(division) = division {
            if self.at.rules.district.division(division).is_none() {
                return Err(Problem::field("division", "没有这个区划，请核对代码", "there is no such division; check its code"));
            }
            case.ticket.division = Some(division.to_string());
        }
        let category = category.map(|c| self.category(c)).transpose()?.filter(|c| c.code != case.ticket.category);
        let lead = lead.map(|l| self.at.rules.known(l)).transpose()?;
        let change = Change { class, category: category.map(|c| c.code.clone()), lead };
        let as_classified = division.is_none() && change == Change::default();
        let named = if as_classified { None } else { self.rerouted(case, &change)? };
        let told = self.told(case, &change)?;
        self.relabel(case, &change)?;
        if let Some(class) = class {
            class.code().clone_into(&mut case.ticket.class);
        }
        if let Some(lead) = &named {
            self.name(case, lead)?;
        }
        if change.category.is_some() {
            // what a person says that it is, classification learns from
            let mut noted = self.noted(case, Note::Reclassify, role)?;
            (noted.class, noted.category, noted.lead, noted.text) = (class, change.category, named, Some(told));
            case.tell(noted, self.at.now)?;
        }
        opening::accept(case, self.at, &self.acting(role))
    }

    /// This unit is the lead that is named.
    pub fn name(&self, case: &mut Case, lead: &UnitId) -> Result<(), Problem> {
        let mut beside = case.beside()?;
        beside.named.retain(|u| u != lead);
        beside.named.insert(0, lead.clone());
        case.remember(&beside)
    }

    fn grid_or_call_taker(&self, case: &Case) -> Result<Role, Problem> {
        if *self.unit == self.at.rules.district.grid_of(case.division().as_ref()) {
            return Ok(Role::GridWorker);
        }
        self.only_centre()?;
        Ok(Role::CallTaker)
    }

    /// 自办自结 (T7): the grid worker has it in hand at once.
    pub fn self_handle(&self, case: &mut Case) -> Result<(), Problem> {
        let own_grid = *self.unit == self.at.rules.district.grid_of(case.division().as_ref());
        let intake = Intake { own_grid, ..Intake::default() };
        case.step(self.at, Act::SelfHandle, Role::GridWorker, Context { intake, ..Context::default() }, Granted::default())?;
        let plan = Plan::to(self.unit.clone(), "网格员自办自结".to_owned());
        orders::send(case, self.at, plan, &self.acting(Role::GridWorker))?;
        let mut beside = case.beside()?;
        beside.handled(self.person);
        case.remember(&beside)?;
        if let Some(order) = case.lead().map(|o| o.order_id.clone()) {
            case.change(&order, |o| {
                "signed".clone_into(&mut o.state);
                o.person = Some(self.person.to_owned());
            });
        }
        Ok(())
    }

    /// 派单 (T8) from the dispatcher's desk.
    pub fn dispatch(&self, case: &mut Case, (to, reason): (&UnitId, &Text<2000>)) -> Result<(), Problem> {
        self.only_centre()?;
        let to = self.at.rules.known(to)?;
        self.name(case, &to)?;
        let acting = self.acting(Role::Dispatcher);
        let plan = Plan::to(to, reason.masked());
        orders::dispatch(case, self.at, Act::Dispatch, orders::named(), Granted::default(), (plan, &acting))
    }

    /// 撤回 (T9) of a dispatch that nobody touched; the ticket waits on the dispatcher's desk again.
    pub fn recall(&self, case: &mut Case, reason: &Text<2000>) -> Result<(), Problem> {
        self.only_centre()?;
        let parts = || case.orders.iter().filter(|o| o.active == 1);
        let touch = match case.lead() {
            None => Touch::Unknown,
            Some(_) if parts().any(|o| o.state != "queued") => Touch::Signed,
            Some(_) if parts().any(|o| o.person.is_some()) => Touch::Written,
            Some(_) => Touch::Untouched,
        };
        let facts = Context { order: OrderFacts { touch, ..OrderFacts::default() }, ..Context::default() };
        case.step(self.at, Act::Recall, Role::Dispatcher, facts, Granted::default())?;
        self.end_work(case, "已撤回派单", &[])?;
        self.moved(case, Act::Recall, Role::Dispatcher, Move::because(reason.masked()))?;
        opening::triage(case, self.at)
    }

    /// 启动会商 (T18).
    pub fn convene(&self, case: &mut Case, (units, reason): (&[UnitId], &Text<2000>)) -> Result<(), Problem> {
        self.only_centre()?;
        let units = self.units(units)?;
        let mut beside = case.beside()?;
        beside.dispute_ends(self.at.now);
        case.remember(&beside)?;
        self.end_work(case, "已启动会商，原任务结束", &[])?;
        opening::consult(case, self.at, &self.acting(Role::Convener), Some(&units))?;
        let mut noted = self.noted(case, Note::AddNote, Role::Convener)?;
        noted.text = Some(reason.masked());
        case.tell(noted, self.at.now)
    }

    /// Attendance of a consultation.
    pub fn attend(&self, case: &mut Case, units: &[UnitId]) -> Result<(), Problem> {
        self.only_centre()?;
        let mut noted = self.noted(case, Note::Attend, Role::Convener)?;
        noted.units = self.units(units)?;
        case.tell(noted, self.at.now)
    }
}
