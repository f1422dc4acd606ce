//! Who is told at which stage: the escalation ladder of a ticket that nobody finishes.
//!
//! Source: issue 2, "grid worker → village/community chief → town/street chief → district"; issue 4, "leader's copy,
//! supervision notice". The distances between the steps are our default, and policy.

use crate::error::SlaError;
use crate::local::{instant, local};
use crate::policy::Limit;
use chrono::{DateTime, NaiveTime, Utc};
use contracts::duty::{Notice, Receiver};
use contracts::lifecycle::Class;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// What that person gets.
    #[serde(default)]
    pub notice: Notice,
    /// How long after the deadline.
    pub after: Offset,
}

/// 免打扰时段: what can wait is told when it ends.
///
/// Held are the warning and the steps after the deadline, of tickets that are not urgent and whose limit counts working
/// time: such work rests at night, and so do those who are told. Limits in hours on the clock run through the night, and
/// so do their alarms. The deadline itself is never held, nor a warning that would come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// When it begins, on the clock in China.
    pub from: NaiveTime,
    /// When it ends; of the next day if that is earlier.
    pub until: NaiveTime,
}

impl Quiet {
    /// The end of the quiet time that `at` falls into, if it does.
    ///
    /// # Errors
    /// [`SlaError::OutOfRange`].
    pub fn end(&self, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, SlaError> {
        let here = local(at)?;
        let (day, time) = (here.date(), here.time());
        let over_midnight = self.until <= self.from;
        let day = match (over_midnight, time >= self.from, time < self.until) {
            (true, true, _) => day.succ_opt().ok_or(SlaError::OutOfRange)?,
            (true, _, true) | (false, true, true) => day,
            _ => return Ok(None),
        };
        instant(day, self.until).map(Some)
    }

    /// When an alarm of `stage` is told that is due at `at`; none if it does not wait.
    ///
    /// # Errors
    /// [`SlaError::OutOfRange`].
    pub fn holds(
        &self,
        stage: Stage,
        (limit, urgent): (Limit, bool),
        at: DateTime<Utc>,
        due: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, SlaError> {
        if urgent || stage == Stage::Overdue || matches!(limit, Limit::Minutes(_) | Limit::Hours(_)) {
            return Ok(None);
        }
        Ok(self.end(at)?.filter(|end| stage != Stage::Warned || *end < due))
    }
}

/// By default from 22:00 to 08:00.
pub(crate) const DEFAULT_QUIET: Quiet = Quiet { from: const { hour(22) }, until: const { hour(8) } };

/// The steps that a policy has by default for a class that has none of its own: up the grid tree.
pub(crate) const DEFAULT_LADDER: [LadderStep; 3] = [
    step(1, Receiver::VillageChief, Notice::Escalation),
    step(2, Receiver::TownChief, Notice::Escalation),
    step(3, Receiver::District, Notice::Supervision),
];

/// Matters that departments handle: first their own leader gets a copy.
const OF_DEPARTMENTS: [LadderStep; 3] = [
    step(1, Receiver::UnitLeader, Notice::Copy),
    step(2, Receiver::TownChief, Notice::Escalation),
    step(3, Receiver::Supervisor, Notice::Supervision),
];

/// The ladders of single classes that a policy has by default.
pub(crate) fn default_ladders() -> BTreeMap<Class, Vec<LadderStep>> {
    [Class::Coordination, Class::KeyDifficult].map(|class| (class, OF_DEPARTMENTS.to_vec())).into()
}

/// The first three steps come after 1, 2 and 4 hours or 1, 2 and 3 working days.
const fn step(level: u8, receiver: Receiver, notice: Notice) -> LadderStep {
    let hours = if level > 2 { 4 } else { level as u32 };
    LadderStep { level, receiver, notice, after: Offset { hours, working_days: level as u32 } }
}

const fn hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => panic!("no such hour"),
    }
}
