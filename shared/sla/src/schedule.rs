//! At which instants something must happen.
//!
//! # What 80 % of a limit is
//!
//! Of hours: 80 % of the time on the clock; of working hours, 80 % of the office hours. Of N working days: 80 % of N, counted as the deadline is counted. Whole
//! days are over at the end of the day, so 80 % of 5 days is the end of the fourth. What is left over is that share of
//! the next working day's office hours, so that the warning reaches somebody: 80 % of 1 day is 80 % of the way from
//! 09:00 to 18:00, which is 16:12; 80 % of 3 days is 40 % into the third, 12:36.

use crate::calendar::Calendar;
use crate::deadline::deadline;
use crate::error::SlaError;
use crate::ladder::{LadderStep, Stage};
use crate::local::{instant, later, local};
use crate::office;
use crate::policy::{Limit, Policy};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Something that must happen at an instant, unless the clock is stopped before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What happens; [`Policy::receivers`] says who is told.
    pub stage: Stage,
    /// When.
    pub at: DateTime<Utc>,
}

/// All alarms of a clock with `limit` that starts at `start`, in order of time: warned, overdue, then the ladder.
///
/// # Errors
///
/// As [`deadline`]; also [`SlaError::OutOfRange`] if the last step of the ladder falls after [`crate::YEARS`].
pub fn schedule(calendar: &Calendar, policy: &Policy, limit: Limit, start: DateTime<Utc>) -> Result<Vec<Alarm>, SlaError> {
    let due = deadline(calendar, policy, limit, start)?.due;
    schedule_from_due(calendar, policy, limit, start, due)
}

/// All alarms of a clock whose deadline was moved to `due`, by a pause, an extension or a decision.
///
/// `limit` gives the unit the time is counted in; how long it is, is told by `due`. `start` is the instant the whole
/// time granted counts from. The warning comes at the policy's share of the working days after `start` up to and with
/// the day of `due`. Where that would not be before `due` (a deadline moved into the middle of a day, or one with no
/// working day before it), the share is taken of the time on the clock. With the `due` of [`deadline`] it is exactly
/// [`schedule`].
///
/// # Errors
///
/// [`SlaError::DueNotAfterStart`]; otherwise as [`schedule`].
pub fn schedule_from_due(
    calendar: &Calendar,
    policy: &Policy,
    limit: Limit,
    start: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<Vec<Alarm>, SlaError> {
    policy.check()?;
    if due <= start {
        return Err(SlaError::DueNotAfterStart);
    }
    let mut alarms = Vec::with_capacity(2 + policy.ladder.len());
    alarms.push(Alarm { stage: Stage::Warned, at: warning(calendar, policy, limit, start, due)? });
    alarms.push(Alarm { stage: Stage::Overdue, at: due });
    for step in &policy.ladder {
        let at = escalation(calendar, policy, limit, due, step)?;
        alarms.push(Alarm { stage: Stage::Escalated(step.level), at });
    }
    Ok(alarms)
}

/// The instant at which the warning share of the time from `start` to `due` is used up. Before `due`, never before
/// `start`.
pub(crate) fn warning(
    calendar: &Calendar,
    policy: &Policy,
    limit: Limit,
    start: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<DateTime<Utc>, SlaError> {
    let counted = match limit {
        Limit::Minutes(_) | Limit::Hours(_) => None,
        Limit::WorkingHours(_) => warning_in_working_hours(calendar, policy, start, due)?,
        Limit::WorkingDays(_) => warning_in_working_days(calendar, policy, start, due)?,
    };
    if let Some(at) = counted.filter(|at| *at < due) {
        return Ok(at);
    }
    let share = (due - start).num_milliseconds() * i64::from(policy.warn_percent) / 100;
    later(start, TimeDelta::milliseconds(share))
}

/// The same in office hours; `None` if there are none between the two.
fn warning_in_working_hours(
    calendar: &Calendar,
    policy: &Policy,
    start: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, SlaError> {
    let share = office::between(calendar, &policy.day, start, due)? * i64::from(policy.warn_percent) / 100;
    if share > 0 { office::after(calendar, &policy.day, start, share).map(Some) } else { Ok(None) }
}

/// The same in working days; `None` if there is none between the day of `start` and that of `due`.
fn warning_in_working_days(
    calendar: &Calendar,
    policy: &Policy,
    start: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, SlaError> {
    let received = local(start)?.date();
    let Ok(days) = u32::try_from(calendar.working_days_between(received, local(due)?.date())) else {
        return Ok(None);
    };
    if days == 0 {
        return Ok(None);
    }
    let hundredths = days * u32::from(policy.warn_percent);
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let at = if rest == 0 {
        instant(calendar.nth_working_day_after(received, whole)?, policy.day.day_end)?
    } else {
        let office_hours = (policy.day.work_end - policy.day.work_start).num_milliseconds();
        let into_day = TimeDelta::milliseconds(office_hours * i64::from(rest) / 100);
        let opening = instant(calendar.nth_working_day_after(received, whole + 1)?, policy.day.work_start)?;
        later(opening, into_day)?
    };
    Ok(Some(at))
}

/// When `step` of the ladder is reached if the ticket was due at `due`.
fn escalation(
    calendar: &Calendar,
    policy: &Policy,
    limit: Limit,
    due: DateTime<Utc>,
    step: &LadderStep,
) -> Result<DateTime<Utc>, SlaError> {
    match limit {
        Limit::Minutes(_) | Limit::Hours(_) => later(due, TimeDelta::hours(step.after.hours.into())),
        Limit::WorkingHours(_) => office::after(calendar, &policy.day, due, i64::from(step.after.hours) * office::HOUR),
        Limit::WorkingDays(_) => {
            let day = calendar.nth_working_day_after(local(due)?.date(), step.after.working_days)?;
            instant(day, policy.day.day_end)
        }
    }
}
