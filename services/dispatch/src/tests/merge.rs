//! One cause, many reporters: merge, split, callbacks.

use contracts::{id::TicketId, lifecycle::Class};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Office, answer, order_in, satisfied, solved, subjects, ticket};
use crate::entity::{ticket as row, work_order};

fn other(n: u32) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &format!("other {n}"))
}

fn merge() -> Value {
    json!({"do": "merge", "into": ticket(), "same": {"cause": true}, "reason": "同一处爆管"})
}

fn code(said: &[(String, Value)]) -> String {
    answer(said)["problem"]["code"].as_str().unwrap_or_default().to_owned()
}

/// All that a ticket is, but for the numbers that count its changes.
async fn picture(office: &Office, ticket: TicketId) -> (row::Model, Vec<work_order::Model>) {
    let found = row::Entity::find_by_id(ticket.to_string()).one(office.db.read()).await.unwrap().unwrap();
    let mut orders = work_order::Entity::find().all(office.db.read()).await.unwrap();
    orders.retain(|o| o.ticket_id == ticket.to_string());
    (row::Model { version: 0, seq: 0, at_ms: 0, ..found }, orders)
}

#[tokio::test]
async fn merge_then_split_gives_back_an_equal_ticket() {
    let mut office = Office::open().await;
    office.classified(Class::Coordination, "D02").await;
    let order = order_in(&office.classified_too(other(1), Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does_on(other(1), "D02", "7", json!({"do": "sign"})).await;
    let before = picture(&office, other(1)).await;
    let unlike = json!({"do": "merge", "into": ticket(), "same": {"place": true}, "reason": "像"});
    assert_eq!(code(&office.acts_on(other(1), "CENTRE", "7", unlike).await), "same_matter");
    assert_eq!(subjects(&office.does_on(other(1), "CENTRE", "7", merge()).await), ["ticket.v1.moved", "queue.v1.D02.notice"]);
    assert_eq!(code(&office.acts_on(other(1), "D02", "7", solved()).await), "wrong_state");
    assert_eq!(code(&office.acts_on(other(2), "CENTRE", "7", merge()).await), "unknown_order");
    assert_eq!(code(&office.acts_on(ticket(), "CENTRE", "7", merge()).await), "unknown_lead_case");
    office.does_on(other(1), "CENTRE", "7", json!({"do": "split", "reason": "不是同一处"})).await;
    assert_eq!(picture(&office, other(1)).await, before);
    assert_eq!(picture(&office, ticket()).await.0.followers, 0);
    assert_eq!(code(&office.acts_on(other(1), "CENTRE", "7", json!({"do": "split", "reason": "再拆"})).await), "wrong_state");
    office.does_on(other(1), "D02", "7", solved()).await;
    let _ = order;
}

#[tokio::test]
async fn one_handling_and_a_callback_for_each_reporter() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    for n in 1..=3 {
        office.classified_too(other(n), Class::Coordination, "D02").await;
        office.does_on(other(n), "CENTRE", "7", merge()).await;
    }
    assert_eq!(picture(&office, ticket()).await.0.followers, 3);
    let early = json!({"do": "call_back", "answers": {"contacted": true, "solved": true, "satisfied": true, "tries": 1}});
    assert_eq!(code(&office.acts_on(other(1), "CENTRE", "9", early.clone()).await), "not_yet");
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    office.does("D02", order, "7", solved()).await;
    let said = office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    assert_eq!(subjects(&said).iter().filter(|s| **s == "queue.v1.CENTRE.callback").count(), 4);
    assert_eq!(subjects(&office.does_on(other(1), "CENTRE", "9", early.clone()).await), ["ticket.v1.noted"]);
    assert_eq!(code(&office.acts_on(other(1), "CENTRE", "9", early).await), "not_yet", "asked once");
    // who says that it is not solved is handled again alone
    let unsolved = json!({"do": "call_back", "answers": {"contacted": true, "solved": false, "satisfied": false, "tries": 1}});
    let said = office.does_on(other(2), "CENTRE", "9", unsolved).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "ticket.v1.moved", "queue.v1.D02.order"]);
    assert_eq!(picture(&office, other(2)).await.0.state, "DISPATCHED");
    assert_eq!(picture(&office, ticket()).await.0.followers, 2);
}

#[tokio::test]
async fn a_merged_reporter_reopens_after_the_lead_case_is_closed_and_goes_on_alone() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.classified_too(other(1), Class::Coordination, "D02").await;
    office.does_on(other(1), "CENTRE", "7", merge()).await;
    let reopen = || json!({"do": "reopen", "reason": "又坏了"});
    assert_eq!(code(&office.citizen_of(other(1), reopen()).await), "lead_case_open");
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    office.does("D02", order, "7", solved()).await;
    office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    office.does_on(other(1), "CENTRE", "9", satisfied()).await;
    office.does_whole("CENTRE", "9", satisfied()).await;
    assert_eq!(office.state().await, "CLOSED");
    let said = office.citizen_of(other(1), reopen()).await;
    assert_eq!(subjects(&said), ["ticket.v1.moved", "queue.v1.D02.order"], "{said:?}");
    assert_eq!(picture(&office, other(1)).await.0.state, "DISPATCHED");
    assert_eq!(office.state().await, "CLOSED", "the lead case stays");
    assert_eq!(picture(&office, ticket()).await.0.followers, 0);
}
