//! Connections: a hotline platform's number, words and address are data. `default.toml` explains every setting.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use anyhow::{Context as _, ensure};
use contracts::id::SourceId;
use serde::Deserialize;

use crate::{mapping::OrderTable, outward::CallbackTable};

/// The bridge's own settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// An attempt that takes longer has failed.
    pub timeout_ms: u64,
    /// Callbacks under way at the same time, for each connection.
    pub concurrency: u64,
    /// How often each connection looks for callbacks that are due.
    pub poll_ms: u64,
    /// Wait after the first failed attempt.
    pub retry_first_ms: i64,
    /// A callback that failed for so long is given up.
    pub give_up_days: i64,
    /// Hotline platforms by id.
    pub connections: BTreeMap<String, Connection>,
}

/// A hotline platform.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Name for people.
    pub name: String,
    /// Number for people.
    pub number: String,
    /// Who sends the reports, for intake.
    pub source: SourceId,
    /// Where callbacks go; empty: nowhere.
    pub callback_url: String,
    /// Key of the signature over callbacks.
    pub secret: Secret,
    /// Token that an order must bring; empty: none.
    pub inbound_token: Secret,
    /// Key of the signature that an order must bring; empty: none.
    pub inbound_secret: Secret,
    /// The platform's order into ours.
    pub order: OrderTable,
    /// Our facts into the platform's words.
    pub callback: CallbackTable,
}

/// Never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Its bytes.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Not set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Config {
    /// The same, if all of it can be used: a mistake in a table shows at the start, not with the first order.
    pub fn checked(self) -> anyhow::Result<Self> {
        ensure!(
            self.timeout_ms > 0 && self.concurrency > 0 && self.poll_ms > 0,
            "hotline: timeout_ms, concurrency, poll_ms: 1 or more"
        );
        ensure!(self.retry_first_ms > 0 && self.give_up_days > 0, "hotline: retry_first_ms, give_up_days: 1 or more");
        let mut sources = HashSet::new();
        for (id, connection) in &self.connections {
            connection.check(id).with_context(|| format!("hotline.connections.{id}"))?;
            let source = &connection.source;
            ensure!(sources.insert(source), "hotline.connections.{id}: source {source} belongs to another connection");
        }
        Ok(self)
    }
}

impl Connection {
    fn check(&self, id: &str) -> anyhow::Result<()> {
        // the id is a part of addresses and a header's value: the same token as a source
        ensure!(id.parse::<SourceId>().is_ok(), "the id takes 1 to 40 letters, digits, hyphens or underscores");
        if !self.callback_url.is_empty() {
            let url = reqwest::Url::parse(&self.callback_url).context("callback_url is not a URL")?;
            ensure!(matches!(url.scheme(), "http" | "https"), "callback_url takes http or https");
            ensure!(!self.secret.is_empty(), "secret must be set, because callback_url is");
        }
        self.order.check().context("order")?;
        self.callback.check().context("callback")
    }
}
