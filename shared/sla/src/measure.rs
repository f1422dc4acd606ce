//! How much of a limit passes between two instants, in the unit that the limit counts in.

use crate::calendar::Calendar;
use crate::deadline::all_published;
use crate::error::SlaError;
use crate::local::{instant, later, local};
use crate::office;
use crate::policy::{Limit, Policy};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Counts for one clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) policy: &'a Policy,
    /// None for a clock that ends on a promised date: it counts as hours do.
    pub(crate) limit: Option<Limit>,
    /// When the clock started: working days do not count that day.
    pub(crate) start: DateTime<Utc>,
}

impl Measure<'_> {
    /// What passes from `from` (included) to `to` (not included): milliseconds on the clock, milliseconds of office
    /// hours, or ends of working days after the day of the start. Nothing if `to` is not the later one.
    pub(crate) fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<i64, SlaError> {
        if to <= from {
            return Ok(0);
        }
        match self.limit {
            None | Some(Limit::Minutes(_) | Limit::Hours(_)) => Ok((to - from).num_milliseconds()),
            Some(Limit::WorkingHours(_)) => office::between(self.calendar, &self.policy.day, from, to),
            Some(Limit::WorkingDays(_)) => {
                let started = local(self.start)?.date();
                let (from, to) = (self.closed(from)?.max(started), self.closed(to)?.max(started));
                Ok(self.calendar.working_days_between(from, to))
            }
        }
    }

    /// `at` moved on by what passed while the clock stood still. Working days keep the time of day.
    pub(crate) fn after(&self, at: DateTime<Utc>, amount: i64) -> Result<DateTime<Utc>, SlaError> {
        if amount <= 0 {
            return Ok(at);
        }
        match self.limit {
            None | Some(Limit::Minutes(_) | Limit::Hours(_)) => later(at, TimeDelta::milliseconds(amount)),
            Some(Limit::WorkingHours(_)) => office::after(self.calendar, &self.policy.day, at, amount),
            Some(Limit::WorkingDays(_)) => {
                let (days, at) = (u32::try_from(amount).map_err(|_| SlaError::OutOfRange)?, local(at)?);
                instant(self.calendar.nth_working_day_after(at.date(), days)?, at.time())
            }
        }
    }

    /// An instant that was granted, as the clock can keep it. A clock in working days ends with a day: with that of
    /// `until`, or, if nobody works then, with the next working day (as 民法典 article 203 says of any period).
    pub(crate) fn settle(&self, until: DateTime<Utc>) -> Result<DateTime<Utc>, SlaError> {
        let Some(Limit::WorkingDays(_)) = self.limit else { return Ok(until) };
        let over = self.closed(until)?;
        instant(self.calendar.nth_working_day_after(over, 1)?, self.policy.day.day_end)
    }

    /// Whether days up to `due` were counted whose arrangement is not published.
    pub(crate) fn provisional(&self, due: DateTime<Utc>) -> Result<bool, SlaError> {
        match self.limit {
            None => Ok(false),
            Some(limit) => Ok(!all_published(self.calendar, limit, self.start, due)?),
        }
    }

    /// The last day that is over at `at`; a day is over once its end is past.
    fn closed(&self, at: DateTime<Utc>) -> Result<NaiveDate, SlaError> {
        let at = local(at)?;
        if at.time() > self.policy.day.day_end { Ok(at.date()) } else { at.date().pred_opt().ok_or(SlaError::OutOfRange) }
    }
}
