//! Which time decides when an alarm is due.
//!
//! On PostgreSQL the database's, so that replicas whose clocks differ agree and none is early; on SQLite that of the
//! process, which is on the same machine. Both are watched for jumps.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use bus::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use outbox::Db;

use crate::{
    guard::{Guard, Trust},
    metrics::Metrics,
    store,
};

/// The time that decides, and what is thought of it.
#[derive(Debug, Default)]
pub struct Time {
    guards: Mutex<Guards>,
}

#[derive(Debug, Default)]
struct Guards {
    service: Guard,
    database: Guard,
}

impl Time {
    /// What time it is; none while the clock that decides has just jumped.
    pub async fn tell(&self, clock: &Clock, db: &Db, metrics: &Metrics) -> anyhow::Result<Option<DateTime<Utc>>> {
        let database = store::time(db).await?.map(|time| time + moved(clock));
        let (service, steady) = (clock.now(), Instant::now());
        let mut guards = self.guards.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = alarm("service", guards.service.look(service, steady), metrics);
        let (now, trust) = match database {
            Some(time) => {
                metrics.skew(time - service);
                (time, alarm("database", guards.database.look(time, steady), metrics))
            }
            None => (service, ours),
        };
        metrics.held(trust != Trust::Good);
        Ok((trust == Trust::Good).then_some(now))
    }
}

/// By how much tests and simulations moved the clock of the process: the database's is moved with it.
pub fn moved(clock: &Clock) -> TimeDelta {
    let by = clock.now() - Clock::system().now();
    // two readings, one after the other
    if by.abs() < TimeDelta::seconds(1) { TimeDelta::zero() } else { by }
}

fn alarm(whose: &'static str, trust: Trust, metrics: &Metrics) -> Trust {
    if let Trust::Jumped(by) = trust {
        metrics.jumped(whose);
        let seconds = by.num_seconds();
        tracing::error!(whose, seconds, "a clock jumped; alarms wait until it is steady. Check the time service of this machine");
    }
    trust
}
