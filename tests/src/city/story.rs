//! A story: what units, citizens and clocks do with tickets. Each act is checked for the fact that it tells, each
//! refusal for what it leaves alone.
//!
//! Methods whose names begin with `gives` or `happens` give a step of the lifecycle rightly, those that begin with
//! `refuses` give it wrongly: `.ci/lifecycle_table.py` finds them in the scenarios and writes the table of
//! ARCHITECTURE.md. On SQLite the units' programs speak NATS, on PostgreSQL the HTTP face of dispatch.

pub mod ways;

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use chrono::{DateTime, Utc};
use contracts::{
    id::{OrderId, TicketId, UnitId},
    lifecycle::{Act, Clock, Note, Role},
    problem::Problem,
    ticket::{By, Noted, TicketFact},
    work::{AnswerOutcome, UnitAnswer},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

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

/// One of many acts at the same moment.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who acts.
    pub who: &'a str,
    /// On which ticket.
    pub ticket: TicketId,
    /// On which piece of work; none: the one that the unit has.
    pub order: Option<OrderId>,
    /// What is done.
    pub act: Value,
}

/// An act that was refused: no fact may be told of it.
#[derive(Clone, Debug)]
pub struct Refused {
    ticket: TicketId,
    person: Option<String>,
    at: DateTime<Utc>,
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
        let taken = || system_facts(&self.city.outside.ear().heard(), act, ticket).count();
        let before = taken();
        let now = self.city.clock.now();
        let body = json!({"ticket": ticket, "clock": clock, "seq": 99, "due": now, "late_ms": 0}).to_string();
        self.city.outside.send(&Letter::clock("expired", &self.next_act(), body)).await;
        self.city.settles().await;
        assert_eq!(taken(), before, "{act} though {clock} runs");
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

    /// The `n`-th note of this kind that is made on a ticket, past or to come.
    ///
    /// # Panics
    /// If none comes.
    pub async fn hears(&self, n: usize, note: Note, ticket: impl Into<TicketId>) -> Noted {
        let ticket = ticket.into();
        let nth = |heard: &[Said], _| self.notes_in(heard, note, ticket).nth(n - 1);
        self.city.outside.ear().wait_for(crate::PATIENCE, format!("{note} no. {n} of {ticket}"), nth).await
    }

    /// All notes of this kind on a ticket so far.
    pub fn notes(&self, note: Note, ticket: impl Into<TicketId>) -> Vec<Noted> {
        self.notes_in(&self.city.outside.ear().heard(), note, ticket.into()).collect()
    }

    fn notes_in(&self, heard: &[Said], note: Note, ticket: TicketId) -> impl Iterator<Item = Noted> {
        let about = heard.iter().filter(move |said| said.ticket() == Some(ticket));
        about.filter_map(Said::read::<Noted>).filter(move |noted| noted.note == note)
    }

    /// Many acts at the same moment, over NATS; their answers in the same order.
    ///
    /// # Panics
    /// If an answer does not come.
    pub async fn asks_all(&self, acts: &[Asked<'_>]) -> Vec<UnitAnswer> {
        let ids: Vec<String> = acts.iter().map(|_| self.next_act()).collect();
        let sent = acts.iter().zip(&ids).map(|(Asked { who, ticket, order, act }, id)| async move {
            let (unit, person) = person(who);
            let body = json!({"ticket": ticket, "order": order, "person": person, "act": act}).to_string();
            self.city.outside.send(&Letter::act(&unit, id, body)).await
        });
        join_all(sent).await;
        self.city.outside.all_answered(&ids).await
    }

    /// Waits for the fact that records this step and that `is_it` knows by actor and time.
    async fn told(&self, act: Act, ticket: TicketId, is_it: impl Fn(&By, DateTime<Utc>) -> bool) -> TicketFact {
        let pick = |said: &Said| {
            let fact = records(said, act, ticket)?;
            let head = fact.head();
            head.by.is_some_and(|by| is_it(by, head.at)).then(|| fact.clone())
        };
        self.city.outside.ear().wait(format!("{act} of {ticket}"), pick).await
    }

    /// Sends an act and waits for its answer, over one face or the other.
    async fn asks(&self, who: &str, ticket: TicketId, act: &Value) -> UnitAnswer {
        let (unit, person) = person(who);
        let (id, body) = (self.next_act(), json!({"ticket": ticket, "person": person, "act": act}).to_string());
        if self.city.backend() == Backend::Sqlite {
            return self.city.outside.act(&Letter::act(&unit, &id, body)).await;
        }
        let url = format!("{}/api/v1/units/{unit}/acts", self.city.http("dispatch"));
        let asked = self.city.browser.post(url).header("idempotency-key", &id).body(body).send().await;
        let asked = asked.expect("dispatch answers");
        let (status, text) = (asked.status(), asked.text().await.expect("an answer"));
        let outcome: AnswerOutcome = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
        let told = self.city.outside.answered(&id).await;
        assert_eq!(told.outcome, outcome, "both faces say the same");
        told
    }

    async fn citizen_asks(&self, ticket: &Ticket, act: &Value) -> UnitAnswer {
        let url = format!("{}/api/v1/tickets/{}/acts?code={}", self.city.http("intake"), ticket.number, ticket.code);
        let asked = self.city.browser.post(url).header("idempotency-key", self.next_act()).json(act).send().await;
        let asked = asked.expect("intake answers");
        let (status, text) = (asked.status(), asked.text().await.expect("an answer"));
        assert_eq!(status, 202, "{text}");
        let taken: Value = serde_json::from_str(&text).expect("JSON");
        self.city.outside.answered(taken["act"].as_str().expect("an id")).await
    }

    fn next_act(&self) -> String {
        format!("act-{}", self.acts.fetch_add(1, Ordering::Relaxed))
    }

    fn keep_refused(&self, ticket: TicketId, person: Option<String>, at: DateTime<Utc>) {
        self.city.refused.lock().unwrap().push(Refused { ticket, person, at });
    }
}

impl Refused {
    /// Is this fact one that the refused act told?
    pub(super) fn is_told_by(&self, said: &Said) -> bool {
        let Some(fact) = said.fact().filter(|_| said.ticket() == Some(self.ticket)) else { return false };
        let head = fact.head();
        head.at == self.at && head.by.is_some_and(|by| by.person == self.person)
    }
}

/// Unit and staff number: `D02/li` is D02's `D02-li`, `D02` its `D02-1`; `CENTRE/D02-1` is that person at the centre.
fn person(who: &str) -> (UnitId, String) {
    let (unit, name) = who.split_once('/').unwrap_or((who, "1"));
    let number = if name.contains('-') { name.to_owned() } else { format!("{unit}-{name}") };
    (unit.parse().expect("a unit"), number)
}

/// The fact, if it records this step.
fn records(said: &Said, act: Act, ticket: TicketId) -> Option<TicketFact> {
    let fact = (said.ticket() == Some(ticket)).then(|| said.fact())??;
    // two acts share a number where a transition goes both ways
    let other = matches!(&fact, TicketFact::Moved(moved) if moved.act != act);
    let records = fact.head().by.is_some_and(|by| by.steps.contains(&act.transition()));
    (records && !other).then_some(fact)
}

fn system_facts(heard: &[Said], act: Act, ticket: TicketId) -> impl Iterator<Item = TicketFact> {
    let facts = heard.iter().filter_map(move |said| records(said, act, ticket));
    facts.filter(|fact| fact.head().by.is_some_and(|by| by.role == Role::System))
}

/// The reason is the right one, and a person can read it in both languages.
fn assert_problem(problem: &Problem, code: &str) {
    assert_eq!(problem.code, code, "{problem:?}");
    let chinese = |text: &str| text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    assert!(chinese(&problem.zh) && !chinese(&problem.en) && !problem.en.is_empty(), "{problem:?}");
}

/// Where the lifecycle refuses, it names what can't be done.
fn assert_about(act: Act, problem: &Problem) {
    let named = !problem.zh.contains('“') || problem.zh.contains(&format!("“{}”", act.zh()));
    assert!(named, "{act} was refused as another act: {problem:?}");
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderMap;

    use super::*;

    #[test]
    fn a_refused_act_that_told_something_is_seen() {
        let (ticket, at) = (TicketId::derive(&"web".parse().unwrap(), "1"), MONDAY.parse::<DateTime<Utc>>().unwrap());
        let by = json!({"role": "handling_unit", "unit": "D02", "person": "D02-1", "state": "IN_PROGRESS"});
        let body = json!({"ticket": ticket, "note": "add_note", "at": at, "by": by}).to_string().into();
        let mut headers = HeaderMap::new();
        headers.insert("ce-subject", ticket.to_string().as_str());
        let said = Said { stream: "FACTS", place: 1, subject: "ticket.v1.noted".to_owned(), headers, body };
        let refused = Refused { ticket, person: Some("D02-1".to_owned()), at };
        assert!(refused.is_told_by(&said));
        assert!(!Refused { person: None, ..refused.clone() }.is_told_by(&said), "somebody else");
        assert!(!Refused { at: at + chrono::TimeDelta::milliseconds(1), ..refused }.is_told_by(&said), "another time");
    }

    #[test]
    fn a_person_is_of_a_unit_or_of_another_one() {
        let numbers = ["D02", "D02/li", "CENTRE/D02-1"].map(|who| person(who).1);
        assert_eq!(numbers, ["D02-1", "D02-li", "D02-1"]);
    }
}
