//! Periodic work of the district centre: 一月一调度、一季一督查、半年一通报 (domain.md 1 (6)).

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{family::family, problem::Problem};

family! {
    /// Subject `supervision.v1.<kind>`: facts about periodic work.
    pub enum SupervisionFact: "supervision.v1" {
        /// A task is to be done.
        Opened = "opened",
        /// It was done.
        Closed = "closed",
    }
}

/// Which periodic work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Periodic {
    /// 一月一调度: the monthly dispatch meeting.
    Monthly,
    /// 一季一督查: the quarterly inspection.
    Quarterly,
    /// 半年一通报: the half-yearly bulletin.
    HalfYearly,
}

impl Periodic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Monthly, Self::Quarterly, Self::HalfYearly];

    /// Its code: `monthly`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::HalfYearly => "half_yearly",
        }
    }

    /// Its Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Monthly => "一月一调度",
            Self::Quarterly => "一季一督查",
            Self::HalfYearly => "半年一通报",
        }
    }

    /// Its English name.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Monthly => "monthly dispatch meeting",
            Self::Quarterly => "quarterly inspection",
            Self::HalfYearly => "half-yearly bulletin",
        }
    }

    /// How many months it looks back on.
    #[must_use]
    pub const fn months(self) -> u32 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::HalfYearly => 6,
        }
    }
}

/// Names a task by what it is and the month that its period begins with: `monthly-2026-10`. So there is one for each
/// period, whoever opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TaskId {
    /// Which periodic work.
    pub kind: Periodic,
    /// Year of the period's first month.
    pub year: i32,
    /// The period's first month, 1 to 12.
    pub month: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{:02}", self.kind.code(), self.year, self.month)
    }
}

impl FromStr for TaskId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let unknown = || Problem::new("unknown_task", "没有这项督办任务，请核对编号", "there is no such task; check its id");
        let (kind, first) = text.split_once('-').ok_or_else(unknown)?;
        let kind = Periodic::ALL.into_iter().find(|k| k.code() == kind).ok_or_else(unknown)?;
        let (year, month) = first.split_once('-').ok_or_else(unknown)?;
        let id = Self { kind, year: year.parse().map_err(|_| unknown())?, month: month.parse().map_err(|_| unknown())? };
        let begins = (1..=12).contains(&id.month) && (id.month - 1).is_multiple_of(kind.months());
        // one way of writing it
        if begins && id.to_string() == text { Ok(id) } else { Err(unknown()) }
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for TaskId {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

/// A task is to be done: the period is over and its date has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The task.
    pub task: TaskId,
    /// Beginning of the period that it looks back on.
    pub from: DateTime<Utc>,
    /// End of the period, not included.
    pub to: DateTime<Utc>,
    /// The last instant at which it is done in time.
    pub due: DateTime<Utc>,
    /// When it was opened.
    pub at: DateTime<Utc>,
}

/// The task was done; tells all of it, so that it can be understood alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// What was to be done, and when it was opened.
    #[serde(flatten)]
    pub task: Opened,
    /// Staff number of who closed it.
    pub person: String,
    /// The minutes, numbers masked.
    pub minutes: String,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
}
