//! Where broker, databases and services are; `default.toml` explains the settings.

use std::{collections::HashMap, path::PathBuf};

use anyhow::Context as _;
use bus::{Bus, topology::Layout};
use chassis::Settings;
use clap::ValueEnum;
use serde::Deserialize;

const DEFAULTS: &str = include_str!("../default.toml");

/// A service that has a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// 受理.
    Intake,
    /// 分类.
    Classification,
    /// 派单.
    Dispatch,
    /// 时限督办.
    SlaWatchdog,
    /// 热线对接.
    HotlineBridge,
    /// 控制台.
    Console,
}

impl Service {
    /// All of them, in the order a ticket meets them.
    pub const ALL: [Self; 6] =
        [Self::Intake, Self::Classification, Self::Dispatch, Self::SlaWatchdog, Self::HotlineBridge, Self::Console];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Classification => "classification",
            Self::Dispatch => "dispatch",
            Self::SlaWatchdog => "sla-watchdog",
            Self::HotlineBridge => "hotline-bridge",
            Self::Console => "console",
        }
    }

    /// Its key in the settings: a hyphen can't be part of an environment variable.
    pub fn key(self) -> String {
        self.name().replace('-', "_")
    }
}

/// Which broker; for commands that talk to it.
#[derive(Clone, Debug, clap::Args)]
pub struct BrokerArgs {
    /// 消息服务器地址 / where nats-server is [default: setting `nats.url`]
    #[arg(long = "nats", value_name = "URL")]
    url: Option<String>,
}

/// Which databases; for commands that look into them.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseArgs {
    /// SQLite 数据库所在目录 / folder of the services' SQLite files [default: settings `services.*.database`]
    #[arg(long, value_name = "DIR")]
    database_dir: Option<PathBuf>,
}

/// Where one service is.
#[derive(Clone, Debug, Deserialize)]
struct Place {
    database: String,
    ops: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Streams {
    replicas: usize,
    max_bytes: i64,
}

/// All that the operator's tool has to know.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The broker.
    pub nats: String,
    /// Its monitoring address; empty: none.
    pub monitor: String,
    /// How the streams are laid out.
    pub layout: Layout,
    places: HashMap<String, Place>,
}

impl Operator {
    /// Reads the settings.
    pub fn read() -> anyhow::Result<Self> {
        let settings = Settings::read("gridline", DEFAULTS)?;
        let Streams { replicas, max_bytes } = settings.own("streams")?;
        Ok(Self {
            monitor: settings.own("nats.monitor")?,
            layout: Layout { replicas, max_bytes },
            places: settings.own("services")?,
            nats: settings.common.nats.url,
        })
    }

    /// The same with a broker from the command line.
    #[must_use]
    pub fn at(mut self, args: BrokerArgs) -> Self {
        if let Some(url) = args.url {
            self.nats = url;
        }
        self
    }

    /// The same with databases from the command line.
    #[must_use]
    pub fn with(mut self, args: &DatabaseArgs) -> Self {
        if let Some(dir) = &args.database_dir {
            for service in Service::ALL {
                if let Some(place) = self.places.get_mut(&service.key()) {
                    place.database = format!("sqlite://{}", dir.join(format!("{}.db", service.name())).display());
                }
            }
        }
        self
    }

    /// The database of a service; none if it is not to be looked at.
    pub fn database(&self, service: Service) -> Option<&str> {
        self.places.get(&service.key()).map(|p| p.database.as_str()).filter(|u| !u.is_empty())
    }

    /// Where a service answers `/readyz`; none if it is not to be asked.
    pub fn ops(&self, service: Service) -> Option<&str> {
        self.places.get(&service.key()).map(|p| p.ops.as_str()).filter(|u| !u.is_empty())
    }

    /// Connects to the broker. Not in atomic batches: what the operator sends goes to streams that take none.
    pub async fn connect(&self) -> anyhow::Result<Bus> {
        Bus::connect(&self.nats, "gridline-ctl", false).await.context("消息服务器不可用 / the broker can't be used")
    }
}
