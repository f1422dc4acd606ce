//! What dispatch does with what it hears: load, decide, save, say.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bus::consume::Delivery;
use chrono::{DateTime, Utc};
use contracts::{
    district::District,
    envelope::{Inbound, Outbound},
    id::{MessageId, OrderId, TicketId, UnitId},
    problem::Problem,
    subject,
    work::{ActBody, AnswerOutcome, Answers, UnitAct, UnitAnswer},
};
use outbox::{Decision, Fault, Handler, Refusal, Said, Tx};

use crate::{
    acts::{self, Open, unknown_order},
    calendar,
    case::Case,
    entity::{register, task},
    heard::Heard,
    in_force::InForce,
    opening, register as rule_register,
    rules::{At, RuleBook, Rules},
    store, supervision, system,
};

/// Decides which unit has the work order.
#[derive(Debug, Default)]
pub struct Dispatch {
    pub(crate) rules: InForce,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug)]
pub struct Desk {
    /// The rules in force.
    pub rules: Arc<Rules>,
    /// Tickets by id.
    pub cases: HashMap<String, Case>,
    /// Tickets that changed.
    pub changed: HashSet<String>,
    /// A new version of the rules.
    pub new_rules: Option<register::Model>,
    /// What was ever in force, where the rules are to be changed.
    pub past: Vec<RuleBook>,
    /// Periodic work that is to be closed, by its key.
    pub tasks: HashMap<String, task::Model>,
    /// What was closed of it.
    pub closed: Vec<task::Model>,
}

impl Desk {
    /// An empty one.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            cases: HashMap::new(),
            changed: HashSet::new(),
            new_rules: None,
            past: Vec::new(),
            tasks: HashMap::new(),
            closed: Vec::new(),
        }
    }

    /// Decides on a copy: a refusal leaves the desk as it was. What was said comes back.
    fn on(&mut self, ticket: TicketId, decide: impl FnOnce(&mut Open) -> Result<(), Problem>) -> Result<Vec<Outbound>, Problem> {
        let id = ticket.to_string();
        let case = self.cases.get(&id).cloned().ok_or_else(unknown_order)?;
        let lead = case.ticket.lead_ticket.as_ref().and_then(|l| self.cases.get(l)).cloned();
        let mut open = Open { case, lead, followers: Vec::new() };
        decide(&mut open)?;
        // a lead case that only stood by is not written: a thousand callbacks would meet at its row
        let stood_by = |lead: &Case| self.cases.get(&lead.ticket.ticket_id).is_some_and(|l| l.ticket == lead.ticket);
        let lead = open.lead.filter(|lead| !stood_by(lead));
        let touched = std::iter::once(open.case).chain(lead).chain(open.followers);
        let mut said = Vec::new();
        for mut case in touched {
            said.extend(case.said());
            let id = case.ticket.ticket_id.clone();
            self.changed.insert(id.clone());
            self.cases.insert(id, case);
        }
        Ok(said)
    }

    fn act(&mut self, now: DateTime<Utc>, unit: &UnitId, act: &UnitAct) -> Result<Vec<Outbound>, Problem> {
        let rules = self.rules.clone();
        let at = At { rules: &rules, now };
        let into = match &act.act {
            ActBody::Merge { into, .. } => self.cases.get(&into.to_string()).cloned(),
            _ => None,
        };
        let followers = match &act.act {
            ActBody::Check { pass: true, .. } => self.followers(&act.ticket.to_string()),
            _ => Vec::new(),
        };
        self.on(act.ticket, |open| {
            open.lead = into.or_else(|| open.lead.take());
            open.followers = followers;
            acts::perform(at, unit, act, open)
        })
    }

    fn followers(&self, lead: &str) -> Vec<Case> {
        self.cases.values().filter(|c| c.ticket.lead_ticket.as_deref() == Some(lead)).cloned().collect()
    }

    /// What the product does by itself. A ticket that is past that point stays as it is; what is broken is set aside.
    fn by_itself(
        &mut self,
        ticket: TicketId,
        decide: impl FnOnce(&mut Case, &Rules) -> Result<(), Problem>,
    ) -> Result<Vec<Outbound>, Refusal> {
        let rules = self.rules.clone();
        self.on(ticket, |open| decide(&mut open.case, &rules)).or_else(|problem| match problem.code.as_str() {
            "stored_badly" | "no_deadline" => Err(Refusal::Illegal(problem)),
            code => {
                tracing::debug!(%ticket, code, "nothing to do for this clock");
                Ok(Vec::new())
            }
        })
    }
}

impl Handler for Dispatch {
    const SERVICE: &'static str = "dispatch";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = AnswerOutcome;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let rules = self.rules.read(&**tx).await?;
        let ids: HashSet<String> = batch.iter().flat_map(|m| m.body.tickets()).collect();
        let mut cases = store::cases(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
        let leads: Vec<String> = cases.values().filter_map(|c| c.ticket.lead_ticket.clone()).collect();
        let missing: Vec<String> = leads.into_iter().filter(|l| !cases.contains_key(l)).collect();
        cases.extend(store::cases(tx, &missing).await?);
        let checked = batch.iter().filter(|m| m.body.touches_followers()).flat_map(|m| m.body.tickets());
        let led: Vec<String> = checked.filter(|t| cases.get(t).is_some_and(|c| c.ticket.followers > 0)).collect();
        for (id, case) in store::followers(tx, &led).await? {
            cases.entry(id).or_insert(case);
        }
        for message in batch {
            if let Heard::Rules(new) = &message.body
                && let Some(unit) = &new.succeeded
            {
                for (id, case) in store::of_unit(tx, unit.as_str()).await? {
                    cases.entry(id).or_insert(case);
                }
            }
        }
        let tasks: Vec<String> = batch.iter().filter_map(|m| m.body.task()).collect();
        let tasks = store::tasks(tx, &tasks).await?;
        let past = if batch.iter().any(|m| matches!(m.body, Heard::Rules(_))) { store::books(tx).await? } else { Vec::new() };
        Ok(Desk { cases, tasks, past, ..Desk::new(rules) })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<AnswerOutcome> {
        let now = message.now;
        let outbound = match &message.body {
            // reclassification is an act of its own; the first word stands
            Heard::Classified(c) if desk.cases.contains_key(&c.ticket.to_string()) => Vec::new(),
            Heard::Classified(c) => {
                let rules = desk.rules.clone();
                let mut case = opening::open(At { rules: &rules, now }, c).map_err(Refusal::Illegal)?;
                let said = case.said();
                desk.changed.insert(case.ticket.ticket_id.clone());
                desk.cases.insert(case.ticket.ticket_id.clone(), case);
                said
            }
            Heard::Act(unit, event, act) => return Ok(self.answered(desk, message, unit, event, act)),
            // the reporter is quicker than classification
            Heard::Citizen(_, act) if !desk.cases.contains_key(&act.ticket.to_string()) => {
                return Err(Refusal::TooEarly("the ticket is not classified yet"));
            }
            Heard::Citizen(event, act) => return Ok(citizen(desk, message, event, act)),
            Heard::Expired(e) => desk.by_itself(e.ticket, |case, rules| system::expired(case, At { rules, now }, e))?,
            Heard::Warned(c) => desk.by_itself(c.ticket, |case, rules| system::warned(case, At { rules, now }, c))?,
            Heard::Overdue(c) => desk.by_itself(c.ticket, |case, rules| system::overdue(case, At { rules, now }, c))?,
            Heard::Rules(new) => rule_register::change(desk, new, now).map_err(Refusal::Illegal)?,
            Heard::Days(new) => calendar::load(desk, new, now).map_err(Refusal::Illegal)?,
            Heard::Close(task, by) => supervision::close(desk, *task, by, now).map_err(Refusal::Illegal)?,
        };
        Ok(Said { outbound, answer: AnswerOutcome::Done })
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        if let Some(row) = desk.new_rules.take() {
            store::add_rules(tx, row).await?;
        }
        store::close_tasks(tx, &desk.closed).await?;
        let changed = desk.changed.iter().filter_map(|id| desk.cases.remove(id)).collect();
        store::save(tx, changed).await
    }

    /// The unit is told what is wrong with its act, if the subject names one of ours.
    fn unreadable(&self, delivery: &Delivery, problem: &Problem, at: DateTime<Utc>) -> Vec<Outbound> {
        if delivery.stream != subject::ACTS {
            return Vec::new();
        }
        let unit = subject::last_token(&delivery.subject).parse().ok().and_then(|id| District::sample().unit(&id));
        let outcome = AnswerOutcome::Refused { problem: problem.clone() };
        let act = delivery.header("ce-id").unwrap_or_default().chars().take(256).collect();
        let cause = MessageId::of_delivery(&delivery.stream, delivery.sequence);
        let answer = UnitAnswer { act, ticket: None, order: None, at, outcome };
        unit.map(|u| tell(cause, subject::answer(&u.id), answer)).into_iter().collect()
    }
}

impl Dispatch {
    fn answered(
        &self,
        desk: &mut Desk,
        message: &Inbound<Heard>,
        unit: &UnitId,
        event: &str,
        act: &UnitAct,
    ) -> Said<AnswerOutcome> {
        let result = desk.act(message.now, unit, act);
        answer(message, (subject::answer(unit), event), (act.ticket, act.order), result)
    }
}

fn citizen(desk: &mut Desk, message: &Inbound<Heard>, event: &str, act: &contracts::work::CitizenAct) -> Said<AnswerOutcome> {
    let rules = desk.rules.clone();
    let at = At { rules: &rules, now: message.now };
    let result = desk.on(act.ticket, |open| system::citizen(open, at, &act.act));
    answer(message, (format!("answer.v1.{}", subject::CITIZEN), event), (act.ticket, None), result)
}

/// What was said, and the answer to who asked.
fn answer(
    message: &Inbound<Heard>,
    (subject, event): (String, &str),
    (ticket, order): (TicketId, Option<OrderId>),
    result: Result<Vec<Outbound>, Problem>,
) -> Said<AnswerOutcome> {
    let (mut outbound, outcome) = match result {
        Ok(said) => (said, AnswerOutcome::Done),
        Err(problem) => (Vec::new(), AnswerOutcome::Refused { problem }),
    };
    let told = UnitAnswer { act: event.to_owned(), ticket: Some(ticket), order, at: message.now, outcome: outcome.clone() };
    outbound.push(tell(message.id, subject, told).about(ticket));
    Said { outbound, answer: outcome }
}

fn tell(cause: MessageId, subject: String, answer: UnitAnswer) -> Outbound {
    let at = answer.at;
    Outbound::new(MessageId::derive(cause.0, "answer"), subject::ANSWERS, subject, &Answers::from(answer), at)
}
