//! Databases for tests: SQLite in a temporary folder, and PostgreSQL too if GRIDLINE_TEST_POSTGRES names a server
//! (postgres://…/postgres?host=…) on which databases may be made.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bus::Clock;
use contracts::{
    envelope::Inbound,
    id::{MessageId, SourceId, TicketId},
    ticket::TicketFact,
};
use hotline_bridge::{
    config::Config,
    domain::Accepted,
    entity::{attempt, callback, outside_order},
    handlers::{Bridge, Heard},
    mapping,
    migration::Migrator,
};
use outbox::{Db, Decision, Handler};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::Value;

/// A bridge on a database of its own.
pub struct Store {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<Config>,
    bridge: Bridge,
    _dir: tempfile::TempDir,
}

/// Where a database is to be.
pub struct Place {
    url: String,
    dir: tempfile::TempDir,
}

/// A new place on each kind of database.
pub async fn places() -> Vec<Place> {
    let dir = tempfile::tempdir().unwrap();
    let mut places = vec![Place { url: format!("sqlite://{}/bridge.db", dir.path().display()), dir }];
    if let Ok(server) = std::env::var("GRIDLINE_TEST_POSTGRES") {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("bridge_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let admin = Db::connect(&server, "tests").await.unwrap();
        admin.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        places.push(Place { url: server.replacen("/postgres?", &format!("/{name}?"), 1), dir: tempfile::tempdir().unwrap() });
    }
    places
}

/// Plays a test on each database.
pub async fn on_each(config: Arc<Config>, play: impl AsyncFn(Store)) {
    for place in places().await {
        play(Store::open(place, config.clone()).await).await;
    }
}

impl Store {
    /// A bridge with new tables.
    pub async fn open(place: Place, config: Arc<Config>) -> Self {
        let db = Db::open::<Migrator>(&place.url, "hotline-bridge").await.unwrap();
        Self { db, clock: Clock::system(), bridge: Bridge::new(config.clone()), config, _dir: place.dir }
    }

    /// An order in the platform's words.
    pub fn order(&self, connection: &str, order: &Value) -> Inbound<Heard> {
        let submit = mapping::submission(&self.config.connections[connection].order, order).unwrap();
        self.heard(None, Heard::Order(connection.to_owned(), Box::new(submit)))
    }

    /// A fact as the `seq`-th of its ticket.
    pub fn fact(&self, seq: u64, fact: TicketFact) -> Inbound<Heard> {
        self.heard(Some(seq), Heard::Fact(Box::new(fact)))
    }

    fn heard(&self, seq: Option<u64>, body: Heard) -> Inbound<Heard> {
        Inbound { id: MessageId(uuid::Uuid::new_v4()), seq, now: self.clock.now(), body }
    }

    /// A batch in one transaction.
    pub async fn handle(&self, batch: &[Inbound<Heard>]) -> Vec<Decision<Option<Accepted>>> {
        let tx = self.db.write().await.unwrap();
        let mut desk = self.bridge.load(&tx, batch).await.unwrap();
        let decisions = batch.iter().map(|m| self.bridge.decide(&mut desk, m)).collect();
        self.bridge.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
        decisions
    }

    /// Takes an order of 12345 in; gives its ticket.
    pub async fn taken(&self, order_no: &str) -> TicketId {
        let order = serde_json::json!({"order_no": order_no, "content": "路灯不亮", "caller_tel": "13800001022"});
        self.handle(&[self.order("12345", &order)]).await.remove(0).unwrap();
        ticket("12345", order_no)
    }

    pub async fn orders(&self) -> Vec<outside_order::Model> {
        outside_order::Entity::find().order_by_asc(outside_order::Column::OrderNo).all(self.db.read()).await.unwrap()
    }

    pub async fn callbacks(&self) -> Vec<callback::Model> {
        callback::Entity::find().order_by_asc(callback::Column::Seq).all(self.db.read()).await.unwrap()
    }

    pub async fn attempts(&self) -> Vec<attempt::Model> {
        attempt::Entity::find().order_by_asc(attempt::Column::N).all(self.db.read()).await.unwrap()
    }
}

/// The ticket of an order.
pub fn ticket(connection: &str, order_no: &str) -> TicketId {
    TicketId::derive(&format!("hotline-{connection}").parse::<SourceId>().unwrap(), order_no)
}
