//! Working time: the office hours of working days, and nothing else.

use crate::calendar::Calendar;
use crate::error::SlaError;
use crate::local::{instant, later, local};
use crate::policy::DayTimes;
use chrono::{DateTime, TimeDelta, Utc};

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// Milliseconds of office hours from `from` to `to`; negative if `to` is the earlier one.
pub(crate) fn between(calendar: &Calendar, day: &DayTimes, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<i64, SlaError> {
    Ok(before(calendar, day, to)? - before(calendar, day, from)?)
}

/// The first instant at which `ms` of office hours have passed since `at`: 18:00 of a day, and not 09:00 of the next.
pub(crate) fn after(calendar: &Calendar, day: &DayTimes, at: DateTime<Utc>, ms: i64) -> Result<DateTime<Utc>, SlaError> {
    if ms <= 0 {
        return Ok(at);
    }
    let target = before(calendar, day, at)? + ms;
    let whole = (target - 1).div_euclid(length(day));
    let date = calendar.date_of(whole + 1).ok_or(SlaError::OutOfRange)?;
    later(instant(date, day.work_start)?, TimeDelta::milliseconds(target - whole * length(day)))
}

/// Milliseconds of office hours before `at`, counted from 0001-01-01.
fn before(calendar: &Calendar, day: &DayTimes, at: DateTime<Utc>) -> Result<i64, SlaError> {
    let at = local(at)?;
    let days = calendar.index(at.date());
    if !calendar.is_working_day(at.date()) {
        return Ok(days * length(day));
    }
    let today = (at.time() - day.work_start).num_milliseconds().clamp(0, length(day));
    Ok((days - 1) * length(day) + today)
}

/// Office hours of one day; more than zero, because the policy was checked.
fn length(day: &DayTimes) -> i64 {
    (day.work_end - day.work_start).num_milliseconds().max(1)
}
