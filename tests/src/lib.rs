//! The third ring of tests: scenarios on a real nats-server, real databases and the real services.
//!
//! - [`rig`] the machines: nats-server, PostgreSQL, an OTLP receiver, captured logs
//! - [`city`] the services at work in this process, and the people around them: callers, units, the centre
//! - [`plant`] the real programs as processes, which can be killed
//! - [`crew`] all units of the district as one outside program
//! - [`ear`] all that is said on the bus, kept, so that a test waits for what it expects instead of sleeping
//! - [`hotline_platform`] the other side of the hotline bridge
//! - [`outside`] a client that knows only what the contract tells the world
//!
//! The broker is never faked. A harness that can't go on fails the test that uses it: it panics and says why.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a harness that can't go on fails the test")]

pub mod city;
pub mod crew;
pub mod ear;
pub mod hotline_platform;
pub mod outside;
pub mod plant;
pub mod rig;

use std::{future::Future, time::Duration};

pub use city::{Backend, City};
pub use plant::Plant;

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `look` gives something. For what can only be asked for: everything that is told is heard by
/// [`ear::Ear`].
///
/// # Panics
/// After [`PATIENCE`], with `what` and the last thing that was seen.
pub async fn until<T, S: std::fmt::Debug, Fut: Future<Output = Result<T, S>>>(what: &str, mut look: impl FnMut() -> Fut) -> T {
    let start = std::time::Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if start.elapsed() > PATIENCE => panic!("{what}: not in {PATIENCE:?}; last seen: {seen:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
