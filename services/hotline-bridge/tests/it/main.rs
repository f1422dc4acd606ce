//! The bridge's tests: tables as pure values, handler and courier on a real database, callbacks over real HTTP.

#![expect(clippy::unwrap_used, reason = "a helper that can't go on fails its test")]

mod callbacks;
mod config;
mod delivery;
#[expect(dead_code, reason = "sending orders needs a running bridge; the scenarios in tests/ have one")]
#[path = "../../../../tests/src/hotline_platform.rs"]
mod hotline_platform;
mod orders;
mod outward;
mod seal;
mod store;

use std::sync::Arc;

use hotline_bridge::{DEFAULTS, config::Config};

/// The shipped settings, with some changed.
fn config(overrides: &[(&str, &str)]) -> anyhow::Result<Arc<Config>> {
    let overrides: Vec<(&str, String)> = overrides.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
    let settings = chassis::Settings::fixed("hotline-bridge", DEFAULTS, &overrides)?;
    Ok(Arc::new(settings.own::<Config>("hotline")?.checked()?))
}
