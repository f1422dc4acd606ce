//! How acts get to dispatch: as a unit's program over NATS, over its HTTP face, or from a citizen through intake.

use std::sync::atomic::Ordering;

use contracts::{
    id::{OrderId, TicketId, UnitId},
    work::{AnswerOutcome, UnitAnswer},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Story;
use crate::{
    city::{Backend, Ticket},
    outside::Letter,
};

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

impl Story<'_> {
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

    /// Sends an act and waits for its answer, over one face or the other.
    pub(super) async fn asks(&self, who: &str, ticket: TicketId, act: &Value) -> UnitAnswer {
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

    pub(super) async fn citizen_asks(&self, ticket: &Ticket, act: &Value) -> UnitAnswer {
        let url = format!("{}/api/v1/tickets/{}/acts?code={}", self.city.http("intake"), ticket.number, ticket.code);
        let asked = self.city.browser.post(url).header("idempotency-key", self.next_act()).json(act).send().await;
        let asked = asked.expect("intake answers");
        let (status, text) = (asked.status(), asked.text().await.expect("an answer"));
        assert_eq!(status, 202, "{text}");
        let taken: Value = serde_json::from_str(&text).expect("JSON");
        self.city.outside.answered(taken["act"].as_str().expect("an id")).await
    }

    pub(super) fn next_act(&self) -> String {
        format!("act-{}", self.acts.fetch_add(1, Ordering::Relaxed))
    }
}

/// Unit and staff number: `D02/li` is D02's `D02-li`, `D02` its `D02-1`; `CENTRE/D02-1` is that person at the centre.
pub(super) fn person(who: &str) -> (UnitId, String) {
    let (unit, name) = who.split_once('/').unwrap_or((who, "1"));
    let number = if name.contains('-') { name.to_owned() } else { format!("{unit}-{name}") };
    (unit.parse().expect("a unit"), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_of_a_unit_or_of_another_one() {
        let numbers = ["D02", "D02/li", "CENTRE/D02-1"].map(|who| person(who).1);
        assert_eq!(numbers, ["D02-1", "D02-li", "D02-1"]);
    }
}
