//! Ring 2: submissions in, registrations, facts and receipts out, on a real database.

use chrono::{DateTime, Utc};
use contracts::{envelope::Inbound, id::MessageId, intake::Submit, ticket::TicketFact};
use outbox::{Db, Handler};
use serde_json::{Value, json};

mod citizens;
mod lately;
mod repeats;

use crate::{Intake, config::Config, handlers::Heard, migration::Migrator, store};

struct Desk {
    db: Db,
    intake: Intake,
    now: DateTime<Utc>,
    heard: u64,
    _dir: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open::<Migrator>(&format!("sqlite://{}/i.db", dir.path().display()), "test").await.unwrap();
        let intake = Intake::new(Config { sources: vec!["web".parse().unwrap()], number_prefix: "JZ".into(), acts_per_day: 3 });
        // one minute before midnight in China
        Self { db, intake, now: "2026-03-02T15:59:00Z".parse().unwrap(), heard: 0, _dir: dir }
    }

    /// Hears a batch in one transaction; for each message, what is said by subject and body.
    async fn hear(&mut self, batch: Vec<(Heard, Option<u64>)>) -> Vec<Vec<(String, Value)>> {
        let mut messages = Vec::new();
        for (body, seq) in batch {
            self.heard += 1;
            messages.push(Inbound { id: MessageId::of_delivery("test", self.heard), seq, now: self.now, body });
        }
        let tx = self.db.write().await.unwrap();
        let mut desk = self.intake.load(&tx, &messages).await.unwrap();
        let mut said = Vec::new();
        for m in &messages {
            let outbound = self.intake.decide(&mut desk, m).unwrap().outbound;
            said.push(outbound.into_iter().map(|o| (o.subject, serde_json::from_str(&o.body).unwrap())).collect());
        }
        self.intake.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
        said
    }

    async fn submit(&mut self, source: &str, ids: &[&str], text: &str) -> Vec<Vec<(String, Value)>> {
        let one = |id: &&str| (Heard::Submit(source.parse().unwrap(), Box::new(report(id, text))), None);
        self.hear(ids.iter().map(one).collect()).await
    }
}

fn report(id: &str, text: &str) -> Submit {
    let reporter = json!({"name": "王小明", "phone": "13800001022", "address": "井冈山大道1号"});
    serde_json::from_value(json!({"external_id": id, "channel": "web", "text": text, "reporter": reporter})).unwrap()
}

fn receipt(said: &[(String, Value)]) -> &Value {
    &said.iter().find(|(s, _)| s == "receipt.v1.web" || s == "receipt.v1.tv").expect("each submission is answered").1
}

#[tokio::test]
async fn a_batch_gets_numbers_in_order_and_the_next_day_begins_at_one() {
    let mut desk = Desk::open().await;
    let said = desk.submit("web", &["a", "b", "a"], "路灯不亮").await;
    let numbers: Vec<&str> = said.iter().map(|s| receipt(s)["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["JZ20260302-000001", "JZ20260302-000002", "JZ20260302-000001"]);
    assert_eq!(said[2].len(), 1, "the same report in one batch is one ticket with two receipts");
    desk.now += chrono::TimeDelta::minutes(2);
    let said = desk.submit("web", &["c"], "路灯不亮").await;
    assert_eq!(receipt(&said[0])["number"], "JZ20260303-000001");
}

#[tokio::test]
async fn the_same_number_with_other_content_is_refused_and_the_first_report_stands() {
    let mut desk = Desk::open().await;
    let first = desk.submit("web", &["a"], "路灯不亮").await;
    let again = desk.submit("web", &["a"], "路灯不亮").await;
    assert_eq!(receipt(&first[0])["code"], receipt(&again[0])["code"]);
    let other = desk.submit("web", &["a"], "井盖没了").await;
    assert_eq!(receipt(&other[0])["problem"]["code"], "external_id_reused");
    let elsewhere = desk.submit("tv", &["a"], "路灯不亮").await;
    assert_eq!(receipt(&elsewhere[0])["problem"]["code"], "unknown_source");
    assert_eq!(elsewhere[0].len(), 1);
}

#[tokio::test]
async fn nothing_of_the_reporter_is_said_and_numbers_in_the_text_are_masked() {
    let mut desk = Desk::open().await;
    let said = desk.submit("web", &["a"], "路灯不亮，回电13800001022").await;
    let all = format!("{said:?}");
    for secret in ["王小明", "13800001022", "井冈山大道"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert_eq!(said[0][0].0, "ticket.v1.received");
    assert_eq!(said[0][0].1["text"], "路灯不亮，回电138******22");
}

/// Facts may come in any order and twice; the reporter sees the newest state, the promised date and the reply.
#[tokio::test]
async fn progress_follows_the_newest_fact_whatever_comes_first() {
    let golden = |name: &str| std::fs::read(format!("../../shared/contracts/golden/ticket.v1.{name}.json")).unwrap();
    let fact = |kind: &str| {
        let sample: Value = serde_json::from_slice(&golden(kind)).unwrap();
        let body = sample.get("body").unwrap_or(&sample).to_string();
        <TicketFact as contracts::family::Family>::decode(kind, body.as_bytes()).unwrap()
    };
    let facts = [(3, fact("dispatched")), (4, fact("signed")), (5, fact("reported")), (7, fact("closed"))];
    let mut ends = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let mut desk = Desk::open().await;
        for i in order {
            let (seq, fact) = &facts[i];
            desk.hear(vec![(Heard::Fact(Box::new(fact.clone())), Some(*seq)); 2]).await;
        }
        let tx = desk.db.write().await.unwrap();
        let TicketFact::Closed(closed) = &facts[3].1 else { panic!("closed") };
        let id = closed.of.ticket.to_string();
        let end = store::progress_of(&tx, std::slice::from_ref(&id)).await.unwrap().remove(&id).unwrap();
        assert_eq!((end.state.as_str(), end.seq), ("CLOSED", 7));
        ends.push((end.state, end.due_ms, end.reply));
    }
    assert!(ends.iter().all(|e| *e == ends[0] && e.1.is_some() && e.2.is_some()), "{ends:?}");
}
