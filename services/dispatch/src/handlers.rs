//! What dispatch does with what it hears: load, decide, save, say.

use std::collections::{HashMap, HashSet};

use bus::consume::Delivery;
use chrono::{DateTime, Utc};
use contracts::{
    district::District,
    envelope::{Envelope, Inbound, Outbound},
    id::{MessageId, UnitId},
    problem::Problem,
    subject,
    ticket::{Classified, TicketFact},
    work::{ActBody, AnswerOutcome, Answers, UnitAct, UnitAnswer, UnitWork},
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx};
use sla::Calendar;

use crate::{
    case::Case,
    centre::{AtDesk, not_yours},
    config::Config,
    opening,
    orders::Rules,
    store,
    unit::AtWork,
};

/// What dispatch hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A ticket was classified.
    Classified(Box<Classified>),
    /// A unit acts: the unit, the `ce-id` of its message, the act.
    Act(UnitId, String, Box<UnitAct>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if !subject.starts_with("work.") {
            return match envelope.open::<TicketFact>(body)? {
                TicketFact::Classified(c) => Ok(Self::Classified(Box::new(c))),
                _ => Err(Problem::new("not_heard", "派单服务不处理此消息", "dispatch does not hear this message")),
            };
        }
        let unit: UnitId = subject::last_token(subject).parse()?;
        if subject != subject::act(&unit) {
            return Err(Problem::new("wrong_version", "只支持 work.v1.act.<单位>", "only work.v1.act.<unit> is spoken here"));
        }
        if envelope.source != subject::unit_uri(&unit) {
            let (zh, en) = (
                format!("ce-source 应为 /units/{unit}，与主题一致"),
                format!("ce-source must be /units/{unit}, as the subject says"),
            );
            return Err(Problem::new("subject_disagrees", zh, en));
        }
        let UnitWork::UnitAct(act) = envelope.open(body)?;
        Ok(Self::Act(unit, envelope.id.clone(), Box::new(act)))
    }
}

impl Heard {
    fn ticket(&self) -> String {
        match self {
            Self::Classified(c) => c.ticket.to_string(),
            Self::Act(_, _, a) => a.ticket.to_string(),
        }
    }
}

/// Decides which unit has the work order.
#[derive(Debug)]
pub struct Dispatch {
    rules: Rules,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    cases: HashMap<String, Case>,
    changed: HashSet<String>,
}

impl Dispatch {
    /// With these settings, for the sample district.
    pub fn new(config: Config) -> Result<Self, sla::PolicyError> {
        config.policy.check()?;
        let (district, calendar) = (District::sample(), Calendar::builtin());
        Ok(Self { rules: Rules { district, calendar, policy: config.policy, return_days: config.return_days } })
    }

    fn act(&self, desk: &mut Desk, message: &Inbound<Heard>, unit: &UnitId, act: &UnitAct) -> Result<Vec<Outbound>, Problem> {
        let ticket = act.ticket.to_string();
        // decided on a copy: a refusal leaves the desk as it was
        let mut case = desk.cases.get(&ticket).cloned().ok_or_else(unknown_order)?;
        let order = case.order(act.order).cloned().ok_or_else(unknown_order)?;
        if order.active == 0 {
            return Err(ended());
        }
        let own = order.unit == unit.as_str();
        let (rules, now) = (&self.rules, message.now);
        let work = AtWork { rules, act, unit, order: order.clone(), now };
        let desk_of = AtDesk { rules, act, unit, order, now };
        match &act.act {
            ActBody::Sign {}
            | ActBody::Progress { .. }
            | ActBody::Report { .. }
            | ActBody::Return { .. }
            | ActBody::Decide { .. }
                if !own =>
            {
                return Err(not_yours());
            }
            ActBody::Sign {} => work.sign(&mut case)?,
            ActBody::Progress { note } => work.progress(&mut case, note)?,
            ActBody::Report { result } => work.report(&mut case, result)?,
            ActBody::Return { reason, legal_basis, propose } => work.give_back(&mut case, reason, legal_basis, propose)?,
            ActBody::Decide { lead, responsible, days, minutes } => {
                desk_of.decide(&mut case, lead, responsible, *days, minutes)?
            }
            ActBody::Rule { ruling, reason } => desk_of.rule(&mut case, ruling, reason)?,
            ActBody::Check { pass, reason } => desk_of.check(&mut case, *pass, reason.as_ref())?,
            ActBody::CallBack { answers } => desk_of.call_back(&mut case, answers)?,
        }
        let said = case.said();
        desk.changed.insert(ticket.clone());
        desk.cases.insert(ticket, case);
        Ok(said)
    }
}

impl Handler for Dispatch {
    const SERVICE: &'static str = "dispatch";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let ids: HashSet<String> = batch.iter().map(|m| m.body.ticket()).collect();
        let cases = store::cases(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        Ok(Desk { cases, changed: HashSet::new() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        let outbound = match &message.body {
            // reclassification is an act of its own; the first word stands
            Heard::Classified(c) if desk.cases.contains_key(&c.ticket.to_string()) => Vec::new(),
            Heard::Classified(c) => {
                let mut case = opening::open(&self.rules, c, message.now).map_err(Refusal::Illegal)?;
                let said = case.said();
                desk.changed.insert(case.ticket.ticket_id.clone());
                desk.cases.insert(case.ticket.ticket_id.clone(), case);
                said
            }
            Heard::Act(unit, event, act) => {
                let (mut said, outcome) = match self.act(desk, message, unit, act) {
                    Ok(said) => (said, AnswerOutcome::Done),
                    Err(problem) => (Vec::new(), AnswerOutcome::Refused { problem }),
                };
                said.push(answer(message, unit, event, act, outcome));
                said
            }
        };
        Ok(Said { outbound, answer: () })
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        let changed = desk.changed.iter().filter_map(|id| desk.cases.remove(id)).collect();
        store::save(tx, changed).await
    }

    /// The unit is told what is wrong with its act, if the subject names one of ours.
    fn unreadable(&self, delivery: &Delivery, problem: &Problem, at: DateTime<Utc>) -> Vec<Outbound> {
        if delivery.stream != subject::ACTS {
            return Vec::new();
        }
        let unit = subject::last_token(&delivery.subject).parse().ok().and_then(|id| self.rules.district.unit(&id));
        let outcome = AnswerOutcome::Refused { problem: problem.clone() };
        let act = delivery.header("ce-id").unwrap_or_default().chars().take(256).collect();
        let cause = MessageId::of_delivery(&delivery.stream, delivery.sequence);
        unit.map(|u| tell(cause, &u.id, UnitAnswer { act, ticket: None, order: None, at, outcome })).into_iter().collect()
    }
}

fn answer(message: &Inbound<Heard>, unit: &UnitId, event: &str, act: &UnitAct, outcome: AnswerOutcome) -> Outbound {
    let answer = UnitAnswer { act: event.to_owned(), ticket: Some(act.ticket), order: Some(act.order), at: message.now, outcome };
    tell(message.id, unit, answer).about(act.ticket)
}

fn tell(cause: MessageId, unit: &UnitId, answer: UnitAnswer) -> Outbound {
    let at = answer.at;
    Outbound::new(MessageId::derive(cause.0, "answer"), subject::ANSWERS, subject::answer(unit), &Answers::from(answer), at)
}

fn unknown_order() -> Problem {
    Problem::new("unknown_order", "没有这件任务，请核对工单与任务编号", "there is no such piece of work; check ticket and order")
}

fn ended() -> Problem {
    Problem::new("order_ended", "这件任务已经结束或已改派", "this piece of work has ended or went to another unit")
}
