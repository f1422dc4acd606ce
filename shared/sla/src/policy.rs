//! How long each class may take, when a day ends, when to warn and whom: policy is data with a version.
//!
//! A person of the district puts a whole policy in force (`PUT /api/v1/rules` of dispatch), or [`Policy::default`] holds;
//! there is no half of one, so that the version always names all of its values. In JSON:
//!
//! ```json
//! {
//!   "version": "jizhou-2026-1",
//!   "limits": { "simple": { "hours": 2 }, "coordination": { "working_days": 5 }, "key_difficult": { "working_days": 15 } },
//!   "clocks": { "sign": { "working_hours": 2 }, "pause": { "working_days": 10 } },
//!   "consultation": { "least": 10, "most": 15 },
//!   "warn_percent": 80,
//!   "day": { "work_start": "09:00:00", "work_end": "18:00:00", "day_end": "23:59:59" },
//!   "warned": "handling_unit",
//!   "overdue": "grid_worker",
//!   "ladder": [{ "level": 1, "receiver": "village_chief", "after": { "hours": 1, "working_days": 1 } }],
//!   "ladders": {
//!     "coordination": [
//!       { "level": 1, "receiver": "unit_leader", "notice": "copy", "after": { "hours": 1, "working_days": 1 } }
//!     ]
//!   },
//!   "quiet": { "from": "22:00:00", "until": "08:00:00" }
//! }
//! ```

use crate::error::{PolicyError, SlaError};
use crate::ladder::{DEFAULT_LADDER, DEFAULT_QUIET, LadderStep, Offset, Quiet, Stage, default_ladders};
use crate::limits::ClockLimits;
use chrono::{NaiveTime, Timelike};
use contracts::duty::Receiver;
use contracts::lifecycle::Class;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The longest limit in minutes: a day; what takes longer is told in hours.
pub const MAX_MINUTES: u32 = 24 * 60;
/// The longest limit in hours: ten years.
pub const MAX_HOURS: u32 = 10 * 366 * 24;
/// The longest limit in working days: about ten years.
pub const MAX_WORKING_DAYS: u32 = 10 * 261;

/// How long a clock may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Minutes on the clock, nights and holidays included. 1 to [`MAX_MINUTES`].
    Minutes(u32),
    /// Hours on the clock, nights and holidays included. 1 to [`MAX_HOURS`].
    Hours(u32),
    /// Office hours of working days only ([`DayTimes::work_start`] to [`DayTimes::work_end`]). 1 to [`MAX_HOURS`].
    WorkingHours(u32),
    /// To the end of this many-th working day after the day of receipt. 1 to [`MAX_WORKING_DAYS`].
    WorkingDays(u32),
}

impl fmt::Display for Limit {
    /// `2 hours`, `2 working_hours`, `5 working_days`: for the ledger; [`FromStr`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(n) => write!(f, "{n} minutes"),
            Self::Hours(n) => write!(f, "{n} hours"),
            Self::WorkingHours(n) => write!(f, "{n} working_hours"),
            Self::WorkingDays(n) => write!(f, "{n} working_days"),
        }
    }
}

/// A text that is not a [`Limit`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a limit: takes a number and minutes, hours, working_hours or working_days")]
pub struct UnknownLimit;

impl FromStr for Limit {
    type Err = UnknownLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, unit) = text.split_once(' ').ok_or(UnknownLimit)?;
        let amount = amount.parse().map_err(|_| UnknownLimit)?;
        match unit {
            "minutes" => Ok(Self::Minutes(amount)),
            "hours" => Ok(Self::Hours(amount)),
            "working_hours" => Ok(Self::WorkingHours(amount)),
            "working_days" => Ok(Self::WorkingDays(amount)),
            _ => Err(UnknownLimit),
        }
    }
}

impl Limit {
    /// Refuses a limit of zero and one that is longer than about ten years.
    pub(crate) fn check(self) -> Result<(), SlaError> {
        let (amount, most, unit) = match self {
            Self::Minutes(amount) => (amount, MAX_MINUTES, "minutes"),
            Self::Hours(amount) => (amount, MAX_HOURS, "hours"),
            Self::WorkingHours(amount) => (amount, MAX_HOURS, "working hours"),
            Self::WorkingDays(amount) => (amount, MAX_WORKING_DAYS, "working days"),
        };
        match amount {
            0 => Err(SlaError::EmptyLimit),
            _ if amount > most => Err(SlaError::LimitTooLong { amount, unit }),
            _ => Ok(()),
        }
    }
}

/// 办理时限 (K5) by class. Source: the article on Jizhou, `domain.md` sections 1.4 and 2.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// 简易: 2 hours.
    pub simple: Limit,
    /// 需协调: 5 working days.
    pub coordination: Limit,
    /// 重点难点, unless the consultation grants less: 15 working days.
    pub key_difficult: Limit,
}

impl Limits {
    /// The limit of a class.
    pub fn of(&self, class: Class) -> Limit {
        match class {
            Class::Simple => self.simple,
            Class::Coordination => self.coordination,
            Class::KeyDifficult => self.key_difficult,
        }
    }
}

/// The working days that a consultation (会商) may grant, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRange {
    /// The fewest.
    pub least: u32,
    /// The most.
    pub most: u32,
}

/// The times of a working day, on the clock in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayTimes {
    /// When offices open, 09:00. With `work_end` it bounds working hours, and places a warning that falls inside a day.
    pub work_start: NaiveTime,
    /// When offices close, 18:00.
    pub work_end: NaiveTime,
    /// When a working day is over for a deadline: 23:59:59. "By the 27th" means to a citizen as to a department that
    /// what is done on the 27th is in time, also after office hours; set it to 18:00 where the rule is office hours.
    pub day_end: NaiveTime,
}

/// All values that turn a fact into a deadline and its alarms, under one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names these values; whoever changes one of them changes it too.
    pub version: String,
    /// How long each class may take.
    pub limits: Limits,
    /// How long every other clock may run; the defaults if left out.
    #[serde(default)]
    pub clocks: ClockLimits,
    /// What a consultation may grant instead of `limits.key_difficult`: 10 to 15 working days.
    pub consultation: DayRange,
    /// The share of the limit after which the holder is warned, in percent, 1 to 99: 80.
    pub warn_percent: u8,
    /// When a working day begins and ends.
    pub day: DayTimes,
    /// Who is told at [`Stage::Warned`].
    pub warned: Receiver,
    /// Who is told at [`Stage::Overdue`], the foot of the ladder.
    pub overdue: Receiver,
    /// Who is told after that, rising, in classes that have no ladder of their own.
    pub ladder: Vec<LadderStep>,
    /// The ladders of single classes.
    #[serde(default)]
    pub ladders: BTreeMap<Class, Vec<LadderStep>>,
    /// When those are not disturbed who can be told later; none: they are told at any hour.
    #[serde(default)]
    pub quiet: Option<Quiet>,
}

impl Default for Policy {
    /// The article's limits where it gives them, ours where it does not (`domain.md` sections 2.4 and 2.5).
    fn default() -> Self {
        Self {
            version: "gridline-1".to_owned(),
            limits: Limits {
                simple: Limit::Hours(2),
                coordination: Limit::WorkingDays(5),
                key_difficult: Limit::WorkingDays(15),
            },
            clocks: ClockLimits::default(),
            consultation: DayRange { least: 10, most: 15 },
            warn_percent: 80,
            day: DayTimes {
                work_start: const { time(9, 0, 0) },
                work_end: const { time(18, 0, 0) },
                day_end: const { time(23, 59, 59) },
            },
            warned: Receiver::HandlingUnit,
            overdue: Receiver::GridWorker,
            ladder: DEFAULT_LADDER.to_vec(),
            ladders: default_ladders(),
            quiet: Some(DEFAULT_QUIET),
        }
    }
}

impl Policy {
    /// Whether the values fit together. Every function that takes a policy checks it too; who checks before it is put in
    /// force refuses once instead of refusing every ticket.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], naming the value that does not fit.
    pub fn check(&self) -> Result<(), PolicyError> {
        if self.version.trim().is_empty() {
            return Err(PolicyError::NoVersion);
        }
        if !(1..=99).contains(&self.warn_percent) {
            return Err(PolicyError::WarnPercent(self.warn_percent));
        }
        self.day.check()?;
        for (class, limit) in [
            ("simple", self.limits.simple),
            ("coordination", self.limits.coordination),
            ("key_difficult", self.limits.key_difficult),
        ] {
            limit.check().map_err(|error| PolicyError::Limit { class, reason: error.to_string() })?;
        }
        self.clocks.check()?;
        self.check_consultation()?;
        self.check_ladder()
    }

    /// The same policy with the ladder of this class.
    #[must_use]
    pub fn of_class(&self, class: Class) -> Self {
        let ladder = self.ladders.get(&class).unwrap_or(&self.ladder).clone();
        Self { ladder, ladders: BTreeMap::new(), ..self.clone() }
    }

    /// Who is told at `stage`, then those above, who are told if nobody is there. Empty for a level that the ladder does
    /// not have.
    pub fn receivers(&self, stage: Stage) -> Vec<Receiver> {
        let from = |level: u8| self.ladder.iter().filter(move |step| step.level >= level).map(|step| step.receiver);
        match stage {
            Stage::Warned => [self.warned, self.overdue].into_iter().chain(from(1)).collect(),
            Stage::Overdue => std::iter::once(self.overdue).chain(from(1)).collect(),
            Stage::Escalated(level) if self.ladder.iter().any(|step| step.level == level) => from(level).collect(),
            Stage::Escalated(_) => Vec::new(),
        }
    }

    fn check_consultation(&self) -> Result<(), PolicyError> {
        let DayRange { least, most } = self.consultation;
        let holds_default = match self.limits.key_difficult {
            Limit::WorkingDays(days) => (least..=most).contains(&days),
            Limit::Minutes(_) | Limit::Hours(_) | Limit::WorkingHours(_) => least <= most,
        };
        if least >= 1 && most <= MAX_WORKING_DAYS && holds_default { Ok(()) } else { Err(PolicyError::Consultation) }
    }

    fn check_ladder(&self) -> Result<(), PolicyError> {
        if self.quiet.is_some_and(|quiet| quiet.from == quiet.until) {
            return Err(PolicyError::Quiet);
        }
        std::iter::once(&self.ladder).chain(self.ladders.values()).try_for_each(|ladder| rises(ladder))
    }
}

/// Levels count from 1 and come one after the other.
fn rises(ladder: &[LadderStep]) -> Result<(), PolicyError> {
    let mut below = Offset { hours: 0, working_days: 0 };
    for (expected, step) in (1..=u8::MAX).zip(ladder) {
        let LadderStep { level, after, .. } = *step;
        let rises = after.hours > below.hours && after.working_days > below.working_days;
        let bounded = after.hours <= MAX_HOURS && after.working_days <= MAX_WORKING_DAYS;
        if level != expected || !rises || !bounded {
            return Err(PolicyError::Ladder { level });
        }
        below = after;
    }
    if ladder.len() > usize::from(u8::MAX) { Err(PolicyError::Ladder { level: u8::MAX }) } else { Ok(()) }
}

impl DayTimes {
    fn check(&self) -> Result<(), PolicyError> {
        let leap = |time: NaiveTime| time.nanosecond() >= 1_000_000_000;
        let leaps = leap(self.work_start) || leap(self.work_end) || leap(self.day_end);
        let in_order = self.work_start < self.work_end && self.work_end <= self.day_end;
        if in_order && !leaps { Ok(()) } else { Err(PolicyError::DayTimes) }
    }
}

const fn time(hour: u32, minute: u32, second: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, second) {
        Some(time) => time,
        None => panic!("no such time of day"),
    }
}
