//! 见证时钟: a second clock that looks whether the watchdog did its work. It changes nothing.
//!
//! The broker knocks every twenty seconds by its own clock. Whoever hears it looks into the table for alarms that
//! should have been fired by then and were not: because the watchdog hangs, is held back, or its time stands still. So
//! an alarm that is missed is told within a minute; by every replica, and best by a process that does nothing else
//! (`sla.watch = false`).

use std::time::Duration;

use bus::{Bus, BusError, Clock, witness::Knocks};
use chrono::{DateTime, TimeDelta, Utc};
use outbox::Db;
use tokio::sync::Mutex;

use crate::{metrics::Metrics, store, time};

/// From knock to knock.
const EVERY: Duration = Duration::from_secs(20);
/// A wait that does not hold up the end of the process.
const MOMENT: Duration = Duration::from_secs(1);
/// What is not later than this is a burst at work, and no alarm.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Tickets with an alarm that was not fired; [`store::MISSED_MOST`] stands for that many or more.
    pub tickets: u64,
    /// When the first of them was due.
    pub oldest: DateTime<Utc>,
}

/// Listens to the broker.
#[derive(Debug)]
pub struct Witness {
    bus: Bus,
    clock: Clock,
    db: Db,
    /// None until the broker was asked to knock.
    knocks: Mutex<Option<Knocks>>,
}

impl Witness {
    /// That looks into this database.
    pub fn new(bus: Bus, clock: Clock, db: Db) -> Self {
        Self { bus, clock, db, knocks: Mutex::new(None) }
    }

    /// Waits for a knock, for a moment only; if there is one, looks and tells what was missed.
    pub async fn listen(&self, metrics: &Metrics) -> anyhow::Result<Duration> {
        let knock = match self.knock().await {
            Ok(knock) => knock,
            Err(e) => {
                tracing::warn!(error = %e, "the broker does not serve as a second clock; asking it again");
                return Ok(EVERY);
            }
        };
        let Some(by) = knock.map(|at| at + time::moved(&self.clock)) else { return Ok(Duration::ZERO) };
        let missed = look(&self.db, by).await?;
        metrics.missed(missed.map_or(0, |m| m.tickets));
        if let Some(Missed { tickets, oldest }) = missed {
            let seconds = (by - oldest).num_seconds();
            tracing::error!(
                tickets,
                seconds,
                "alarms are overdue by the broker's clock and were not fired; look at the watchdog's replicas and clocks"
            );
        }
        Ok(Duration::ZERO)
    }

    /// The broker's time if it knocks within a moment.
    async fn knock(&self) -> Result<Option<DateTime<Utc>>, BusError> {
        let mut knocks = self.knocks.lock().await;
        let mut open = match knocks.take() {
            Some(open) => open,
            None => self.bus.knocks("sla-watchdog", EVERY).await?,
        };
        let knock = open.next(MOMENT).await?;
        *knocks = Some(open);
        Ok(knock)
    }
}

/// What should have been fired when the broker's clock showed `by`.
pub async fn look(db: &Db, by: DateTime<Utc>) -> anyhow::Result<Option<Missed>> {
    Ok(store::missed(db, by - GRACE).await?)
}
