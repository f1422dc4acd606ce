//! What the calendar file says, and whether it can be believed. Columns: see `calendar/NOTICE.md`.

use crate::error::CalendarError;
use crate::local::YEARS;
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The checked content of one calendar file.
pub(crate) struct Published {
    /// Every day that differs from its weekday, and every holiday on a weekend.
    pub(crate) days: BTreeMap<NaiveDate, Day>,
    /// First year whose arrangement is published.
    pub(crate) from: i32,
    /// Last year whose arrangement is published; all between are published too.
    pub(crate) through: i32,
}

/// One day of the file.
#[derive(Deserialize)]
pub(crate) struct Day {
    date: NaiveDate,
    #[serde(default)]
    weekday: Option<String>,
    pub(crate) kind: Kind,
    statutory: Statutory,
    basis: Basis,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Holiday,
    MakeupWorkday,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Statutory {
    Yes,
    No,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Basis {
    Arranged,
    StatutoryOnly,
}

impl Published {
    /// Reads and checks `csv_text`.
    pub(crate) fn read(csv_text: &str) -> Result<Self, CalendarError> {
        let mut days = BTreeMap::new();
        for row in csv::Reader::from_reader(csv_text.as_bytes()).deserialize() {
            let day: Day = row.map_err(|error| CalendarError::Row(error.to_string()))?;
            day.check()?;
            if let Some(twice) = days.insert(day.date, day) {
                return Err(CalendarError::Duplicate(twice.date));
            }
        }
        let (from, through) = published_years(&days)?;
        Ok(Self { days, from, through })
    }

    /// A label that changes with every day that is added, removed, or changes its kind or basis: the years and an
    /// FNV-1a sum over `date,kind,basis` lines. Comments, names and line ends of the file do not count.
    pub(crate) fn version(&self) -> String {
        let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
        for day in self.days.values() {
            for byte in day.canonical().bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("cn-{}-{}-{sum:016x}", self.from, self.through)
    }
}

impl Day {
    fn check(&self) -> Result<(), CalendarError> {
        if !YEARS.contains(&self.date.year()) {
            return Err(CalendarError::OutOfRange(self.date));
        }
        let weekday = self.date.weekday();
        if let Some(said) = &self.weekday
            && said.parse::<Weekday>() != Ok(weekday)
        {
            return Err(CalendarError::Weekday { date: self.date, said: said.clone() });
        }
        let weekend = weekday.num_days_from_monday() >= 5;
        if self.kind == Kind::MakeupWorkday && !weekend {
            return Err(CalendarError::MakeupOnWeekday(self.date));
        }
        Ok(())
    }

    fn canonical(&self) -> String {
        let kind = match self.kind {
            Kind::Holiday => "holiday",
            Kind::MakeupWorkday => "makeup_workday",
        };
        let basis = match self.basis {
            Basis::Arranged => "arranged",
            Basis::StatutoryOnly => "statutory_only",
        };
        format!("{},{kind},{basis}\n", self.date)
    }
}

/// First and last published year. A year is published when a statutory day of it is arranged and none is
/// `statutory_only`: single days at the edge, as New Year's Eve in the next year's notice, publish nothing.
fn published_years(days: &BTreeMap<NaiveDate, Day>) -> Result<(i32, i32), CalendarError> {
    let years_with = |wanted: Basis| -> BTreeSet<i32> {
        days.values().filter(|day| day.statutory == Statutory::Yes && day.basis == wanted).map(|day| day.date.year()).collect()
    };
    let published = &years_with(Basis::Arranged) - &years_with(Basis::StatutoryOnly);
    let (Some(&from), Some(&through)) = (published.first(), published.last()) else {
        return Err(CalendarError::NothingPublished);
    };
    match (from..=through).find(|year| !published.contains(year)) {
        Some(hole) => Err(CalendarError::MissingYear(hole)),
        None => Ok((from, through)),
    }
}
