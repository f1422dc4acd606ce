//! What handling units do with their work orders. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::{UnitKind, centre},
    id::UnitId,
    lifecycle::{Act, Class, Context, Deadlines, Note, Order as OrderFacts, Request, Role, Standing, note},
    problem::Problem,
    text::Text,
    ticket::{CoReported, OrderFact, Progressed, Reported, ResultForm, ReturnAsked, Signed},
    work::{Check, Review, UnitAct},
};

use crate::{
    case::{Acting, Case},
    entity::work_order,
    orders::Rules,
};

/// A unit at its own work order.
pub struct AtWork<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What the unit sent.
    pub act: &'a UnitAct,
    /// The unit.
    pub unit: &'a UnitId,
    /// The work order.
    pub order: work_order::Model,
    /// When.
    pub now: DateTime<Utc>,
}

impl AtWork<'_> {
    fn acting(&self) -> Acting {
        let grid = self.rules.district.unit(self.unit).is_some_and(|u| u.kind == UnitKind::Grid);
        let role = match (self.leads(), grid) {
            (false, _) => Role::CoHandler,
            (true, true) => Role::GridWorker,
            (true, false) => Role::HandlingUnit,
        };
        Acting { role, unit: Some(self.unit.clone()), person: Some(self.act.person.as_str().to_owned()) }
    }

    fn leads(&self) -> bool {
        self.order.part == "lead"
    }

    fn fact(&self, case: &mut Case) -> Result<OrderFact, Problem> {
        let by = case.by(&self.acting())?;
        Ok(OrderFact { ticket: self.act.ticket, order: self.act.order, unit: self.unit.clone(), at: self.now, by })
    }

    fn set(&self, case: &mut Case, state: &str) {
        case.change(&self.order.order_id, |o| {
            state.clone_into(&mut o.state);
            o.person = Some(self.act.person.as_str().to_owned());
        });
    }

    /// 签收 (T10). A responsible unit signs for its own part; the ticket's state is the lead's.
    pub fn sign(&self, case: &mut Case) -> Result<(), Problem> {
        if self.leads() {
            case.step(Act::Sign, self.acting().role, Context::default())?;
        } else if self.order.state != "queued" {
            return Err(wrong_order_state());
        }
        self.set(case, "signed");
        let of = self.fact(case)?;
        case.tell(Signed { of }, self.now)
    }

    /// A progress note.
    pub fn progress(&self, case: &mut Case, text: &Text<2000>) -> Result<(), Problem> {
        // a responsible unit's part goes on by itself, whether or not the lead has signed
        if self.leads() {
            note(Some(case.state()?), Note::Progress, self.acting().role)?;
        } else if self.order.state != "signed" {
            return Err(wrong_order_state());
        }
        let of = self.fact(case)?;
        case.tell(Progressed { of, note: text.masked() }, self.now)
    }

    /// 反馈 (T24), or a responsible unit's own result.
    pub fn report(&self, case: &mut Case, result: &ResultForm) -> Result<(), Problem> {
        let mut result = result.clone();
        result.public_reply = contracts::text::mask_numbers(&result.public_reply);
        if !self.leads() {
            return self.co_report(case, result);
        }
        let open = case.orders.iter().filter(|o| o.part == "responsible" && o.active == 1 && o.state != "reported").count();
        let facts = OrderFacts {
            form_complete: complete(&result),
            co_handlers_open: Some(u32::try_from(open).unwrap_or(u32::MAX)),
            ..OrderFacts::default()
        };
        case.step(Act::ReportResult, self.acting().role, Context { order: facts, ..Context::default() })?;
        self.set(case, "reported");
        case.ticket.result = serde_json::to_string(&result).ok();
        let of = self.fact(case)?;
        case.tell(Reported { of, result: result.clone() }, self.now)?;
        // a simple matter is checked by the chief of the same grid, everything else by the district centre
        let checker = if case.class()? == Class::Simple { self.unit.clone() } else { centre() };
        let item = Check { task: case.task(self.act.order, self.now)?, unit: self.unit.clone(), result };
        case.enqueue(&checker, self.act.order, item, self.now)
    }

    fn co_report(&self, case: &mut Case, result: ResultForm) -> Result<(), Problem> {
        if self.order.state != "signed" {
            return Err(wrong_order_state());
        }
        if !complete(&result) {
            return Err(incomplete());
        }
        self.set(case, "reported");
        let of = self.fact(case)?;
        case.tell(CoReported { of, result }, self.now)
    }

    /// 申请退单、管辖申述 (T12): goes to the district centre.
    pub fn give_back(
        &self,
        case: &mut Case,
        reason: &Text<2000>,
        legal_basis: &Text<500>,
        propose: &UnitId,
    ) -> Result<(), Problem> {
        self.rules.known(propose)?;
        if !self.leads() {
            return Err(Problem::new(
                "only_lead_returns",
                "协办单位不能退单，请向主办单位或区综治中心反映",
                "a responsible unit can't return; talk to the lead or the district centre",
            ));
        }
        let in_time = self.rules.may_return(case.ticket.dispatched_ms, self.now);
        let k6 = if in_time { Standing::Inside } else { Standing::Over };
        let request = Request { reason: true, legal_basis: true, proposed_unit: true, ..Request::default() };
        let facts = Context { deadlines: Deadlines { k6, ..Deadlines::default() }, request, ..Context::default() };
        case.step(Act::AppealJurisdiction, self.acting().role, facts)?;
        self.set(case, "returned");
        let of = self.fact(case)?;
        let (reason, legal_basis) = (reason.masked(), legal_basis.masked());
        let asked = ReturnAsked { of, reason: reason.clone(), legal_basis: legal_basis.clone(), propose: propose.clone() };
        case.tell(asked, self.now)?;
        let task = case.task(self.act.order, self.now)?;
        let item = Review { task, unit: self.unit.clone(), reason, legal_basis, propose: propose.clone() };
        case.enqueue(&centre(), self.act.order, item, self.now)
    }
}

/// 属实、解决、未解决原因、公开答复: is everything said that must be?
fn complete(r: &ResultForm) -> bool {
    let given = |s: &str| !s.trim().is_empty();
    given(&r.public_reply) && (r.solved || r.unsolved_reason.as_deref().is_some_and(given))
}

fn incomplete() -> Problem {
    Problem::new(
        "form_incomplete",
        "请填写公开答复；未解决的请填写未解决原因",
        "give the public reply, and the reason if it is not solved",
    )
}

fn wrong_order_state() -> Problem {
    Problem::new(
        "wrong_order_state",
        "本单位的任务单不在可以这样做的状态（先签收，再反馈，各一次）",
        "this unit's order is not in a state for that (sign first, then report, once each)",
    )
}
