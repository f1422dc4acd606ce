//! Reporters are compared, and nothing of them is said.

use contracts::{
    cluster::{ClusterFact, Similar},
    envelope::{Inbound, Outbound},
    id::{MessageId, TicketId},
    intake::Submit,
};
use outbox::Handler;
use serde_json::json;

use super::Desk;
use crate::{
    handlers::Heard,
    repeats::{Alike, Repeats},
};

fn report(id: &str, phone: Option<&str>) -> Heard {
    let reporter = phone.map(|p| json!({"name": "王小明", "phone": p, "address": null}));
    let submit: Submit =
        serde_json::from_value(json!({"external_id": id, "channel": "web", "text": "没水了", "reporter": reporter})).unwrap();
    Heard::Submit("web".parse().unwrap(), Box::new(submit))
}

fn id(n: &str) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), n)
}

async fn said(desk: &Desk, ticket: &str, others: &[&str]) -> Vec<Outbound> {
    let similar = ClusterFact::from(Similar { ticket: id(ticket), others: others.iter().map(|o| id(o)).collect(), at: desk.now });
    let body = contracts::family::Family::encode(&similar);
    let headers =
        [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/gridline/c"), ("ce-type", "io.gridline.cluster.v1.similar")];
    let envelope = contracts::envelope::Envelope::read(|name| headers.iter().find(|(k, _)| *k == name).map(|(_, v)| *v)).unwrap();
    let heard = <Alike as outbox::Heard>::read("cluster.v1.similar", &envelope, body.as_bytes()).unwrap();
    let message = Inbound { id: MessageId::of_delivery("test", 1), seq: None, now: desk.now, body: heard };
    let tx = desk.db.write().await.unwrap();
    let mut loaded = Repeats.load(&tx, std::slice::from_ref(&message)).await.unwrap();
    Repeats.decide(&mut loaded, &message).unwrap().outbound
}

#[tokio::test]
async fn the_same_phone_however_written_is_a_repeat_and_stays_here() {
    let mut desk = Desk::open().await;
    let reports = [
        ("a", Some("138 0000 1022")),
        ("b", Some("13900001023")),
        ("c", Some("+86-13800001022")),
        ("d", None),
        ("e", Some("12")),
    ];
    for (n, phone) in reports {
        desk.hear(vec![(report(n, phone), None)]).await;
        desk.now += chrono::TimeDelta::seconds(1);
    }
    let found = said(&desk, "c", &["b", "d", "a"]).await;
    let [repeat] = &found[..] else { panic!("{found:?}") };
    let body: serde_json::Value = serde_json::from_str(&repeat.body).unwrap();
    assert_eq!((body["ticket"].as_str(), body["of"].as_str()), (Some(&*id("c").to_string()), Some(&*id("a").to_string())));
    assert!(!repeat.body.contains("1022"), "{}", repeat.body);
    assert!(said(&desk, "b", &["a"]).await.is_empty(), "another person");
    assert!(said(&desk, "a", &["c"]).await.is_empty(), "the earlier one repeats nothing");
    assert!(said(&desk, "d", &["a"]).await.is_empty(), "nobody knows who it was");
    assert!(said(&desk, "e", &["e"]).await.is_empty());
    assert!(said(&desk, "unknown", &["a"]).await.is_empty());
}
