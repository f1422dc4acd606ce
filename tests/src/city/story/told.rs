//! What is told of an act, and what a refusal must not tell.

use chrono::{DateTime, Utc};
use contracts::{
    id::TicketId,
    lifecycle::{Act, Note, Role},
    problem::Problem,
    ticket::{By, Noted, TicketFact},
};

use super::Story;
use crate::ear::Said;

/// An act that was refused: no fact may be told of it.
#[derive(Clone, Debug)]
pub struct Refused {
    ticket: TicketId,
    person: Option<String>,
    at: DateTime<Utc>,
}

impl Story<'_> {
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

    /// Waits for the fact that records this step and that `is_it` knows by actor and time.
    pub(super) async fn told(&self, act: Act, ticket: TicketId, is_it: impl Fn(&By, DateTime<Utc>) -> bool) -> TicketFact {
        let pick = |said: &Said| {
            let fact = records(said, act, ticket)?;
            let head = fact.head();
            head.by.is_some_and(|by| is_it(by, head.at)).then(|| fact.clone())
        };
        self.city.outside.ear().wait(format!("{act} of {ticket}"), pick).await
    }

    pub(super) fn keep_refused(&self, ticket: TicketId, person: Option<String>, at: DateTime<Utc>) {
        self.city.refused.lock().unwrap().push(Refused { ticket, person, at });
    }
}

impl Refused {
    /// Is this fact one that the refused act told?
    pub(in crate::city) fn is_told_by(&self, said: &Said) -> bool {
        let Some(fact) = said.fact().filter(|_| said.ticket() == Some(self.ticket)) else { return false };
        let head = fact.head();
        head.at == self.at && head.by.is_some_and(|by| by.person == self.person)
    }
}

/// The fact, if it records this step.
pub(super) fn records(said: &Said, act: Act, ticket: TicketId) -> Option<TicketFact> {
    let fact = (said.ticket() == Some(ticket)).then(|| said.fact())??;
    // two acts share a number where a transition goes both ways
    let other = matches!(&fact, TicketFact::Moved(moved) if moved.act != act);
    let records = fact.head().by.is_some_and(|by| by.steps.contains(&act.transition()));
    (records && !other).then_some(fact)
}

pub(super) fn system_facts(heard: &[Said], act: Act, ticket: TicketId) -> impl Iterator<Item = TicketFact> {
    let facts = heard.iter().filter_map(move |said| records(said, act, ticket));
    facts.filter(|fact| fact.head().by.is_some_and(|by| by.role == Role::System))
}

/// The reason is the right one, and a person can read it in both languages.
pub(super) fn assert_problem(problem: &Problem, code: &str) {
    assert_eq!(problem.code, code, "{problem:?}");
    let chinese = |text: &str| text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    assert!(chinese(&problem.zh) && !chinese(&problem.en) && !problem.en.is_empty(), "{problem:?}");
}

/// Where the lifecycle refuses, it names what can't be done.
pub(super) fn assert_about(act: Act, problem: &Problem) {
    let named = !problem.zh.contains('“') || problem.zh.contains(&format!("“{}”", act.zh()));
    assert!(named, "{act} was refused as another act: {problem:?}");
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::city::story::MONDAY;

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
}
