//! What is due is fired: the alarm is said and the clock moved on in one transaction, so that a crash at any
//! instant leaves both or neither, and two replicas never have the same clock in hand.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use bus::{Bus, topology};
use chrono::{DateTime, Utc};
use outbox::{Db, Engine, Fault, Tx};

use crate::{
    alarms::{Fired, Rules},
    handlers::Watchdog,
    store,
};

/// Longest wait between two looks: a nearer alarm that another replica armed is seen in time.
const LOOK: Duration = Duration::from_secs(1);
const CATCH_UP: Duration = Duration::from_millis(100);
/// Looks (two seconds) for facts in the hands of a replica that may be dead.
const UNACKNOWLEDGED: u32 = 20;
/// Looks (ten minutes) for facts that nobody has taken yet.
const UNHEARD: u32 = 6000;

/// One look: fires at most `batch` clocks and tells when to look again.
pub async fn round(engine: &Engine<Watchdog>, db: &Db, batch: u64) -> anyhow::Result<Duration> {
    let Watchdog { rules, metrics } = engine.handler();
    let now = engine.clock().now();
    let next = store::next(db.read()).await?;
    metrics.next(next);
    let Some(next) = next else { return Ok(LOOK) };
    if let Ok(wait) = (next - now).to_std()
        && !wait.is_zero()
    {
        return Ok(wait.min(LOOK));
    }
    let mut fired = Vec::new();
    let fire = async |tx: &Tx| {
        let due = fire(tx, rules, now, batch).await?;
        fired.extend(due.iter().map(|f| (f.stage, f.late_ms)));
        Ok(due.into_iter().map(|f| f.message).collect())
    };
    engine.spontaneous(fire).await?;
    for (stage, late_ms) in &fired {
        metrics.fired(*stage, *late_ms);
    }
    // nothing, though something is due: another replica has it in hand
    Ok(if fired.is_empty() { LOOK } else { Duration::ZERO })
}

/// Fires what is due at `now`, at most `most` clocks, the oldest alarm first.
pub async fn fire(tx: &Tx, rules: &Rules, now: DateTime<Utc>, most: u64) -> Result<Vec<Fired>, Fault> {
    let mut moved = Vec::new();
    let mut fired = Vec::new();
    for mut clock in store::due(tx, now, most).await? {
        match rules.fire(&mut clock, now) {
            Ok(said) => {
                fired.extend(said);
                moved.push(clock);
            }
            Err(e) => tracing::error!(ticket = %clock.ticket, error = %e, "no alarms for this clock under the present policy"),
        }
    }
    store::save(tx, &moved).await?;
    Ok(fired)
}

/// Holds the alarms back after a start until the facts that came meanwhile are heard: a unit that reported in time
/// while the watchdog was away must not be called late.
#[derive(Debug)]
pub struct CatchUp {
    bus: Bus,
    looks: AtomicU32,
}

impl CatchUp {
    /// At the start.
    pub fn new(bus: Bus) -> Self {
        Self { bus, looks: AtomicU32::new(0) }
    }

    /// How long to wait before looking again; none once the past is heard.
    pub async fn hold(&self) -> Option<Duration> {
        let looks = self.looks.load(Ordering::Relaxed);
        if looks >= UNHEARD {
            return None;
        }
        let tap = topology::SLA_WATCHDOG;
        let wait = match self.bus.backlog(tap.stream, tap.durable).await {
            Ok((waiting, unacknowledged)) => waiting > 0 || (unacknowledged > 0 && looks < UNACKNOWLEDGED),
            // what is not heard because the broker is away stays unheard; the alarms must not wait for it
            Err(_) => false,
        };
        self.looks.store(if wait { looks + 1 } else { UNHEARD }, Ordering::Relaxed);
        wait.then_some(CATCH_UP)
    }
}
