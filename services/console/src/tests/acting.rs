//! What a clerk does on a ticket's page.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::Path, http::HeaderMap, routing::post};
use contracts::{
    lifecycle::{Act, Note, Role, State},
    ticket::RequestKind,
    work::UnitAct,
};
use serde_json::{Value, json};

use super::{story::Story, world::World};

const PAGE: &str = "/tickets/JZ20261122-000001";

/// Unit, key and body of each act that came.
type Came = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A dispatch that writes down what comes, and refuses what staff number 9 does.
async fn dispatch() -> (String, Came) {
    let came = Came::default();
    let heard = came.clone();
    let act = move |Path(unit): Path<String>, headers: HeaderMap, Json(act): Json<Value>| {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        let refused = act["person"] == "9";
        heard.lock().unwrap().push((unit, key, act));
        let problem = json!({"code": "decided_by_another", "zh": "须由他人决定", "en": "another person decides"});
        async move {
            match refused {
                true => (axum::http::StatusCode::CONFLICT, Json(json!({"outcome": "refused", "problem": problem}))),
                false => (axum::http::StatusCode::OK, Json(json!({"outcome": "done"}))),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/api/v1/units/{unit}/acts", post(act));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, came)
}

/// Forms of the page, by what they do.
fn forms(page: &str) -> Vec<&str> {
    page.split("name=\"do\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

async fn post_act(world: &World, fields: &[(&str, &str)]) -> super::world::Answer {
    let common = [("unit", "CENTRE"), ("person", "CENTRE-003"), ("key", "k1")];
    let form: Vec<_> = fields.iter().chain(common.iter().filter(|(k, _)| fields.iter().all(|(f, _)| f != k))).copied().collect();
    world.post(&format!("{PAGE}/acts"), &form, &[("sec-fetch-site", "same-origin")]).await
}

#[tokio::test]
async fn each_state_offers_what_is_done_there() {
    let (url, _) = dispatch().await;
    for (story, offered) in [
        (Story::new(1).received(), "accept answer_now refuse hand_over ask_info urge alarm supervise merge"),
        (
            Story::new(1).received().classified().dispatched(9).alarm(2, true),
            "answer_alarm recall reclassify urge alarm supervise merge",
        ),
        (Story::new(1).received().classified().dispatched(9), "recall reclassify urge alarm supervise merge"),
        (
            Story::new(1).received().classified().dispatched(9).signed().noted(
                2,
                Note::AskRequest,
                Role::HandlingUnit,
                State::InProgress,
                |f| f.request = Some(RequestKind::Extend),
            ),
            "grant deny reclassify urge alarm supervise merge",
        ),
        (Story::new(1).received().classified().dispatched(9).signed().reported(3), "check urge alarm supervise merge"),
        (
            Story::new(1).received().classified().dispatched(9).signed().reported(3).checked(4, true),
            "call_back no_answer urge alarm supervise merge",
        ),
        (Story::new(1).received().moved(3, Act::Refuse, Role::CallTaker, State::NotAccepted, &[]), ""),
    ] {
        let world = World::with_dispatch(&url).await;
        world.hears_stories(&[story]).await;
        assert_eq!(forms(&world.get(PAGE).await.text).join(" "), offered);
    }
    let world = World::new().await;
    world.hears_stories(&[Story::new(1).received()]).await;
    assert!(forms(&world.get(PAGE).await.text).is_empty(), "without an address there are no forms");
    assert_eq!(post_act(&world, &[("do", "urge"), ("text", "快")]).await.status, 404);
}

/// Every form, filled in as its page offers it, is an act that the contract knows.
#[tokio::test]
async fn a_form_becomes_the_act_that_dispatch_understands() {
    let (url, came) = dispatch().await;
    let world = World::with_dispatch(&url).await;
    world.hears_stories(&[Story::new(1).received(), Story::new(2).received()]).await;
    let lead = Story::new(2).ticket.to_string();
    for (fields, act) in [
        (vec![("do", "accept"), ("class", ""), ("lead", "D02")], json!({"do": "accept", "lead": "D02"})),
        (
            vec![("do", "refuse"), ("reason", "commercial"), ("way", "请联系物业")],
            json!({"do": "refuse", "reason": "commercial", "way": "请联系物业"}),
        ),
        (
            vec![("do", "hand_over"), ("to", "emergency"), ("note", "已转110")],
            json!({"do": "hand_over", "to": "emergency", "note": "已转110"}),
        ),
        (
            vec![("do", "answer_alarm"), ("answer", "120"), ("note", "救护车已出发")],
            json!({"do": "answer_alarm", "answer": "120", "note": "救护车已出发"}),
        ),
        (vec![("do", "ask_info"), ("missing", "灯杆编号")], json!({"do": "ask_info", "missing": "灯杆编号"})),
        (
            vec![("do", "answer_now"), ("knowledge", "0204-03"), ("reply", "18时开灯")],
            json!({"do": "answer_now", "knowledge": "0204-03", "reply": "18时开灯"}),
        ),
        (
            vec![("do", "rule"), ("ruling.kind", "designate"), ("ruling.to", "D03"), ("reason", "权责清单")],
            json!({"do": "rule", "ruling": {"kind": "designate", "to": "D03"}, "reason": "权责清单"}),
        ),
        (
            vec![("do", "rule"), ("ruling.kind", "refuse"), ("ruling.to", ""), ("reason", "权责清单")],
            json!({"do": "rule", "ruling": {"kind": "refuse"}, "reason": "权责清单"}),
        ),
        (vec![("do", "check"), ("pass", "true"), ("reason", "")], json!({"do": "check", "pass": true})),
        (
            vec![
                ("do", "call_back"),
                ("answers.contacted", "true"),
                ("answers.solved", "false"),
                ("answers.satisfied", ""),
                ("answers.upheld", "true"),
            ],
            json!({"do": "call_back", "answers": {"contacted": true, "solved": false, "upheld": true, "tries": 1}}),
        ),
        (vec![("do", "grant"), ("request", "extend")], json!({"do": "grant", "request": "extend"})),
        (
            vec![("do", "supervise"), ("level", "listed"), ("text", "说明"), ("reply_days", "2")],
            json!({"do": "supervise", "level": "listed", "text": "说明", "reply_days": 2}),
        ),
        (
            vec![("do", "merge"), ("into", "jz20261122-000002"), ("same.cause", "true"), ("reason", "同一故障")],
            json!({"do": "merge", "into": lead, "same": {"cause": true}, "reason": "同一故障"}),
        ),
    ] {
        let answer = post_act(&world, &fields).await;
        assert_eq!(
            (answer.status, answer.headers["location"].to_str().unwrap()),
            (303, format!("{PAGE}?done=1").as_str()),
            "{act}"
        );
        let (unit, key, body) = came.lock().unwrap().pop().unwrap();
        assert_eq!((unit.as_str(), key.as_str()), ("CENTRE", "k1"));
        let expected = json!({"ticket": Story::new(1).ticket, "person": "CENTRE-003", "act": act});
        let read = |v: Value| serde_json::from_value::<UnitAct>(v).unwrap();
        assert_eq!(read(body), read(expected));
    }
    assert!(world.get(&format!("{PAGE}?done=1")).await.text.contains("已办理"));
}

#[tokio::test]
async fn what_is_wrong_or_refused_is_said_and_a_form_of_another_site_is_not_taken() {
    let (url, came) = dispatch().await;
    let world = World::with_dispatch(&url).await;
    world.hears_stories(&[Story::new(1).received()]).await;
    for (fields, status, said) in [
        (vec![("do", "urge"), ("text", " ")], 400, "未填写"),
        (vec![("do", "archive")], 400, "没有这个操作"),
        (vec![("do", "merge"), ("into", "JZ1"), ("reason", "x")], 400, "没有这个单号"),
        (vec![("do", "supervise"), ("level", "hard"), ("text", "x"), ("reply_days", "2")], 400, "不符合要求"),
        (vec![("do", "supervise"), ("level", "daily"), ("text", "x"), ("reply_days", "soon")], 400, "应为整数"),
        (vec![("do", "urge"), ("text", "x"), ("unit", "a b")], 400, "单位应为"),
        (vec![("do", "urge"), ("text", "x"), ("person", "")], 400, "不符合要求"),
        (vec![("do", "urge"), ("text", "x"), ("key", "")], 400, "刷新页面"),
    ] {
        let answer = post_act(&world, &fields).await;
        assert_eq!(answer.status, status, "{fields:?}");
        assert!(answer.text.contains(said), "{fields:?}: {}", answer.text);
    }
    assert!(came.lock().unwrap().is_empty());
    let refused = post_act(&world, &[("do", "urge"), ("text", "x"), ("person", "9")]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains(&format!("<a href=\"{PAGE}\">")), "the way back is to the ticket");
    assert!(refused.text.contains("须由他人决定") && refused.text.contains("another person decides"));

    let form = [("do", "urge"), ("text", "x"), ("unit", "CENTRE"), ("person", "1"), ("key", "k")];
    let path = format!("{PAGE}/acts");
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("origin", "http://evil.example")],
        [("origin", "null")],
    ] {
        assert_eq!(world.post(&path, &form, &headers).await.status, 403, "{headers:?}");
    }
    let page = world.get(PAGE).await;
    assert_eq!(page.headers["referrer-policy"], "same-origin", "so that a browser says where the form comes from");
}

#[tokio::test]
async fn dispatch_away_is_said() {
    let world = World::with_dispatch("http://127.0.0.1:1").await;
    world.hears_stories(&[Story::new(1).received()]).await;
    let answer = post_act(&world, &[("do", "urge"), ("text", "x")]).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text.contains("派单服务暂时无法连接"));
}
