//! The step between an instant and a date in China. China has had one zone and no summer time since 1992, so a fixed
//! offset is exact for every ticket; the range of years keeps all arithmetic and RFC 3339 text inside their bounds.

use crate::error::SlaError;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::ops::RangeInclusive;

const OFFSET_SECONDS: i32 = 8 * 3600;

/// The zone all working days are counted in: +08:00, without summer time.
pub const CHINA: FixedOffset = match FixedOffset::east_opt(OFFSET_SECONDS) {
    Some(offset) => offset,
    None => panic!("eight hours are a valid offset"),
};

/// Years (UTC) in which an instant is accepted and a result given: after the epoch, four digits in RFC 3339.
pub const YEARS: RangeInclusive<i32> = 1970..=9999;

/// Date and time of day in China at `at`.
pub(crate) fn local(at: DateTime<Utc>) -> Result<NaiveDateTime, SlaError> {
    within_years(at)?.naive_utc().checked_add_signed(TimeDelta::seconds(OFFSET_SECONDS.into())).ok_or(SlaError::OutOfRange)
}

/// The instant at which a clock in China shows `date` and `time`.
pub(crate) fn instant(date: NaiveDate, time: NaiveTime) -> Result<DateTime<Utc>, SlaError> {
    date.and_time(time)
        .checked_sub_signed(TimeDelta::seconds(OFFSET_SECONDS.into()))
        .ok_or(SlaError::OutOfRange)
        .and_then(|naive| within_years(naive.and_utc()))
}

/// `at` plus `span`, if the sum is still inside [`YEARS`].
pub(crate) fn later(at: DateTime<Utc>, span: TimeDelta) -> Result<DateTime<Utc>, SlaError> {
    within_years(at)?.checked_add_signed(span).ok_or(SlaError::OutOfRange).and_then(within_years)
}

fn within_years(at: DateTime<Utc>) -> Result<DateTime<Utc>, SlaError> {
    if YEARS.contains(&at.year()) { Ok(at) } else { Err(SlaError::OutOfRange) }
}
