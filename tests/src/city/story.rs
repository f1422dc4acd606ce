//! A story: what units, citizens and clocks do with tickets. Each act is checked for the fact that it tells, each
//! refusal for what it leaves alone.
//!
//! Methods whose names begin with `gives` or `happens` give a step of the lifecycle rightly, those that begin with
//! `refuses` give it wrongly: `.ci/lifecycle_table.py` finds them in the scenarios and writes the table of
//! ARCHITECTURE.md. On SQLite the units' programs speak NATS, on PostgreSQL the HTTP face of dispatch.

mod faces;
mod told;
pub mod ways;

use std::{
    collections::HashMap,
    sync::{Mutex, atomic::AtomicU32},
};

use chrono::{DateTime, Utc};
use contracts::{
    id::{TicketId, UnitId},
    lifecycle::{Act, Clock, Role},
    problem::Problem,
    ticket::TicketFact,
    work::AnswerOutcome,
};
use serde_json::{Value, json};

pub use faces::Asked;
use faces::person;
pub use told::Refused;
use told::{assert_about, assert_problem, system_facts};

use super::{Backend, Caller, City, Task, Ticket, Unit};
use crate::{ear::Said, outside::Letter};

/// A Monday morning in China, four working days before the first weekend.
pub const MONDAY: &str = "2026-03-02T09:00:00+08:00";

/// What happens in a city.
pub struct Story<'a> {
    /// Where.
    pub city: &'a City,
    desks: tokio::sync::Mutex<HashMap<String, Unit>>,
    happened: Mutex<HashMap<(TicketId, Act), usize>>,
    acts: AtomicU32,
}

impl City {
    /// Plays a story in a new city on each database, from [`MONDAY`] on.
    pub async fn tells(story: impl AsyncFn(&Story<'_>)) {
        Self::on_both(async |city| {
            city.set_time(MONDAY);
            story(&city.story()).await;
        })
        .await;
    }

    /// Plays a story in a new city on one database, from [`MONDAY`] on.
    pub async fn tells_on(backend: Backend, story: impl AsyncFn(&Story<'_>)) {
        let city = Self::start(backend).await;
        city.set_time(MONDAY);
        story(&city.story()).await;
        city.finish().await;
    }

    /// A story in this city.
    pub fn story(&self) -> Story<'_> {
        Story { city: self, desks: tokio::sync::Mutex::default(), happened: Mutex::default(), acts: AtomicU32::default() }
    }
}

impl Story<'_> {
    /// A report that is taken.
    ///
    /// # Panics
    /// If it is not, or no fact records it.
    pub async fn gives_report(&self, act: Act, caller: Caller<'_>, text: &str) -> Ticket {
        let ticket = caller.reports(text).await;
        self.told(act, ticket.id, |by, _| by.steps == [act.transition()]).await;
        ticket
    }

    /// A report that is refused with this code.
    ///
    /// # Panics
    /// If it is taken, or refused for another reason.
    pub async fn refuses_report(&self, act: Act, caller: Caller<'_>, text: &str, code: &str) {
        let problem = crate::outside::problem(caller.tries(text).await).await;
        assert_problem(&problem, code);
        assert_about(act, &problem);
    }

    /// A person (`D02`, or `D02/li` for a certain one) gives an act; it takes effect and a fact records the step.
    ///
    /// # Panics
    /// If it is refused, or no fact records it.
    pub async fn gives(&self, act: Act, who: &str, ticket: impl Into<TicketId>, body: Value) -> TicketFact {
        let ticket = ticket.into();
        let answer = self.does(who, ticket, body).await;
        let unit: UnitId = person(who).0;
        self.told(act, ticket, |by, at| at == answer && by.unit.as_ref() == Some(&unit)).await
    }

    /// A person does something that takes effect and is no step; when it was decided.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn does(&self, who: &str, ticket: impl Into<TicketId>, body: Value) -> DateTime<Utc> {
        let answer = self.asks(who, ticket.into(), &body).await;
        assert_eq!(answer.outcome, AnswerOutcome::Done, "{who}: {body}");
        answer.at
    }

    /// A person gives an act wrongly: it is refused with this code, in Chinese and English, and no fact is told.
    ///
    /// # Panics
    /// If it takes effect, or is refused for another reason. That no fact is told is looked at by [`City::finish`].
    pub async fn refuses(&self, act: Act, who: &str, ticket: impl Into<TicketId>, body: Value, code: &str) {
        let problem = self.refused(who, ticket, body, code).await;
        assert_about(act, &problem);
    }

    /// The same for an act that is no step.
    ///
    /// # Panics
    /// As [`Story::refuses`].
    pub async fn refused(&self, who: &str, ticket: impl Into<TicketId>, body: Value, code: &str) -> Problem {
        let ticket = ticket.into();
        let answer = self.asks(who, ticket, &body).await;
        let AnswerOutcome::Refused { problem } = answer.outcome else { panic!("{who} may do {body}") };
        assert_problem(&problem, code);
        self.keep_refused(ticket, Some(person(who).1), answer.at);
        problem
    }

    /// A citizen gives an act through intake; it takes effect and a fact records the step.
    ///
    /// # Panics
    /// If it is refused, or no fact records it.
    pub async fn gives_as_citizen(&self, act: Act, ticket: &Ticket, body: Value) -> TicketFact {
        let answer = self.citizen_asks(ticket, &body).await;
        assert_eq!(answer.outcome, AnswerOutcome::Done, "a citizen: {body}");
        self.told(act, ticket.id, |by, at| at == answer.at && by.role == Role::Citizen).await
    }

    /// A citizen gives an act wrongly: it is refused with this code, and no fact is told.
    ///
    /// # Panics
    /// As [`Story::refuses`].
    pub async fn refuses_citizen(&self, act: Act, ticket: &Ticket, body: Value, code: &str) {
        let answer = self.citizen_asks(ticket, &body).await;
        let AnswerOutcome::Refused { problem } = answer.outcome else { panic!("a citizen may do {body}") };
        assert_problem(&problem, code);
        assert_about(act, &problem);
        self.keep_refused(ticket.id, None, answer.at);
    }

    /// The system takes a step by itself: the next fact that records it.
    ///
    /// # Panics
    /// If none does.
    pub async fn happens(&self, act: Act, ticket: impl Into<TicketId>) -> TicketFact {
        let ticket = ticket.into();
        let n = {
            let mut happened = self.happened.lock().unwrap();
            let n = happened.entry((ticket, act)).or_default();
            *n += 1;
            *n
        };
        let by_itself = |heard: &[Said], _| system_facts(heard, act, ticket).nth(n - 1);
        self.city.outside.ear().wait_for(crate::PATIENCE, format!("{act} no. {n} of {ticket}"), by_itself).await
    }

    /// Somebody says too early, or falsely, that a clock ran out: the step is not taken.
    ///
    /// # Panics
    /// If it is.
    pub async fn refuses_expiry(&self, act: Act, clock: Clock, ticket: impl Into<TicketId>) {
        let ticket = ticket.into();
        let before = system_facts(&self.city.heard_all().await, act, ticket).count();
        let now = self.city.clock.now();
        let body = json!({"ticket": ticket, "clock": clock, "seq": 99, "due": now, "late_ms": 0}).to_string();
        self.city.outside.send(&Letter::clock("expired", &self.next_act(), body)).await;
        let after = system_facts(&self.city.heard_all().await, act, ticket).count();
        assert_eq!(after, before, "{act} though {clock} runs");
    }

    /// The next item of this kind about a ticket in a unit's queue.
    ///
    /// # Panics
    /// If none comes.
    pub async fn takes(&self, unit: &str, kind: &str, ticket: impl Into<TicketId>) -> Task {
        let mut desks = self.desks.lock().await;
        if !desks.contains_key(unit) {
            desks.insert(unit.to_owned(), self.city.department(unit).await);
        }
        desks.get_mut(unit).expect("it was opened").takes(kind, ticket).await
    }
}
