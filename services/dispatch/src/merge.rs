//! 并案、拆案: one cause, many reporters. One ticket is handled; each reporter keeps receipt, progress and callback. Pure.

use contracts::{
    district::centre,
    id::{TicketId, UnitId},
    lifecycle::{Act, Answer, Clock, Context, Guard, Merge as Facts, Note, Role, Standing, State},
    problem::Problem,
    text::Text,
    ticket::{CallbackAnswers, ResultForm},
    work::{Callback, Sameness},
};

use crate::{
    case::{Acting, Case, Granted},
    entity::work_order,
    hand::{Hand, Move, tell_moved},
    orders,
    requests::has_followers,
    rules::At,
};

impl Hand<'_> {
    /// 并案 (T32): nothing of the ticket is lost; its clocks are held.
    pub fn merge(
        &self,
        case: &mut Case,
        lead: Option<&mut Case>,
        (into, same, reason): (TicketId, Sameness, &Text<2000>),
    ) -> Result<(), Problem> {
        self.only_centre()?;
        let lead = lead.filter(|lead| lead.ticket.ticket_id != case.ticket.ticket_id);
        let Some(lead) = lead else {
            let (zh, en) = ("没有这个主案，请核对工单", "there is no such lead case; check the ticket");
            return Err(Problem::new("unknown_lead_case", zh, en));
        };
        // after its check the reporters are called: who comes then would be forgotten
        if !lead.state()?.is_open() || lead.state()? == State::PendingCallback {
            let (zh, en) = (
                "主案已审核、已办结或已并入他案，请另选主案",
                "the lead case is checked, closed or merged itself; choose another",
            );
            return Err(Problem::new("lead_case_not_open", zh, en));
        }
        if case.ticket.followers > 0 {
            return Err(has_followers());
        }
        let same_matter = same.cause || same.place && same.time;
        let facts = Context { merge: Facts { same_matter, callbacks_kept: true }, ..Context::default() };
        case.step(self.at, Act::Merge, Role::Dispatcher, facts, Granted::default())?;
        case.ticket.lead_ticket = Some(into.to_string());
        lead.ticket.followers += 1;
        let what = Move { lead: Some(into), ..Move::because(reason.masked()) };
        self.moved(case, Act::Merge, Role::Dispatcher, what)?;
        self.tell_holder(case, &format!("已并入主案 {}，请在主案中办理", lead.ticket.number))
    }

    /// 拆案 (T32): the ticket is what it was.
    pub fn split(&self, case: &mut Case, lead: Option<&mut Case>, reason: &Text<2000>) -> Result<(), Problem> {
        self.only_centre()?;
        apart(case, self.at, &self.acting(Role::Dispatcher), lead, reason.masked())
    }
}

/// A merged ticket goes on by itself, where it stood: who must act on it has it before them again.
fn apart(case: &mut Case, at: At<'_>, acting: &Acting, lead: Option<&mut Case>, reason: String) -> Result<(), Problem> {
    case.step(at, Act::Split, acting.role, Context::default(), Granted::default())?;
    if let Some(lead) = lead {
        lead.ticket.followers -= 1;
    }
    let asked: Vec<String> = callbacks(case).map(|o| o.order_id.clone()).collect();
    for order in asked {
        case.change(&order, end);
    }
    let before = case.ticket.lead_ticket.take().and_then(|t| t.parse().ok());
    tell_moved(case, at, Act::Split, acting, Move { lead: before, ..Move::because(reason) })?;
    orders::requeue(case, at)
}

/// 重新办理 of a merged ticket, whose lead case is closed: by rule it goes on alone, inside the lead's window.
pub fn reopen(case: &mut Case, at: At<'_>, lead: Option<&mut Case>, reason: String) -> Result<(), Problem> {
    let closed = lead.as_ref().map_or(Ok(false), |lead| lead.state().map(|state| state == State::Closed))?;
    if !closed {
        let (zh, en) = ("所并入的主案尚未办结，无需重新办理", "the lead case is not closed; there is nothing to reopen yet");
        return Err(Problem::new("lead_case_open", zh, en));
    }
    let inside = lead.as_ref().map(|lead| lead.clocks()).transpose()?.map(|clocks| clocks.standing(Clock::K12, at.now));
    if inside != Some(Standing::Inside) {
        let guard = Guard::InsideReopenWindow;
        return Err(Problem::new(guard.code(), guard.zh(), guard.en()));
    }
    let mut beside = case.beside()?;
    beside.content = false;
    case.remember(&beside)?;
    apart(case, at, &Acting::rule(Role::Dispatcher), lead, format!("诉求人申请重新办理，单独办理：{reason}"))
}

fn callbacks(case: &Case) -> impl Iterator<Item = &work_order::Model> {
    case.orders.iter().filter(|o| o.part == "callback" && o.active == 1)
}

fn end(order: &mut work_order::Model) {
    order.active = 0;
    "ended".clone_into(&mut order.state);
}

/// The lead case passed its check: the reporter of this merged ticket is called as well, unless content before.
pub fn call(case: &mut Case, at: At<'_>, unit: &UnitId, result: &ResultForm) -> Result<(), Problem> {
    if case.beside()?.content || callbacks(case).next().is_some() {
        return Ok(());
    }
    let order = case.open(&centre(), "callback")?;
    let task = case.task(order, at.now)?;
    case.enqueue(&centre(), order, Callback { task, unit: unit.clone(), result: result.clone() }, at.now)
}

/// What the reporter of a merged ticket answered. Who says that it is not solved gets an own handling again.
pub fn called(
    hand: &Hand<'_>,
    case: &mut Case,
    lead: Option<&mut Case>,
    (order, answers): (&work_order::Model, &CallbackAnswers),
) -> Result<(), Problem> {
    if order.part != "callback" {
        let (zh, en) = ("主案尚未审核通过，不能回访", "the lead case has not passed its check; there is nothing to ask yet");
        return Err(Problem::new("not_yet", zh, en));
    }
    let (answers, callback) = hand.counted(case, answers)?;
    let handled = lead.as_ref().map_or(Ok(false), |l| l.beside().map(|b| b.handlers.iter().any(|p| p == hand.person)))?;
    let refusal = match callback.answer {
        _ if handled => Some(Guard::NotTheHandler),
        None if callback.tries < hand.at.rules.book.limits.callback_tries => Some(Guard::CallbackDone),
        _ => None,
    };
    if let Some(guard) = refusal {
        return Err(Problem::new(guard.code(), guard.zh(), guard.en()));
    }
    let mut noted = hand.noted(case, Note::CallBack, Role::CallbackClerk)?;
    noted.order = order.order_id.parse().ok();
    noted.answers = Some(answers);
    case.change(&order.order_id, |o| {
        end(o);
        o.person = Some(hand.person.to_owned());
    });
    let mut beside = case.beside()?;
    (beside.tries, beside.content) = (0, callback.answer.is_some_and(|a| a.solved));
    case.remember(&beside)?;
    case.tell(noted, hand.at.now)?;
    if callback.answer.is_some_and(Answer::calls_for_redo) {
        let acting = hand.acting(Role::Dispatcher);
        return apart(case, hand.at, &acting, lead, "诉求人反映未解决，单独办理".to_owned());
    }
    Ok(())
}
