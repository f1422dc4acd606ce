//! The list: filters, pages, lamps, and which index answers.

use contracts::lifecycle::Class;
use outbox::Tx;
use sea_orm::{ConnectionTrait, DbBackend, QuerySelect, QueryTrait, Statement};

use super::{
    story::{HOUR, START, Story, at, unit},
    world::{World, numbers},
};
use crate::{
    filter::{Filter, Page},
    lamp::Lamp,
    store,
};

/// Tickets in every place that a filter looks at.
fn city() -> Vec<Story> {
    let grid = unit("GRID-360802001002");
    vec![
        Story::new(1).received(),
        Story::new(2).received().classified().dispatched(10),
        Story::new(3).received().classified().dispatched(20).signed(),
        Story { unit: grid, class: Class::Simple, division: Some("360802001002"), ..Story::new(4) }
            .received()
            .classified()
            .dispatched(2),
        Story { unit: unit("D03"), division: Some("360802002000"), ..Story::new(5) }
            .received()
            .classified()
            .dispatched(30)
            .signed(),
        Story::new(6).received().classified().dispatched(9).signed().reported(5).checked(6, true).closed(7),
        Story { division: None, class: Class::KeyDifficult, ..Story::new(7) }.received().classified(),
    ]
}

fn short(numbers: Vec<String>) -> String {
    numbers.iter().map(|n| n.trim_start_matches("JZ20261122-00000")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn each_filter_shows_its_tickets_newest_first() {
    let world = World::new().await;
    world.hears_stories(&city()).await;
    for (query, expected) in [
        ("", "7 6 5 4 3 2 1"),
        ("state=IN_PROGRESS", "5 3"),
        ("state=DISPATCHED,CLOSED", "6 4 2"),
        ("unit=D02", "7 6 3 2"),
        ("unit=-", "1"),
        ("division=360802001001", "6 3 2 1"),
        ("division=360802001000", "6 4 3 2 1"),
        ("division=-", "7"),
        ("class=simple", "4"),
        ("class=key-difficult", "7"),
        ("number=jz20261122-000003", "3"),
        ("number=JZ20261122-999999", ""),
        ("unit=D02&state=IN_PROGRESS&class=coordination", "3"),
        ("lamp=done", "6"),
        ("state=&unit=&lamp=", "7 6 5 4 3 2 1"),
    ] {
        assert_eq!(short(world.numbers(query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn the_lamp_is_asked_of_the_database_and_agrees_with_the_deadline_rule() {
    let world = World::new().await;
    let stories = city();
    world.hears_stories(&stories).await;
    let due = |hours: i64, story: &Story| (story.start + hours * HOUR * 8 / 10, story.start + hours * HOUR);
    // the four tickets whose clock runs, at every edge of each
    let running =
        [(1, 10), (2, 20), (3, 2), (4, 30)].map(|(i, hours): (usize, i64)| (stories[i].number.clone(), due(hours, &stories[i])));
    let edges = running.iter().flat_map(|(_, (warn, due))| [warn - 1, *warn, *due, due + 1]);
    for now in edges {
        for (lamp, same) in [(Lamp::Green, sla::Lamp::Green), (Lamp::Yellow, sla::Lamp::Yellow), (Lamp::Red, sla::Lamp::Red)] {
            let filter = Filter { lamp: Some(lamp), ..Filter::default() };
            let rows = store::list(&world.db, &filter, 50, now).await.unwrap().rows;
            let mut found: Vec<&str> = rows.iter().map(|r| r.number.as_str()).collect();
            found.sort_unstable();
            let expected = running.iter().filter(|(_, (warn, due))| sla::lamp(at(now), at(*warn), at(*due)) == same);
            assert_eq!(found, expected.map(|(n, _)| n.as_str()).collect::<Vec<_>>(), "{lamp:?} at {now}");
            assert!(rows.iter().all(|r| Lamp::of(r, now) == Some(lamp)));
        }
        let counts = store::running(&world.db, now).await.unwrap();
        assert_eq!(counts.green + counts.yellow + counts.red, 4);
    }
}

#[tokio::test]
async fn paging_has_no_hole_and_no_double_both_ways_while_new_tickets_come_in() {
    let world = World::new().await;
    // three at each instant, so that a page ends in the midst of them
    let stories: Vec<Story> = (1..=37).map(|n| Story { start: START + (n / 3) * 60_000, ..Story::new(n) }.received()).collect();
    world.hears_stories(&stories).await;
    let mut forward: Vec<String> = Vec::new();
    let mut cursor = String::new();
    let mut pages = Vec::new();
    loop {
        let answer = world.get(&format!("/api/v1/tickets?before={cursor}&limit=5")).await.json();
        pages.push(numbers(&answer));
        forward.extend(numbers(&answer));
        if forward.len() == 5 {
            let late = Story { start: START + 99 * 60_000, ..Story::new(99) }.received();
            world.hears_stories(&[late]).await;
        }
        let Some(next) = answer["older"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    let mut expected: Vec<&Story> = stories.iter().collect();
    expected.sort_by_key(|s| std::cmp::Reverse((s.start, s.ticket.to_string())));
    assert_eq!(forward, expected.iter().map(|s| s.number.clone()).collect::<Vec<_>>());

    let last = world.get(&format!("/api/v1/tickets?before={cursor}&limit=5")).await.json();
    let mut back = vec![numbers(&last)];
    let mut newer = last["newer"].as_str().map(str::to_owned);
    while let Some(cursor) = newer {
        let answer = world.get(&format!("/api/v1/tickets?after={cursor}&limit=5")).await.json();
        back.push(numbers(&answer));
        newer = answer["newer"].as_str().map(str::to_owned);
    }
    back.reverse();
    let back: Vec<String> = back.concat();
    assert_eq!(back[0], "JZ20261122-000099", "what came in meanwhile is on the newest page");
    assert_eq!(back[1..], forward[..]);
}

#[tokio::test]
async fn every_filter_is_answered_by_an_index() {
    let world = World::new().await;
    // one connection, which has read: EXPLAIN does not notice a schema that changed since
    let tx = world.db.write().await.unwrap();
    store::rows(&tx, &[String::new()]).await.unwrap();
    let cursor = format!("{START}.{}", Story::new(1).ticket);
    for (query, index) in [
        ("", "ticket_received"),
        ("state=IN_PROGRESS", "ticket_state"),
        ("state=FEEDBACK_REVIEW,PENDING_CALLBACK", "ticket_state"),
        ("unit=D02", "ticket_unit"),
        ("unit=-", "ticket_unit"),
        ("division=360802001000", "ticket_town"),
        ("division=360802001001", "ticket_town"),
        ("class=simple", "ticket_received"),
        ("number=JZ20261122-000003", "sqlite_autoindex_ticket"),
        ("lamp=red", "ticket_clock"),
        ("lamp=yellow", "ticket_clock"),
        ("lamp=green", "ticket_clock"),
        ("alarm=waiting", "ticket_alarm"),
    ] {
        for page in ["", "before", "after"] {
            let mut pairs: Vec<(String, String)> =
                query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
            if !page.is_empty() {
                pairs.push((page.into(), cursor.clone()));
            }
            let filter = Filter::read(&pairs).unwrap();
            let plan = plan(&tx, &filter).await;
            assert!(plan.contains(index), "{query} {page}: {plan}");
        }
    }
    let counts =
        "EXPLAIN QUERY PLAN SELECT unit, state, COUNT(*), COUNT(warn_ms + due_ms + done_ms) FROM ticket GROUP BY unit, state";
    let plan = explain(&tx, Statement::from_string(DbBackend::Sqlite, counts)).await;
    assert!(plan.contains("COVERING INDEX ticket_unit"), "{plan}");
}

async fn plan(tx: &Tx, filter: &Filter) -> String {
    let built = store::select(filter, START).limit(51).build(DbBackend::Sqlite);
    let mut statement = built.clone();
    statement.sql = format!("EXPLAIN QUERY PLAN {}", built.sql);
    explain(tx, statement).await
}

async fn explain(tx: &Tx, statement: Statement) -> String {
    let rows = tx.query_all_raw(statement).await.unwrap();
    rows.iter().map(|r| r.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn alarms_that_wait_are_counted_listed_and_gone_when_answered() {
    let world = World::new().await;
    let dangerous = |n| Story::new(n).received().classified().dispatched(9).alarm(2, true);
    world.hears_stories(&[dangerous(1), Story::new(2).received(), dangerous(3).alarm(3, false)]).await;
    let page = world.get("/tickets?alarm=waiting").await.text;
    assert!(page.contains("JZ20261122-000001") && !page.contains("JZ20261122-000002") && !page.contains("JZ20261122-000003"));
    assert!(page.contains(r#"href="/tickets?alarm=waiting">告警待处置 <b>1</b>"#), "{page}");
    assert!(world.get("/tickets/JZ20261122-000001").await.text.contains("告警待处置："));
    assert!(!world.get("/tickets/JZ20261122-000003").await.text.contains("告警待处置："));
    assert_eq!(world.get("/tickets?alarm=1").await.status, 400);
}

#[test]
fn a_filter_survives_the_way_into_a_link_and_back() {
    let query = "state=DISPATCHED,CLOSED&unit=D02&division=360802001001&lamp=red&alarm=waiting&class=simple&number=JZ1&limit=7";
    let pairs: Vec<(String, String)> =
        query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
    let filter = Filter::read(&pairs).unwrap();
    assert_eq!(filter.link(Page::Newest), format!("/tickets?{query}"));
}
