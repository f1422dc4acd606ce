//! What a unit does with others: transfer, hand up, co-handlers, whistle. Pure.

use contracts::{
    id::{OrderId, UnitId},
    lifecycle::{Act, Change, Class, Clock, Context, Note, Order as OrderFacts, Request},
    problem::Problem,
    text::Text,
    ticket::Part,
    work::{CoTask, WorkOrder},
};

use crate::{
    case::{Case, Granted, no_deadline},
    entity::work_order,
    hand::{Hand, Move, notify},
    orders, parts,
    rules::At,
};

impl Hand<'_> {
    /// 转派 (T16): to a unit below, or to an officer of the own grid. The handling clock goes on.
    pub fn transfer(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (to, officer, reason): (Option<&UnitId>, Option<&Text<40>>, &Text<2000>),
    ) -> Result<(), Problem> {
        if to.is_some() && officer.is_some() {
            let (zh, en) =
                ("转给下级单位或本网格八员，二者选一", "give it to a unit below or to an officer of the own grid, not both");
            return Err(Problem::new("one_receiver", zh, en));
        }
        let officer = officer.map(|o| self.at.rules.officer(self.unit, o.as_str(), self.at.now)).transpose()?;
        let to = to.map(|u| self.at.rules.known(u)).transpose()?.unwrap_or_else(|| self.unit.clone());
        // an officer is posted to the grid itself: between its worker and the village
        let downward = officer.is_some() || self.at.rules.downward(self.unit, &to);
        let facts = Context { order: OrderFacts { downward, ..OrderFacts::default() }, ..Context::default() };
        self.pass(case, order, Act::Transfer, (facts, to, officer, reason))
    }

    /// 上报 (T16): to the next level, or to one above it. A simple matter rises to the next class.
    pub fn hand_up(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (to, reason): (Option<&UnitId>, &Text<2000>),
    ) -> Result<(), Problem> {
        let place = case.division();
        let to = to.map(|u| self.at.rules.known(u)).transpose()?;
        let to = to.unwrap_or_else(|| self.at.rules.above(self.unit, place.as_ref()));
        let upward = self.at.rules.upward(self.unit, &to);
        let facts = Context {
            order: OrderFacts { upward, ..OrderFacts::default() },
            request: Request { reason: true, ..Request::default() },
            ..Context::default()
        };
        if upward && case.class()? == Class::Simple {
            reclass(case, self.at, Class::Coordination)?;
        }
        self.pass(case, order, Act::HandUp, (facts, to, None, reason))
    }

    /// The same work order goes to another hand.
    fn pass(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        act: Act,
        (facts, to, officer, reason): (Context, UnitId, Option<String>, &Text<2000>),
    ) -> Result<(), Problem> {
        only_lead(order)?;
        let role = self.handler(order);
        case.step(self.at, act, role, facts, Granted::default())?;
        self.took_part(case)?;
        case.change(&order.order_id, |o| {
            to.as_str().clone_into(&mut o.unit);
            "queued".clone_into(&mut o.state);
            o.officer = officer;
        });
        let class = (act == Act::HandUp).then(|| case.class()).transpose()?;
        let what = Move { order: order.order_id.parse().ok(), to: Some(to), class, ..Move::because(reason.masked()) };
        self.moved(case, act, role, what)?;
        orders::requeue(case, self.at)
    }

    /// 协办 (T17): each with a work order and a clock that ends before the lead's.
    pub fn ask_co_handlers(&self, case: &mut Case, order: &work_order::Model, tasks: &[CoTask]) -> Result<(), Problem> {
        only_lead(order)?;
        self.units(&tasks.iter().map(|t| t.unit.clone()).collect::<Vec<_>>())?;
        let lead_due = case.clocks()?.due(Clock::K5);
        let mut shorter = true;
        for task in tasks {
            let due = orders::after(self.at, sla::Limit::WorkingDays(task.days))?;
            shorter &= lead_due.is_some_and(|lead| due < lead);
        }
        let facts = Context { order: OrderFacts { sub_times_shorter: shorter, ..OrderFacts::default() }, ..Context::default() };
        let role = self.handler(order);
        case.step(self.at, Act::AskCoHandlers, role, facts, Granted::default())?;
        self.took_part(case)?;
        let mut opened = Vec::new();
        for task in tasks {
            let unit = self.at.rules.known(&task.unit)?;
            not_twice(case, &unit)?;
            let part = orders::responsible(case, self.at, unit, Some(task.days))?;
            case.change(&part.order.to_string(), |o| o.required = i32::from(task.required));
            opened.push((part, task.what.masked()));
        }
        let asked = opened.iter().map(|(_, what)| what.as_str()).collect::<Vec<_>>().join("；");
        let orders = opened.iter().map(|(part, _)| part.clone()).collect();
        let what = Move { order: order.order_id.parse().ok(), orders, ..Move::because(asked) };
        self.moved(case, Act::AskCoHandlers, role, what)?;
        for (part, what) in opened {
            let task = case.task(part.order, self.at.now)?;
            let item = WorkOrder { task, part: Part::Responsible, with: vec![self.unit.clone()], what: Some(what) };
            case.enqueue(&part.unit, part.order, item, self.at.now)?;
        }
        Ok(())
    }

    /// 主办确认/退回 a co-handler's result.
    pub fn judge_part(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (part, accept, reason): (OrderId, bool, Option<&Text<2000>>),
    ) -> Result<(), Problem> {
        only_lead(order)?;
        let reported = case.order(part).filter(|o| o.part == "responsible" && o.active == 1 && o.state == "reported");
        let Some(row) = reported.cloned() else {
            let (zh, en) = ("这件协办尚未反馈，请核对任务编号", "this part has not reported; check its id");
            return Err(Problem::new("part_not_reported", zh, en));
        };
        if !accept && reason.is_none() {
            return Err(Problem::new("reason_given", "退回协办结果请写明理由", "say why the part is sent back"));
        }
        self.took_part(case)?;
        let mut noted = self.noted(case, Note::JudgePart, self.handler(order))?;
        let unit: UnitId = row.unit.parse()?;
        noted.order = Some(part);
        noted.units = vec![unit.clone()];
        noted.text = reason.map(Text::masked);
        if accept {
            return case.tell(noted, self.at.now);
        }
        case.change(&row.order_id, |o| "signed".clone_into(&mut o.state));
        parts::turn(case, self.at, &row, Change::Reopened)?;
        noted.by.clocks = case.by(&self.acting(noted.by.role))?.clocks;
        case.tell(noted.clone(), self.at.now)?;
        notify(case, self.at, &unit, part, &noted)
    }

    /// 吹哨: calls units to the scene; each gets a piece of work that it answers by arriving.
    pub fn whistle(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (units, reason): (&[UnitId], &Text<2000>),
    ) -> Result<(), Problem> {
        only_lead(order)?;
        let units = self.units(units)?;
        let called = |o: &work_order::Model| o.part == "whistle" && o.active == 1 && units.iter().any(|u| o.unit == u.as_str());
        if case.orders.iter().any(called) {
            let (zh, en) = ("该单位已被呼叫，尚未到场", "this unit is called already and has not come yet");
            return Err(Problem::new("called_already", zh, en));
        }
        self.took_part(case)?;
        let mut noted = self.noted(case, Note::Whistle, self.handler(order))?;
        noted.text = Some(reason.masked());
        noted.units = units;
        let mut calls = Vec::new();
        for unit in &noted.units {
            calls.push((unit.clone(), case.open(unit, "whistle")?));
        }
        case.tell(noted.clone(), self.at.now)?;
        for (unit, call) in calls {
            notify(case, self.at, &unit, call, &noted)?;
        }
        Ok(())
    }

    /// 报到: the time of arrival is the fact's.
    pub fn arrive(&self, case: &mut Case, order: &work_order::Model) -> Result<(), Problem> {
        if order.part != "whistle" {
            let (zh, en) = ("这不是吹哨任务，请核对任务编号", "this is no whistle; check the id");
            return Err(Problem::new("no_whistle", zh, en));
        }
        self.took_part(case)?;
        let mut noted = self.noted(case, Note::Arrive, self.handler(order))?;
        noted.order = order.order_id.parse().ok();
        noted.units = vec![self.unit.clone()];
        case.change(&order.order_id, |o| {
            "arrived".clone_into(&mut o.state);
            o.person = Some(self.person.to_owned());
            o.active = 0;
        });
        case.tell(noted, self.at.now)
    }

    /// 解除: those who did not come are listed.
    pub fn end_whistle(&self, case: &mut Case, order: &work_order::Model) -> Result<(), Problem> {
        only_lead(order)?;
        let open: Vec<work_order::Model> = case.orders.iter().filter(|o| o.part == "whistle" && o.active == 1).cloned().collect();
        let mut noted = self.noted(case, Note::EndWhistle, self.handler(order))?;
        for call in open {
            noted.units.push(call.unit.parse()?);
            case.change(&call.order_id, |o| {
                "absent".clone_into(&mut o.state);
                o.active = 0;
            });
        }
        let absent = noted.units.len();
        noted.text = Some(if absent == 0 { "全部到场".to_owned() } else { format!("未到场单位 {absent} 个") });
        case.tell(noted, self.at.now)
    }
}

/// Another class: the handling clock is computed anew from its start, with the time used kept.
pub fn reclass(case: &mut Case, at: At<'_>, class: Class) -> Result<(), Problem> {
    class.code().clone_into(&mut case.ticket.class);
    let mut clocks = case.clocks()?;
    let turn = clocks.reclass(&at.rules.terms(Some(class), case.urgent())).map_err(|e| no_deadline(&e))?;
    case.keep_clocks(at, &clocks, turn.into_iter().collect())
}

fn only_lead(order: &work_order::Model) -> Result<(), Problem> {
    if order.part == "lead" {
        return Ok(());
    }
    Err(Problem::new("only_lead", "只有主办单位可以这样做", "only the lead may do this"))
}

fn not_twice(case: &Case, unit: &UnitId) -> Result<(), Problem> {
    let has = |o: &work_order::Model| o.active == 1 && o.unit == unit.as_str() && o.part != "whistle";
    if !case.orders.iter().any(has) {
        return Ok(());
    }
    Err(Problem::new("has_part", "该单位已有本工单的任务", "this unit has a part of the ticket already"))
}
