//! What can be wrong: the calendar file, the policy, or the question asked.

use crate::policy::{MAX_HOURS, MAX_MINUTES, MAX_WORKING_DAYS};
use chrono::NaiveDate;
use contracts::lifecycle::Clock;
use thiserror::Error;

/// Why a deadline or a schedule can't be given. None of these goes away by trying again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SlaError {
    /// The limit is zero: such a ticket would be overdue before anybody saw it.
    #[error("a limit must be at least one minute, hour or working day")]
    EmptyLimit,
    /// The limit is longer than [`MAX_MINUTES`], [`MAX_HOURS`] or [`MAX_WORKING_DAYS`]; surely a slip.
    #[error(
        "a limit of {amount} {unit} is too long: at most {MAX_MINUTES} minutes, {MAX_HOURS} hours or {MAX_WORKING_DAYS} working days"
    )]
    LimitTooLong {
        /// The number asked for.
        amount: u32,
        /// `minutes`, `hours`, `working hours` or `working days`.
        unit: &'static str,
    },
    /// An instant that came in, or one that would come out, is not inside [`crate::YEARS`].
    #[error("the instant is outside the years 1970 to 9999")]
    OutOfRange,
    /// The deadline given is not after the start of its clock.
    #[error("the deadline must be after the start of the clock")]
    DueNotAfterStart,
    /// The handling clock can't start before the ticket has a class or a decision that grants it a time.
    #[error("the handling clock needs a class or a granted time")]
    NoClass,
    /// A promised date or an extension must say until when.
    #[error("{0} needs the instant that was promised or granted")]
    NoInstant(Clock),
    /// A promised date or an extension lies before what holds already.
    #[error("the new deadline of {0} must be after the present one and in the future")]
    NotLater(Clock),
    /// The policy contradicts itself.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
}

/// Why a [`crate::Policy`] can't be used. It is checked before it is put in force.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A deadline must be able to name the policy it was computed with.
    #[error("the version must not be empty")]
    NoVersion,
    /// Warning at 0 % or at 100 % is no warning.
    #[error("warn_percent is {0}, it must be 1 to 99")]
    WarnPercent(u8),
    /// The day must run `work_start` < `work_end` ≤ `day_end`, and no leap second may be named.
    #[error("the day must run work_start < work_end <= day_end, without a leap second")]
    DayTimes,
    /// A class has a limit that no deadline can be computed with.
    #[error("limit of class {class}: {reason}")]
    Limit {
        /// Field of [`crate::Limits`].
        class: &'static str,
        /// What is wrong, an English sentence.
        reason: String,
    },
    /// Another clock has a limit that no deadline can be computed with.
    #[error("limit of clock {clock}: {reason}")]
    Clock {
        /// Field of [`crate::ClockLimits`].
        clock: &'static str,
        /// What is wrong, an English sentence.
        reason: String,
    },
    /// What a consultation may grant must be a range that holds the default limit of the class.
    #[error("consultation must be least <= most and hold the limit of key_difficult")]
    Consultation,
    /// Quiet hours that begin when they end would be the whole day or nothing.
    #[error("quiet hours must end at another time than they begin")]
    Quiet,
    /// Levels must be 1, 2, 3 … and each must come later than the one below it, in both units.
    #[error("ladder step {level}: levels must be 1, 2, 3 ... and each later than the one before")]
    Ladder {
        /// The level of the step that does not fit.
        level: u8,
    },
}

/// Why a calendar file is refused. It is refused whole: a calendar with a hole gives wrong deadlines in silence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// Not CSV, a column is missing, or a value is not one of those allowed; the text names line and field.
    #[error("{0}")]
    Row(String),
    /// A day stands in the file twice.
    #[error("{0} stands in the calendar twice")]
    Duplicate(NaiveDate),
    /// Date and weekday of a row disagree, so one of them is mistyped.
    #[error("{date} is not a {said}")]
    Weekday {
        /// The date of the row.
        date: NaiveDate,
        /// The weekday the row claims.
        said: String,
    },
    /// A make-up working day on Monday to Friday makes up for nothing: a mistyped row.
    #[error("{0} is a make-up working day but no Saturday or Sunday")]
    MakeupOnWeekday(NaiveDate),
    /// A date outside [`crate::YEARS`].
    #[error("{0} is outside the years 1970 to 9999")]
    OutOfRange(NaiveDate),
    /// A year between two others has no arrangement.
    #[error("the calendar has no arranged days for {0}, but for a later year")]
    MissingYear(i32),
    /// No year at all has an arrangement.
    #[error("the calendar has no arranged year")]
    NothingPublished,
    /// The file has a head and no days.
    #[error("the file has no days")]
    Empty,
    /// The law's days are the State's, not the district's.
    #[error("{0} is a day of the district's own and can't be statutory")]
    DistrictStatutory(NaiveDate),
    /// The file arranges a year and does not name all days of the law.
    #[error("{year} has {named} statutory days, the law names at least {least}; the file is not whole")]
    Incomplete {
        /// The year.
        year: i32,
        /// Statutory days of it in the file.
        named: usize,
        /// What the law names at least.
        least: usize,
    },
}

impl CalendarError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Row(what) => format!("日历文件有误：{what}"),
            Self::Duplicate(date) => format!("{date} 在日历中出现两次"),
            Self::Weekday { date, said } => format!("{date} 不是 {said}，日期或星期有误"),
            Self::MakeupOnWeekday(date) => format!("{date} 标为调休补班，但不是周六或周日"),
            Self::OutOfRange(date) => format!("{date} 超出 1970 至 9999 年"),
            Self::MissingYear(year) => format!("日历缺少 {year} 年的安排，却有其后年份"),
            Self::NothingPublished => "日历没有任何一年的放假安排".to_owned(),
            Self::Empty => "文件中没有日期".to_owned(),
            Self::DistrictStatutory(date) => format!("{date} 为本区自定，不能标为法定节假日"),
            Self::Incomplete { year, named, least } => {
                format!("{year} 年只有 {named} 个法定节假日，至少应有 {least} 个，文件不完整")
            }
        }
    }
}
