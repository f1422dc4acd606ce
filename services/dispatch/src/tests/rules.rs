//! Rules are data: every version is kept, none changes what was decided before.

use contracts::lifecycle::Class;
use outbox::Refusal;
use sea_orm::EntityTrait;
use serde_json::json;

use super::{Office, order_in, solved, subjects};
use crate::entity::register;

#[tokio::test]
async fn another_limit_holds_for_the_next_ticket_and_is_kept_with_who_changed_it() {
    let mut office = Office::open().await;
    let said = office.classified(Class::Coordination, "D02").await;
    assert_eq!(said[0].1["due"], "2026-03-09T15:59:59Z");
    let mut policy = serde_json::to_value(sla::Policy::default()).unwrap();
    policy["version"] = json!("2026-03 试行");
    policy["limits"]["coordination"] = json!({"working_days": 3});
    office.rules(json!({"policy": policy})).await;
    let order = order_in(&said, "queue.v1.D02.order");
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    let said = office.does("D02", order, "7", solved()).await;
    assert_eq!(said[1].1["due"], "2026-03-09T15:59:59Z", "what was promised stays");
    let next = super::TicketId::derive(&"web".parse().unwrap(), "next");
    assert_eq!(office.classified_too(next, Class::Coordination, "D02").await[0].1["due"], "2026-03-05T15:59:59Z");
    let kept = register::Entity::find().all(office.db.read()).await.unwrap();
    assert_eq!((kept.len(), kept[0].person.as_str(), kept[0].reason.as_str()), (1, "管-1", "试行"));
}

#[tokio::test]
async fn somebody_elses_change_is_not_overwritten() {
    let mut office = Office::open().await;
    office.rules(json!({"limits": {"returns": 1}})).await;
    assert_eq!(office.rules_from(0, json!({"limits": {"returns": 3}}), None).await.unwrap_err(), "stale");
    assert_eq!(office.rules_from(1, json!({"successors": {"D02": "D99"}}), None).await.unwrap_err(), "unknown_unit");
    assert_eq!(office.rules_from(1, json!({"successors": {"D02": "D03", "D03": "D02"}}), None).await.unwrap_err(), "ring");
}

#[tokio::test]
async fn a_roster_line_of_a_unit_that_does_not_exist_is_refused_and_named() {
    let mut office = Office::open().await;
    let line = |unit: &str| json!({"unit": unit, "receiver": "unit_leader", "staff": "S-1"});
    let mut refused = async |book| {
        let Err(Refusal::Illegal(p)) = office.puts(0, book, None).await else { panic!("it was taken") };
        assert_eq!(p.code, "unknown_unit");
        (p.zh, p.en)
    };
    let (zh, en) = refused(json!({"duty": [line("D02"), line("D99"), line("D03")]})).await;
    assert!(zh.contains("duty 第 2 行") && en.contains("line 2 of duty"), "{zh} {en}");
    let (zh, en) = refused(json!({"officers": {"GRID-360802001001": [], "GRID-999999999999": []}})).await;
    assert!(zh.contains("officers") && en.contains("line 2 of officers"), "{zh} {en}");
    // a unit that was reorganised was one
    let book = json!({"duty": [line("D02"), line("OLD")], "successors": {"OLD": "D03"}});
    assert!(office.puts(0, book, None).await.is_ok());
}

#[tokio::test]
async fn a_policy_keeps_its_name_for_ever() {
    let mut office = Office::open().await;
    let policy = |version: &str, days: u32| {
        let mut policy = serde_json::to_value(sla::Policy::default()).unwrap();
        policy["version"] = json!(version);
        policy["limits"]["coordination"] = json!({"working_days": days});
        json!({"policy": policy})
    };
    office.rules(policy("试行-1", 3)).await;
    office.rules_from(1, policy("试行-2", 4), None).await.unwrap();
    assert_eq!(office.rules_from(2, policy("试行-1", 6), None).await.unwrap_err(), "policy_version");
    assert_eq!(office.rules_from(2, policy("gridline-1", 6), None).await.unwrap_err(), "policy_version");
    office.rules_from(2, policy("试行-1", 3), None).await.unwrap();
}

#[tokio::test]
async fn the_open_work_of_a_reorganised_unit_passes_to_its_successor() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    let said = office.rules_from(0, json!({"successors": {"D02": "D05"}}), Some("D02")).await.unwrap();
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.D05.order", "rules.v1.changed"]);
    office.refused("D02", order, json!({"do": "sign"}), "not_yours").await;
    office.does("D05", order, "7", json!({"do": "sign"})).await;
    let next = super::TicketId::derive(&"web".parse().unwrap(), "next");
    let said = office.classified_too(next, Class::Coordination, "D02").await;
    order_in(&said, "queue.v1.D05.order");
}
