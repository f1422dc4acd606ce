//! One ticket with its work orders: what a decision reads and changes. Pure.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    envelope::Outbound,
    family::Family,
    id::{DivisionCode, MessageId, OrderId, TicketId, UnitId},
    lifecycle::{Act, Change, Class, Clock, Context, History, Note, Role, State, Transition, next, note},
    problem::Problem,
    subject,
    ticket::{By, ResultForm, TicketFact},
    work::{QueueItem, Task},
};
use sla::{ClockBook, Limit, SlaError};

use crate::{
    beside::Beside,
    entity::{ticket, work_order},
    parts,
    rules::At,
};

/// A ticket, its work orders, and what was said about it in this decision.
#[derive(Clone, Debug)]
pub struct Case {
    /// The row.
    pub ticket: ticket::Model,
    /// All its pieces of work.
    pub orders: Vec<work_order::Model>,
    /// Work orders that were changed or added.
    pub changed: HashSet<String>,
    said: Vec<Outbound>,
    steps: Vec<Transition>,
    turns: Vec<ClockTurn>,
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Acting {
    /// In which role.
    pub role: Role,
    /// For which unit; none for the system and for citizens.
    pub unit: Option<UnitId>,
    /// Who; never a citizen.
    pub person: Option<String>,
}

/// What a decision grants beside the policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Granted {
    /// Time to handle, instead of the class's.
    pub handling: Option<Limit>,
    /// A promised date, or the new deadline.
    pub until: Option<DateTime<Utc>>,
}

impl Acting {
    /// A rule of the product, in a role.
    pub fn rule(role: Role) -> Self {
        Self { role, unit: None, person: None }
    }
}

impl Case {
    /// A case as it was stored.
    pub fn stored(ticket: ticket::Model) -> Self {
        Self { ticket, orders: Vec::new(), changed: HashSet::new(), said: Vec::new(), steps: Vec::new(), turns: Vec::new() }
    }

    /// The ticket.
    pub fn id(&self) -> Result<TicketId, Problem> {
        self.ticket.ticket_id.parse()
    }

    /// The state.
    pub fn state(&self) -> Result<State, Problem> {
        self.ticket.state.parse().map_err(|_| stored_badly("state"))
    }

    /// The class.
    pub fn class(&self) -> Result<Class, Problem> {
        self.ticket.class.parse().map_err(|_| stored_badly("class"))
    }

    /// The owning division.
    pub fn division(&self) -> Option<DivisionCode> {
        self.ticket.division.as_deref().and_then(|d| d.parse().ok())
    }

    /// What the lifecycle remembers.
    pub fn history(&self) -> Result<History, Problem> {
        serde_json::from_str(&self.ticket.history).map_err(|_| stored_badly("history"))
    }

    /// The clocks.
    pub fn clocks(&self) -> Result<ClockBook, Problem> {
        serde_json::from_str(&self.ticket.clocks).map_err(|_| stored_badly("clocks"))
    }

    /// Requests, tries and what else is remembered beside the state.
    pub fn beside(&self) -> Result<Beside, Problem> {
        serde_json::from_str(&self.ticket.beside).map_err(|_| stored_badly("beside"))
    }

    /// Remembers.
    pub fn remember(&mut self, beside: &Beside) -> Result<(), Problem> {
        self.ticket.beside = serde_json::to_string(beside).map_err(|_| stored_badly("beside"))?;
        Ok(())
    }

    /// The result that is checked and told.
    pub fn result(&self) -> Result<ResultForm, Problem> {
        self.ticket.result.as_deref().and_then(|r| serde_json::from_str(r).ok()).ok_or_else(|| stored_badly("result"))
    }

    /// A piece of work of this ticket.
    pub fn order(&self, id: OrderId) -> Option<&work_order::Model> {
        let id = id.to_string();
        self.orders.iter().find(|o| o.order_id == id)
    }

    /// The lead in effect.
    pub fn lead(&self) -> Option<&work_order::Model> {
        self.orders.iter().find(|o| o.part == "lead" && o.active == 1)
    }

    /// Changes a work order.
    pub fn change(&mut self, order_id: &str, change: impl FnOnce(&mut work_order::Model)) {
        if let Some(o) = self.orders.iter_mut().find(|o| o.order_id == order_id) {
            change(o);
            self.changed.insert(order_id.to_owned());
        }
    }

    /// Opens a piece of work for a unit.
    pub fn open(&mut self, unit: &UnitId, part: &str) -> Result<OrderId, Problem> {
        self.ticket.opened += 1;
        let id = OrderId::derive(self.id()?, u32::try_from(self.ticket.opened).unwrap_or(0));
        self.orders.push(work_order::Model {
            order_id: id.to_string(),
            ticket_id: self.ticket.ticket_id.clone(),
            unit: unit.to_string(),
            part: part.to_owned(),
            round: i32::from(self.history()?.round),
            state: "queued".to_owned(),
            active: 1,
            person: None,
            due_ms: None,
            clock: None,
            required: 1,
            officer: None,
            n: self.ticket.opened,
        });
        self.changed.insert(id.to_string());
        Ok(id)
    }

    /// Ends all pieces of work that are in effect; those of co-handlers stop their clocks. Gives what was ended.
    pub fn end_orders(&mut self, at: At<'_>) -> Result<Vec<work_order::Model>, Problem> {
        let active: Vec<work_order::Model> = self.orders.iter().filter(|o| o.active == 1).cloned().collect();
        for order in &active {
            parts::turn(self, at, order, Change::Stopped)?;
            self.change(&order.order_id, |o| {
                o.active = 0;
                "ended".clone_into(&mut o.state);
            });
        }
        Ok(active)
    }

    /// Takes one step of the lifecycle; the next fact records it, with what it did to the clocks.
    pub fn step(&mut self, at: At<'_>, act: Act, role: Role, facts: Context, granted: Granted) -> Result<(), Problem> {
        let history = self.history()?;
        let mut clocks = self.clocks()?;
        let class = Some(self.class()?);
        let mut deadlines = clocks.deadlines(at.now);
        // an extension is judged by when it was asked for
        if facts.deadlines.k5 != contracts::lifecycle::Standing::Unknown {
            deadlines.k5 = facts.deadlines.k5;
        }
        let context = Context { class, history, deadlines, limits: at.rules.book.limits, ..facts };
        let step = next(Some(self.state()?), act, role, &context)?;
        let terms = sla::Terms { handling: granted.handling, until: granted.until, ..at.rules.terms(class, self.urgent()) };
        let turns = clocks.apply(step.clocks, &terms, at.now).map_err(|e| no_deadline(&e))?;
        self.keep_clocks(at, &clocks, turns)?;
        step.to.code().clone_into(&mut self.ticket.state);
        self.ticket.history = serde_json::to_string(&history.after(&step)).map_err(|_| stored_badly("history"))?;
        self.steps.push(step.transition);
        parts::follow(self, at, act)
    }

    /// Stores the clocks; the next fact tells `turns`.
    pub fn keep_clocks(&mut self, at: At<'_>, clocks: &ClockBook, turns: Vec<ClockTurn>) -> Result<(), Problem> {
        if let Some(due) = clocks.due(Clock::K5) {
            self.ticket.due_ms = Some(due.timestamp_millis());
        }
        self.ticket.clocks = serde_json::to_string(clocks).map_err(|_| stored_badly("clocks"))?;
        self.turns.extend(turns);
        let mut unknown = clocks.lives().any(|(_, life)| life.provisional());
        for order in &self.orders {
            let part = if order.active == 1 { parts::clock(order)? } else { None };
            unknown |= part.is_some_and(|book| book.lives().any(|(_, life)| life.provisional()));
        }
        // what was computed with an older calendar waits for the one in force
        let looked = self.ticket.provisional.take().unwrap_or_else(|| at.rules.calendar.version().to_owned());
        self.ticket.provisional = unknown.then_some(looked);
        Ok(())
    }

    /// Is this note allowed here? What it does to clocks is told by the next fact.
    pub fn note(&mut self, at: At<'_>, what: Note, role: Role) -> Result<(), Problem> {
        let noted = note(Some(self.state()?), what, role)?;
        if !noted.clocks.is_empty() {
            let mut clocks = self.clocks()?;
            let terms = at.rules.terms(Some(self.class()?), self.urgent());
            let turns = clocks.apply(noted.clocks, &terms, at.now).map_err(|e| no_deadline(&e))?;
            self.keep_clocks(at, &clocks, turns)?;
        }
        Ok(())
    }

    /// Something was done to its clocks that the next fact is to tell.
    pub fn has_turns(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Danger to life or limb now.
    pub fn urgent(&self) -> bool {
        self.ticket.urgent == 1
    }

    /// Who did it, by which steps, with what done to the clocks; they belong to the fact that is told next.
    pub fn by(&mut self, acting: &Acting) -> Result<By, Problem> {
        let state = self.state()?;
        let steps = std::mem::take(&mut self.steps);
        let clocks = net(std::mem::take(&mut self.turns));
        Ok(By { role: acting.role, unit: acting.unit.clone(), person: acting.person.clone(), steps, state, clocks })
    }

    /// Tells a fact, as the next of this ticket.
    pub fn tell(&mut self, fact: impl Into<TicketFact>, now: DateTime<Utc>) -> Result<(), Problem> {
        let (fact, id) = (fact.into(), self.id()?);
        self.ticket.seq += 1;
        self.ticket.at_ms = now.timestamp_millis();
        let key = format!("{} {}", self.ticket.seq, fact.kind());
        let subject = subject::fact(TicketFact::FAMILY, fact.kind());
        let out = Outbound::new(MessageId::derive(id.0, &key), subject::FACTS, subject, &fact, now);
        self.said.push(out.about(id).at_seq(u64::try_from(self.ticket.seq).unwrap_or(0)));
        Ok(())
    }

    /// Puts an item into a unit's queue.
    pub fn enqueue(
        &mut self,
        unit: &UnitId,
        order: OrderId,
        item: impl Into<QueueItem>,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let (item, id) = (item.into(), self.id()?);
        let key = format!("{} {} {unit}", self.ticket.seq, item.kind());
        let out = Outbound::new(MessageId::derive(order.0, &key), subject::QUEUES, subject::queue(unit, item.kind()), &item, now);
        self.said.push(out.about(id));
        Ok(())
    }

    /// What an item of a queue tells about this ticket.
    pub fn task(&self, order: OrderId, now: DateTime<Utc>) -> Result<Task, Problem> {
        let own = self.order(order).and_then(|o| o.due_ms);
        Ok(Task {
            ticket: self.id()?,
            number: self.ticket.number.clone(),
            order,
            class: self.class()?,
            urgent: self.urgent(),
            category: self.ticket.category.clone(),
            category_name: self.ticket.category_name.clone(),
            division: self.division(),
            text: self.ticket.text.clone(),
            round: u32::from(self.history()?.round),
            due: own.or(self.ticket.due_ms).and_then(DateTime::from_timestamp_millis),
            at: now,
        })
    }

    /// Takes out what was said.
    pub fn said(&mut self) -> Vec<Outbound> {
        std::mem::take(&mut self.said)
    }
}

/// A clock that starts and ends within one decision never ran: nothing is told of it.
fn net(turns: Vec<ClockTurn>) -> Vec<ClockTurn> {
    use contracts::lifecycle::Change::{Started, Stopped};
    let ends = |t: &ClockTurn| t.change == Stopped;
    let began = |t: &ClockTurn| t.change == Started && t.old_due.is_none();
    let same = |a: &ClockTurn, b: &ClockTurn| a.clock == b.clock && a.order == b.order;
    let never_ran = |t: &ClockTurn| turns.iter().any(|b| same(b, t) && began(b)) && turns.iter().any(|e| same(e, t) && ends(e));
    turns.iter().filter(|t| !never_ran(t)).cloned().collect()
}

/// A stored value that no version of this service wrote.
pub fn stored_badly(column: &str) -> Problem {
    Problem::new("stored_badly", format!("数据库中 {column} 的值无法识别"), format!("the stored value of {column} is not known"))
}

/// A deadline that can't be computed.
pub fn no_deadline(e: &SlaError) -> Problem {
    Problem::new("no_deadline", format!("无法计算时限：{e}"), format!("no deadline: {e}"))
}
