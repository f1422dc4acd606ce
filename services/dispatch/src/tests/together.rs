//! Several hands: transfer, hand-up, officers, co-handlers, whistle, supervision.

use chrono::TimeDelta;
use contracts::lifecycle::Class;
use serde_json::{Value, json};

use super::{Office, answer, order_in, solved, subjects};

const GRID: &str = "GRID-360802001001";

fn code(said: &[(String, Value)]) -> String {
    answer(said)["problem"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_simple_matter_is_handed_up_and_becomes_a_coordination_ticket_with_its_time_used_kept() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    office.does(GRID, order, "7", json!({"do": "sign"})).await;
    office.refused(GRID, order, json!({"do": "hand_up", "to": "GRID-360802001002", "reason": "办不了"}), "upward").await;
    let said = office.does(GRID, order, "7", json!({"do": "hand_up", "reason": "需要街道"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.moved", "queue.v1.TOWN-360802001000.order"]);
    assert_eq!(said[1].1["due"], "2026-03-09T15:59:59Z", "five working days from the same start");
    assert_eq!(said[1].1["order"], json!(order), "it is the same work order: the first receiver's time goes on");
    office.refused(GRID, order, solved(), "not_yours").await;
    office.does("TOWN-360802001000", order, "8", json!({"do": "sign"})).await;
    // down again inside the tree, not across it
    let across = json!({"do": "transfer", "to": "GRID-360802002001", "reason": "属地"});
    office.refused("TOWN-360802001000", order, across, "downward").await;
    office.does("TOWN-360802001000", order, "8", json!({"do": "transfer", "to": GRID, "reason": "属地办理"})).await;
    assert_eq!(office.state().await, "DISPATCHED");
}

#[tokio::test]
async fn a_grid_gives_a_ticket_to_a_community_officer_of_its_roster() {
    let mut office = Office::open().await;
    let officers = json!({"officers": {GRID: [
        {"person": "八-1", "kind": "法治", "substitute": "八-2", "absent_until": "2026-03-10T00:00:00Z"},
        {"person": "八-3", "kind": "乡贤"},
    ]}});
    office.rules(officers).await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    office.does(GRID, order, "7", json!({"do": "sign"})).await;
    office.refused(GRID, order, json!({"do": "transfer", "officer": "八-9", "reason": "调解"}), "unknown_officer").await;
    office.does(GRID, order, "7", json!({"do": "transfer", "officer": "八-1", "reason": "调解"})).await;
    // the officer is absent: the substitute has it
    assert_eq!(code(&office.acts(GRID, order, "7", json!({"do": "sign"})).await), "other_officer");
    let said = office.does(GRID, order, "八-2", json!({"do": "sign"})).await;
    assert_eq!(said[0].1["by"]["role"], "community_officer");
}

#[tokio::test]
async fn co_handlers_have_orders_and_clocks_of_their_own_and_the_lead_waits() {
    let mut office = Office::open().await;
    let lead = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does("D02", lead, "7", json!({"do": "sign"})).await;
    let tasks = |days: u32| json!({"do": "ask_co_handlers", "tasks": [{"unit": "D03", "what": "查证照", "days": days}]});
    office.refused("D02", lead, tasks(5), "sub_times_shorter").await;
    let said = office.does("D02", lead, "7", tasks(2)).await;
    let part = order_in(&said, "queue.v1.D03.order");
    assert_eq!(said[1].1["due"], "2026-03-04T15:59:59Z");
    assert_eq!(said[1].1["what"], "查证照");
    office.refused("D02", lead, tasks(2), "has_part").await;
    office.refused("D02", lead, solved(), "co_handlers_done").await;
    // its own clock runs out: it is urged, the ticket's clock is not touched
    office.now += TimeDelta::days(3);
    let said = office.expires_part(part).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.D03.notice"]);
    office.does("D03", part, "3", json!({"do": "sign"})).await;
    office.does("D03", part, "3", solved()).await;
    assert!(office.expires_part(part).await.is_empty());
    let judge = |accept: bool| json!({"do": "judge_part", "part": part, "accept": accept, "reason": "不全"});
    office.does("D02", lead, "7", judge(false)).await;
    office.refused("D02", lead, solved(), "co_handlers_done").await;
    office.does("D03", part, "3", solved()).await;
    office.does("D02", lead, "7", judge(true)).await;
    office.does("D02", lead, "7", solved()).await;
}

#[tokio::test]
async fn a_whistle_records_who_came_and_who_stayed_away() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    let said = office.does(GRID, order, "7", json!({"do": "whistle", "units": ["D02", "D01"], "reason": "到钟鼓楼口"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.D01.notice", "queue.v1.D02.notice"]);
    let call = order_in(&said, "queue.v1.D02.notice");
    office.refused("D01", call, json!({"do": "arrive"}), "not_yours").await;
    office.does("D02", call, "3", json!({"do": "arrive"})).await;
    office.refused("D02", call, json!({"do": "arrive"}), "order_ended").await;
    let said = office.does(GRID, order, "7", json!({"do": "end_whistle"})).await;
    assert_eq!(said[0].1["units"], json!(["D01"]), "who did not come is listed");
}

#[tokio::test]
async fn the_supervising_department_urges_and_supervises_and_others_do_not() {
    let mut office = Office::open().await;
    // urban management supervises the sanitation centre
    let order = order_in(&office.classified(Class::Coordination, "D04").await, "queue.v1.D04.order");
    assert_eq!(code(&office.acts_whole("D09", "7", json!({"do": "urge", "text": "快"})).await), "not_yours");
    let said = office.does_whole("D02", "7", json!({"do": "urge", "text": "请加快"})).await;
    assert_eq!(
        (subjects(&said), &said[0].1["by"]["role"]),
        (vec!["ticket.v1.noted", "queue.v1.D04.notice"], &json!("supervising_department"))
    );
    let listed = json!({"do": "supervise", "level": "listed", "text": "挂牌督办", "reply_days": 1});
    let said = office.does_whole("CENTRE", "7", listed).await;
    assert_eq!(said[1].1["reply_due"], "2026-03-03T15:59:59Z");
    let said = office.does("D04", order, "3", json!({"do": "reply", "text": "明日完成"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.CENTRE.notice"]);
    assert_eq!(subjects(&office.warns(order).await), ["ticket.v1.noted", "queue.v1.D04.notice"]);
}

/// A whistle is no work order: who is called can neither pass the caller's result nor take its work.
#[tokio::test]
async fn a_called_unit_has_no_hand_in_the_work() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    office.does(GRID, order, "7", json!({"do": "sign"})).await;
    let called = json!({"do": "whistle", "units": ["D02"], "reason": "到场"});
    let call = order_in(&office.does(GRID, order, "7", called.clone()).await, "queue.v1.D02.notice");
    office.refused(GRID, order, called, "called_already").await;
    office.refused("D02", call, json!({"do": "sign"}), "no_work_order").await;
    office.does(GRID, order, "7", solved()).await;
    office.refused("D02", call, json!({"do": "check", "pass": true}), "unknown_order").await;
    office.refused("CENTRE", call, json!({"do": "check", "pass": false, "reason": "无"}), "unknown_order").await;
    let crowd: Vec<String> = vec!["D02".to_owned(); 51];
    office.refused(GRID, order, json!({"do": "whistle", "units": crowd, "reason": "到场"}), "units").await;
}

#[tokio::test]
async fn a_grid_hands_up_to_its_own_town_only() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Simple, GRID).await, &format!("queue.v1.{GRID}.order"));
    for to in ["D05", "TOWN-360802002000", "CENTRE"] {
        office.refused(GRID, order, json!({"do": "hand_up", "to": to, "reason": "办不了"}), "upward").await;
    }
    // skipping the town is allowed
    office.does(GRID, order, "7", json!({"do": "hand_up", "to": "TOWN-360802000000", "reason": "涉及多镇街"})).await;
}

#[tokio::test]
async fn a_co_handlers_clock_stands_still_while_the_leads_does_and_its_own_time_is_kept() {
    let mut office = Office::open().await;
    let lead = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does("D02", lead, "7", json!({"do": "sign"})).await;
    let ask = json!({"do": "ask_co_handlers", "tasks": [{"unit": "D03", "what": "查证照", "days": 2}]});
    let said = office.does("D02", lead, "7", ask).await;
    let part = order_in(&said, "queue.v1.D03.order");
    let of_part = |said: &[(String, Value)]| {
        let turns = said[0].1["by"]["clocks"].as_array().unwrap().clone();
        turns.into_iter().find(|t| t["order"] == json!(part)).unwrap()
    };
    let started = of_part(&said);
    assert_eq!((&started["due"], &started["limit"]), (&json!("2026-03-04T15:59:59Z"), &json!("2 working_days")));
    office.does("D03", part, "3", json!({"do": "sign"})).await;
    let ask = json!({"kind": "suspend", "reason": "等待许可", "evidence": "申请单"});
    office.does("D02", lead, "7", json!({"do": "ask", "request": ask})).await;
    let said = office.does_whole("CENTRE", "审-1", json!({"do": "grant", "request": "suspend"})).await;
    assert_eq!(of_part(&said)["change"], "paused");
    office.now = "2026-03-05T01:00:00Z".parse().unwrap();
    assert!(office.expires_part(part).await.is_empty(), "it stands still");
    let said = office.does_whole("CENTRE", "审-1", json!({"do": "resume", "reason": "许可已到"})).await;
    let resumed = of_part(&said);
    // the ends of the 2nd, which does not count, the 3rd and the 4th lie in the pause
    assert_eq!((&resumed["change"], &resumed["due"]), (&json!("resumed"), &json!("2026-03-06T15:59:59Z")));
    office.now = "2026-03-06T16:00:01Z".parse().unwrap();
    assert_eq!(subjects(&office.expires_part(part).await), ["ticket.v1.noted", "queue.v1.D03.notice"]);
}
