//! Callbacks on their way, over real HTTP to a simulated platform. Time is moved, never waited for.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use contracts::id::TicketId;
use hotline_bridge::{courier::Courier, entity::attempt, metrics::Metrics, store::ledger};

use crate::{
    config,
    hotline_platform::{HotlinePlatform, Outage, WORDS_12345},
    outward::story,
    store::{Store, places},
};

const SECRET: &str = "between-us";

/// Plays a test with a platform for 12345, on each database.
async fn with_platform(play: impl AsyncFn(HotlinePlatform, Store)) {
    for place in places().await {
        let platform = HotlinePlatform::start(WORDS_12345, SECRET).await.unwrap();
        let url = platform.callback_url();
        // waits far longer than a slow machine takes for a step of a test
        let own = [
            ("hotline.retry_first_ms", "60000"),
            ("hotline.connections.12345.callback_url", url.as_str()),
            ("hotline.connections.12345.secret", SECRET),
        ];
        let store = Store::open(place, config(&own).unwrap()).await;
        play(platform, store).await;
    }
}

fn courier(store: &Store) -> Courier {
    Courier::new("12345", &store.config, store.db.clone(), store.clock.clone(), Arc::<Metrics>::default()).unwrap()
}

/// The ticket's story from seq `from` on is heard, `n` facts of it.
async fn hears(store: &Store, ticket: TicketId, from: usize, n: usize) {
    let facts = story(ticket).into_iter().zip(4..).skip(from - 4).take(n);
    store.handle(&facts.map(|(fact, seq)| store.fact(seq, fact)).collect::<Vec<_>>()).await;
}

/// Makes everything due that waits.
fn later(store: &Store) {
    store.clock.advance(TimeDelta::minutes(5));
}

fn ends(attempts: &[attempt::Model]) -> Vec<(i32, Option<i32>, Option<&str>)> {
    attempts.iter().map(|a| (a.n, a.http_status, a.error.as_deref())).collect()
}

#[tokio::test]
async fn a_platform_that_was_down_three_times_is_told_once() {
    for (outage, status, error) in [(Outage::Answers(500), Some(500), None), (Outage::Resets, None, Some("broken"))] {
        with_platform(async |platform, store| {
            let ticket = store.taken("A1").await;
            hears(&store, ticket, 7, 1).await;
            let courier = courier(&store);
            platform.down_for(3, outage);
            for n in 1..=3 {
                assert!(courier.round().await.unwrap() > Duration::ZERO);
                assert_eq!(platform.calls().len(), n);
                // not due again before its time
                courier.round().await.unwrap();
                assert_eq!(platform.calls().len(), n);
                let wait = store.callbacks().await[0].next_ms - store.clock.now().timestamp_millis();
                assert!((0..=60_000 << (n - 1)).contains(&wait), "wait {n}: {wait}");
                store.clock.advance(TimeDelta::milliseconds(wait));
            }
            assert_eq!(courier.round().await.unwrap(), Duration::ZERO);
            later(&store);
            courier.round().await.unwrap();

            let closed = platform.closed("A1").await;
            assert!(closed.signed && closed.connection == "12345" && closed.seq == 7, "{closed:?}");
            assert_eq!((platform.calls().len(), platform.taken().len()), (4, 1));
            let read: HashSet<_> =
                platform.calls().into_iter().filter(|c| c.answered.is_some()).map(|c| (c.key, c.body)).collect();
            assert_eq!(read.len(), 1, "the same key and body each time");
            let row = store.callbacks().await.remove(0);
            assert_eq!((row.status.as_str(), row.attempts, row.callback_id), ("delivered", 4, closed.key));
            let attempts = store.attempts().await;
            assert!(attempts.iter().all(|a| a.duration_ms.is_some()));
            assert_eq!(ends(&attempts), [(1, status, error), (2, status, error), (3, status, error), (4, Some(200), None)]);
        })
        .await;
    }
}

#[tokio::test]
async fn callbacks_of_a_ticket_arrive_in_order_and_hold_up_no_other_ticket() {
    with_platform(async |platform, store| {
        let (one, other) = (store.taken("A1").await, store.taken("A2").await);
        // heard the wrong way round
        hears(&store, one, 6, 2).await;
        hears(&store, one, 4, 2).await;
        platform.down_for(1, Outage::Answers(503));
        let courier = courier(&store);
        courier.round().await.unwrap();
        assert_eq!(platform.calls().iter().map(|c| c.seq).collect::<Vec<_>>(), [4], "those behind the first wait");
        hears(&store, other, 7, 1).await;
        courier.round().await.unwrap();
        assert_eq!(platform.taken().iter().map(|c| c.order_no.as_str()).collect::<Vec<_>>(), ["A2"]);
        later(&store);
        while courier.round().await.unwrap() == Duration::ZERO {}
        let seen: Vec<(String, u64)> = platform.taken().into_iter().map(|c| (c.order_no, c.seq)).collect();
        let expected = [("A2", 7), ("A1", 4), ("A1", 5), ("A1", 6), ("A1", 7)];
        assert_eq!(seen, expected.map(|(order, seq)| (order.to_owned(), seq)));
    })
    .await;
}

#[tokio::test]
async fn a_callback_under_way_is_left_alone_until_its_lease_is_over() {
    with_platform(async |platform, store| {
        let ticket = store.taken("A1").await;
        hears(&store, ticket, 6, 2).await;
        let now = || store.clock.now().timestamp_millis();
        // another replica has it, and dies without a word
        let claimed = hotline_bridge::store::claim(&store.db, "12345", now(), 25_000, 16).await.unwrap();
        assert_eq!(claimed.iter().map(|c| c.seq).collect::<Vec<_>>(), [6]);
        let courier = courier(&store);
        courier.round().await.unwrap();
        assert!(platform.calls().is_empty());
        store.clock.advance(TimeDelta::milliseconds(25_000));
        while courier.round().await.unwrap() == Duration::ZERO {}
        assert_eq!(platform.taken().iter().map(|c| c.seq).collect::<Vec<_>>(), [6, 7]);
        let of_first = store.attempts().await.into_iter().filter(|a| a.callback_id == claimed[0].callback_id).collect::<Vec<_>>();
        assert_eq!(ends(&of_first), [(1, None, None), (2, Some(200), None)], "the ledger keeps the attempt that was cut off");
        // it was not dead after all: what it says now changes nothing
        let late = hotline_bridge::store::Outcome {
            callback_id: claimed[0].callback_id.clone(),
            ticket_id: claimed[0].ticket_id.clone(),
            seq: 6,
            n: 1,
            status: "waiting",
            next_ms: now(),
            done_ms: None,
        };
        hotline_bridge::store::settle(&store.db, &[], &[late]).await.unwrap();
        assert!(store.callbacks().await.iter().all(|c| c.status == "delivered"));
    })
    .await;
}

#[tokio::test]
async fn what_no_platform_takes_is_given_up_in_plain_sight() {
    with_platform(async |platform, store| {
        let ticket = store.taken("A1").await;
        hears(&store, ticket, 6, 2).await;
        platform.down_for(usize::MAX, Outage::Answers(404));
        let courier = courier(&store);
        courier.round().await.unwrap();
        store.clock.advance(TimeDelta::days(3) - TimeDelta::minutes(1));
        courier.round().await.unwrap();
        let failed = async || ledger(&store.db, "12345", None, Some("failed")).await.unwrap();
        assert!(failed().await.is_empty(), "not before three days");
        store.clock.advance(TimeDelta::minutes(5));
        courier.round().await.unwrap();
        let lines = failed().await;
        assert_eq!(lines.iter().map(|(c, _)| c.seq).collect::<Vec<_>>(), [6]);
        assert_eq!(ends(&lines[0].1), [(1, Some(404), None), (2, Some(404), None), (3, Some(404), None)]);
        // the next one has its own three tries to be told
        platform.down_for(0, Outage::Resets);
        courier.round().await.unwrap();
        assert_eq!(platform.taken().iter().map(|c| c.seq).collect::<Vec<_>>(), [7]);
        assert_eq!(ledger(&store.db, "12345", Some(&ticket.to_string()), None).await.unwrap().len(), 2);
        assert!(ledger(&store.db, "12343", None, None).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_platform_that_is_down_is_tried_one_at_a_time() {
    with_platform(async |platform, store| {
        for n in 0..20 {
            let ticket = store.taken(&format!("A{n}")).await;
            hears(&store, ticket, 7, 1).await;
        }
        let courier = courier(&store);
        platform.down_for(17, Outage::Answers(502));
        courier.round().await.unwrap();
        assert_eq!(platform.calls().len(), 16, "as many as may be under way");
        later(&store);
        courier.round().await.unwrap();
        assert_eq!(platform.calls().len(), 17, "one, to see whether it is up");
        courier.round().await.unwrap();
        assert_eq!(platform.taken().len(), 1);
        later(&store);
        while courier.round().await.unwrap() == Duration::ZERO {}
        assert_eq!(platform.taken().len(), 20);
    })
    .await;
}

#[tokio::test]
async fn two_replicas_send_each_callback_once() {
    with_platform(async |platform, store| {
        for n in 0..40 {
            let ticket = store.taken(&format!("A{n}")).await;
            hears(&store, ticket, 4, 4).await;
        }
        let work = async |courier: Courier| {
            while platform.taken().len() < 160 {
                courier.round().await.unwrap();
            }
        };
        tokio::join!(work(courier(&store)), work(courier(&store)));
        assert_eq!(platform.calls().len(), 160, "none twice");
        for n in 0..40 {
            let of: Vec<u64> = platform.taken().iter().filter(|c| c.order_no == format!("A{n}")).map(|c| c.seq).collect();
            assert_eq!(of, [4, 5, 6, 7]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    with_platform(async |platform, store| {
        let ticket = store.taken("A1").await;
        hears(&store, ticket, 7, 1).await;
        platform.down_for(1, Outage::Answers(307));
        courier(&store).round().await.unwrap();
        assert_eq!(ends(&store.attempts().await), [(1, Some(307), None)]);
        assert_eq!(platform.calls().len(), 1);
    })
    .await;
}
