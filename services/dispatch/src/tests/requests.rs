//! What is asked by one person and granted by another.

use chrono::TimeDelta;
use contracts::lifecycle::Class;
use serde_json::{Value, json};

use super::{Office, answer, order_in, satisfied, solved, subjects};

const BY_D02: &str = "queue.v1.D02.order";

/// A ticket that D02 has in progress.
async fn in_progress() -> (Office, contracts::id::OrderId) {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, BY_D02);
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    (office, order)
}

fn ask(request: Value) -> Value {
    json!({"do": "ask", "request": request})
}

fn code(said: &[(String, Value)]) -> String {
    answer(said)["problem"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_extension_is_asked_in_time_once_and_granted_by_another() {
    let (mut office, order) = in_progress().await;
    let extend = |until: &str| ask(json!({"kind": "extend", "reason": "等材料", "until": until, "citizen_told": "已电话告知"}));
    let said = office.does("D02", order, "7", extend("2026-03-13T15:59:59Z")).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.CENTRE.request"]);
    let grant = json!({"do": "grant", "request": "extend"});
    assert_eq!(code(&office.acts("CENTRE", order, "7", grant.clone()).await), "decided_by_another");
    assert_eq!(code(&office.acts("D02", order, "8", grant.clone()).await), "not_yours");
    // asked in time, granted after the deadline: that is no fault of the unit's
    office.now += TimeDelta::days(8);
    let said = office.does("CENTRE", order, "8", grant.clone()).await;
    assert_eq!(subjects(&said), ["ticket.v1.moved", "queue.v1.D02.notice"]);
    let turn = &said[0].1["by"]["clocks"][0];
    assert_eq!((turn["change"].as_str(), turn["old_due"].as_str()), (Some("moved"), Some("2026-03-09T15:59:59Z")));
    assert_eq!(said[1].1["due"], "2026-03-13T15:59:59Z");
    // a second one in the round is not left
    office.does("D02", order, "7", extend("2026-03-20T15:59:59Z")).await;
    assert_eq!(code(&office.acts("CENTRE", order, "8", grant).await), "extensions_left");
    let said = office.does("CENTRE", order, "8", json!({"do": "deny", "request": "extend", "reason": "已延期一次"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.D02.notice"]);
    assert_eq!(
        code(&office.acts("CENTRE", order, "8", json!({"do": "deny", "request": "extend", "reason": "无"})).await),
        "request_pending"
    );
}

#[tokio::test]
async fn an_extension_asked_too_late_is_refused() {
    let (mut office, order) = in_progress().await;
    office.now += TimeDelta::days(8);
    let late = ask(json!({"kind": "extend", "reason": "等", "until": "2026-03-20T15:59:59Z", "citizen_told": "已告知"}));
    office.does("D02", order, "7", late).await;
    assert_eq!(code(&office.acts("CENTRE", order, "8", json!({"do": "grant", "request": "extend"})).await), "before_expiry");
}

#[tokio::test]
async fn a_suspension_stops_the_clock_and_gives_back_what_was_left() {
    let (mut office, order) = in_progress().await;
    office.does("D02", order, "7", ask(json!({"kind": "suspend", "reason": "等鉴定", "evidence": "鉴字1号"}))).await;
    office.does("CENTRE", order, "8", json!({"do": "grant", "request": "suspend"})).await;
    assert_eq!(office.state().await, "SUSPENDED");
    office.refused("D02", order, solved(), "wrong_state").await;
    // Monday morning to Wednesday morning of the next week: of five working days none is used
    office.now += TimeDelta::days(9);
    let said = office.does("CENTRE", order, "8", json!({"do": "resume", "reason": "鉴定已出"})).await;
    assert_eq!(said[1].1["due"], "2026-03-17T15:59:59Z", "the ends of the 11th, 12th, 13th, 16th and 17th");
    assert_eq!(office.state().await, "IN_PROGRESS");
}

#[tokio::test]
async fn a_suspension_ends_by_itself_at_its_cap() {
    let (mut office, order) = in_progress().await;
    office.does("D02", order, "7", ask(json!({"kind": "suspend", "reason": "等鉴定", "evidence": "鉴字1号"}))).await;
    office.does("CENTRE", order, "8", json!({"do": "grant", "request": "suspend"})).await;
    office.now += TimeDelta::days(5);
    assert!(office.expires("K10").await.is_empty(), "the cap is ten working days");
    office.now += TimeDelta::days(10);
    assert_eq!(subjects(&office.expires("K10").await), ["ticket.v1.moved", BY_D02]);
    assert_eq!(office.state().await, "IN_PROGRESS");
    assert!(office.expires("K10").await.is_empty(), "once");
}

#[tokio::test]
async fn a_deferral_is_granted_by_the_supervising_department_and_ends_on_its_date() {
    let (mut office, order) = in_progress().await;
    let until = "2026-04-10T10:00:00Z";
    let said = office
        .does("D02", order, "7", ask(json!({"kind": "defer", "reason": "列入计划", "measure": "先围挡", "until": until})))
        .await;
    let decider = said[1].0.split('.').nth(2).unwrap().to_owned();
    assert_eq!(code(&office.acts("D09", order, "8", json!({"do": "grant", "request": "defer"})).await), "not_yours");
    office.does(&decider, order, "8", json!({"do": "grant", "request": "defer"})).await;
    assert_eq!(office.state().await, "DEFERRED");
    office.now = "2026-04-10T10:00:01Z".parse().unwrap();
    let said = office.expires("K8").await;
    assert_eq!(said[0].1["by"]["steps"], json!(["T23"]));
    assert_eq!(office.state().await, "IN_PROGRESS");
}

#[tokio::test]
async fn voiding_takes_two_persons_and_termination_a_listed_reason() {
    let (mut office, order) = in_progress().await;
    office.does_whole("CENTRE", "8", ask(json!({"kind": "void", "reason": "重复登记"}))).await;
    assert_eq!(code(&office.acts_whole("CENTRE", "8", json!({"do": "grant", "request": "void"})).await), "decided_by_another");
    assert!(
        serde_json::from_value::<contracts::work::Ask>(json!({"kind": "terminate", "reason": "tired", "note": "无"})).is_err()
    );
    office.does("D02", order, "7", ask(json!({"kind": "terminate", "reason": "withdrawn", "note": "诉求人来电撤回"}))).await;
    office.does("D02", order, "7", json!({"do": "withdraw", "request": "terminate"})).await;
    office.does_whole("CENTRE", "9", json!({"do": "grant", "request": "void"})).await;
    assert_eq!(office.state().await, "VOIDED");
    office.refused("D02", order, solved(), "order_ended").await;
}

#[tokio::test]
async fn an_open_appeal_holds_up_the_archive() {
    let (mut office, order) = in_progress().await;
    office.does("D02", order, "7", ask(json!({"kind": "exclude", "reason": "不属本单位责任"}))).await;
    office.does("CENTRE", order, "8", json!({"do": "deny", "request": "exclude", "reason": "查否"})).await;
    office.does("D02", order, "7", solved()).await;
    office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    office.does("CENTRE", order, "9", satisfied()).await;
    office.does_whole("D02", "7", json!({"do": "appeal", "reason": "考核有误"})).await;
    assert_eq!(
        code(&office.acts_whole("CENTRE", "7", json!({"do": "review_appeal", "upheld": true, "reason": "是"})).await),
        "decided_by_another"
    );
    office.now += TimeDelta::days(16);
    assert!(office.expires("K12").await.is_empty());
    // the window ran out meanwhile: the ticket is archived with the review
    let said = office.does_whole("CENTRE", "9", json!({"do": "review_appeal", "upheld": true, "reason": "成立"})).await;
    assert_eq!(said[1].1["by"]["steps"], json!(["T33"]));
    assert_eq!(office.state().await, "ARCHIVED");
}

#[tokio::test]
async fn what_was_asked_is_void_in_other_hands_and_a_date_must_be_possible() {
    let (mut office, order) = in_progress().await;
    let extend = |until: &str| ask(json!({"kind": "extend", "reason": "等", "until": until, "citizen_told": "已告知"}));
    for until in ["2026-03-01T00:00:00Z", "9999-12-31T00:00:00Z"] {
        office.refused("D02", order, extend(until), "until").await;
    }
    office.does("D02", order, "7", extend("2026-03-20T15:59:59Z")).await;
    let give_back = json!({"do": "return", "reason": "不属", "legal_basis": "清单", "propose": "D12"});
    office.does("D02", order, "7", give_back).await;
    let grant = json!({"do": "rule", "ruling": {"kind": "grant", "to": "D12"}, "reason": "同意"});
    office.does("CENTRE", order, "8", grant).await;
    assert_eq!(code(&office.acts_whole("CENTRE", "8", json!({"do": "grant", "request": "extend"})).await), "request_pending");
}

#[tokio::test]
async fn a_citizen_who_is_not_reached_is_tried_three_times_and_each_try_is_logged() {
    let (mut office, order) = in_progress().await;
    let told = json!({"do": "report", "result": {"factual": true, "solved": false, "unsolved_reason": "找 13800001022", "public_reply": "已答复"}});
    let said = office.does("D02", order, "7", told).await;
    assert_eq!(said[0].1["result"]["unsolved_reason"], "找 138******22");
    office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    let answers = |solved: Value, satisfied: Value| json!({"do": "call_back", "answers": {"contacted": false, "solved": solved, "satisfied": satisfied, "tries": 9}});
    office.refused("CENTRE", order, answers(json!(false), Value::Null), "both_answers").await;
    for _ in 0..2 {
        office.refused("CENTRE", order, answers(Value::Null, Value::Null), "callback_done").await;
        office.does("CENTRE", order, "9", json!({"do": "no_answer"})).await;
    }
    let said = office.does("CENTRE", order, "9", answers(Value::Null, Value::Null)).await;
    assert_eq!(said[0].1["answers"]["tries"], 3, "the calls are counted, not claimed");
}
