//! Danger to life or limb: raised, raised again, answered.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{lifecycle::Class, ticket::Classified};
use serde_json::{Value, json};

use super::{Office, answer, classified, order_in, subjects};
use crate::heard::Heard;

const CENTRE: &str = "queue.v1.CENTRE.notice";
/// 白塘街道, in whose place the ticket lies.
const TOWN: &str = "TOWN-360802001000";

async fn dangerous(hold: bool) -> (Office, Vec<(String, Value)>) {
    let mut office = Office::open().await;
    let danger = Classified { urgent: true, hold, ..classified(Class::Coordination, "D02", office.now) };
    let said = office.hear(Heard::Classified(Box::new(danger))).await;
    (office, said)
}

fn body<'s>(said: &'s [(String, Value)], subject: &str) -> &'s Value {
    &said.iter().find(|(s, _)| s == subject).unwrap_or_else(|| panic!("no {subject} in {said:?}")).1
}

fn alarm_in(said: &[(String, Value)]) -> &Value {
    let noted = said.iter().find(|(s, b)| s == "ticket.v1.noted" && b["note"] == "alarm");
    &noted.unwrap_or_else(|| panic!("no alarm in {said:?}")).1
}

fn told() -> Value {
    json!({"do": "answer_alarm", "answer": "119", "note": "119 已出警，警单 2026-7"})
}

/// Runs until the alarm's time is over.
async fn unanswered(office: &mut Office) -> Vec<(String, Value)> {
    office.now += TimeDelta::minutes(5) + TimeDelta::milliseconds(1);
    office.expires("K15").await
}

#[tokio::test]
async fn an_alarm_is_raised_at_once_and_again_every_five_minutes_for_an_hour() {
    let (mut office, said) = dangerous(false).await;
    let due: DateTime<Utc> = serde_json::from_value(alarm_in(&said)["reply_due"].clone()).unwrap();
    assert_eq!(due, office.now + TimeDelta::minutes(5));
    assert_eq!(alarm_in(&said)["by"]["clocks"][0]["clock"], "K15");
    assert_eq!((&body(&said, CENTRE)["note"], &body(&said, CENTRE)["urgent"]), (&json!("alarm"), &json!(true)));
    for n in 2..=12 {
        let said = unanswered(&mut office).await;
        let town = format!("queue.v1.{TOWN}.notice");
        assert_eq!(subjects(&said), ["ticket.v1.noted", CENTRE, &town], "the town, which is nearest, is told as well");
        assert!(alarm_in(&said)["text"].as_str().unwrap().starts_with(&format!("第 {n} 次告警")), "{said:?}");
    }
    assert!(unanswered(&mut office).await.is_empty(), "who did not answer for an hour does not answer to the next");
    office.does_whole("CENTRE", "7", told()).await;
}

#[tokio::test]
async fn an_answer_ends_it_once_and_is_given_by_who_knows() {
    let (mut office, said) = dangerous(false).await;
    let order = order_in(&said, "queue.v1.D02.order");
    for stranger in ["D03", "GRID-360802001002"] {
        assert_eq!(answer(&office.acts_whole(stranger, "7", told()).await)["problem"]["code"], "not_yours");
    }
    let said = office.does("D02", order, "7", told()).await;
    let noted = body(&said, "ticket.v1.noted");
    assert_eq!((&noted["alarm"], &noted["by"]["clocks"][0]["change"]), (&json!("119"), &json!("stopped")));
    assert!(unanswered(&mut office).await.is_empty());
    office.refused("D02", order, told(), "no_alarm").await;

    // somebody sees danger again: counted from one, and the town answers
    let said = office.does("D02", order, "7", json!({"do": "alarm", "note": "灯杆要倒，电话13800001022"})).await;
    assert_eq!(alarm_in(&said)["text"], "灯杆要倒，电话138******22");
    unanswered(&mut office).await;
    office.does_whole(TOWN, "7", told()).await;
}

#[tokio::test]
async fn a_person_raises_what_nobody_saw_and_says_that_there_is_nothing() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does_whole("CENTRE", "7", json!({"do": "alarm", "note": "来电人说有人触电"})).await;
    let said = office.does_whole("CENTRE", "7", json!({"do": "urge", "text": "请快"})).await;
    assert_eq!(body(&said, "queue.v1.D02.notice")["urgent"], true);
    office.does("D02", order, "7", json!({"do": "answer_alarm", "answer": "no_danger", "note": "到场查看，灯箱未通电"})).await;
    let said = office.does_whole("CENTRE", "7", json!({"do": "urge", "text": "请快"})).await;
    assert_eq!(body(&said, "queue.v1.D02.notice")["urgent"], false);
}

#[tokio::test]
async fn handing_over_to_the_emergency_line_answers_the_alarm_and_what_is_over_rings_no_more() {
    let (mut office, _) = dangerous(true).await;
    let said = office.does_whole("CENTRE", "7", json!({"do": "hand_over", "to": "emergency", "note": "已转119"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.moved", "ticket.v1.noted"]);
    assert_eq!(body(&said, "ticket.v1.noted")["alarm"], "handed_over");
    assert!(unanswered(&mut office).await.is_empty());

    let (mut office, _) = dangerous(true).await;
    office.does_whole("CENTRE", "7", json!({"do": "hand_over", "to": "petition", "note": "已转信访局"})).await;
    assert_eq!(alarm_in(&unanswered(&mut office).await)["note"], "alarm", "a petition office is no help");

    let (mut office, _) = dangerous(true).await;
    office.does_whole("CENTRE", "7", json!({"do": "refuse", "reason": "no_content", "way": "恶作剧电话"})).await;
    assert!(unanswered(&mut office).await.is_empty());
}
