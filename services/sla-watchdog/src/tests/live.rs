use super::facts::*;
use crate::entity;
use bus::{Clock, publish::Parcel};
use chrono::TimeDelta;
use contracts::{district::District, envelope::Outbound, family::Family, id::*, subject, ticket::*};
use outbox::Db;
use sea_orm::*;
use std::time::Instant;

fn parcel(seq: u64, f: &TicketFact, t: TicketId) -> Parcel {
    let id = MessageId::derive(t.0, &format!("{seq}"));
    let o = Outbound::new(id, subject::FACTS, subject::fact(TicketFact::FAMILY, f.kind()), f, at("2026-03-02T01:00:00Z"))
        .about(t)
        .at_seq(seq);
    Parcel { id: id.to_string(), subject: o.subject.clone(), headers: o.headers("dispatch", None), body: o.body.clone().into() }
}
async fn count(db: &Db, sql: &str) -> i64 {
    db.read().query_one_raw(Statement::from_string(db.backend(), sql)).await.unwrap().unwrap().try_get("", "n").unwrap()
}
#[tokio::test(flavor = "multi_thread")]
async fn live() {
    let (Ok(nats), Ok(url)) = (std::env::var("LIVE_NATS"), std::env::var("LIVE_DB")) else { return };
    let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).try_init();
    let clock = Clock::system();
    let ctx = async |name: &'static str| {
        let s = chassis::Settings::fixed(
            name,
            crate::DEFAULTS,
            &[("nats.url", nats.clone()), ("database.url", url.clone()), ("ops.listen", String::new())],
        )
        .unwrap();
        (chassis::Context::connect(name, &s, clock.clone()).await.unwrap(), s)
    };
    let (c1, s1) = ctx("sla-watchdog").await;
    c1.bus.provision(&Default::default(), District::sample(), false).await.unwrap();
    let n = 20_000usize;
    let start = clock.now();
    let all: Vec<_> = (0..n).map(|i| parcel(3, &dispatched(ticket(i), 1, Class::Simple, start), ticket(i))).collect();
    let t = Instant::now();
    c1.bus.publish(subject::FACTS, &all).await;
    println!("published {n} in {:?}", t.elapsed());
    let t = Instant::now();
    crate::start(c1.clone(), s1).await.unwrap();
    let (c2, s2) = ctx("sla-watchdog").await;
    crate::start(c2.clone(), s2).await.unwrap();
    let db = Db::connect(&url, "test").await.unwrap();
    while count(&db, "select count(*) n from clock where next_ms is not null").await < n as i64 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    println!("armed {n} in {:?} ({:.0}/s)", t.elapsed(), n as f64 / t.elapsed().as_secs_f64());
    for (m, what) in [(97, 1), (24, 2), (60, 3), (60, 4), (120, 5)] {
        clock.advance(TimeDelta::minutes(m));
        let t = Instant::now();
        while count(&db, "select count(*) n from outbox").await < (n * what) as i64 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        println!("stage {what}: {n} fired in {:?}", t.elapsed());
        while count(&db, "select count(*) n from outbox where published_ms is null").await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        println!("  published after {:?}", t.elapsed());
    }
    println!("{:?}", entity::Entity::find().one(db.read()).await.unwrap().unwrap());
    println!(
        "outbox {} dead {}",
        count(&db, "select count(*) n from outbox").await,
        count(&db, "select count(*) n from dead_letter").await
    );
    c1.drain().await;
    c2.drain().await;
    // an outage: due and reported while away
    let late: Vec<_> = (n..n + 2).map(|i| parcel(3, &dispatched(ticket(i), 1, Class::Simple, clock.now()), ticket(i))).collect();
    let (c3, s3) = ctx("sla-watchdog").await;
    c3.bus.publish(subject::FACTS, &late).await;
    crate::start(c3.clone(), s3).await.unwrap();
    while count(&db, "select count(*) n from clock where next_ms is not null").await < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    c3.drain().await;
    let (c4, s4) = ctx("sla-watchdog").await;
    let mut filler: Vec<_> =
        (n + 10..n + 5000).map(|i| parcel(3, &dispatched(ticket(i), 1, Class::Coordination, clock.now()), ticket(i))).collect();
    filler.push(parcel(4, &reported(ticket(n), clock.now()), ticket(n)));
    c4.bus.publish(subject::FACTS, &filler).await;
    clock.advance(TimeDelta::minutes(121));
    let t = Instant::now();
    crate::start(c4.clone(), s4).await.unwrap();
    while count(&db, "select count(*) n from outbox").await < (n * 5 + 2) as i64 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    println!("after the outage: fired after {:?}", t.elapsed());
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    println!(
        "outbox {} (want {}), of the reported ticket {}",
        count(&db, "select count(*) n from outbox").await,
        n * 5 + 2,
        count(&db, &format!("select count(*) n from outbox where body like '%{}%'", ticket(n))).await
    );
    c4.drain().await;
}
