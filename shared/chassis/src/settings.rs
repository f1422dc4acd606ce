//! Settings: defaults in the repo, then a file, then the environment.

use anyhow::Context as _;
use serde::{Deserialize, de::DeserializeOwned};

const COMMON: &str = include_str!("../default.toml");

/// The settings of one service.
#[derive(Clone, Debug)]
pub struct Settings {
    config: config::Config,
    /// Settings that every service has.
    pub common: Common,
}

/// Settings that every service has; `default.toml` explains them.
#[derive(Clone, Debug, Deserialize)]
pub struct Common {
    /// Broker.
    pub nats: Nats,
    /// Database.
    pub database: Database,
    /// Public address.
    pub http: Listen,
    /// Operations address.
    pub ops: Listen,
    /// Logs.
    pub log: Log,
    /// Traces.
    pub otlp: Otlp,
}

/// Broker.
#[derive(Clone, Debug, Deserialize)]
pub struct Nats {
    /// Where.
    pub url: String,
    /// Publish in atomic batches.
    pub atomic: bool,
}

/// Database.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// Where.
    pub url: String,
}

/// An address to listen on.
#[derive(Clone, Debug, Deserialize)]
pub struct Listen {
    /// `host:port`; empty: none.
    pub listen: String,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// What is logged.
    pub filter: String,
    /// As JSON.
    pub json: bool,
}

/// Traces.
#[derive(Clone, Debug, Deserialize)]
pub struct Otlp {
    /// Collector; empty: none.
    pub endpoint: String,
    /// Share of new traces that are recorded.
    pub sample: f64,
}

impl Settings {
    /// Reads the settings of service `name`, whose own defaults are the text `defaults`.
    pub fn read(name: &str, defaults: &str) -> anyhow::Result<Self> {
        Self::build(name, defaults, &[], true)
    }

    /// Defaults with `overrides` (`nats.url` = …) and nothing from outside; for tests that run services inside.
    pub fn fixed(name: &str, defaults: &str, overrides: &[(&str, String)]) -> anyhow::Result<Self> {
        Self::build(name, defaults, overrides, false)
    }

    fn build(name: &str, defaults: &str, overrides: &[(&str, String)], outside: bool) -> anyhow::Result<Self> {
        let text = |t: &str| config::File::from_str(t, config::FileFormat::Toml);
        let mut builder = config::Config::builder().add_source(text(COMMON)).add_source(text(defaults));
        if outside {
            if let Ok(file) = std::env::var("GRIDLINE_CONFIG") {
                builder = builder.add_source(config::File::with_name(&file));
            }
            let env = config::Environment::with_prefix("GRIDLINE").prefix_separator("_").separator("__").try_parsing(true);
            builder = builder.add_source(env.ignore_empty(true));
        }
        for (key, value) in overrides {
            builder = builder.set_override(*key, value.as_str())?;
        }
        let config = builder.build().context("settings can't be read")?;
        let mut common: Common = config.clone().try_deserialize().context("settings can't be used")?;
        if common.database.url.is_empty() {
            common.database.url = format!("sqlite://var/{name}.db");
        }
        Ok(Self { config, common })
    }

    /// The service's own settings under `key`.
    pub fn own<T: DeserializeOwned>(&self, key: &str) -> anyhow::Result<T> {
        self.config.get(key).with_context(|| format!("setting `{key}` can't be used"))
    }
}
