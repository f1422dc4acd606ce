//! One ticket with its work orders: what a decision reads and changes. Pure.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    family::Family,
    id::{DivisionCode, MessageId, OrderId, TicketId, UnitId},
    lifecycle::{Act, Class, Context, History, Role, State, Transition, next},
    problem::Problem,
    subject,
    ticket::{By, TicketFact},
    work::{QueueItem, Task},
};

use crate::entity::{ticket, work_order};

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
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Acting {
    /// In which role.
    pub role: Role,
    /// For which unit; none for the system.
    pub unit: Option<UnitId>,
    /// Who.
    pub person: Option<String>,
}

impl Acting {
    /// A rule of the product.
    pub fn system() -> Self {
        Self { role: Role::System, unit: None, person: None }
    }
}

impl Case {
    /// A case as it was stored.
    pub fn stored(ticket: ticket::Model) -> Self {
        Self { ticket, orders: Vec::new(), changed: HashSet::new(), said: Vec::new(), steps: Vec::new() }
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

    /// A piece of work of this ticket.
    pub fn order(&self, id: OrderId) -> Option<&work_order::Model> {
        let id = id.to_string();
        self.orders.iter().find(|o| o.order_id == id)
    }

    /// Changes a work order.
    pub fn change(&mut self, order_id: &str, change: impl FnOnce(&mut work_order::Model)) {
        if let Some(o) = self.orders.iter_mut().find(|o| o.order_id == order_id) {
            change(o);
            self.changed.insert(order_id.to_owned());
        }
    }

    /// Opens a piece of work for a unit.
    pub fn open(&mut self, unit: &UnitId, part: &str, round: u16) -> Result<OrderId, Problem> {
        self.ticket.opened += 1;
        let id = OrderId::derive(self.id()?, u32::try_from(self.ticket.opened).unwrap_or(0));
        self.orders.push(work_order::Model {
            order_id: id.to_string(),
            ticket_id: self.ticket.ticket_id.clone(),
            unit: unit.to_string(),
            part: part.to_owned(),
            round: i32::from(round),
            state: "queued".to_owned(),
            active: 1,
            person: None,
        });
        self.changed.insert(id.to_string());
        Ok(id)
    }

    /// Ends all pieces of work that are in effect.
    pub fn end_orders(&mut self) {
        let active: Vec<String> = self.orders.iter().filter(|o| o.active == 1).map(|o| o.order_id.clone()).collect();
        for id in active {
            self.change(&id, |o| {
                o.active = 0;
                "ended".clone_into(&mut o.state);
            });
        }
    }

    /// Takes one step of the lifecycle; the next fact records it.
    pub fn step(&mut self, act: Act, role: Role, facts: Context) -> Result<(), Problem> {
        let history = self.history()?;
        let context = Context { class: Some(self.class()?), history, ..facts };
        let step = next(Some(self.state()?), act, role, &context)?;
        step.to.code().clone_into(&mut self.ticket.state);
        self.ticket.history = serde_json::to_string(&history.after(&step)).map_err(|_| stored_badly("history"))?;
        self.steps.push(step.transition);
        Ok(())
    }

    /// Who did it and by which steps; the steps belong to the fact that is told next.
    pub fn by(&mut self, acting: &Acting) -> Result<By, Problem> {
        let state = self.state()?;
        let steps = std::mem::take(&mut self.steps);
        Ok(By { role: acting.role, unit: acting.unit.clone(), person: acting.person.clone(), steps, state, clocks: Vec::new() })
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
        Ok(Task {
            ticket: self.id()?,
            number: self.ticket.number.clone(),
            order,
            class: self.class()?,
            urgent: self.ticket.urgent == 1,
            category: self.ticket.category.clone(),
            category_name: self.ticket.category_name.clone(),
            division: self.division(),
            text: self.ticket.text.clone(),
            round: u32::from(self.history()?.round),
            due: self.ticket.due_ms.and_then(DateTime::from_timestamp_millis),
            at: now,
        })
    }

    /// Takes out what was said.
    pub fn said(&mut self) -> Vec<Outbound> {
        std::mem::take(&mut self.said)
    }
}

/// A stored value that no version of this service wrote.
pub fn stored_badly(column: &str) -> Problem {
    Problem::new("stored_badly", format!("数据库中 {column} 的值无法识别"), format!("the stored value of {column} is not known"))
}
