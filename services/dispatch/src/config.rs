//! Dispatch's own knobs; `default.toml` explains them.

use serde::Deserialize;
use sla::Policy;

/// Dispatch's own settings.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Config {
    /// Limits, warning, ladder, until a person of the district puts others in force.
    #[serde(default)]
    pub policy: Policy,
}
