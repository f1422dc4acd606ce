//! Facts about clusters in, the list of topics and each topic's page out.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::Path, http::HeaderMap, routing::post};
use contracts::{
    cluster::{ClusterFact, ClusterState, ClusterStep, Heated, Member, Moved, Proposed, Repeated, Sensitive, Topic},
    envelope::Inbound,
    id::{ClusterId, MessageId, TicketId},
};
use outbox::Handler;
use serde_json::{Value, json};

use super::{
    story::{START, at},
    world::World,
};
use crate::topics::{Topics, fold::Told};

fn id(n: i64) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &n.to_string())
}

/// A topic of which one ticket came each `every` days, the last at [`START`].
fn topic(name: i64, tickets: i64, every: i64) -> Topic {
    let when = |n: i64| at(START) - chrono::TimeDelta::days(every * (tickets - 1 - n)) - chrono::TimeDelta::minutes(1);
    let own =
        |n: i64| Member { ticket: id(name * 100 + n), number: format!("JZ20260302-{:06}", name * 100 + n), received_at: when(n) };
    Topic {
        cluster: ClusterId::derive(id(name * 100)),
        first: id(name * 100),
        category: "0401".into(),
        division: Some("360802001001".parse().unwrap()),
        text: format!("第{name}号小区停水"),
        tickets: u32::try_from(tickets).unwrap(),
        people: u32::try_from(tickets).unwrap(),
        members: (0..tickets).map(own).collect(),
        at: at(START),
    }
}

async fn folds(world: &World, facts: &[ClusterFact]) {
    for fact in facts {
        let message = Inbound { id: MessageId::of_event("test", "1"), seq: None, now: at(START), body: Told(fact.clone()) };
        let tx = world.db.write().await.unwrap();
        let mut desk = Topics.load(&tx, std::slice::from_ref(&message)).await.unwrap();
        Topics.decide(&mut desk, &message).unwrap();
        Topics.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn facts() -> Vec<ClusterFact> {
    let (few, many) = (topic(1, 3, 0), topic(1, 5, 0));
    let heated = Heated { topic: Topic { members: vec![], ..many.clone() }, recent: 5, hours: 24 };
    let grown = contracts::cluster::Grown { topic: Topic { members: many.members[3..].to_vec(), ..many } };
    vec![
        Proposed { topic: few }.into(),
        grown.into(),
        heated.into(),
        Proposed { topic: topic(2, 6, 9) }.into(),
        Sensitive {
            ticket: id(9),
            number: "JZ20260302-000009".into(),
            kinds: vec!["群体访".into()],
            words: vec!["集体上访".into()],
            at: at(START),
        }
        .into(),
        Repeated {
            ticket: id(8),
            number: "JZ20260302-000008".into(),
            of: id(7),
            of_number: "JZ20260302-000007".into(),
            at: at(START),
        }
        .into(),
    ]
}

#[tokio::test]
async fn topics_are_listed_whatever_order_they_were_told_in() {
    let mut lists = Vec::new();
    for back in [false, true] {
        let world = World::new().await;
        let mut facts = facts();
        if back {
            facts.reverse();
        }
        folds(&world, &facts).await;
        folds(&world, &facts).await;
        let mut list = world.get("/api/v1/topics").await.json();
        list["at"] = Value::Null;
        lists.push(list);
        let page = world.get("/topics?days=30").await.text;
        assert!(page.contains("第1号小区停水") && page.contains("热点") && page.contains("反复出现"), "{page}");
        assert!(page.contains("群体访：集体上访") && page.contains("JZ20260302-000007"));
        assert!(world.get("/topics?lang=en").await.text.contains("recurrent"));
    }
    assert_eq!(lists[0], lists[1]);
    let topics = lists[0]["topics"].as_array().unwrap();
    let seen: Vec<Value> =
        topics.iter().map(|t| json!([t["now"], t["before"], t["tickets"], t["hot"], t["recurrent"]])).collect();
    assert_eq!(seen, [json!([5, 0, 5, true, false]), json!([1, 1, 6, false, true])]);
}

#[tokio::test]
async fn a_topic_has_its_page_and_wrong_addresses_are_told_so() {
    let world = World::new().await;
    folds(&world, &facts()).await;
    let topic = ClusterId::derive(id(100));
    assert!(world.get(&format!("/topics/{topic}")).await.text.contains("第1号小区停水"));
    assert_eq!(world.get(&format!("/api/v1/topics/{topic}")).await.json()["people"], 5);
    for (path, status) in
        [("/topics/none", 404), ("/api/v1/topics/none", 404), ("/topics?days=8", 400), ("/api/v1/topics?x=1", 400)]
    {
        assert_eq!(world.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_clerk_finds_what_is_like_a_report_and_its_words_stand_in_no_address() {
    let answer = json!({"category": "0401", "searched": 1, "similar": [{"number": "JZ20260302-000101", "category_name": "供水", "text": "停水了<b>"}]});
    let router = Router::new().route(
        "/api/v1/similar",
        post(move |Json(asked): Json<Value>| async move {
            assert_eq!(asked["text"], "没水用");
            Json(answer)
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let world = World::beside("", &address).await;
    let page = world.post("/topics", &[("text", "没水用")], &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("JZ20260302-000101") && page.text.contains("停水了&#60;b&#62;"), "{}", page.text);
    assert!(!World::new().await.get("/topics").await.text.contains("<textarea"), "without classification there is no form");
}

fn moved(seq: u32, step: ClusterStep, state: ClusterState, by: Option<(&str, &str)>) -> ClusterFact {
    let (text, person) = by.map(|(text, person)| (text.to_owned(), person.to_owned())).unzip();
    let unit = (state != ClusterState::Refused).then(|| "D26".parse().unwrap());
    let cluster = ClusterId::derive(id(100));
    Moved { cluster, seq, step, state, unit, text, person, tickets: 5, people: 5, at: at(START) }.into()
}

/// The acts that a page offers.
fn offered(page: &str) -> Vec<&str> {
    page.split("name=\"do\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn what_was_done_with_a_cluster_is_shown_and_the_next_acts_are_offered() {
    let path = format!("/topics/{}", ClusterId::derive(id(100)));
    let steps = [
        moved(1, ClusterStep::Confirm, ClusterState::Confirmed, Some(("水泵<b>损坏", "CENTRE-003"))),
        moved(2, ClusterStep::Handle, ClusterState::Handled, Some(("已更换水泵", "CENTRE-004"))),
        moved(3, ClusterStep::Tell, ClusterState::Told, None),
        moved(4, ClusterStep::Close, ClusterState::Closed, Some(("已恢复供水", "CENTRE-003"))),
    ];
    for (n, acts, state) in [
        (0, "confirm refuse", "待核实"),
        (1, "refuse handle", "已查明原因"),
        (2, "", "已处置，正在告知"),
        (3, "close", "已逐一告知"),
        (4, "", "已办结"),
    ] {
        let world = World::with_dispatch("http://127.0.0.1:1").await;
        folds(&world, &facts()).await;
        let told: Vec<ClusterFact> = steps[..n].iter().rev().chain(&steps[..n]).cloned().collect();
        folds(&world, &told).await;
        let page = world.get(&path).await.text;
        assert_eq!(offered(&page).join(" "), acts, "after {n} steps");
        assert!(page.contains(state), "{page}");
        assert!(world.get("/topics").await.text.contains(state));
        let json = world.get(&format!("/api/v1{path}")).await.json();
        assert_eq!(json["steps"].as_array().map(Vec::len), Some(n));
    }
    let world = World::new().await;
    folds(&world, &facts()).await;
    folds(&world, &steps).await;
    let page = world.get(&format!("{path}?lang=en")).await.text;
    for said in ["水泵&#60;b&#62;损坏", "CENTRE-003", "CENTRE-004", "已更换水泵", "by rule", "closed"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(offered(&page).is_empty(), "without an address there are no forms");
}

#[tokio::test]
async fn a_clerk_takes_a_cluster_further_and_a_form_of_another_site_is_not_taken() {
    let came: Arc<Mutex<Vec<(String, String, Value)>>> = Arc::default();
    let heard = came.clone();
    let act = move |Path(cluster): Path<String>, headers: HeaderMap, Json(body): Json<Value>| {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        let refused = body["act"]["do"] == "close";
        heard.lock().unwrap().push((cluster, key, body));
        let problem = json!({"code": "cluster_state", "zh": "不能这样办理", "en": "that can't be done now"});
        async move {
            match refused {
                true => (axum::http::StatusCode::CONFLICT, Json(problem)),
                false => (axum::http::StatusCode::OK, Json(json!({"outcome": "done"}))),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/api/v1/clusters/{cluster}/acts", post(act));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let world = World::with_dispatch(&url).await;
    folds(&world, &facts()).await;
    let cluster = ClusterId::derive(id(100)).to_string();
    let (path, own) = (format!("/topics/{cluster}/acts"), [("sec-fetch-site", "same-origin")]);
    let form = [("do", "confirm"), ("cause", " 水泵损坏 "), ("unit", "D26"), ("person", "CENTRE-003"), ("key", "k-1")];
    let answer = world.post(&path, &form, &own).await;
    assert_eq!(
        (answer.status, answer.headers["location"].to_str().unwrap()),
        (303, format!("/topics/{cluster}?done=1").as_str())
    );
    let body = json!({"person": "CENTRE-003", "act": {"do": "confirm", "cause": "水泵损坏", "unit": "D26"}});
    assert_eq!(came.lock().unwrap().pop().unwrap(), (cluster.clone(), "k-1".to_owned(), body));
    assert!(world.get(&format!("/topics/{cluster}?done=1")).await.text.contains("已办理"));

    let close = [("do", "close"), ("note", "完"), ("person", "1"), ("key", "k-2")];
    let refused = world.post(&path, &close, &own).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("不能这样办理"), "{}", refused.text);
    let before = came.lock().unwrap().len();
    assert_eq!(world.post(&path, &form, &[("sec-fetch-site", "cross-site")]).await.status, 403);
    assert_eq!(world.post(&path, &[("do", "destroy"), ("key", "k-3")], &own).await.status, 400);
    assert_eq!(world.post("/topics/none/acts", &form, &own).await.status, 404);
    assert_eq!(came.lock().unwrap().len(), before);
}
