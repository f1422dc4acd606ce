//! What can be measured of clocks.

use chrono::{DateTime, TimeDelta, Utc};
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram},
};

use crate::alarms::Fired;

/// Instruments of the watchdog.
#[derive(Debug)]
pub struct Metrics {
    armed: Counter<u64>,
    fired: Counter<u64>,
    rearmed: Counter<u64>,
    late: Histogram<f64>,
    next: Gauge<i64>,
    jumps: Counter<u64>,
    held: Gauge<u64>,
    skew: Gauge<f64>,
    missed: Gauge<u64>,
}

impl Metrics {
    /// All instruments, at zero.
    pub fn new() -> Self {
        let meter = global::meter("gridline");
        Self {
            armed: meter
                .u64_counter("gridline.clock.armed")
                .with_description(
                    "Tickets whose clocks were set and have an alarm to come; a batch that is tried again counts again",
                )
                .build(),
            fired: meter
                .u64_counter("gridline.clock.fired")
                .with_description("Alarms that were fired, by clock and stage")
                .build(),
            rearmed: meter
                .u64_counter("gridline.clock.rearmed")
                .with_description("Tickets whose next alarm a change of the rules moved")
                .build(),
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
            jumps: meter
                .u64_counter("gridline.clock.jumps")
                .with_description("Jumps of a clock by more than 30 s, by whose clock it is: an alarm")
                .build(),
            held: meter
                .u64_gauge("gridline.clock.held")
                .with_description("1 while alarms are held back because the clock that decides has jumped")
                .build(),
            skew: meter
                .f64_gauge("gridline.clock.skew")
                .with_description("How far the database's clock is ahead of ours")
                .with_unit("s")
                .build(),
            missed: meter
                .u64_gauge("gridline.clock.missed")
                .with_description("Tickets whose alarm is overdue by the broker's clock and was not fired: an alarm")
                .build(),
        }
    }

    /// A clock jumped; `whose` is `service` or `database`.
    pub fn jumped(&self, whose: &'static str) {
        self.jumps.add(1, &[KeyValue::new("whose", whose)]);
    }

    /// So many tickets have an alarm that was not fired.
    pub fn missed(&self, tickets: u64) {
        self.missed.record(tickets, &[]);
    }

    /// Whether alarms are held back.
    pub fn held(&self, held: bool) {
        self.held.record(held.into(), &[]);
    }

    /// How far the database's clock is ahead.
    pub fn skew(&self, ahead: TimeDelta) {
        #[expect(clippy::cast_precision_loss, reason = "a skew of 285,000 years may lose a millisecond")]
        self.skew.record(ahead.num_milliseconds() as f64 / 1000.0, &[]);
    }

    /// So many clocks run.
    pub fn armed(&self, clocks: usize) {
        self.armed.add(clocks as u64, &[]);
    }

    /// Other rules moved the next alarm of so many tickets.
    pub fn rearmed(&self, tickets: u64) {
        self.rearmed.add(tickets, &[]);
    }

    /// An alarm was fired, and committed.
    pub fn fired(&self, fired: &Fired) {
        self.fired.add(1, &[KeyValue::new("clock", fired.which.clock.code()), KeyValue::new("stage", fired.stage.to_string())]);
        #[expect(clippy::cast_precision_loss, reason = "a lateness of 285,000 years may lose a millisecond")]
        self.late.record(fired.late_ms as f64 / 1000.0, &[]);
    }

    /// The next alarm.
    pub fn next(&self, at: Option<DateTime<Utc>>) {
        self.next.record(at.map_or(0, |t| t.timestamp()), &[]);
    }
}
