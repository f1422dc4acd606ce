//! A classification is corrected: asked by one, granted by another, or said by the call-taker when it is taken in.

use contracts::lifecycle::Class;
use serde_json::json;

use super::{Office, answer, order_in, subjects};

/// 桃树下社区's grid.
const GRID: &str = "GRID-360802001001";

#[tokio::test]
async fn another_category_goes_to_its_unit_and_the_handling_clock_goes_on() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    // 0701 社会生活噪声 is the police's
    let noise = json!({"do": "reclassify", "category": "0701", "reason": "是噪声，不是路灯"});
    let said = office.does("D02", order, "7", noise.clone()).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.CENTRE.request"]);
    assert_eq!(said[1].1["reason"], "路灯照明改为社会生活噪声：是噪声，不是路灯");
    office.refused("D02", order, noise, "already_asked").await;

    let grant = json!({"do": "grant", "request": "reclassify"});
    let own = office.acts("CENTRE", order, "7", grant.clone()).await;
    assert_eq!(answer(&own)["problem"]["code"], "decided_by_another");
    let said = office.does("CENTRE", order, "8", grant).await;
    assert_eq!(
        subjects(&said),
        ["ticket.v1.noted", "queue.v1.D02.notice", "ticket.v1.dispatched", "queue.v1.D01.order", "queue.v1.CENTRE.copy"]
    );
    let (noted, sent) = (&said[0].1, &said[2].1);
    assert_eq!((noted["category"].as_str(), noted["lead"].as_str()), (Some("0701"), Some("D01")));
    assert_eq!((sent["by"]["steps"][0].as_str(), sent["by"]["state"].as_str()), (Some("T16"), Some("DISPATCHED")));
    let started: Vec<_> = sent["by"]["clocks"].as_array().unwrap().iter().map(|c| c["clock"].as_str().unwrap()).collect();
    assert_eq!(started, ["K3", "K6"], "the citizen's clocks go on");
    assert_eq!(said[3].1["category"], "0701");
    let next = order_in(&said, "queue.v1.D01.order");
    office.refused("D02", order, json!({"do": "sign"}), "order_ended").await;
    office.does("D01", next, "3", json!({"do": "sign"})).await;
}

#[tokio::test]
async fn another_class_recounts_the_clock_and_calls_a_consultation_if_it_is_hard() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    let rise = |class: &str| json!({"do": "reclassify", "class": class, "reason": "涉及多方"});
    office.refused(GRID, order, rise("simple"), "same_class").await;
    office.does_whole("CENTRE", "7", rise("coordination")).await;
    let grant = json!({"do": "grant", "request": "reclassify"});
    let said = office.does("CENTRE", order, "8", grant.clone()).await;
    let turn = &said[0].1["by"]["clocks"][0];
    assert_eq!((turn["clock"].as_str(), turn["change"].as_str()), (Some("K5"), Some("recounted")));
    assert_eq!((turn["old_due"].as_str(), turn["due"].as_str()), (Some("2026-03-02T03:00:00Z"), Some("2026-03-09T15:59:59Z")));
    // 0203 路灯照明 is the city management's
    let order = order_in(&said, "queue.v1.D02.order");
    assert!(subjects(&said).contains(&"queue.v1.CENTRE.copy"), "{said:?}");
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    office.does("D02", order, "7", rise("key-difficult")).await;
    let said = office.does("CENTRE", order, "8", grant).await;
    assert_eq!(
        subjects(&said),
        ["ticket.v1.noted", "queue.v1.D02.notice", "ticket.v1.consultation_opened", "queue.v1.CENTRE.consultation"]
    );
    assert_eq!(office.state().await, "CONSULTING");
}

#[tokio::test]
async fn the_call_taker_says_what_it_is() {
    let mut office = Office::open().await;
    office.held(Class::Coordination, "D02").await;
    let none = json!({"do": "accept", "category": "9999"});
    assert_eq!(answer(&office.acts_whole("CENTRE", "7", none).await)["problem"]["code"], "bad_field");
    let said = office.does_whole("CENTRE", "7", json!({"do": "accept", "category": "0701"})).await;
    assert_eq!(
        subjects(&said),
        ["ticket.v1.noted", "ticket.v1.dispatched", "queue.v1.D01.order", "queue.v1.CENTRE.copy"],
        "what classification learns from, then the dispatch"
    );
    assert_eq!((said[0].1["category"].as_str(), said[0].1["lead"].as_str()), (Some("0701"), Some("D01")));
}

#[tokio::test]
async fn a_place_that_was_asked_for_names_its_own_grid() {
    let mut office = Office::open().await;
    office.held(Class::Simple, "GRID-360802000000").await;
    let said = office.does_whole("CENTRE", "7", json!({"do": "accept", "division": "360802001002"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.dispatched", "queue.v1.GRID-360802001002.order"]);
}
