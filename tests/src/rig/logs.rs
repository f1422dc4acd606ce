//! All that the services of this process log, kept for tests that look for what must not be there.

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt};

static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts keeping; a second call does nothing. `GRIDLINE_TEST_LOG=info` (or another filter) also shows them.
pub fn keep() {
    static START: Once = Once::new();
    START.call_once(|| {
        // more than the services log by default: nothing personal may be in what a developer switches on, either
        let ours = EnvFilter::new("info,intake=debug,classification=debug,dispatch=debug,bus=debug,outbox=debug,chassis=debug");
        let kept = fmt::layer().with_ansi(false).with_writer(|| Keep).with_filter(ours);
        let filter = std::env::var("GRIDLINE_TEST_LOG").unwrap_or_else(|_| "off".to_owned());
        let shown = fmt::layer().with_writer(io::stderr).with_filter(EnvFilter::new(filter));
        let subscriber = tracing_subscriber::registry().with(kept).with(shown);
        tracing::subscriber::set_global_default(subscriber).expect("only this sets the subscriber");
    });
}

/// The log so far, of all tests of this process.
pub fn text() -> String {
    String::from_utf8_lossy(&KEPT.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

struct Keep;

impl io::Write for Keep {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
