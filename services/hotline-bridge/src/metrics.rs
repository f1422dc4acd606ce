//! What can be measured of the bridge.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};

/// Metrics of callbacks.
#[derive(Debug)]
pub struct Metrics {
    attempts: Counter<u64>,
    oldest: Gauge<f64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let meter = global::meter("gridline");
        Self {
            attempts: meter
                .u64_counter("gridline.hotline.callbacks")
                .with_description(
                    "Attempts to deliver a callback, by connection and outcome: delivered, retried, failed (given up)",
                )
                .build(),
            oldest: meter
                .f64_gauge("gridline.hotline.oldest_waiting")
                .with_unit("s")
                .with_description("Age of the oldest callback that waits, by connection; 0 if none does")
                .build(),
        }
    }
}

impl Metrics {
    /// `n` attempts ended so.
    pub fn attempted(&self, connection: &str, outcome: &'static str, n: usize) {
        let labels = [KeyValue::new("connection", connection.to_owned()), KeyValue::new("outcome", outcome)];
        self.attempts.add(n as u64, &labels);
    }

    /// The oldest callback that waits is `ms` old.
    pub fn oldest(&self, connection: &str, ms: i64) {
        // far below 2^52, so nothing is lost
        #[expect(clippy::cast_precision_loss, reason = "an age in milliseconds")]
        let seconds = ms.max(0) as f64 / 1000.0;
        self.oldest.record(seconds, &[KeyValue::new("connection", connection.to_owned())]);
    }
}
