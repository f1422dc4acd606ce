//! Alarms on a real database: once, whoever dies and however many look.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::ticket::Class;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryTrait, Statement};

use super::{
    facts::*,
    rows::{Replica, on_each},
};
use crate::{
    alarms::Fired,
    entity::{ActiveModel, Entity},
    store,
    witness::{self, Missed},
};

const START: &str = "2026-03-02T01:00:00Z";

fn minutes(n: i64) -> DateTime<Utc> {
    at(START) + TimeDelta::minutes(n)
}

fn kinds(fired: &[Fired]) -> Vec<String> {
    fired.iter().map(|f| said(&f.message).0).collect()
}

#[tokio::test]
async fn each_alarm_once_with_two_replicas_and_a_restart() {
    on_each(async |url| {
        let (mut a, mut b) = (Replica::start(&url).await, Replica::start(&url).await);
        a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
        let steps = [(96, "warned"), (120, "overdue"), (180, "escalated-1"), (240, "escalated-2"), (360, "escalated-3")];
        let mut ids = HashSet::new();
        for (minute, kind) in steps {
            let early = minutes(minute) - TimeDelta::milliseconds(1);
            assert!(b.fires(early, 500).await.is_empty() && a.fires(early, 500).await.is_empty());
            assert_eq!(store::next(a.db.read()).await.unwrap(), Some(minutes(minute)));
            let fired = b.fires(minutes(minute), 500).await;
            assert_eq!(kinds(&fired), [kind]);
            assert_eq!(fired[0].late_ms, 0);
            assert!(a.fires(minutes(minute), 500).await.is_empty() && b.fires(minutes(minute), 500).await.is_empty());
            assert!(ids.insert(fired[0].message.id));
            // the same fact again, and both replicas anew
            a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
            a.db.close().await.unwrap();
            b.db.close().await.unwrap();
            (a, b) = (Replica::start(&url).await, Replica::start(&url).await);
            std::mem::swap(&mut a, &mut b);
        }
        assert_eq!(store::next(a.db.read()).await.unwrap(), None);
        assert!(a.fires(minutes(100_000), 500).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_outage_is_made_up_for_at_once() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
        a.db.close().await.unwrap();
        let b = Replica::start(&url).await;
        let fired = b.fires(minutes(121), 500).await;
        assert_eq!(kinds(&fired), ["warned", "overdue"]);
        let (_, clock, _) = said(&fired[1].message);
        assert_eq!((clock.at, clock.due, clock.late_ms), (minutes(120), minutes(120), 60_000));
        assert_eq!(said(&fired[0].message).1.late_ms, 25 * 60_000);
        assert!(b.fires(minutes(121), 500).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_dies_before_the_commit_has_said_nothing() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
        let (tx, lost) = a.begins_firing(minutes(120), 500).await;
        drop(tx);
        // its locks are gone once the database knows that it is
        a.db.close().await.unwrap();
        assert_eq!(kinds(&lost), ["warned", "overdue"]);
        assert_eq!(Replica::start(&url).await.fires(minutes(120), 500).await, lost);
    })
    .await;
}

#[tokio::test]
async fn a_clock_stops_goes_on_and_stays_what_it_is_in_its_row() {
    on_each(async |url| {
        let (a, t) = (Replica::start(&url).await, ticket(1));
        a.hears(&[(5, reported(t, minutes(50)))]).await;
        a.hears(&[(3, dispatched(t, 1, Class::KeyDifficult, minutes(0)))]).await;
        let stopped = a.row(1).await.unwrap();
        assert_eq!((stopped.next_ms, stopped.clocks.as_str()), (None, r#"{"K1":{"seq":3},"K5":{"seq":5,"anew":3}}"#));
        assert!(stopped.promise.is_some());
        a.hears(&[(6, checked(t, false, minutes(70))), (4, return_ruled(t, true, minutes(60)))]).await;
        let going = a.row(1).await.unwrap();
        let since = minutes(70).timestamp_millis();
        assert_eq!(
            (going.clocks, going.version),
            (format!(r#"{{"K1":{{"seq":3}},"K5":{{"seq":6,"anew":3,"since":{since}}}}}"#), 3)
        );
        assert!(going.next_ms.is_some());
        let going = a.row(1).await.unwrap();
        // what comes again changes nothing, not even the version
        a.hears(&[(3, dispatched(t, 1, Class::KeyDifficult, minutes(0))), (5, reported(t, minutes(50)))]).await;
        assert_eq!(a.row(1).await.unwrap(), going);
        a.hears(&[(7, reported(t, minutes(80))), (8, checked(t, true, minutes(90))), (9, closed(t, minutes(95)))]).await;
        assert!(a.fires(minutes(1_000_000), 500).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn two_replicas_at_the_same_time_share_a_burst() {
    const CLOCKS: usize = 600;
    on_each(async |url| {
        let (a, b) = (Replica::start(&url).await, Replica::start(&url).await);
        let facts: Vec<_> = (0..CLOCKS).map(|n| (3, dispatched(ticket(n), 1, Class::Simple, minutes(0)))).collect();
        for batch in facts.chunks(256) {
            a.hears(batch).await;
        }
        let mut fired = Vec::new();
        if a.db.backend() == DbBackend::Postgres {
            // what one has in hand the other passes over, without waiting
            let (tx, in_hand) = a.begins_firing(minutes(96), 40).await;
            fired.extend(b.fires(minutes(96), 40).await);
            tx.commit().await.unwrap();
            fired.extend(in_hand);
            assert_eq!(fired.len(), 80);
        }
        let all = async |replica: &Replica| {
            let mut fired = Vec::new();
            while store::next(replica.db.read()).await.unwrap().is_some_and(|next| next <= minutes(96)) {
                fired.extend(replica.fires(minutes(96), 40).await);
            }
            fired
        };
        let (by_a, by_b) = tokio::join!(all(&a), all(&b));
        fired.extend(by_a.into_iter().chain(by_b));
        let tickets: HashSet<_> = fired.iter().map(|f| f.message.ticket).collect();
        assert_eq!((fired.len(), tickets.len()), (CLOCKS, CLOCKS));
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
        let mut broken = a.row(1).await.unwrap();
        broken.ticket_id = ticket(2).to_string();
        broken.clocks = "clocks of a later version".to_owned();
        Entity::insert(ActiveModel::from(broken)).exec(a.db.read()).await.unwrap();
        assert_eq!(kinds(&a.fires(minutes(96), 500).await), ["warned"]);
        assert!(a.fires(minutes(96), 500).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_witness_finds_what_was_not_fired_and_nothing_else() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for (n, minute) in [(1, 0), (2, 7)] {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(minute)))]).await;
        }
        // a burst may take half a minute
        assert_eq!(witness::look(&a.db, minutes(96) + TimeDelta::seconds(30)).await.unwrap(), None);
        let late = minutes(96) + TimeDelta::milliseconds(30_001);
        assert_eq!(witness::look(&a.db, late).await.unwrap(), Some(Missed { tickets: 1, oldest: minutes(96) }));
        assert_eq!(witness::look(&a.db, minutes(110)).await.unwrap().map(|m| m.tickets), Some(2));
        a.fires(minutes(104), 500).await;
        assert_eq!(witness::look(&a.db, minutes(110)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn looking_for_alarms_reads_only_the_index_of_alarms() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        let backend = a.db.backend();
        let explain = match backend {
            DbBackend::Postgres => "EXPLAIN",
            _ => "EXPLAIN QUERY PLAN",
        };
        let due = |urgent| store::due_query(urgent, minutes(0), 500).build(backend);
        for (query, index) in
            [(due(true), "clock_urgent"), (due(false), "clock_next"), (store::next_query().build(backend), "clock_next")]
        {
            let tx = a.db.write().await.unwrap();
            if backend == DbBackend::Postgres {
                // an empty table is scanned otherwise
                tx.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off").await.unwrap();
            }
            // executed first: SQLite explains by the schema that the connection knows and looks for a newer one only
            // when it executes
            tx.query_all_raw(query.clone()).await.unwrap();
            let statement = Statement { sql: format!("{explain} {}", query.sql), ..query.clone() };
            let rows = tx.query_all_raw(statement).await.unwrap();
            let column = if backend == DbBackend::Postgres { "QUERY PLAN" } else { "detail" };
            let plan: Vec<String> = rows.iter().map(|r| r.try_get("", column).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(index), "{}\n{plan}", query.sql);
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
        }
    })
    .await;
}
