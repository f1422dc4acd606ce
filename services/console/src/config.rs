//! The console's own knobs; `default.toml` explains them.

use serde::Deserialize;

use crate::filter::MAX_LIMIT;

/// The console's own settings.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// Tickets on one page of the list.
    pub page_size: u64,
    /// Where dispatch takes acts; empty: no forms.
    pub dispatch_url: String,
    /// Where classification lets people decide on the catalogue and the model; empty: no such page.
    #[serde(default)]
    pub classification_url: String,
}

impl Config {
    /// Refuses what the pages can't work with.
    pub fn checked(self) -> anyhow::Result<Self> {
        anyhow::ensure!((1..=MAX_LIMIT).contains(&self.page_size), "setting `console.page_size` takes 1 to {MAX_LIMIT}");
        Ok(self)
    }
}
