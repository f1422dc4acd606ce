//! The watchdog's own knobs; `default.toml` explains them.

use anyhow::ensure;
use serde::Deserialize;

/// The watchdog's own settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// Tickets whose alarms one transaction fires, or sets by other rules, at most.
    batch: u64,
    /// Hears facts and fires alarms.
    pub watch: bool,
    /// Looks whether alarms were missed.
    pub witness: bool,
}

impl Config {
    /// Tickets whose alarms one transaction fires, or sets by other rules, at most.
    pub fn batch(&self) -> anyhow::Result<u64> {
        ensure!((1..=10_000).contains(&self.batch), "setting `sla.batch` must be 1 to 10000");
        Ok(self.batch)
    }
}
