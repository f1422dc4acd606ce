//! What a service gets to work with.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use bus::{Bus, Clock, topology::Tap};
use outbox::{Db, Door, Engine, Handler, Relay};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Settings, http};

/// Database, broker, clock, and the tasks that run on them. Clones share all of it.
#[derive(Clone, Debug)]
pub struct Context {
    /// Name of the service.
    pub name: &'static str,
    /// The only clock.
    pub clock: Clock,
    /// The broker.
    pub bus: Bus,
    /// Stops taking in: requests, messages, timers.
    intake: CancellationToken,
    /// Stops sending out; comes after everything taken in is committed.
    output: CancellationToken,
    tasks: TaskTracker,
    relays: TaskTracker,
    database: String,
    opened: Arc<Mutex<Vec<Db>>>,
    started: Arc<AtomicBool>,
}

impl Context {
    /// Connects to the broker, waiting up to a minute for one that is just starting. A server that can't do what
    /// is needed is refused at once.
    pub async fn connect(name: &'static str, settings: &Settings, clock: Clock) -> anyhow::Result<Self> {
        let nats = &settings.common.nats;
        let mut tries = 0;
        let bus = loop {
            match Bus::connect(&nats.url, &format!("gridline-{name}"), nats.atomic).await {
                Ok(bus) => break bus,
                Err(e @ bus::BusError::Unreachable { .. }) if tries < 60 => {
                    tries += 1;
                    tracing::warn!(error = %e, "waiting for the broker");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(e) => return Err(e.into()),
            }
        };
        Ok(Self {
            name,
            clock,
            bus,
            intake: CancellationToken::new(),
            output: CancellationToken::new(),
            tasks: TaskTracker::new(),
            relays: TaskTracker::new(),
            database: settings.common.database.url.clone(),
            opened: Arc::default(),
            started: Arc::default(),
        })
    }

    /// Opens the service's database, makes its tables, and starts the relay of its outbox.
    pub async fn store<M: MigratorTrait>(&self) -> anyhow::Result<(Db, Relay)> {
        if let Some(dir) = self.database.strip_prefix("sqlite://").and_then(|f| std::path::Path::new(f).parent()) {
            std::fs::create_dir_all(dir).with_context(|| format!("folder {} can't be made", dir.display()))?;
        }
        let db = Db::open::<M>(&self.database, self.name).await.context("database can't be opened; is `database.url` right?")?;
        let (relay, task) = Relay::start(db.clone(), self.bus.clone(), self.clock.clone(), self.output.clone());
        self.relays.spawn(task);
        self.opened.lock().await.push(db.clone());
        let (purged, clock) = (db.clone(), self.clock.clone());
        self.every("purge", move || {
            let (db, clock) = (purged.clone(), clock.clone());
            async move {
                outbox::relay::purge(&db, &clock).await?;
                Ok(Duration::from_secs(600))
            }
        });
        Ok((db, relay))
    }

    /// Puts a handler to work on its store.
    pub fn engine<H: Handler>(&self, handler: H, db: &Db, relay: &Relay) -> Engine<H> {
        Engine::new(handler, db.clone(), self.clock.clone(), relay.clone())
    }

    /// Gives the engine everything that `tap` delivers.
    pub fn listen<H: Handler>(&self, tap: Tap, engine: &Engine<H>) {
        let (bus, engine, stop) = (self.bus.clone(), engine.clone(), self.intake.clone());
        self.tasks.spawn(async move { bus.consume(&tap, &engine, &stop).await });
    }

    /// Opens a door for direct requests to the engine.
    pub fn door<H: Handler>(&self, engine: &Engine<H>) -> Door<H> {
        Door::open(engine.clone(), self.intake.clone())
    }

    /// Does `job` again and again: it looks at the state and does what is due. It tells how long to wait; `wake`
    /// may make it sooner.
    pub fn every<F, Fut>(&self, name: &'static str, job: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<Duration>> + Send,
    {
        let stop = self.intake.clone();
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                let wait = job().await.unwrap_or_else(|e| {
                    tracing::warn!(job = name, error = format!("{e:#}"), "failed; trying again");
                    Duration::from_secs(1)
                });
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        });
    }

    /// Serves the service's public pages and requests.
    pub async fn serve(&self, settings: &Settings, router: axum::Router) -> anyhow::Result<Option<std::net::SocketAddr>> {
        http::serve(&settings.common.http.listen, "http.listen", http::public(router), self.intake.clone(), &self.tasks).await
    }

    /// Serves health and metrics.
    pub async fn serve_ops(&self, settings: &Settings, registry: prometheus::Registry) -> anyhow::Result<()> {
        let router = http::ops(self.clone(), registry);
        http::serve(&settings.common.ops.listen, "ops.listen", router, self.output.clone(), &self.relays).await?;
        Ok(())
    }

    /// Everything is open: from now on it may be asked to work.
    pub fn started(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Can it work now? Tells what is missing.
    pub async fn ready(&self) -> Result<(), &'static str> {
        if self.intake.is_cancelled() {
            return Err("draining");
        }
        if !self.started.load(Ordering::Relaxed) {
            return Err("starting");
        }
        if !self.bus.is_connected() {
            return Err("broker not connected");
        }
        for db in self.opened.lock().await.iter() {
            db.read().ping().await.map_err(|_| "database away")?;
        }
        Ok(())
    }

    /// Ends in order: taking in, then sending out, then connections.
    pub async fn drain(&self) {
        self.intake.cancel();
        self.tasks.close();
        within(20, "work in hand", self.tasks.wait()).await;
        self.output.cancel();
        self.relays.close();
        within(10, "outbox", self.relays.wait()).await;
        self.bus.close().await;
        for db in self.opened.lock().await.drain(..) {
            if let Err(e) = db.close().await {
                tracing::debug!(error = %e, "database: close");
            }
        }
    }
}

async fn within(seconds: u64, what: &str, done: impl Future<Output = ()>) {
    if tokio::time::timeout(Duration::from_secs(seconds), done).await.is_err() {
        tracing::warn!(what, seconds, "drain: not finished in time; it goes on after the restart");
    }
}
