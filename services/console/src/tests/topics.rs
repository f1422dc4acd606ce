//! Facts about clusters in, the list of topics and each topic's page out.

use axum::{Json, Router, routing::post};
use contracts::{
    cluster::{ClusterFact, Heated, Member, Proposed, Repeated, Sensitive, Topic},
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
