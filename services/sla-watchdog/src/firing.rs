//! What is due is fired: the alarm is said and the clocks moved on in one transaction, so that a crash at any
//! instant leaves both or neither, and two replicas never have the same ticket in hand.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bus::{Bus, topology};
use chrono::{DateTime, Utc};
use outbox::{Db, Engine, Fault, Tx};
use sea_orm::DbBackend;

use crate::{
    alarms::{Fired, Rules},
    handlers::Watchdog,
    store,
    time::Time,
};

/// Longest wait between two looks: a nearer alarm that another replica armed is seen in time.
const LOOK: Duration = Duration::from_secs(1);
/// Rounds of batches in a row before the clock is looked at again.
const BURST: u32 = 8;
const CATCH_UP: Duration = Duration::from_millis(100);
/// Three seconds.
const UNMOVED: u32 = 30;
/// Ten minutes.
const LOOKS: u32 = 6000;

/// One look: fires what is due of at most `batch` tickets and tells when to look again.
pub async fn round(engine: &Engine<Watchdog>, db: &Db, time: &Time, batch: u64) -> anyhow::Result<Duration> {
    let metrics = &engine.handler().metrics;
    let Some(now) = time.tell(engine.clock(), db, metrics).await? else { return Ok(LOOK) };
    let next = store::next(db.read()).await?;
    metrics.next(next);
    let Some(next) = next else { return Ok(LOOK) };
    if let Ok(wait) = (next - now).to_std()
        && !wait.is_zero()
    {
        return Ok(wait.min(LOOK));
    }
    let mut fired = batch_of(engine, now, batch).await?;
    let mut full = fired >= batch;
    // a burst: three at a time, each with its own rows; while one waits for the database another decides
    let rounds = if db.backend() == DbBackend::Postgres { BURST } else { 0 };
    for _ in 0..rounds {
        if !full {
            break;
        }
        let hand = || batch_of(engine, now, batch);
        let (a, b, c) = tokio::try_join!(hand(), hand(), hand())?;
        fired += a + b + c;
        full = a.min(b).min(c) >= batch;
    }
    // nothing, though something is due: another replica has it in hand
    Ok(if fired == 0 { LOOK } else { Duration::ZERO })
}

/// Fires what is due of at most `batch` tickets, in one transaction; how many alarms that were.
async fn batch_of(engine: &Engine<Watchdog>, now: DateTime<Utc>, batch: u64) -> Result<u64, Fault> {
    let watchdog = engine.handler();
    let mut fired = Vec::new();
    let fire = async |tx: &Tx| {
        let rules = watchdog.rules(tx).await?;
        fired = fire(tx, &rules, now, batch).await?;
        Ok(fired.iter().map(|f| f.message.clone()).collect())
    };
    engine.spontaneous(fire).await?;
    for alarm in &fired {
        watchdog.metrics.fired(alarm);
    }
    Ok(fired.len() as u64)
}

/// Fires what is due at `now`, of at most `most` tickets, urgent ones first.
pub async fn fire(tx: &Tx, rules: &Rules, now: DateTime<Utc>, most: u64) -> Result<Vec<Fired>, Fault> {
    let mut moved = Vec::new();
    let mut fired = Vec::new();
    for mut watch in store::due(tx, now, most).await? {
        match rules.fire(&mut watch, now) {
            Ok(said) => {
                fired.extend(said);
                moved.push(watch);
            }
            Err(e) => tracing::error!(ticket = %watch.ticket, error = %e, "no alarms for these clocks under the present policy"),
        }
    }
    store::move_on(tx, &moved).await?;
    Ok(fired)
}

/// Holds the alarms back after a start until the facts that came meanwhile are heard: a unit that reported in time
/// while the watchdog was away must not be called late.
#[derive(Debug)]
pub struct CatchUp {
    bus: Bus,
    past: Mutex<Option<Past>>,
}

/// What is left of the past, as it was seen at the last look.
#[derive(Debug, Default)]
pub struct Past {
    left: (u64, usize),
    looks: u32,
    unmoved: u32,
}

impl CatchUp {
    /// At the start.
    pub fn new(bus: Bus) -> Self {
        Self { bus, past: Mutex::new(Some(Past::default())) }
    }

    /// How long to wait before looking again; none once the past is heard.
    pub async fn hold(&self) -> Option<Duration> {
        let past = || self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if past().is_none() {
            return None;
        }
        let tap = topology::SLA_WATCHDOG;
        // nothing can be heard while the broker is away; the alarms must not wait for it
        let left = self.bus.backlog(tap.stream, tap.durable).await.unwrap_or_default();
        if past().as_mut().is_some_and(|p| p.hold(left)) {
            return Some(CATCH_UP);
        }
        *past() = None;
        None
    }
}

impl Past {
    /// Whether to wait for what is `left`: facts that nobody took yet, and facts in somebody's hands. Not if they
    /// do not move, being in the hands of a replica that died, and not forever if facts come as fast as they are
    /// heard.
    pub fn hold(&mut self, left: (u64, usize)) -> bool {
        self.looks += 1;
        self.unmoved = if left == self.left { self.unmoved + 1 } else { 0 };
        self.left = left;
        left != (0, 0) && self.unmoved < UNMOVED && self.looks < LOOKS
    }
}
