//! Dispatch's own knobs; `default.toml` explains them.

use serde::Deserialize;
use sla::Policy;

/// Dispatch's own settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// Working days in which a unit may return a work order (K6).
    pub return_days: u32,
    /// Limits, warning, ladder.
    #[serde(default)]
    pub policy: Policy,
}
