//! The deadline lamp, and times as people read them.

use chrono::{DateTime, FixedOffset, Utc};

use crate::{entity::ticket, lang::Lang};

/// What the lamp shows. The first three are those of the crate `sla`, which a test compares; the list asks the
/// database for the same ([`crate::store`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    /// Before the warning.
    Green,
    /// From the warning to the deadline.
    Yellow,
    /// After the deadline.
    Red,
    /// The handling clock has stopped.
    Done,
}

impl Lamp {
    /// All, as the filter offers them.
    pub const ALL: [Self; 4] = [Self::Green, Self::Yellow, Self::Red, Self::Done];

    /// The lamp of a ticket; none before its clock starts.
    pub fn of(row: &ticket::Model, now_ms: i64) -> Option<Self> {
        let (warn, due) = (row.warn_ms?, row.due_ms?);
        Some(match row.done_ms {
            Some(_) => Self::Done,
            None if now_ms > due => Self::Red,
            None if now_ms >= warn => Self::Yellow,
            None => Self::Green,
        })
    }

    /// The code in addresses and on the page's classes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Done => "done",
        }
    }

    /// In words.
    pub fn label(self, lang: Lang) -> &'static str {
        match self {
            Self::Green => lang.pick("正常", "on time"),
            Self::Yellow => lang.pick("预警", "warned"),
            Self::Red => lang.pick("超期", "overdue"),
            Self::Done => lang.pick("已办", "done"),
        }
    }

    /// A shape of its own for those who don't tell the colours apart.
    pub fn shape(self) -> &'static str {
        match self {
            Self::Green => "●",
            Self::Yellow => "▲",
            Self::Red => "■",
            Self::Done => "✓",
        }
    }
}

/// A lamp with words: "超期 2天".
#[derive(Clone, Debug)]
pub struct Shown {
    /// Class on the page.
    pub code: &'static str,
    /// Shape.
    pub shape: &'static str,
    /// In words.
    pub label: &'static str,
    /// How long it is to the deadline or past it; empty when done in time.
    pub span: String,
}

/// The lamp of a ticket for the page.
pub fn shown(row: &ticket::Model, now_ms: i64, lang: Lang) -> Option<Shown> {
    let lamp = Lamp::of(row, now_ms)?;
    let due = row.due_ms?;
    let late = |at: i64| format!("{} {}", lang.pick("超", "late by"), span(at - due, lang));
    let span = match (lamp, row.done_ms) {
        (Lamp::Done, Some(done)) if done > due => late(done),
        (Lamp::Done, _) => lang.pick("按期", "in time").to_owned(),
        (Lamp::Red, _) => span(now_ms - due, lang),
        _ => format!("{} {}", lang.pick("剩", "left"), span(due - now_ms, lang)),
    };
    Some(Shown { code: lamp.code(), shape: lamp.shape(), label: lamp.label(lang), span })
}

/// A length of time in its largest whole unit.
pub fn span(ms: i64, lang: Lang) -> String {
    let minutes = ms.max(0) / 60_000;
    let (n, zh, en) = match minutes {
        0..60 => (minutes, "分钟", "min"),
        60..2880 => (minutes / 60, "小时", "h"),
        _ => (minutes / 1440, "天", "d"),
    };
    match lang {
        Lang::Zh => format!("{n}{zh}"),
        Lang::En => format!("{n} {en}"),
    }
}

/// Date and time in China, which has one zone and no summer time.
pub fn china(at: DateTime<Utc>) -> String {
    let zone = FixedOffset::east_opt(8 * 3600);
    zone.map_or_else(|| at.naive_utc(), |z| at.with_timezone(&z).naive_local()).format("%Y-%m-%d %H:%M").to_string()
}

/// The same, of milliseconds.
pub fn china_ms(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).map(china).unwrap_or_default()
}

/// For programs: RFC 3339 in UTC.
pub fn rfc3339_ms(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms);
    at.map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)).unwrap_or_default()
}
