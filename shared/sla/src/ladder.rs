//! Who is told at which stage: the escalation ladder of a ticket that nobody finishes.
//!
//! Source: issue 2, "grid worker → village/community chief → town/street chief → district"; the titles are those of
//! the grid tree in `domain.md` section 1.1. The distances between the steps are our default, and policy.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What happens at an instant of a clock. The order of the variants is their order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 预警: the warning share of the limit, by default 80 %, is used up.
    Warned,
    /// 逾期: the limit is used up.
    Overdue,
    /// 升级: the ticket is still open some time after that; the number is [`LadderStep::level`], from 1.
    Escalated(u8),
}

impl fmt::Display for Stage {
    /// `warned`, `overdue`, `escalated-1`: for ids, rows and log fields; [`FromStr`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warned => f.write_str("warned"),
            Self::Overdue => f.write_str("overdue"),
            Self::Escalated(level) => write!(f, "escalated-{level}"),
        }
    }
}

/// A text that is not the name of a [`Stage`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no stage: warned, overdue or escalated-LEVEL")]
pub struct UnknownStage(pub String);

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stage = match text {
            "warned" => Some(Self::Warned),
            "overdue" => Some(Self::Overdue),
            other => other.strip_prefix("escalated-").and_then(|level| level.parse().ok()).map(Self::Escalated),
        };
        stage.filter(|stage| stage.to_string() == text).ok_or_else(|| UnknownStage(text.to_owned()))
    }
}

/// The post that is told; who holds it is the roster's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// 承办单位: whoever has the work order.
    HandlingUnit,
    /// 网格员 of the ticket's grid.
    GridWorker,
    /// 村（社区）网格长.
    VillageChief,
    /// 镇（街）网格长.
    TownChief,
    /// 总网格长, at 区综治中心.
    District,
}

impl Receiver {
    /// The Chinese title.
    pub fn zh(self) -> &'static str {
        match self {
            Self::HandlingUnit => "承办单位",
            Self::GridWorker => "网格员",
            Self::VillageChief => "村（社区）网格长",
            Self::TownChief => "镇（街）网格长",
            Self::District => "总网格长（区综治中心）",
        }
    }

    /// The English title.
    pub fn en(self) -> &'static str {
        match self {
            Self::HandlingUnit => "handling unit",
            Self::GridWorker => "grid worker",
            Self::VillageChief => "village or community grid chief",
            Self::TownChief => "town or street grid chief",
            Self::District => "district head of the grid",
        }
    }
}

/// How long after the deadline a step comes, in the unit the ticket's limit is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offset {
    /// Hours after a deadline whose limit is in hours or working hours, counted as the limit is.
    pub hours: u32,
    /// For a limit in working days: to the end of this many-th working day after the day of the deadline.
    pub working_days: u32,
}

/// One step up: at `after` the deadline `receiver` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// 1 for the first step above the one told at the deadline itself, then 2, 3 ….
    pub level: u8,
    /// Who is told.
    pub receiver: Receiver,
    /// How long after the deadline.
    pub after: Offset,
}

/// The steps above the grid worker that a policy has by default.
pub(crate) const DEFAULT_LADDER: [LadderStep; 3] =
    [step(1, Receiver::VillageChief, 1, 1), step(2, Receiver::TownChief, 2, 2), step(3, Receiver::District, 4, 3)];

const fn step(level: u8, receiver: Receiver, hours: u32, working_days: u32) -> LadderStep {
    LadderStep { level, receiver, after: Offset { hours, working_days } }
}
