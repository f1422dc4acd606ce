//! What a unit does with its own work order: sign, work, report, return. Pure.

use contracts::{
    id::UnitId,
    lifecycle::{Act, Change, Context, Guard, Note, Order as OrderFacts, Request, State},
    problem::Problem,
    text::Text,
    ticket::{CoReported, Progressed, Reported, ResultForm, ReturnAsked, Signed},
};

use crate::{
    beside::Returned,
    case::{Case, Granted},
    entity::work_order,
    hand::Hand,
    orders, parts,
};

impl Hand<'_> {
    fn set(&self, case: &mut Case, order: &work_order::Model, state: &str) -> Result<(), Problem> {
        case.change(&order.order_id, |o| {
            state.clone_into(&mut o.state);
            o.person = Some(self.person.to_owned());
        });
        self.took_part(case)
    }

    /// 签收 (T10). A co-handler signs for its own part; the ticket's state is the lead's.
    pub fn sign(&self, case: &mut Case, order: &work_order::Model) -> Result<(), Problem> {
        only_work(order)?;
        let role = self.handler(order);
        if order.part == "lead" {
            case.step(self.at, Act::Sign, role, Context::default(), Granted::default())?;
        } else {
            part_in(case, order, "queued")?;
        }
        self.set(case, order, "signed")?;
        let of = self.of(case, order, role)?;
        case.tell(Signed { of }, self.at.now)
    }

    /// 首次联系: stops K4.
    pub fn contact(&self, case: &mut Case, order: &work_order::Model, text: &Text<2000>) -> Result<(), Problem> {
        let mut noted = self.noted(case, Note::FirstContact, self.handler(order))?;
        noted.order = order.order_id.parse().ok();
        noted.text = Some(text.masked());
        self.set(case, order, &order.state)?;
        case.tell(noted, self.at.now)
    }

    /// A progress note.
    pub fn progress(&self, case: &mut Case, order: &work_order::Model, text: &Text<2000>) -> Result<(), Problem> {
        only_work(order)?;
        let role = self.handler(order);
        // a co-handler's part goes on by itself, whether or not the lead has signed
        if order.part == "lead" {
            case.note(self.at, Note::Progress, role)?;
        } else {
            part_in(case, order, "signed")?;
        }
        self.took_part(case)?;
        let of = self.of(case, order, role)?;
        case.tell(Progressed { of, note: text.masked() }, self.at.now)
    }

    /// 反馈 (T24), or a co-handler's own result.
    pub fn report(&self, case: &mut Case, order: &work_order::Model, result: &ResultForm) -> Result<(), Problem> {
        only_work(order)?;
        let result = checked(result)?;
        if order.part != "lead" {
            return self.co_report(case, order, result);
        }
        let waits = |o: &&work_order::Model| o.part == "responsible" && o.active == 1 && o.required == 1 && o.state != "reported";
        let open = case.orders.iter().filter(waits).count();
        let facts = OrderFacts {
            form_complete: true,
            co_handlers_open: Some(u32::try_from(open).unwrap_or(u32::MAX)),
            ..OrderFacts::default()
        };
        let role = self.handler(order);
        case.step(self.at, Act::ReportResult, role, Context { order: facts, ..Context::default() }, Granted::default())?;
        self.set(case, order, "reported")?;
        case.ticket.result = serde_json::to_string(&result).ok();
        let of = self.of(case, order, role)?;
        case.tell(Reported { of, result }, self.at.now)?;
        let mut beside = case.beside()?;
        beside.new_hands();
        case.remember(&beside)?;
        orders::requeue(case, self.at)
    }

    fn co_report(&self, case: &mut Case, order: &work_order::Model, result: ResultForm) -> Result<(), Problem> {
        part_in(case, order, "signed")?;
        self.set(case, order, "reported")?;
        parts::turn(case, self.at, order, Change::Stopped)?;
        let of = self.of(case, order, self.handler(order))?;
        case.tell(CoReported { of, result }, self.at.now)
    }

    /// 申请退单、管辖申述 (T12): goes to the district centre.
    pub fn give_back(
        &self,
        case: &mut Case,
        order: &work_order::Model,
        (reason, legal_basis, propose): (&Text<2000>, &Text<500>, &UnitId),
    ) -> Result<(), Problem> {
        let propose = self.at.rules.known(propose)?;
        if order.part != "lead" {
            return Err(Problem::new(
                "only_lead_returns",
                "协办单位不能退单，请向主办单位或区综治中心反映",
                "a co-handler can't return; talk to the lead or the district centre",
            ));
        }
        let request = Request { reason: true, legal_basis: true, proposed_unit: true, ..Request::default() };
        let role = self.handler(order);
        let facts = Context { request, ..Context::default() };
        case.step(self.at, Act::AppealJurisdiction, role, facts, Granted::default())?;
        self.set(case, order, "returned")?;
        let (reason, legal_basis) = (reason.masked(), legal_basis.masked());
        let mut beside = case.beside()?;
        beside.returned = Some(Returned {
            at_ms: self.at.now.timestamp_millis(),
            reason: reason.clone(),
            legal_basis: legal_basis.clone(),
            propose: propose.clone(),
        });
        case.remember(&beside)?;
        let of = self.of(case, order, role)?;
        case.tell(ReturnAsked { of, reason, legal_basis, propose }, self.at.now)?;
        orders::requeue(case, self.at)
    }
}

/// A whistle is answered by arriving, a callback by calling; they are no work orders.
fn only_work(order: &work_order::Model) -> Result<(), Problem> {
    if matches!(order.part.as_str(), "lead" | "responsible") {
        return Ok(());
    }
    Err(Problem::new(
        "no_work_order",
        "这件任务不是工作单，不能签收或反馈",
        "this is no work order; it can't be signed for or reported",
    ))
}

/// A co-handler's part must stand so; and while its ticket is merged, its lead case is handled instead.
pub fn part_in(case: &Case, order: &work_order::Model, state: &str) -> Result<(), Problem> {
    if case.state()? == State::Merged {
        let (zh, en) = ("工单已并案，请在主案中办理", "the ticket is merged; it is handled in its lead case");
        return Err(Problem::new("merged", zh, en));
    }
    if order.state == state { Ok(()) } else { Err(wrong_order_state()) }
}

/// 属实、解决、未解决原因、公开答复: everything must be said, as text that can be stored; numbers masked.
fn checked(form: &ResultForm) -> Result<ResultForm, Problem> {
    let given = |s: &str| !s.trim().is_empty();
    let reason = form.unsolved_reason.as_deref().filter(|s| given(s));
    if !given(&form.public_reply) || (!form.solved && reason.is_none()) {
        let guard = Guard::FormComplete;
        return Err(Problem::new(guard.code(), guard.zh(), guard.en()));
    }
    let text = |s: &str| Text::<2000>::try_from(s.to_owned()).map(|t| t.masked());
    Ok(ResultForm { unsolved_reason: reason.map(text).transpose()?, public_reply: text(&form.public_reply)?, ..form.clone() })
}

fn wrong_order_state() -> Problem {
    Problem::new(
        "wrong_order_state",
        "本单位的任务单不在可以这样做的状态（先签收，再反馈，各一次）",
        "this unit's order is not in a state for that (sign first, then report, once each)",
    )
}
