//! 值班表: who is told when a clock warns or is over. Staff numbers only; no message carries a name or a phone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::UnitId;

/// The post that is told. Source: issue 2, "grid worker → village/community chief → town/street chief → district", with
/// the titles of the grid tree (domain.md 1.1), and the roles of domain.md 2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// 承办单位: whoever has the work order.
    HandlingUnit,
    /// 承办单位分管领导.
    UnitLeader,
    /// 网格员 of the ticket's grid.
    GridWorker,
    /// 村（社区）网格长.
    VillageChief,
    /// 镇（街）网格长.
    TownChief,
    /// 总网格长, at 区综治中心.
    District,
    /// 督办员, at 区综治中心.
    Supervisor,
}

impl Receiver {
    /// The Chinese title.
    pub fn zh(self) -> &'static str {
        match self {
            Self::HandlingUnit => "承办单位",
            Self::UnitLeader => "承办单位分管领导",
            Self::GridWorker => "网格员",
            Self::VillageChief => "村（社区）网格长",
            Self::TownChief => "镇（街）网格长",
            Self::District => "总网格长（区综治中心）",
            Self::Supervisor => "督办员（区综治中心）",
        }
    }

    /// The English title.
    pub fn en(self) -> &'static str {
        match self {
            Self::HandlingUnit => "handling unit",
            Self::UnitLeader => "leader of the handling unit",
            Self::GridWorker => "grid worker",
            Self::VillageChief => "village or community grid chief",
            Self::TownChief => "town or street grid chief",
            Self::District => "district head of the grid",
            Self::Supervisor => "district supervisor",
        }
    }
}

/// What is sent to the receiver of a step after the deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// 升级: the next one up is to see to it.
    #[default]
    Escalation,
    /// 抄送领导: the unit's leader gets a copy.
    Copy,
    /// 督办通知.
    Supervision,
}

impl Notice {
    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Escalation => "超期升级",
            Self::Copy => "超期抄送领导",
            Self::Supervision => "超期督办通知",
        }
    }

    /// In English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Escalation => "Escalated",
            Self::Copy => "Overdue: copy to the leader",
            Self::Supervision => "Overdue: supervision notice",
        }
    }
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// At which post. A higher one than the step names if nobody of those below is there.
    pub receiver: Receiver,
    /// Of which unit.
    pub unit: UnitId,
    /// Staff number; none if the roster names nobody for this post: then the unit sees to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The staff number is that of the substitute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub substitute: bool,
}

/// One line of the roster: who holds a post. The first line of a post who is there is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// Of which unit.
    pub unit: UnitId,
    /// At which post.
    pub receiver: Receiver,
    /// Staff number.
    pub staff: String,
    /// Staff number of who is told instead while this one is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<String>,
    /// When this one is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absence>,
}

/// A time of absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub until: DateTime<Utc>,
}
