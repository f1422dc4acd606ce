//! The only clock that is read. Everything else gets its time as a value.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Wall-clock time in UTC, cut to milliseconds, with an offset that tests and simulations move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, to the millisecond: what is stored is what was decided with.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
        let real = Utc::now().timestamp_millis();
        DateTime::from_timestamp_millis(real.saturating_add(self.offset_ms.load(Ordering::Relaxed))).unwrap_or_default()
    }

    /// Moves this clock and all its clones; for tests and simulations.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// Sets this clock and all its clones to an instant, from which it runs on; for tests and simulations.
    pub fn set(&self, to: DateTime<Utc>) {
        self.advance(to - self.now());
    }
}
