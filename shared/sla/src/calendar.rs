//! Which days are worked, and which day is the N-th.
//!
//! Every working day has an index: the number of working days up to and with it, counted from 0001-01-01. "The N-th
//! working day after a date" is then an addition, and costs a binary search however long the span is. Inside the years
//! of the calendar file the indices come from a table; before and after it every Monday to Friday is worked.

use crate::error::{CalendarError, SlaError};
use crate::published::{Kind, Published};
use chrono::{Datelike, NaiveDate, TimeDelta};
use std::sync::OnceLock;

/// A dated calendar of working days, with a version that every deadline computed with it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    version: String,
    published_from: NaiveDate,
    published_through: NaiveDate,
    first: NaiveDate,
    last: NaiveDate,
    /// Every working day from `first` to `last`, ascending.
    working: Vec<NaiveDate>,
    published: Published,
}

impl Calendar {
    /// The calendar compiled into this crate: `calendar/china.csv`, 2021 to 2026, and the statutory days of 2027.
    #[expect(clippy::expect_used, reason = "the text is part of the program, and the tests parse it")]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Calendar> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::parse(include_str!("../calendar/china.csv")).expect("the compiled-in calendar is valid"))
    }

    /// Reads a calendar from CSV text with the columns of `calendar/NOTICE.md` (`weekday`, `name` and
    /// `source_notice` may be missing). Weekdays that no row names are worked Monday to Friday.
    ///
    /// # Errors
    ///
    /// [`CalendarError`] for a row that can't be read, is doubled or contradicts itself, and for a year left out.
    pub fn parse(csv_text: &str) -> Result<Self, CalendarError> {
        Self::of(Published::read(csv_text)?)
    }

    /// This calendar with the days of another file: a new year, a corrected one, or the district's own days (`basis`
    /// is `district`). What the file says of a year takes the place of what was known of it.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`]; also for a file without days, and for a year with fewer statutory days than the law names.
    pub fn with(&self, csv_text: &str) -> Result<Self, CalendarError> {
        Self::of(self.published.with(csv_text)?)
    }

    /// All its days as CSV, which [`Self::parse`] reads back as the same calendar.
    pub fn csv(&self) -> String {
        self.published.csv()
    }

    fn of(published: Published) -> Result<Self, CalendarError> {
        let years = published.days.keys().map(NaiveDate::year);
        let first = new_year(years.clone().min().unwrap_or(published.from))?;
        let last = new_years_eve(years.max().unwrap_or(published.through))?;
        let working = first
            .iter_days()
            .take_while(|date| *date <= last)
            .filter(|date| match published.days.get(date) {
                Some(day) => day.kind == Kind::MakeupWorkday,
                None => is_weekday(*date),
            })
            .collect();
        Ok(Self {
            version: published.version(),
            published_from: new_year(published.from)?,
            published_through: new_years_eve(published.through)?,
            first,
            last,
            working,
            published,
        })
    }

    /// Names the data: the published years and a checksum of the days. Equal versions count equally.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first day whose arrangement is published.
    pub fn published_from(&self) -> NaiveDate {
        self.published_from
    }

    /// The last day whose arrangement is published. What is counted beyond it is provisional.
    pub fn published_through(&self) -> NaiveDate {
        self.published_through
    }

    /// Whether the arrangement for `date` is published, so that [`Self::is_working_day`] is a fact and no guess.
    pub fn is_published(&self, date: NaiveDate) -> bool {
        (self.published_from..=self.published_through).contains(&date)
    }

    /// Monday to Friday unless a holiday; and every make-up working day. `date` is a date in China.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        if (self.first..=self.last).contains(&date) { self.working.binary_search(&date).is_ok() } else { is_weekday(date) }
    }

    /// The number of working days after `after` up to and with `through`; negative if `through` is the earlier one.
    pub fn working_days_between(&self, after: NaiveDate, through: NaiveDate) -> i64 {
        self.index(through) - self.index(after)
    }

    /// The `n`-th working day after `date`, which itself does not count. For `n` = 0 the last working day not after
    /// `date`.
    ///
    /// # Errors
    ///
    /// [`SlaError::OutOfRange`] if that day is beyond what `NaiveDate` can hold.
    pub fn nth_working_day_after(&self, date: NaiveDate, n: u32) -> Result<NaiveDate, SlaError> {
        self.date_of(self.index(date) + i64::from(n)).ok_or(SlaError::OutOfRange)
    }

    /// The number of working days up to and with `date`.
    pub(crate) fn index(&self, date: NaiveDate) -> i64 {
        let before = weekdays_through(self.first - TimeDelta::days(1));
        if date < self.first {
            weekdays_through(date)
        } else if date <= self.last {
            before + as_index(self.working.partition_point(|day| *day <= date))
        } else {
            before + as_index(self.working.len()) + weekdays_through(date) - weekdays_through(self.last)
        }
    }

    /// The working day with this index: the inverse of [`Self::index`].
    pub(crate) fn date_of(&self, index: i64) -> Option<NaiveDate> {
        let before = weekdays_through(self.first - TimeDelta::days(1));
        let in_table = index - before;
        let beyond = in_table - as_index(self.working.len());
        if in_table <= 0 {
            weekday_with(index)
        } else if beyond <= 0 {
            self.working.get(usize::try_from(in_table - 1).ok()?).copied()
        } else {
            weekday_with(weekdays_through(self.last) + beyond)
        }
    }
}

/// The number of Mondays to Fridays from 0001-01-01, a Monday, up to and with `date`.
fn weekdays_through(date: NaiveDate) -> i64 {
    let days = i64::from(date.num_days_from_ce()) - 1;
    days.div_euclid(7) * 5 + (days.rem_euclid(7) + 1).min(5)
}

/// The weekday up to and with which there are `count` weekdays: the inverse of [`weekdays_through`].
fn weekday_with(count: i64) -> Option<NaiveDate> {
    let before = count - 1;
    let days = before.div_euclid(5) * 7 + before.rem_euclid(5);
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(days + 1).ok()?)
}

fn is_weekday(date: NaiveDate) -> bool {
    date.weekday().num_days_from_monday() < 5
}

fn as_index(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn new_year(year: i32) -> Result<NaiveDate, CalendarError> {
    NaiveDate::from_ymd_opt(year, 1, 1).ok_or(CalendarError::NothingPublished)
}

fn new_years_eve(year: i32) -> Result<NaiveDate, CalendarError> {
    NaiveDate::from_ymd_opt(year, 12, 31).ok_or(CalendarError::NothingPublished)
}
