//! The call-taker's and the dispatcher's desk, and what citizens do.

use chrono::TimeDelta;
use contracts::lifecycle::Class;
use serde_json::{Value, json};

use super::{Office, answer, order_in, satisfied, solved, subjects};

fn code(said: &[(String, Value)]) -> String {
    answer(said)["problem"]["code"].as_str().unwrap_or_default().to_owned()
}

async fn held() -> Office {
    let mut office = Office::open().await;
    let said = office.held(Class::Coordination, "D02").await;
    assert_eq!(
        subjects(&said),
        ["ticket.v1.noted", "queue.v1.CENTRE.triage"],
        "nothing is dispatched before a person has seen it"
    );
    office
}

#[tokio::test]
async fn a_held_ticket_is_answered_refused_or_handed_over_by_the_call_taker_only() {
    let ends = [
        (json!({"do": "answer_now", "knowledge": "知识库 K-12", "reply": "周一至周五办理"}), "ANSWERED"),
        (json!({"do": "refuse", "reason": "court", "way": "请向区法院起诉"}), "NOT_ACCEPTED"),
        (json!({"do": "hand_over", "to": "petition", "note": "已转区信访局"}), "HANDED_OVER"),
    ];
    for (act, state) in ends {
        let mut office = held().await;
        assert_eq!(code(&office.acts_whole("D02", "7", act.clone()).await), "not_yours");
        assert_eq!(subjects(&office.does_whole("CENTRE", "7", act.clone()).await), ["ticket.v1.moved"]);
        assert_eq!(office.state().await, state);
        assert_eq!(code(&office.acts_whole("CENTRE", "7", act).await), "wrong_state");
    }
}

#[tokio::test]
async fn what_is_missing_is_asked_for_and_supplied() {
    let mut office = held().await;
    office.does_whole("CENTRE", "7", json!({"do": "ask_info", "missing": "请补充门牌号"})).await;
    assert_eq!(code(&office.acts_whole("CENTRE", "7", json!({"do": "accept"})).await), "wrong_state");
    let said = office.citizen(json!({"do": "supply", "text": "阳明西路 12 号"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.moved", "queue.v1.CENTRE.triage"]);
    let said = office.does_whole("CENTRE", "7", json!({"do": "accept", "lead": "D04"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.dispatched", "queue.v1.D04.order", "queue.v1.D02.copy"]);
    assert_eq!(said[0].1["by"]["steps"], json!(["T6", "T8"]));
    let changes: Vec<(&str, &str)> = said[0].1["by"]["clocks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["clock"].as_str().unwrap(), t["change"].as_str().unwrap()))
        .collect();
    let started = ["K3", "K4", "K5", "K6"].map(|k| (k, "started"));
    assert_eq!(changes, [[("K1", "stopped")].as_slice(), &started].concat(), "K2 started and ended in one moment: it never ran");
}

#[tokio::test]
async fn a_grid_worker_handles_a_simple_matter_of_the_own_grid_at_once() {
    let mut office = Office::open().await;
    office.held(Class::Simple, "GRID-360802001001").await;
    assert_eq!(code(&office.acts_whole("GRID-360802001002", "7", json!({"do": "self_handle"})).await), "own_grid");
    let said = office.does_whole("GRID-360802001001", "7", json!({"do": "self_handle"})).await;
    assert_eq!(said[0].1["by"]["steps"], json!(["T7"]));
    let order = order_in(&said, "queue.v1.GRID-360802001001.order");
    office.does("GRID-360802001001", order, "7", solved()).await;
    assert_eq!(
        code(&office.acts("GRID-360802001001", order, "7", json!({"do": "check", "pass": true})).await),
        "not_the_handler"
    );
}

#[tokio::test]
async fn an_untouched_dispatch_is_recalled_and_a_touched_one_is_not() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    assert_eq!(code(&office.acts_whole("D02", "7", json!({"do": "recall", "reason": "派错"})).await), "not_yours");
    let said = office.does_whole("CENTRE", "7", json!({"do": "recall", "reason": "派错"})).await;
    assert_eq!(subjects(&said), ["queue.v1.D02.notice", "ticket.v1.moved", "queue.v1.CENTRE.triage"]);
    office.refused("D02", order, json!({"do": "sign"}), "order_ended").await;
    assert_eq!(
        code(&office.acts_whole("CENTRE", "7", json!({"do": "dispatch", "to": "D99", "reason": "职责"})).await),
        "unknown_unit"
    );
    let again = order_in(
        &office.does_whole("CENTRE", "7", json!({"do": "dispatch", "to": "D12", "reason": "职责"})).await,
        "queue.v1.D12.order",
    );
    office.does("D12", again, "7", json!({"do": "contact", "note": "已联系诉求人"})).await;
    assert_eq!(code(&office.acts_whole("CENTRE", "7", json!({"do": "recall", "reason": "派错"})).await), "untouched");
}

#[tokio::test]
async fn an_unsigned_dispatch_is_deemed_signed_with_an_urge() {
    let mut office = Office::open().await;
    office.classified(Class::Coordination, "D02").await;
    office.now += TimeDelta::minutes(100);
    assert!(office.expires("K3").await.is_empty(), "two working hours are not over");
    office.now += TimeDelta::minutes(30);
    assert_eq!(subjects(&office.expires("K3").await), ["ticket.v1.moved", "ticket.v1.noted", "queue.v1.D02.notice"]);
    assert_eq!(office.state().await, "IN_PROGRESS");
}

#[tokio::test]
async fn a_citizen_reopens_inside_the_window_and_the_third_round_is_supervised() {
    let mut office = Office::open().await;
    let mut order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    for round in 2..=3 {
        office.does("D02", order, "7", json!({"do": "sign"})).await;
        office.does("D02", order, "7", solved()).await;
        office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
        office.does("CENTRE", order, "9", satisfied()).await;
        let said = office.citizen(json!({"do": "reopen", "reason": "又坏了"})).await;
        assert_eq!(said[0].1["round"], round);
        order = order_in(&said, "queue.v1.D02.order");
        let supervised = subjects(&said).contains(&"queue.v1.D02.notice");
        assert_eq!(supervised, round == 3);
    }
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    office.does("D02", order, "7", solved()).await;
    office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    office.does("CENTRE", order, "9", satisfied()).await;
    office.now += TimeDelta::days(16);
    assert_eq!(code(&office.citizen(json!({"do": "reopen", "reason": "又坏了"})).await), "inside_reopen_window");
}
