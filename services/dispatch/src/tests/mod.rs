//! Ring 2: messages in, facts and queue items out, on a real database.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockAt, Expired},
    envelope::{Inbound, Outbound},
    id::{MessageId, OrderId, TicketId},
    lifecycle::Class,
    ticket::{Classified, Nature},
    work::UnitAct,
};
use outbox::{Db, Handler, Refusal};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::{
    Dispatch,
    entity::ticket,
    heard::{Heard, NewRules},
    migration::Migrator,
};

mod acts;
mod alarm;
mod by_itself;
mod clusters;
mod desk;
mod main_way;
mod merge;
mod model;
mod races;
mod reclass;
mod requests;
mod rules;
mod together;

/// A dispatch office with a database of its own and a clock that stands still.
struct Office {
    db: Db,
    dispatch: Dispatch,
    now: DateTime<Utc>,
    heard: u32,
    _dir: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open::<Migrator>(&format!("sqlite://{}/d.db", dir.path().display()), "test").await.unwrap();
        let dispatch = Dispatch::default();
        // a Monday morning in China
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        Self { db, dispatch, now, heard: 0, _dir: dir }
    }

    /// Hears one message in a transaction of its own; what is said, by subject and body.
    async fn hear(&mut self, heard: Heard) -> Vec<(String, Value)> {
        self.try_hear(heard).await.unwrap()
    }

    async fn try_hear(&mut self, heard: Heard) -> Result<Vec<(String, Value)>, Refusal> {
        self.heard += 1;
        let message = Inbound { id: MessageId::of_delivery("test", self.heard.into()), seq: None, now: self.now, body: heard };
        let tx = self.db.write().await.unwrap();
        let mut desk = self.dispatch.load(&tx, std::slice::from_ref(&message)).await.unwrap();
        let said = self.dispatch.decide(&mut desk, &message)?;
        self.dispatch.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
        let read = |Outbound { subject, body, .. }: Outbound| (subject, serde_json::from_str(&body).unwrap());
        Ok(said.outbound.into_iter().map(read).collect())
    }

    async fn classified(&mut self, class: Class, lead: &str) -> Vec<(String, Value)> {
        self.hear(Heard::Classified(Box::new(classified(class, lead, self.now)))).await
    }

    /// A unit acts on the order; what is said.
    async fn acts(&mut self, unit: &str, order: OrderId, person: &str, act: Value) -> Vec<(String, Value)> {
        let act: UnitAct =
            serde_json::from_value(json!({"ticket": ticket(), "order": order, "person": person, "act": act})).unwrap();
        self.hear(Heard::Act(unit.parse().unwrap(), "e".into(), Box::new(act))).await
    }

    /// The same, and it must take effect.
    async fn does(&mut self, unit: &str, order: OrderId, person: &str, act: Value) -> Vec<(String, Value)> {
        let said = self.acts(unit, order, person, act).await;
        assert_eq!(answer(&said)["outcome"], "done", "{said:?}");
        said
    }

    /// The same, and it must be refused with this code and say nothing else.
    async fn refused(&mut self, unit: &str, order: OrderId, act: Value, code: &str) {
        let said = self.acts(unit, order, "9", act).await;
        assert_eq!(answer(&said)["problem"]["code"], code, "{said:?}");
        assert_eq!(said.len(), 1);
    }

    /// Another ticket is classified.
    async fn classified_too(&mut self, ticket: TicketId, class: Class, lead: &str) -> Vec<(String, Value)> {
        self.hear(Heard::Classified(Box::new(classified_as(ticket, class, lead, self.now)))).await
    }

    /// A ticket that a person is to accept.
    async fn held(&mut self, class: Class, lead: &str) -> Vec<(String, Value)> {
        let held = Classified { hold: true, ..classified(class, lead, self.now) };
        self.hear(Heard::Classified(Box::new(held))).await
    }

    /// A unit acts on a ticket as a whole.
    async fn acts_on(&mut self, ticket: TicketId, unit: &str, person: &str, act: Value) -> Vec<(String, Value)> {
        let act: UnitAct = serde_json::from_value(json!({"ticket": ticket, "person": person, "act": act})).unwrap();
        self.hear(Heard::Act(unit.parse().unwrap(), "e".into(), Box::new(act))).await
    }

    /// The same, and it must take effect.
    async fn does_on(&mut self, ticket: TicketId, unit: &str, person: &str, act: Value) -> Vec<(String, Value)> {
        let said = self.acts_on(ticket, unit, person, act).await;
        assert_eq!(answer(&said)["outcome"], "done", "{said:?}");
        said
    }

    async fn acts_whole(&mut self, unit: &str, person: &str, act: Value) -> Vec<(String, Value)> {
        self.acts_on(ticket(), unit, person, act).await
    }

    async fn does_whole(&mut self, unit: &str, person: &str, act: Value) -> Vec<(String, Value)> {
        self.does_on(ticket(), unit, person, act).await
    }

    /// The citizen acts.
    async fn citizen(&mut self, act: Value) -> Vec<(String, Value)> {
        self.citizen_of(ticket(), act).await
    }

    /// The citizen of a ticket acts.
    async fn citizen_of(&mut self, ticket: TicketId, act: Value) -> Vec<(String, Value)> {
        let act = serde_json::from_value(json!({"ticket": ticket, "act": act})).unwrap();
        self.hear(Heard::Citizen("c".into(), Box::new(act))).await
    }

    /// A clock of the ticket runs out, as the watchdog says.
    async fn expires(&mut self, clock: &str) -> Vec<(String, Value)> {
        self.expired(clock, None).await
    }

    /// A co-handler's own clock runs out.
    async fn expires_part(&mut self, order: OrderId) -> Vec<(String, Value)> {
        self.expired("K5", Some(order)).await
    }

    async fn expired(&mut self, clock: &str, order: Option<OrderId>) -> Vec<(String, Value)> {
        let clock = clock.parse().unwrap();
        let fact = Expired { ticket: ticket(), clock, order, seq: 1, due: self.now, late_ms: 0 };
        self.hear(Heard::Expired(Box::new(fact))).await
    }

    /// 80 % of the lead's time is used.
    async fn warns(&mut self, order: OrderId) -> Vec<(String, Value)> {
        let (unit, at) = ("D02".parse().unwrap(), self.now);
        let clock = ClockAt { ticket: ticket(), order, unit, round: 1, due: at, at, late_ms: 0 };
        self.hear(Heard::Warned(Box::new(clock))).await
    }

    /// A person puts other rules in force.
    async fn rules(&mut self, book: Value) {
        self.rules_from(0, book, None).await.unwrap();
    }

    /// The same, from a version; what is said, or the code of the refusal.
    async fn rules_from(&mut self, from: i64, book: Value, of: Option<&str>) -> Result<Vec<(String, Value)>, String> {
        match self.puts(from, book, of).await {
            Ok(said) => Ok(said),
            Err(Refusal::Illegal(problem)) => Err(problem.code),
            Err(early) => panic!("{early:?}"),
        }
    }

    async fn puts(&mut self, from: i64, book: Value, of: Option<&str>) -> Result<Vec<(String, Value)>, Refusal> {
        let new = NewRules {
            book: serde_json::from_value(book).unwrap(),
            from,
            person: "管-1".to_owned().try_into().unwrap(),
            reason: "试行".to_owned().try_into().unwrap(),
            succeeded: of.map(|u| u.parse().unwrap()),
        };
        self.try_hear(Heard::Rules(Box::new(new))).await
    }

    /// Number of the ticket's last fact.
    async fn seq(&self) -> i64 {
        ticket::Entity::find_by_id(ticket().to_string()).one(self.db.read()).await.unwrap().unwrap().seq
    }

    async fn state(&self) -> String {
        ticket::Entity::find_by_id(ticket().to_string()).one(self.db.read()).await.unwrap().unwrap().state
    }
}

fn ticket() -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), "1")
}

fn classified(class: Class, lead: &str, at: DateTime<Utc>) -> Classified {
    classified_as(ticket(), class, lead, at)
}

fn classified_as(ticket: TicketId, class: Class, lead: &str, at: DateTime<Utc>) -> Classified {
    Classified {
        ticket,
        number: "JZ20260302-000001".into(),
        text: "路灯不亮".into(),
        source: "web".parse().unwrap(),
        category: "0203".into(),
        category_name: "路灯照明".into(),
        also: vec![],
        perhaps: vec![],
        class,
        nature: Nature::Service,
        urgent: false,
        lead: lead.parse().unwrap(),
        others: vec![],
        division: Some("360802001001".parse().unwrap()),
        reasons: vec![],
        hold: false,
        confidence: None,
        choices: vec![],
        rules_version: "t".into(),
        at,
        received_at: at,
    }
}

fn answer(said: &[(String, Value)]) -> Value {
    said.iter().find(|(s, _)| s.starts_with("answer.")).map(|(_, b)| b.clone()).unwrap_or_default()
}

fn subjects(said: &[(String, Value)]) -> Vec<&str> {
    said.iter().map(|(s, _)| s.as_str()).filter(|s| !s.starts_with("answer.")).collect()
}

fn order_in(said: &[(String, Value)], subject: &str) -> OrderId {
    let (_, body) = said.iter().find(|(s, _)| s == subject).unwrap_or_else(|| panic!("no {subject} in {said:?}"));
    body["order"].as_str().unwrap().parse().unwrap()
}

fn solved() -> Value {
    json!({"do": "report", "result": {"factual": true, "solved": true, "public_reply": "已修复，电话13800001022"}})
}

fn satisfied() -> Value {
    json!({"do": "call_back", "answers": {"contacted": true, "solved": true, "satisfied": true, "tries": 1}})
}
