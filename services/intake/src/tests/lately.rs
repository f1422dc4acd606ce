//! What a reporter's record says of where a matter may be.

use chrono::TimeDelta;
use contracts::{
    family::Family,
    id::TicketId,
    intake::Submit,
    ticket::{Dispatched, TicketFact},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::Desk;
use crate::{entity::registration, handlers::Heard, store};

const PHONE: &str = "138 0000 1022";
/// 北门社区 of 白塘街道, 桃树下社区, 古南街道, and one more.
const PLACES: [&str; 4] = ["360802006009", "360802001001", "360802001000", "360802005005"];

fn report(id: &str, phone: &str, more: &Value) -> Heard {
    let reporter = json!({"name": null, "phone": phone, "address": null});
    let mut body = json!({"external_id": id, "channel": "web", "text": "没水了", "reporter": reporter});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let submit: Submit = serde_json::from_value(body).unwrap();
    Heard::Submit("web".parse().unwrap(), Box::new(submit))
}

fn dispatched(id: &str, place: &str) -> TicketFact {
    let golden = std::fs::read("../../shared/contracts/golden/ticket.v1.dispatched.json").unwrap();
    let TicketFact::Dispatched(d) = TicketFact::decode("dispatched", &golden).unwrap() else { panic!("dispatched") };
    let ticket = TicketId::derive(&"web".parse().unwrap(), id);
    Dispatched { ticket, division: Some(place.parse().unwrap()), ..d }.into()
}

impl Desk {
    /// A minute later this number reports something; what is said of where that person's matters were.
    async fn lately(&mut self, id: &str, phone: &str, more: Value) -> Vec<String> {
        self.now += TimeDelta::minutes(1);
        let said = self.hear(vec![(report(id, phone, &more), None)]).await.remove(0);
        let (_, fact) = said.into_iter().find(|(s, _)| s == "ticket.v1.received").unwrap();
        assert!(!fact.to_string().contains("1022"), "nothing is said of who it is: {fact}");
        serde_json::from_value(fact.get("lately").cloned().unwrap_or(json!([]))).unwrap()
    }

    /// It reports something that is dispatched to this place.
    async fn had(&mut self, id: &str, phone: &str, place: &str) {
        self.lately(id, phone, json!({})).await;
        self.hear(vec![(Heard::Fact(Box::new(dispatched(id, place))), Some(3))]).await;
    }
}

#[tokio::test]
async fn the_newest_three_places_of_a_reporter_go_along_when_nothing_else_says_where() {
    let mut desk = Desk::open().await;
    assert!(desk.lately("first", PHONE, json!({})).await.is_empty());
    for (n, place) in PLACES.iter().enumerate() {
        desk.had(&n.to_string(), PHONE, place).await;
    }
    desk.had("again", PHONE, PLACES[0]).await;
    let newest = [PLACES[0], PLACES[3], PLACES[2]];
    assert_eq!(desk.lately("a", "+86-13800001022", json!({})).await, newest, "distinct, the newest first");
    assert!(desk.lately("b", PHONE, json!({"division": PLACES[1]})).await.is_empty(), "the source says where");
    assert!(desk.lately("c", "13800001023", json!({})).await.is_empty(), "somebody else");
    assert!(desk.lately("d", "1022", json!({})).await.is_empty(), "nobody knows who it was");
    desk.now += TimeDelta::days(366);
    assert!(desk.lately("e", PHONE, json!({})).await.is_empty(), "long ago");
}

#[tokio::test]
async fn a_ticket_is_where_it_was_dispatched_to_last_whatever_is_heard_first() {
    let mut desk = Desk::open().await;
    desk.lately("a", PHONE, json!({})).await;
    let fact = |place| Heard::Fact(Box::new(dispatched("a", place)));
    desk.hear(vec![(fact(PLACES[1]), Some(9)), (fact(PLACES[0]), Some(3))]).await;
    assert_eq!(desk.lately("b", PHONE, json!({})).await, [PLACES[1]]);
}

/// One who reports all day long is not read further back than some tickets.
#[tokio::test]
async fn what_is_read_of_a_reporter_is_bounded_and_served_by_the_index() {
    let mut desk = Desk::open().await;
    desk.had("old", PHONE, PLACES[0]).await;
    for n in 0..20 {
        desk.had(&format!("new-{n}"), PHONE, PLACES[1]).await;
    }
    assert_eq!(desk.lately("z", PHONE, json!({})).await, [PLACES[1]]);
    let tx = desk.db.write().await.unwrap();
    let mut query = store::lately_query(tx.get_database_backend(), &["13800001022".into()], 0);
    query.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let plan = tx.query_all_raw(query).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|r| r.try_get("", "detail").unwrap()).collect();
    let served = "USING INDEX registration_phone (phone=? AND received_ms>?)";
    assert!(plan.iter().any(|step| step == &format!("SEARCH r {served}")), "{plan:?}");
    assert!(plan.iter().any(|step| step.starts_with("SEARCH n") && step.contains("phone=? AND received_ms>?")), "{plan:?}");
}

/// A row's number is what repeats are known by too.
#[tokio::test]
async fn a_report_without_a_reporter_has_no_number() {
    let mut desk = Desk::open().await;
    desk.hear(vec![(report("a", PHONE, &json!({"reporter": null})), None), (report("b", PHONE, &json!({})), None)]).await;
    let tx = desk.db.write().await.unwrap();
    let ids = ["a", "b"].map(|n| TicketId::derive(&"web".parse().unwrap(), n).to_string());
    let rows = store::registrations(&tx, &ids).await.unwrap();
    let phone = |id: &String| rows.get(id).and_then(|r: &registration::Model| r.phone.clone());
    assert_eq!((phone(&ids[0]), phone(&ids[1]).as_deref()), (None, Some("13800001022")));
}
