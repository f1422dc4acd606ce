//! When a clock ends.

use crate::calendar::Calendar;
use crate::error::SlaError;
use crate::local::{instant, later, local};
use crate::office;
use crate::policy::{Limit, Policy};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// When a ticket is due, and what that was computed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The last instant that is in time.
    pub due: DateTime<Utc>,
    /// Days were counted whose arrangement is not published: the date may move when the calendar of that year is
    /// loaded. Never so for limits in hours on the clock, which count no days.
    pub provisional: bool,
    /// [`Calendar::version`].
    pub calendar_version: String,
    /// [`Policy::version`].
    pub policy_version: String,
}

/// The deadline of a clock with `limit` that starts at `start`.
///
/// Minutes and hours run on the clock, working hours only while offices are open. Working days do not count the day (in China) on which the clock starts, also if it is a
/// working day and the hour is early; the ticket is due at [`crate::DayTimes::day_end`] of the N-th working day after
/// it. Source: issue 2, "make-up working days count, receipt day does not, due at the end of the N-th working day".
///
/// # Errors
///
/// [`SlaError`] for a limit of zero or beyond ten years, an instant outside [`crate::YEARS`], a policy that
/// contradicts itself.
pub fn deadline(calendar: &Calendar, policy: &Policy, limit: Limit, start: DateTime<Utc>) -> Result<Deadline, SlaError> {
    policy.check()?;
    limit.check()?;
    let (due, provisional) = match limit {
        Limit::Minutes(minutes) => (later(start, TimeDelta::minutes(minutes.into()))?, false),
        Limit::Hours(hours) => (later(start, TimeDelta::hours(hours.into()))?, false),
        Limit::WorkingHours(hours) => {
            let due = office::after(calendar, &policy.day, start, i64::from(hours) * office::HOUR)?;
            (due, !all_published(calendar, limit, start, due)?)
        }
        Limit::WorkingDays(days) => {
            let received = local(start)?.date();
            let due = instant(calendar.nth_working_day_after(received, days)?, policy.day.day_end)?;
            (due, !all_published(calendar, limit, start, due)?)
        }
    };
    Ok(Deadline { due, provisional, calendar_version: calendar.version().to_owned(), policy_version: policy.version.clone() })
}

/// Whether the arrangement of every day that `limit` counts from `start` to `due` is published. Hours count no days;
/// working days do not count the first.
pub(crate) fn all_published(
    calendar: &Calendar,
    limit: Limit,
    start: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<bool, SlaError> {
    let (received, last) = (local(start)?.date(), local(due)?.date());
    let first = match limit {
        Limit::Minutes(_) | Limit::Hours(_) => return Ok(true),
        Limit::WorkingHours(_) => received,
        Limit::WorkingDays(_) => received.succ_opt().unwrap_or(received),
    };
    Ok(calendar.is_published(first) && calendar.is_published(last))
}
