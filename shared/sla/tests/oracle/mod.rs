//! The calendar once more, read and counted the slow and obvious way, to be compared with the crate.

#![expect(dead_code, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, reason = "only tests include this file")]

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use sla::CHINA;
use std::collections::BTreeMap;

pub const FILE: &str = include_str!("../../calendar/china.csv");

/// Kind of every day the file names.
pub struct Oracle(pub BTreeMap<NaiveDate, String>);

impl Oracle {
    pub fn read() -> Self {
        let days = FILE.lines().skip(1).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (date(fields[0]), fields[2].to_owned())
        });
        Self(days.collect())
    }

    pub fn works(&self, day: NaiveDate) -> bool {
        match self.0.get(&day).map(String::as_str) {
            Some("makeup_workday") => true,
            Some("holiday") => false,
            Some(other) => panic!("{day}: {other}"),
            None => day.weekday().number_from_monday() <= 5,
        }
    }

    /// Working days after `after` up to and with `through`.
    pub fn count(&self, after: NaiveDate, through: NaiveDate) -> usize {
        after.iter_days().skip(1).take_while(|day| *day <= through).filter(|day| self.works(*day)).count()
    }

    /// Walks day by day.
    pub fn nth_after(&self, received: NaiveDate, n: u32) -> NaiveDate {
        let mut day = received;
        let mut left = n;
        while left > 0 {
            day += TimeDelta::days(1);
            if self.works(day) {
                left -= 1;
            }
        }
        day
    }
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An instant from a Chinese wall clock: `2026-02-13T16:00:00`.
pub fn china(text: &str) -> DateTime<Utc> {
    format!("{text}+08:00").parse().unwrap()
}

/// The same the other way round.
pub fn shown(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%dT%H:%M:%S").to_string()
}

pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&CHINA).date_naive()
}
