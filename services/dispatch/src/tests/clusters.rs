//! What is said of clusters comes to the district centre's desk; a person takes a proposed cluster further, and each of
//! its reporters is told. No ticket's state or clock changes.

use bus::Clock;
use contracts::{
    cluster::{ClusterFact, Grown, Member, Proposed, Topic},
    envelope::{Envelope, Inbound},
    family::Family,
    id::{ClusterId, MessageId, TicketId},
    lifecycle::Class,
};
use outbox::{Engine, Handler, Heard as _, Refusal, Relay, entity::outbox as said};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Office, ticket};
use crate::{
    clusters::{Clusters, Heard, tell},
    entity::ticket as tickets,
};

fn read(kind: &str, fact: &ClusterFact) -> Heard {
    let kind = format!("io.gridline.cluster.v1.{kind}");
    let headers = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/gridline/c"), ("ce-type", kind.as_str())];
    let envelope = Envelope::read(|name| headers.iter().find(|(k, _)| *k == name).map(|(_, v)| *v)).unwrap();
    Heard::read("", &envelope, fact.encode().as_bytes()).unwrap()
}

/// Hears one message in a transaction of its own; what is said, by subject and body.
async fn hear(office: &mut Office, body: Heard) -> Result<Vec<(String, Value)>, Refusal> {
    office.heard += 1;
    let message = Inbound { id: MessageId::of_delivery("test", office.heard.into()), seq: None, now: office.now, body };
    let tx = office.db.write().await.unwrap();
    let clusters = Clusters::default();
    let mut desk = clusters.load(&tx, std::slice::from_ref(&message)).await.unwrap();
    let said = clusters.decide(&mut desk, &message)?.outbound;
    clusters.save(&tx, desk).await.unwrap();
    tx.commit().await.unwrap();
    Ok(said.into_iter().map(|o| (o.subject, serde_json::from_str(&o.body).unwrap())).collect())
}

async fn told(office: &mut Office, kind: &str, more: &Value) -> Result<Vec<(String, Value)>, Refusal> {
    let golden = std::fs::read(format!("../../shared/contracts/golden/cluster.v1.{kind}.json")).unwrap();
    let mut body: Value = serde_json::from_slice(&golden).unwrap();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fact = ClusterFact::decode(kind, body.to_string().as_bytes()).unwrap();
    hear(office, read(kind, &fact)).await
}

#[tokio::test]
async fn a_dispatcher_and_a_leader_get_a_notice() {
    let mut office = Office::open().await;
    let (own, first) = (json!({"ticket": ticket()}), json!({"first": ticket()}));
    for (kind, of) in [("sensitive", &own), ("grown", &first)] {
        assert!(matches!(told(&mut office, kind, of).await, Err(Refusal::TooEarly(_))));
    }
    office.classified(Class::Coordination, "D02").await;
    let seq = office.seq().await;
    for (kind, of, words) in [
        ("sensitive", &own, "集体上访"),
        ("repeated", &own, "JZ20260302-000001"),
        ("proposed", &first, "JZ20260302-000003"),
        ("heated", &first, "24 小时内 10 人"),
    ] {
        let said = told(&mut office, kind, of).await.unwrap();
        let [(subject, notice)] = &said[..] else { panic!("{said:?}") };
        assert_eq!(subject, "queue.v1.CENTRE.notice");
        assert!(notice["said"].as_str().unwrap().contains(words), "{notice}");
        assert_eq!(notice["ticket"], json!(ticket()));
    }
    assert!(told(&mut office, "grown", &first).await.unwrap().is_empty());
    assert_eq!(office.seq().await, seq, "nothing is done to the ticket");
}

fn id(n: usize) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &format!("c{n}"))
}

fn cluster() -> ClusterId {
    ClusterId::derive(id(0))
}

/// Tickets `from` to `to` join the cluster; each is classified before.
async fn joined(office: &mut Office, from: usize, to: usize) -> Vec<(String, Value)> {
    let now = office.now;
    for n in from..to {
        office.classified_too(id(n), Class::Coordination, "D02").await;
    }
    let member = |n: usize| Member { ticket: id(n), number: format!("JZ20260302-{n:06}"), received_at: now };
    let people = u32::try_from(to).unwrap();
    let members = (from..to).map(member).collect();
    let topic = Topic {
        cluster: cluster(),
        first: id(0),
        category: "0401".into(),
        division: None,
        text: "停水".into(),
        tickets: people,
        people,
        members,
        at: now,
    };
    let heard = if from == 0 { read("proposed", &Proposed { topic }.into()) } else { read("grown", &Grown { topic }.into()) };
    hear(office, heard).await.unwrap()
}

async fn act(office: &mut Office, act: Value) -> Result<Vec<(String, Value)>, String> {
    let act = serde_json::from_value(json!({"person": "CENTRE-003", "act": act})).unwrap();
    hear(office, Heard::Act(cluster(), Box::new(act))).await.map_err(|refusal| match refusal {
        Refusal::Illegal(problem) => problem.code,
        early @ Refusal::TooEarly(_) => panic!("{early:?}"),
    })
}

/// Lets a replica tell whom there is to tell; all that was told so far, by subject and body.
async fn tells(office: &Office) -> Vec<(String, Value)> {
    let clock = Clock::system();
    clock.set(office.now);
    let engine = Engine::new(Clusters::default(), office.db.clone(), clock, Relay::silent());
    while tell::round(&engine, &office.db).await.unwrap().is_zero() {}
    let rows = said::Entity::find().all(office.db.read()).await.unwrap();
    let messages = rows.iter().flat_map(|row| row.read().unwrap());
    messages.map(|m| (m.subject, serde_json::from_str(&m.body).unwrap())).collect()
}

fn informed(told: &[(String, Value)]) -> Vec<TicketId> {
    let notes = told.iter().filter(|(_, b)| b["note"] == "inform");
    let mut tickets: Vec<TicketId> = notes.map(|(_, b)| b["ticket"].as_str().unwrap().parse().unwrap()).collect();
    tickets.sort_unstable();
    tickets
}

fn all(n: usize) -> Vec<TicketId> {
    let mut all: Vec<TicketId> = (0..n).map(id).collect();
    all.sort_unstable();
    all
}

fn confirm() -> Value {
    json!({"do": "confirm", "cause": "水泵损坏，报修13800001022。", "unit": "D26"})
}

fn handle() -> Value {
    json!({"do": "handle", "done": "已更换水泵"})
}

#[tokio::test]
async fn a_cluster_is_confirmed_handled_told_and_closed_and_no_clock_moves() {
    let mut office = Office::open().await;
    joined(&mut office, 0, 3).await;
    let before = tickets::Entity::find().all(office.db.read()).await.unwrap();
    assert_eq!(act(&mut office, handle()).await.unwrap_err(), "cluster_state");
    let nowhere = json!({"do": "confirm", "cause": "x", "unit": "NOBODY"});
    assert_eq!(act(&mut office, nowhere).await.unwrap_err(), "unknown_unit");

    let said = act(&mut office, confirm()).await.unwrap();
    let [(_, fact), (queue, notice)] = &said[..] else { panic!("{said:?}") };
    assert_eq!((&fact["seq"], &fact["state"], &fact["unit"]), (&json!(1), &json!("confirmed"), &json!("D26")));
    assert_eq!((&fact["person"], &fact["text"]), (&json!("CENTRE-003"), &json!("水泵损坏，报修138******22。")));
    assert_eq!(queue, "queue.v1.D26.notice");
    assert!(notice["said"].as_str().unwrap().contains("水泵损坏"), "{notice}");
    assert_eq!(act(&mut office, confirm()).await.unwrap_err(), "cluster_state");
    assert!(informed(&tells(&office).await).is_empty(), "nothing was done yet");

    act(&mut office, handle()).await.unwrap();
    assert_eq!(act(&mut office, json!({"do": "close", "note": "已恢复"})).await.unwrap_err(), "cluster_state");
    tells(&office).await;
    // whoever reports afterwards is told as well; everybody once
    joined(&mut office, 3, 5).await;
    let said = tells(&office).await;
    assert_eq!(informed(&said), all(5));
    let notes: Vec<&Value> = said.iter().map(|(_, b)| b).filter(|b| b["note"] == "inform").collect();
    for note in notes {
        assert_eq!(note["text"], "多人反映的同一事项已查明原因：水泵损坏，报修138******22。处置情况：已更换水泵");
        assert_eq!((&note["by"]["unit"], &note["by"]["person"]), (&json!("CENTRE"), &json!("CENTRE-003")));
        assert_eq!((&note["by"]["state"], &note["by"]["clocks"]), (&json!("DISPATCHED"), &Value::Null));
    }
    let steps: Vec<&Value> = said.iter().map(|(_, b)| b).filter(|b| b["step"] == "tell").collect();
    let [step] = steps[..] else { panic!("{steps:?}") };
    assert_eq!((&step["state"], &step["seq"], &step["person"]), (&json!("told"), &json!(3), &Value::Null));
    let closed = act(&mut office, json!({"do": "close", "note": "已恢复"})).await.unwrap();
    assert_eq!((&closed[0].1["state"], &closed[0].1["people"]), (&json!("closed"), &json!(5)));
    for old in before {
        let now = tickets::Entity::find_by_id(old.ticket_id.clone()).one(office.db.read()).await.unwrap().unwrap();
        assert_eq!((&now.clocks, now.due_ms, &now.state), (&old.clocks, old.due_ms, &old.state));
    }
}

#[tokio::test]
async fn what_is_refused_or_closed_is_proposed_again_only_when_it_has_grown_clearly() {
    let mut office = Office::open().await;
    joined(&mut office, 0, 3).await;
    let refused = act(&mut office, json!({"do": "refuse", "reason": "三处不同故障"})).await.unwrap();
    assert_eq!(refused[0].1["state"], "refused");
    assert!(joined(&mut office, 3, 5).await.is_empty(), "five are not twice three");
    assert_eq!(act(&mut office, confirm()).await.unwrap_err(), "cluster_state");
    let said = joined(&mut office, 5, 6).await;
    let [(_, fact), (queue, notice)] = &said[..] else { panic!("{said:?}") };
    assert_eq!((&fact["step"], &fact["state"], queue.as_str()), (&json!("reopen"), &json!("open"), "queue.v1.CENTRE.notice"));
    assert!(notice["said"].as_str().unwrap().contains("此前 3 人反映，现为 6 人"), "{notice}");
    assert!(joined(&mut office, 6, 7).await.is_empty(), "proposed once");

    act(&mut office, confirm()).await.unwrap();
    act(&mut office, handle()).await.unwrap();
    assert_eq!(informed(&tells(&office).await), all(7));
    act(&mut office, json!({"do": "close", "note": "已恢复"})).await.unwrap();
    // it came back: who reports now is told of what is done now, not of what was done then
    assert!(joined(&mut office, 7, 13).await.is_empty());
    assert_eq!(informed(&tells(&office).await), all(7));
    assert_eq!(joined(&mut office, 13, 14).await.len(), 2);
    act(&mut office, confirm()).await.unwrap();
    act(&mut office, json!({"do": "handle", "done": "已换新泵房"})).await.unwrap();
    assert_eq!(informed(&tells(&office).await), all(14), "nobody twice");
}

/// Many reporters are told some at a time; a ticket that is over for good is passed over, one that was not heard of yet
/// is waited for.
#[tokio::test]
async fn many_are_told_and_who_can_not_be_told_holds_up_nobody() {
    let mut office = Office::open().await;
    joined(&mut office, 0, 450).await;
    let row = tickets::Entity::find_by_id(id(7).to_string()).one(office.db.read()).await.unwrap().unwrap();
    let over = tickets::Model { state: "VOIDED".into(), version: row.version + 1, ..row };
    let tx = office.db.write().await.unwrap();
    outbox::bulk::write::<tickets::Entity>(&*tx, &[over], outbox::bulk::Existing::NextVersion).await.unwrap();
    tickets::Entity::delete_by_id(id(9).to_string()).exec(&*tx).await.unwrap();
    tx.commit().await.unwrap();
    act(&mut office, confirm()).await.unwrap();
    act(&mut office, handle()).await.unwrap();
    let said = tells(&office).await;
    assert_eq!(informed(&said).len(), 448);
    assert!(!said.iter().any(|(_, b)| b["step"] == "tell"), "one is waited for");
    office.classified_too(id(9), Class::Coordination, "D02").await;
    let said = tells(&office).await;
    assert_eq!(informed(&said).len(), 449);
    assert_eq!(said.iter().filter(|(_, b)| b["step"] == "tell").count(), 1);
}
