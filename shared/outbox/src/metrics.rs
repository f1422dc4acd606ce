//! What can be measured of inbox and outbox.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

/// Counters of one service.
#[derive(Debug)]
pub struct Metrics {
    handled: Counter<u64>,
    duplicates: Counter<u64>,
    said: Counter<u64>,
    dead: Counter<u64>,
    batch: Histogram<u64>,
    service: [KeyValue; 1],
}

impl Metrics {
    /// The counters of `service`.
    pub fn new(service: &'static str) -> Self {
        let meter = global::meter("gridline");
        Self {
            handled: meter.u64_counter("gridline.messages.handled").with_description("Messages that took effect").build(),
            duplicates: meter
                .u64_counter("gridline.messages.duplicate")
                .with_description("Messages that came again and were dropped")
                .build(),
            said: meter.u64_counter("gridline.messages.said").with_description("Messages put into the outbox").build(),
            dead: meter.u64_counter("gridline.messages.dead").with_description("Messages set aside as dead letters").build(),
            batch: meter
                .u64_histogram("gridline.batch.size")
                .with_description("Messages that one commit made permanent")
                .with_boundaries(vec![1.0, 4.0, 16.0, 64.0, 256.0])
                .build(),
            service: [KeyValue::new("service", service)],
        }
    }

    pub(crate) fn committed(&self, handled: usize, said: usize, dead: usize) {
        self.handled.add(handled as u64, &self.service);
        self.said.add(said as u64, &self.service);
        self.dead.add(dead as u64, &self.service);
        self.batch.record(handled as u64, &self.service);
    }

    pub(crate) fn duplicate(&self) {
        self.duplicates.add(1, &self.service);
    }
}
