//! Classification's own knobs; `default.toml` explains them.

use serde::Deserialize;

/// The service's own settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Below this confidence, 0 to 1, a person accepts the ticket first.
    pub ask_below: f32,
    /// Tickets that people put into another category and that share a word, before the word is proposed; 0: never.
    pub words_from: usize,
}

impl Config {
    /// Refuses what is no probability.
    pub fn checked(self) -> anyhow::Result<Self> {
        anyhow::ensure!((0.0..=1.0).contains(&self.ask_below), "setting `classification.ask_below` takes 0 to 1");
        Ok(self)
    }
}
