//! What can be measured of clocks.

use chrono::{DateTime, Utc};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram},
};
use sla::Stage;

/// Instruments of the watchdog.
#[derive(Debug)]
pub struct Metrics {
    armed: Counter<u64>,
    fired: Counter<u64>,
    late: Histogram<f64>,
    next: Gauge<i64>,
}

impl Metrics {
    /// All instruments, at zero.
    pub fn new() -> Self {
        let meter = global::meter("gridline");
        Self {
            armed: meter
                .u64_counter("gridline.clock.armed")
                .with_description("Clocks that were started or set going again; a batch that is tried again counts again")
                .build(),
            fired: meter.u64_counter("gridline.clock.fired").with_description("Alarms that were fired, by stage").build(),
            late: meter
                .f64_histogram("gridline.clock.late")
                .with_description("How late alarms were fired")
                .with_unit("s")
                .with_boundaries(vec![0.1, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 3600.0])
                .build(),
            next: meter
                .i64_gauge("gridline.clock.next")
                .with_description("When the next alarm is due, Unix time; 0: none is armed")
                .with_unit("s")
                .build(),
        }
    }

    /// So many clocks run.
    pub fn armed(&self, clocks: usize) {
        self.armed.add(clocks as u64, &[]);
    }

    /// An alarm was fired, and committed.
    pub fn fired(&self, stage: Stage, late_ms: i64) {
        self.fired.add(1, &[KeyValue::new("stage", stage.to_string())]);
        #[expect(clippy::cast_precision_loss, reason = "a lateness of 285,000 years may lose a millisecond")]
        self.late.record(late_ms as f64 / 1000.0, &[]);
    }

    /// The next alarm.
    pub fn next(&self, at: Option<DateTime<Utc>>) {
        self.next.record(at.map_or(0, |t| t.timestamp()), &[]);
    }
}
