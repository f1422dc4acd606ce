//! Intake's own knobs; `default.toml` explains them.

use contracts::id::SourceId;
use serde::Deserialize;

/// Intake's own settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// Systems that may send reports.
    pub sources: Vec<SourceId>,
    /// Begins every ticket number.
    pub number_prefix: String,
    /// Most acts of citizens on one ticket in a day.
    pub acts_per_day: usize,
}
