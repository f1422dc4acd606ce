//! What is said of clusters comes to the district centre's desk and changes no ticket.

use contracts::{
    cluster::ClusterFact,
    envelope::{Envelope, Inbound},
    family::Family,
    id::MessageId,
    lifecycle::Class,
};
use outbox::{Handler, Refusal};
use serde_json::{Value, json};

use super::{Office, ticket};
use crate::clusters::{Notices, Told};

async fn told(office: &Office, kind: &str, n: u64, more: &Value) -> Result<Vec<Value>, Refusal> {
    let golden = std::fs::read(format!("../../shared/contracts/golden/cluster.v1.{kind}.json")).unwrap();
    let mut body: Value = serde_json::from_slice(&golden).unwrap();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fact = ClusterFact::decode(kind, body.to_string().as_bytes()).unwrap();
    let kind = format!("io.gridline.cluster.v1.{kind}");
    let headers = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/gridline/c"), ("ce-type", kind.as_str())];
    let envelope = Envelope::read(|name| headers.iter().find(|(k, _)| *k == name).map(|(_, v)| *v)).unwrap();
    let body = <Told as outbox::Heard>::read("", &envelope, fact.encode().as_bytes()).unwrap();
    let message = Inbound { id: MessageId::of_delivery("test", n), seq: None, now: office.now, body };
    let tx = office.db.write().await.unwrap();
    let mut desk = Notices.load(&tx, std::slice::from_ref(&message)).await.unwrap();
    let said = Notices.decide(&mut desk, &message)?.outbound;
    assert!(said.iter().all(|o| o.subject == "queue.v1.CENTRE.notice"));
    Ok(said.iter().map(|o| serde_json::from_str(&o.body).unwrap()).collect())
}

#[tokio::test]
async fn a_dispatcher_and_a_leader_get_a_notice() {
    let mut office = Office::open().await;
    let (own, first) = (json!({"ticket": ticket()}), json!({"first": ticket()}));
    assert!(matches!(told(&office, "sensitive", 1, &own).await, Err(Refusal::TooEarly(_))));
    office.classified(Class::Coordination, "D02").await;
    let seq = office.seq().await;
    for (n, kind, of, words) in [
        (2, "sensitive", &own, "集体上访"),
        (3, "repeated", &own, "JZ20260302-000001"),
        (4, "proposed", &first, "JZ20260302-000003"),
        (5, "heated", &first, "24 小时内 10 人"),
    ] {
        let said = told(&office, kind, n, of).await.unwrap();
        let [notice] = &said[..] else { panic!("{said:?}") };
        assert!(notice["said"].as_str().unwrap().contains(words), "{notice}");
        assert_eq!(notice["ticket"], json!(ticket()));
    }
    assert!(told(&office, "grown", 6, &first).await.unwrap().is_empty());
    assert_eq!(office.seq().await, seq, "nothing is done to the ticket");
}
