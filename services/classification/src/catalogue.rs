//! 派单目录: who acts in a category, at a place, at a time of the day, as entries that a person accepted. Pure.
//!
//! An entry says: for this category, at this place, in these hours, the unit that classification would name is not the
//! right one; this one is. The narrower entry stands before the wider one, the newer before the older. Entries are never
//! changed or deleted: each has the version of the register that it came with, and that it went with.
//!
//! An entry with a word says what a text is instead: a text with this word, which classification would put into the one
//! category, is of the other.

use std::{cmp::Reverse, collections::HashMap, ops::RangeInclusive};

use chrono::{DateTime, Timelike, Utc};
use contracts::{
    district::District,
    id::{DivisionCode, UnitId},
    problem::Problem,
};
use serde::{Deserialize, Serialize};

use crate::entity::entry;

/// Characters of a word that an entry goes by.
const WORD: RangeInclusive<usize> = 2..=20;

/// Hours of the day in China, from the first to before the second; over midnight if the first is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours(u8, u8);

impl Hours {
    /// `22-6`.
    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let hours = Self(from.parse().ok()?, to.parse().ok()?);
        (hours.0 < 24 && hours.1 <= 24 && hours.0 != hours.1).then_some(hours)
    }

    fn has(self, at: DateTime<Utc>) -> bool {
        // China has one time of the day everywhere, and no summer time
        let hour = (at + chrono::TimeDelta::hours(8)).hour();
        let (from, to) = (u32::from(self.0), u32::from(self.1));
        if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    n: i64,
    since: i64,
    hours: Option<Hours>,
    /// As it is written: a unit, or `GRID` or `TOWN` of the place.
    instead_of: String,
    unit: String,
}

/// Texts with this word are of this category, if classification would say the other one.
#[derive(Clone, Debug)]
pub struct Worded {
    /// Version that says so.
    pub since: i64,
    /// The word.
    pub word: String,
    /// The category that classification would name; empty: whichever.
    pub instead_of: String,
    /// The category that it is.
    pub category: String,
}

/// The entries in force.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: HashMap<(String, String), Vec<Entry>>,
    /// The newest first.
    words: Vec<Worded>,
}

impl Catalogue {
    /// From all entries, in any order.
    pub fn of(rows: &[entry::Model]) -> Self {
        let mut entries: HashMap<_, Vec<Entry>> = HashMap::new();
        let (mut worded, units): (Vec<_>, Vec<_>) = rows.iter().filter(|r| r.until.is_none()).partition(|r| !r.word.is_empty());
        worded.sort_by_key(|r| Reverse(r.n));
        for row in units {
            let entry = Entry {
                n: row.n,
                since: row.since,
                hours: Hours::read(&row.hours),
                instead_of: row.instead_of.clone(),
                unit: row.unit.clone(),
            };
            entries.entry((row.category.clone(), row.place.clone())).or_default().push(entry);
        }
        let words = worded.into_iter().map(|r| Worded {
            since: r.since,
            word: r.word.clone(),
            instead_of: r.instead_of.clone(),
            category: r.category.clone(),
        });
        Self { entries, words: words.collect() }
    }

    /// The entries that go by a word, the newest first.
    pub fn words(&self) -> &[Worded] {
        &self.words
    }

    /// The unit that acts instead of `unit`, and the version that says so: the place's own entry before its town's and the
    /// one for everywhere; the one for the hour before the one for always.
    pub fn instead(
        &self,
        district: &District,
        (category, place): (&str, Option<&DivisionCode>),
        unit: &UnitId,
        at: DateTime<Utc>,
    ) -> Option<(i64, UnitId)> {
        let town = place.and_then(|p| district.town_of(p)).map(|t| t.code.as_str());
        let places = [place.map(DivisionCode::as_str), town, Some("")];
        let is_unit = |code: &str| district.resolve(code, place).as_ref() == Some(unit);
        let fits = |e: &&Entry| e.hours.is_none_or(|h| h.has(at)) && (e.instead_of.is_empty() || is_unit(&e.instead_of));
        let best = |place: &str| {
            let listed = self.entries.get(&(category.to_owned(), place.to_owned()))?;
            listed.iter().filter(fits).max_by_key(|e| (e.hours.is_some(), !e.instead_of.is_empty(), e.n))
        };
        let entry = places.into_iter().flatten().find_map(best)?;
        let acts = district.resolve(&entry.unit, place).filter(|acts| acts != unit)?;
        Some((entry.since, acts))
    }
}

/// An entry as people write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Category code.
    pub category: String,
    /// A word: texts that have it are of this category; empty: the entry says who acts.
    #[serde(default)]
    pub word: String,
    /// Division code; empty: everywhere.
    #[serde(default)]
    pub place: String,
    /// `22-6`; empty: always.
    #[serde(default)]
    pub hours: String,
    /// The unit that classification would name; `GRID`, `TOWN`: the place's own; with a word the category; empty: whichever.
    #[serde(default)]
    pub instead_of: String,
    /// The unit that acts; `GRID`, `TOWN`: the place's own; empty with a word.
    #[serde(default)]
    pub unit: String,
    /// The unit that answers for the entry; empty: the district centre.
    #[serde(default)]
    pub owner: String,
}

impl Written {
    /// Everything that it names is there.
    pub fn checked(mut self, district: &District) -> Result<Self, Problem> {
        let unit = |id: &str| district.resolve(id, None).is_some();
        let bad = |field, zh, en| Err(Problem::field(field, zh, en));
        if self.owner.is_empty() {
            contracts::district::CENTRE.clone_into(&mut self.owner);
        }
        if district.category(&self.category).is_none() {
            return bad("category", "没有这个类别，请核对代码", "there is no such category; check its code");
        }
        if !self.word.is_empty() {
            return self.checked_word(district);
        }
        if !self.place.is_empty() && self.place.parse().ok().is_none_or(|p| district.division(&p).is_none()) {
            return bad("place", "没有这个区划，请核对代码", "there is no such division; check its code");
        }
        if !self.hours.is_empty() && Hours::read(&self.hours).is_none() {
            return bad("hours", "应为“22-6”这样的钟点，或留空", "takes hours such as 22-6, or nothing");
        }
        if !self.instead_of.is_empty() && !unit(&self.instead_of) {
            return bad("instead_of", "没有这个单位，请核对编号", "there is no such unit; check its id");
        }
        if !unit(&self.unit) {
            return bad("unit", "没有这个单位，请核对编号", "there is no such unit; check its id");
        }
        if !unit(&self.owner) {
            return bad("owner", "没有这个单位，请核对编号", "there is no such unit; check its id");
        }
        Ok(self)
    }

    fn checked_word(self, district: &District) -> Result<Self, Problem> {
        let bad = |field, zh, en| Err(Problem::field(field, zh, en));
        if !WORD.contains(&self.word.chars().count()) || self.word.contains(char::is_whitespace) {
            return bad("word", "应为 2 到 20 个字，中间无空格", "takes 2 to 20 characters without a space");
        }
        if [&self.place, &self.hours, &self.unit].iter().any(|f| !f.is_empty()) {
            let (zh, en) = ("按用词归类的条目不写地点、时段和单位", "an entry that goes by a word has no place, hours and unit");
            return bad("word", zh, en);
        }
        if !self.instead_of.is_empty() && district.category(&self.instead_of).is_none() {
            return bad("instead_of", "没有这个类别，请核对代码", "there is no such category; check its code");
        }
        Ok(self)
    }

    /// As an entry of a version.
    pub fn entry(self, n: i64, since: i64, proposal: &str) -> entry::Model {
        let Self { category, word, place, hours, instead_of, unit, owner } = self;
        entry::Model {
            n,
            since,
            until: None,
            category,
            word,
            place,
            hours,
            instead_of,
            unit,
            owner,
            proposal: proposal.to_owned(),
        }
    }
}

impl From<&entry::Model> for Written {
    fn from(e: &entry::Model) -> Self {
        Self {
            category: e.category.clone(),
            word: e.word.clone(),
            place: e.place.clone(),
            hours: e.hours.clone(),
            instead_of: e.instead_of.clone(),
            unit: e.unit.clone(),
            owner: e.owner.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(place: &str, hours: &str, instead_of: &str, unit: &str) -> Written {
        let text = |s: &str| s.to_owned();
        Written {
            category: text("0701"),
            word: text(""),
            place: text(place),
            hours: text(hours),
            instead_of: text(instead_of),
            unit: text(unit),
            owner: text(""),
        }
    }

    /// Who acts in 桃树下社区 (of 古南街道) instead of D02, at an hour of the day in China.
    fn acts(rows: &[entry::Model], hour: u32) -> Option<String> {
        let (place, unit) = ("360802001001".parse().unwrap(), "D02".parse().unwrap());
        let at = format!("2026-03-02T{hour:02}:30:00+08:00").parse().unwrap();
        let catalogue = Catalogue::of(rows);
        catalogue.instead(District::sample(), ("0701", Some(&place)), &unit, at).map(|(_, u)| u.to_string())
    }

    #[test]
    fn the_narrower_entry_stands_before_the_wider_and_the_newer_before_the_older() {
        let mut rows = vec![written("", "", "D02", "D05").entry(1, 1, ""), written("", "", "D02", "D04").entry(2, 2, "")];
        assert_eq!(acts(&rows, 12).as_deref(), Some("D04"));
        rows.push(written("360802001000", "", "", "D12").entry(3, 3, ""));
        assert_eq!(acts(&rows, 12).as_deref(), Some("D12"), "the town's");
        rows.push(written("360802001001", "22-6", "", "D01").entry(4, 4, ""));
        assert_eq!(acts(&rows, 12).as_deref(), Some("D12"));
        assert_eq!(acts(&rows, 22).as_deref(), Some("D01"));
        assert_eq!(acts(&rows, 5).as_deref(), Some("D01"));
        assert_eq!(acts(&rows, 6).as_deref(), Some("D12"));
        rows.push(written("360802001001", "7-8", "", "TOWN").entry(5, 5, ""));
        assert_eq!(acts(&rows, 7).as_deref(), Some("TOWN-360802001000"), "the place's own");
        rows.iter_mut().for_each(|r| r.until = Some(6));
        assert_eq!(acts(&rows, 22), None);
        assert_eq!(acts(&[written("", "", "D01", "D05").entry(1, 1, "")], 12), None, "another unit's");
    }

    #[test]
    fn what_is_not_there_is_refused_by_its_name() {
        let field = |w: Written| w.checked(District::sample()).map_err(|p| p.zh).err();
        let worded = |word: &str, instead_of, unit| Written { word: word.to_owned(), ..written("", "", instead_of, unit) };
        assert_eq!(field(written("", "22-6", "", "D01")), None);
        assert_eq!(field(worded("共享电瓶", "0108", "")), None);
        assert_eq!(field(worded("共享电瓶", "", "")), None);
        for (wrong, name) in [
            (written("999", "", "", "D01"), "place"),
            (written("", "25-6", "", "D01"), "hours"),
            (written("", "6-6", "", "D01"), "hours"),
            (written("", "", "X9", "D01"), "instead_of"),
            (written("", "", "", "X9"), "unit"),
            (worded("共享电瓶", "0108", "D01"), "word"),
            (worded("共享 电瓶", "0108", ""), "word"),
            (worded("瓶", "0108", ""), "word"),
            (worded("共享电瓶", "D01", ""), "instead_of"),
            (Written { category: "9".into(), ..written("", "", "", "D01") }, "category"),
        ] {
            assert!(field(wrong).unwrap().contains(name), "{name}");
        }
    }
}
