//! The services of the product, as libraries.

use std::net::SocketAddr;

use bus::topology::{self, Tap};
use chassis::{Context, Settings};
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};

type Start = fn(Context, Settings) -> BoxFuture<'static, anyhow::Result<Option<SocketAddr>>>;

/// A service of the product.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// The text of its `default.toml`.
    pub defaults: &'static str,
    /// What it listens to.
    pub taps: &'static [Tap],
    /// Starts it; gives its public address, if it has one.
    pub start: Start,
}

/// All services.
pub const ALL: &[Service] = &[
    Service {
        name: "intake",
        defaults: intake::DEFAULTS,
        taps: &[topology::INTAKE, topology::INTAKE_PROGRESS, topology::INTAKE_ANSWERS, topology::INTAKE_REPEATS],
        start: |context, settings| intake::start(context, settings).boxed(),
    },
    Service {
        name: "classification",
        defaults: classification::DEFAULTS,
        taps: &[topology::CLASSIFICATION, topology::CLASSIFICATION_RULINGS, topology::CLASSIFICATION_CLUSTERS],
        start: |context, settings| classification::start(context, settings).boxed(),
    },
    Service {
        name: "dispatch",
        defaults: dispatch::DEFAULTS,
        taps: &[topology::DISPATCH, topology::DISPATCH_ACTS, topology::DISPATCH_CLUSTERS],
        start: |context, settings| dispatch::start(context, settings).boxed(),
    },
    Service {
        name: "sla-watchdog",
        defaults: sla_watchdog::DEFAULTS,
        taps: &[topology::SLA_WATCHDOG],
        start: |context, settings| sla_watchdog::start(context, settings).map_ok(|()| None).boxed(),
    },
    Service {
        name: "hotline-bridge",
        defaults: hotline_bridge::DEFAULTS,
        taps: &[topology::HOTLINE_BRIDGE],
        start: |context, settings| hotline_bridge::start(context, settings).boxed(),
    },
    Service {
        name: "console",
        defaults: console::DEFAULTS,
        taps: &[topology::CONSOLE, topology::CONSOLE_DECIDED],
        start: |context, settings| console::start(context, settings).boxed(),
    },
];

/// The service of a name.
///
/// # Panics
/// If there is none.
pub fn named(name: &str) -> &'static Service {
    ALL.iter().find(|s| s.name == name).unwrap_or_else(|| panic!("no service {name}"))
}
