//! Databases of tests: SQLite in a temporary folder; also PostgreSQL, if `GRIDLINE_TEST_POSTGRES` is the URL of a
//! database whose server lets us make further ones.

use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, Utc};
use contracts::{envelope::Inbound, id::MessageId, rules::Changed, ticket::TicketFact};
use outbox::{Db, Handler, Tx};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::facts::{heard, rules, ticket};
use crate::{
    alarms::Fired,
    entity::{Entity, Model},
    firing,
    handlers::{Heard, Watchdog},
    migration::Migrator,
    rearm::{self, UnderWay},
};

/// Runs a test on a fresh database of each kind.
pub async fn on_each<Fut: Future<Output = ()>>(test: impl Fn(String) -> Fut) {
    let dir = tempfile::tempdir().unwrap();
    test(format!("sqlite://{}/watchdog.db", dir.path().display())).await;
    if let Ok(server) = std::env::var("GRIDLINE_TEST_POSTGRES") {
        test(fresh(&server).await).await;
    }
}

async fn fresh(server: &str) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("watchdog_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let admin = Db::connect(server, "test").await.unwrap();
    admin.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    format!("{}/{name}?{query}", address.rsplit_once('/').unwrap().0)
}

/// One replica of the watchdog.
pub struct Replica {
    pub db: Db,
    watchdog: Watchdog,
}

impl Replica {
    pub async fn start(url: &str) -> Self {
        Self { db: Db::open::<Migrator>(url, "sla-watchdog").await.unwrap(), watchdog: Watchdog::new(rules()) }
    }

    /// Hears a batch of facts.
    pub async fn hears(&self, facts: &[(i64, TicketFact)]) {
        self.takes(facts.iter().map(|(seq, fact)| heard(fact, *seq)).collect()).await;
    }

    /// Hears of another version of the rules.
    pub async fn learns(&self, rules: Changed) {
        let now = rules.at;
        let body = Heard::Rules(Box::new(rules));
        self.takes(vec![Inbound { id: MessageId(uuid::Uuid::new_v4()), seq: None, now, body }]).await;
    }

    async fn takes(&self, batch: Vec<Inbound<Heard>>) {
        let tx = self.db.write().await.unwrap();
        let mut desk = self.watchdog.load(&tx, &batch).await.unwrap();
        for message in &batch {
            self.watchdog.decide(&mut desk, message).unwrap();
        }
        self.watchdog.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Fires what is due, as one transaction.
    pub async fn fires(&self, now: DateTime<Utc>, most: u64) -> Vec<Fired> {
        let (tx, fired) = self.begins_firing(now, most).await;
        tx.commit().await.unwrap();
        fired
    }

    /// The same up to the commit; dropped, the transaction is what a crash leaves.
    pub async fn begins_firing(&self, now: DateTime<Utc>, most: u64) -> (Tx, Vec<Fired>) {
        let tx = self.db.write().await.unwrap();
        let fired = firing::fire(&tx, &self.watchdog.rules(&tx).await.unwrap(), now, most).await.unwrap();
        (tx, fired)
    }

    /// Sets the alarms of so many tickets by the rules in force, as one transaction; how far the rules came, and what moved.
    pub async fn sets(&self, now: DateTime<Utc>, most: u64) -> Option<(UnderWay, u64)> {
        let (tx, stands) = self.begins_setting(now, most).await;
        tx.commit().await.unwrap();
        stands
    }

    /// The same up to the commit.
    pub async fn begins_setting(&self, now: DateTime<Utc>, most: u64) -> (Tx, Option<(UnderWay, u64)>) {
        let tx = self.db.write().await.unwrap();
        let stands = rearm::step(&tx, &self.watchdog.rules(&tx).await.unwrap(), now, most).await.unwrap();
        (tx, stands)
    }

    pub async fn row(&self, n: usize) -> Option<Model> {
        Entity::find_by_id(ticket(n).to_string()).one(self.db.read()).await.unwrap()
    }
}
