//! Settings of what belongs together; `default.toml` explains them.

use serde::Deserialize;

/// Settings of `[clusters]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Tickets that are kept in memory.
    pub most_tickets: usize,
    /// A cluster of so many people is proposed.
    pub many: usize,
    /// A cluster is hot when so many people …
    pub hot: usize,
    /// … report within so many hours.
    pub hot_hours: u32,
}

impl Config {
    /// Refuses what makes no sense.
    pub fn checked(self) -> anyhow::Result<Self> {
        anyhow::ensure!(self.many >= 2, "setting `clusters.many` takes 2 or more");
        anyhow::ensure!(self.hot >= self.many, "setting `clusters.hot` takes `clusters.many` or more");
        anyhow::ensure!(self.hot_hours >= 1, "setting `clusters.hot_hours` takes 1 or more");
        anyhow::ensure!(self.most_tickets >= 1000, "setting `clusters.most_tickets` takes 1000 or more");
        Ok(self)
    }
}
