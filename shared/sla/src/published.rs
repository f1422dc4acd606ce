//! What the calendar file says, and whether it can be believed. Columns: see `calendar/NOTICE.md`.

use crate::error::CalendarError;
use crate::local::YEARS;
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The checked content of one calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// Every day that differs from its weekday, and every holiday on a weekend.
    pub(crate) days: BTreeMap<NaiveDate, Day>,
    /// First year whose arrangement is published.
    pub(crate) from: i32,
    /// Last year whose arrangement is published; all between are published too.
    pub(crate) through: i32,
}

/// One day of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) kind: Kind,
    statutory: Statutory,
    basis: Basis,
}

#[derive(Debug, Deserialize)]
struct Row {
    date: NaiveDate,
    #[serde(default)]
    weekday: Option<String>,
    kind: Kind,
    statutory: Statutory,
    basis: Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Holiday,
    MakeupWorkday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Statutory {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Basis {
    /// From the State Council's notice of the year.
    Arranged,
    /// The law alone: the notice is not out yet.
    StatutoryOnly,
    /// The district's own: it publishes no year.
    District,
}

impl Published {
    /// Reads and checks `csv_text`.
    pub(crate) fn read(csv_text: &str) -> Result<Self, CalendarError> {
        Self::of(read(csv_text)?)
    }

    /// The same with the days of another file. What it arranges of a year, or names as a district's own days of a
    /// year, takes the place of all that was known of it; other days, as a New Year's Eve in the next year's notice,
    /// are added.
    pub(crate) fn with(&self, csv_text: &str) -> Result<Self, CalendarError> {
        let new = read(csv_text)?;
        if new.is_empty() {
            return Err(CalendarError::Empty);
        }
        let arranged = years(&new, |day| day.basis == Basis::Arranged && day.statutory == Statutory::Yes);
        for year in &arranged {
            complete(*year, &new)?;
        }
        let own = years(&new, |day| day.basis == Basis::District);
        let replaced = |date: &NaiveDate, day: &Day| {
            let of = if day.basis == Basis::District { &own } else { &arranged };
            of.contains(&date.year())
        };
        let mut days = self.days.clone();
        days.retain(|date, day| !replaced(date, day));
        days.extend(new);
        Self::of(days)
    }

    fn of(days: BTreeMap<NaiveDate, Day>) -> Result<Self, CalendarError> {
        let (from, through) = published_years(&days)?;
        Ok(Self { days, from, through })
    }

    /// A label that changes with every day that is added, removed, or changes its kind or basis: the years and an
    /// FNV-1a sum over `date,kind,basis` lines. Comments, names and line ends of the file do not count.
    pub(crate) fn version(&self) -> String {
        let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
        for (date, day) in &self.days {
            for byte in format!("{date},{},{}\n", day.kind(), day.basis()).bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("cn-{}-{}-{sum:016x}", self.from, self.through)
    }

    /// All days as CSV that [`Self::read`] reads back.
    pub(crate) fn csv(&self) -> String {
        let mut text = "date,kind,statutory,basis\n".to_owned();
        for (date, day) in &self.days {
            let statutory = if day.statutory == Statutory::Yes { "yes" } else { "no" };
            text += &format!("{date},{},{statutory},{}\n", day.kind(), day.basis());
        }
        text
    }
}

impl Row {
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
        if self.basis == Basis::District && self.statutory == Statutory::Yes {
            return Err(CalendarError::DistrictStatutory(self.date));
        }
        Ok(())
    }
}

impl Day {
    fn kind(self) -> &'static str {
        match self.kind {
            Kind::Holiday => "holiday",
            Kind::MakeupWorkday => "makeup_workday",
        }
    }

    fn basis(self) -> &'static str {
        match self.basis {
            Basis::Arranged => "arranged",
            Basis::StatutoryOnly => "statutory_only",
            Basis::District => "district",
        }
    }
}

fn read(csv_text: &str) -> Result<BTreeMap<NaiveDate, Day>, CalendarError> {
    let mut days = BTreeMap::new();
    for row in csv::Reader::from_reader(csv_text.as_bytes()).deserialize() {
        let row: Row = row.map_err(|error| CalendarError::Row(error.to_string()))?;
        row.check()?;
        let Row { date, kind, statutory, basis, .. } = row;
        if days.insert(date, Day { kind, statutory, basis }).is_some() {
            return Err(CalendarError::Duplicate(date));
        }
    }
    Ok(days)
}

/// A new year's file names the days of the law: 11 a year until 2024, 13 since (全国年节及纪念日放假办法), and one fewer
/// when two festivals meet on a day.
fn complete(year: i32, days: &BTreeMap<NaiveDate, Day>) -> Result<(), CalendarError> {
    let least = if year < 2025 { 10 } else { 12 };
    let named = days.iter().filter(|(date, day)| date.year() == year && day.statutory == Statutory::Yes).count();
    if named < least { Err(CalendarError::Incomplete { year, named, least }) } else { Ok(()) }
}

fn years(days: &BTreeMap<NaiveDate, Day>, wanted: impl Fn(&Day) -> bool) -> BTreeSet<i32> {
    days.iter().filter(|(_, day)| wanted(day)).map(|(date, _)| date.year()).collect()
}

/// First and last published year. A year is published when a statutory day of it is arranged and none is
/// `statutory_only`: single days at the edge, as New Year's Eve in the next year's notice, publish nothing.
fn published_years(days: &BTreeMap<NaiveDate, Day>) -> Result<(i32, i32), CalendarError> {
    let years_with = |wanted: Basis| years(days, |day| day.statutory == Statutory::Yes && day.basis == wanted);
    let published = &years_with(Basis::Arranged) - &years_with(Basis::StatutoryOnly);
    let (Some(&from), Some(&through)) = (published.first(), published.last()) else {
        return Err(CalendarError::NothingPublished);
    };
    match (from..=through).find(|year| !published.contains(year)) {
        Some(hole) => Err(CalendarError::MissingYear(hole)),
        None => Ok((from, through)),
    }
}
