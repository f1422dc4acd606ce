//! Other rules meet alarms that are armed.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    duty::{Duty, Notice, Receiver},
    rules::Changed,
    ticket::Class,
};
use sea_orm::EntityTrait;
use sla::{LadderStep, Offset, Policy};

use super::{
    facts::*,
    rows::{Replica, on_each},
};
use crate::{
    entity::{Entity, rules},
    handlers::NewRules,
    rearm::UnderWay,
    store,
};

fn minutes(n: i64) -> DateTime<Utc> {
    // Monday, 09:00 in China
    at("2026-03-02T01:00:00Z") + TimeDelta::minutes(n)
}

/// A simple matter climbs so many hours after its deadline.
fn climbs(hours: &[u32]) -> Policy {
    let step = |(level, hours): (u8, &u32)| LadderStep {
        level,
        receiver: Receiver::TownChief,
        notice: Notice::Escalation,
        after: Offset { hours: *hours, working_days: level.into() },
    };
    Policy { version: format!("{hours:?}"), ladder: (1..).zip(hours).map(step).collect(), ..Policy::default() }
}

/// Rules that were put in force then.
fn rules_at(version: u64, hours: &[u32], at: DateTime<Utc>) -> Changed {
    Changed { at, ..told(version, &climbs(hours), Vec::new()) }
}

async fn next(replica: &Replica, n: usize) -> Option<DateTime<Utc>> {
    replica.row(n).await.unwrap().next_ms.and_then(DateTime::from_timestamp_millis)
}

/// Everything that is fired until `now`.
async fn fired(replica: &Replica, now: DateTime<Utc>) -> Vec<(String, i64, DateTime<Utc>)> {
    let mut all = Vec::new();
    loop {
        let some = replica.fires(now, 500).await;
        if some.is_empty() {
            return all;
        }
        all.extend(some.iter().map(|f| (said(&f.message).0, f.late_ms, said(&f.message).1.at)));
    }
}

#[tokio::test]
async fn steps_that_are_armed_follow_the_rules_in_force_and_nothing_else_moves() {
    on_each(async |url| {
        let (a, b) = (Replica::start(&url).await, Replica::start(&url).await);
        // overdue; one that will be; one that is done; one that climbed to the top
        for (n, start) in [(1, 0), (2, 130), (3, 0), (4, -400)] {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(start)))]).await;
        }
        a.hears(&[(4, reported(ticket(3), minutes(20)))]).await;
        assert_eq!(fired(&a, minutes(121)).await.len(), 2 + 5);
        assert_eq!((next(&a, 1).await, next(&a, 4).await), (Some(minutes(180)), None));
        let before = [a.row(2).await, a.row(3).await];

        a.learns(rules_at(1, &[3, 5, 8], minutes(122))).await;
        assert_eq!(b.sets(minutes(122), 500).await, None, "who began under the rules of before is not over yet");
        let over = UnderWay { version: 1, after: None, moved: 1 };
        assert_eq!(b.sets(minutes(123), 500).await, Some((over, 1)));
        assert_eq!((next(&a, 1).await, next(&a, 4).await), (Some(minutes(300)), None), "what was said is not said again");
        assert_eq!([a.row(2).await, a.row(3).await], before);
        assert_eq!(a.sets(minutes(124), 500).await, None, "once");

        // sooner: what lies in the past now is due now, and nobody was late
        a.learns(rules_at(2, &[1, 5, 7, 8], minutes(240))).await;
        assert_eq!(a.sets(minutes(250), 500).await.unwrap().1, 2);
        assert_eq!([next(&a, 1).await, next(&a, 4).await], [Some(minutes(250)); 2], "one more step, for who is at the top");
        let said = fired(&b, minutes(250)).await;
        let of_now = |kind: &str| (kind.to_owned(), 0, minutes(250));
        let (mut expected, mut climbed) = (vec![of_now("escalated-1"), of_now("escalated-4")], said.clone());
        expected.sort();
        climbed.retain(|(kind, ..)| kind.starts_with("escalated"));
        climbed.sort();
        assert_eq!(climbed, expected, "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn rules_go_through_the_clocks_in_batches_and_a_crash_leaves_the_rest_to_another() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for n in 0..25 {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(0)))]).await;
        }
        fired(&a, minutes(121)).await;
        a.learns(told(1, &climbs(&[3]), Vec::new())).await;
        let (way, moved) = a.sets(minutes(122), 10).await.unwrap();
        assert_eq!((way.version, way.moved, moved, way.after.is_some()), (1, 10, 10, true));
        let (tx, _) = a.begins_setting(minutes(122), 10).await;
        drop(tx);
        a.db.close().await.unwrap();
        let b = Replica::start(&url).await;
        let mut batches = Vec::new();
        while let Some((way, moved)) = b.sets(minutes(122), 10).await {
            batches.push((way.moved, moved));
        }
        assert_eq!(batches, [(20, 10), (25, 5)]);
        let rows = Entity::find().all(b.db.read()).await.unwrap();
        assert!(rows.iter().all(|row| row.next_ms == Some(minutes(300).timestamp_millis())));
        assert!(fired(&b, minutes(299)).await.is_empty());
        assert_eq!(fired(&b, minutes(300)).await.len(), 25);
    })
    .await;
}

#[tokio::test]
async fn newer_rules_begin_anew_older_ones_and_a_roster_do_not() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for n in 0..4 {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(0)))]).await;
        }
        fired(&a, minutes(121)).await;
        a.learns(told(2, &climbs(&[3]), Vec::new())).await;
        a.sets(minutes(122), 2).await.unwrap();
        // late, twice, and who is told only
        a.learns(told(1, &climbs(&[9]), Vec::new())).await;
        a.learns(told(2, &climbs(&[3]), Vec::new())).await;
        let worker = Duty {
            unit: "GRID-360802001001".parse().unwrap(),
            receiver: Receiver::GridWorker,
            staff: "S-1".to_owned(),
            substitute: None,
            absent: Vec::new(),
        };
        a.learns(told(3, &climbs(&[3]), vec![worker])).await;
        let under_way = async || store::under_way(a.db.read(), minutes(122)).await.unwrap();
        let way = under_way().await.unwrap();
        assert_eq!((way.version, way.moved), (2, 2));
        let begun = rules::Entity::find().all(a.db.read()).await.unwrap();
        assert_eq!(begun.iter().filter(|row| row.after.is_some()).count(), 1);
        // the same version, heard by another replica at the same time
        let again = NewRules { told: told(2, &climbs(&[3]), Vec::new()), heard: minutes(0), rings_otherwise: true };
        let tx = a.db.write().await.unwrap();
        store::add_rules(&tx, &[again]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(under_way().await, Some(way));
        a.learns(told(4, &climbs(&[4]), Vec::new())).await;
        assert_eq!(under_way().await, Some(UnderWay { version: 4, after: Some(String::new()), moved: 0 }));
        while a.sets(minutes(122), 2).await.is_some() {}
        assert_eq!(fired(&a, minutes(360)).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_somebody_else_changed_meanwhile_is_left_alone() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for n in 1..3 {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(0)))]).await;
        }
        let tx = a.db.write().await.unwrap();
        let (mut read, more) = store::following(&tx, "", 500).await.unwrap();
        drop(tx);
        assert_eq!((read.len(), more), (2, None));
        a.hears(&[(4, reported(ticket(1), minutes(5)))]).await;
        read.iter_mut().for_each(|watch| watch.next = Some(minutes(7)));
        let tx = a.db.write().await.unwrap();
        assert_eq!(store::move_unchanged(&tx, &read).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!((next(&a, 1).await, next(&a, 2).await), (None, Some(minutes(7))));
    })
    .await;
}
