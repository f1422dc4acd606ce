//! Rules and periodic work: kept in any order, shown with their material, closed by a person.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::Path, http::HeaderMap, routing::post};
use contracts::{
    lifecycle::{Change, Clock, Note, Role, State},
    rules::Changed,
    supervision::{Closed, Opened},
};
use serde_json::{Value, json};

use super::{
    story::{HOUR, START, Story, at},
    world::World,
};
use crate::{decided::Heard, entity::supervision_task};
use sea_orm::EntityTrait;

fn november() -> Opened {
    Opened {
        task: "monthly-2026-11".parse().unwrap(),
        from: "2026-11-01T00:00:00+08:00".parse().unwrap(),
        to: "2026-12-01T00:00:00+08:00".parse().unwrap(),
        due: at(START + 400 * HOUR),
        at: at(START),
    }
}

fn closed() -> Closed {
    Closed { task: november(), person: "C-1".into(), minutes: "三家单位<限期>整改".into(), closed_at: at(START + HOUR) }
}

#[tokio::test]
async fn a_task_is_the_same_whichever_fact_comes_first_and_how_often() {
    let (opened, closed) = (Heard::Supervision(Box::new(november().into())), Heard::Supervision(Box::new(closed().into())));
    let mut kept = Vec::new();
    for order in [[&opened, &closed, &opened], [&closed, &opened, &closed]] {
        let world = World::new().await;
        world.learns(&order.map(Clone::clone)).await;
        kept.push(supervision_task::Entity::find().all(world.db.read()).await.unwrap());
    }
    assert_eq!(kept[0], kept[1]);
    assert_eq!((kept[0].len(), kept[0][0].minutes.as_deref()), (1, Some("三家单位<限期>整改")));
}

#[tokio::test]
async fn a_task_shows_its_material_with_denominators_and_what_does_not_count() {
    let world = World::new().await;
    world.learns(&[Heard::Supervision(Box::new(november().into()))]).await;
    let open = |n| Story::new(n).received().classified().dispatched(9);
    world
        .hears_stories(&[
            // done in time, done late, overdue, not due yet
            open(1).signed().reported(2),
            open(2).signed().reported(20),
            open(3),
            Story::new(4).received().classified().dispatched(900),
            // out of the assessment
            open(5).signed().reported(20).noted(21, Note::GrantExclusion, Role::Assessor, State::FeedbackReview, |_| {}),
        ])
        .await;
    world.clock.set(at(START + 30 * HOUR));
    let material = world.get("/api/v1/supervision/monthly-2026-11").await.json();
    let unit = &material["units"][0];
    assert_eq!(unit["unit"], "D02", "{material}");
    let counts: Vec<i64> =
        ["received", "excluded", "counted", "overdue", "not_due"].iter().map(|k| unit[k].as_i64().unwrap()).collect();
    assert_eq!(counts, [5, 1, 4, 1, 1], "{unit}");
    assert_eq!(unit["in_time"], json!({"numerator": 1, "denominator": 3}), "{unit}");
    assert_eq!(unit["done"], json!({"numerator": 2, "denominator": 4}));
    assert_eq!(material["all"]["received"], 5);
    let page = world.get("/supervision/monthly-2026-11").await.text;
    assert!(page.contains("33.3 %") && page.contains("1/3") && page.contains("一月一调度"), "{page}");
    assert!(!page.contains("<textarea"), "there is no dispatch to close it");
    let english = world.get("/supervision?lang=en").await.text;
    assert!(english.contains("monthly dispatch meeting") && english.contains("2026-11-01 – 2026-11-30"), "{english}");
    for wrong in ["monthly-2026-10", "monthly-2026-99", "..%2F..", "x"] {
        assert_eq!(world.get(&format!("/supervision/{wrong}")).await.status, 404, "{wrong}");
        assert_eq!(world.get(&format!("/api/v1/supervision/{wrong}")).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_task_is_closed_with_minutes_from_our_own_page_only() {
    let came: Arc<Mutex<Vec<(String, String, Value)>>> = Arc::default();
    let heard = came.clone();
    let close = move |Path(task): Path<String>, headers: HeaderMap, Json(body): Json<Value>| {
        heard.lock().unwrap().push((task, headers["idempotency-key"].to_str().unwrap().to_owned(), body));
        async { Json(json!({"outcome": "done"})) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/api/v1/supervision/{task}/close", post(close));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let world = World::with_dispatch(&url).await;
    world.learns(&[Heard::Supervision(Box::new(november().into()))]).await;
    assert!(world.get("/supervision/monthly-2026-11").await.text.contains("<textarea"));
    let form = [("key", "k-1"), ("person", "C-1"), ("minutes", "限期整改")];
    let page = "/supervision/monthly-2026-11/close";
    let foreign = world.post(page, &form, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, 403);
    let done = world.post(page, &form, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((done.status, done.headers["location"].to_str().unwrap()), (303, "/supervision/monthly-2026-11?done=1"));
    let came = came.lock().unwrap().clone();
    assert_eq!(came, [("monthly-2026-11".into(), "k-1".into(), json!({"person": "C-1", "minutes": "限期整改"}))]);
    world.learns(&[Heard::Supervision(Box::new(closed().into()))]).await;
    let page = world.get("/supervision/monthly-2026-11").await.text;
    assert!(page.contains("三家单位&#60;限期&#62;整改") && !page.contains("<textarea"), "{page}");
}

#[tokio::test]
async fn a_tickets_page_tells_how_its_deadlines_came_about_by_the_rules_of_then() {
    let world = World::new().await;
    let policy = sla::Policy { version: "试行-2".into(), ..sla::Policy::default() };
    let changed = Changed {
        version: 1,
        policy: serde_json::to_value(&policy).unwrap(),
        calendar_version: sla::Calendar::builtin().version().to_owned(),
        calendar: None,
        duty: Vec::new(),
        person: "管-1".into(),
        reason: "试行".into(),
        at: at(START),
    };
    world.learns(&[Heard::Rules(Box::new(changed))]).await;
    let terms = sla::Terms {
        class: Some(contracts::lifecycle::Class::Coordination),
        ..sla::Terms::new(sla::Calendar::builtin(), &policy)
    };
    let k5 = contracts::lifecycle::ClockEffect { clock: Clock::K5, change: Change::Started };
    let mut story = Story::new(1).received().classified().dispatched(9);
    let told = &mut story.heard.last_mut().unwrap().fact;
    let crate::handlers::Fact::Ticket(fact, _) = told else { panic!() };
    let contracts::ticket::TicketFact::Dispatched(f) = &mut **fact else { panic!() };
    f.by.clocks = sla::ClockBook::default().apply(&[k5], &terms, f.at).unwrap();
    let body = contracts::family::Family::encode(&**fact);
    story.heard.last_mut().unwrap().body = body;
    world.hears_stories(&[story]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    assert!(page.contains("时限的由来") && page.contains("全部时限复算一致"), "{page}");
    assert!(page.contains("K5 办理时限：开始 5 个工作日") && page.contains("规则 试行-2"), "{page}");
    let page = world.get("/tickets/JZ20261122-000001?lang=en").await.text;
    assert!(page.contains("How the deadlines came about") && page.contains("Every deadline is confirmed."), "{page}");
}
