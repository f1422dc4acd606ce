//! The rules that dispatch decides by: the district, its working days, its policy. Pure.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, Timelike, Utc};
use contracts::{
    district::{District, Level, UnitKind},
    duty::Duty,
    id::{DivisionCode, UnitId},
    lifecycle::{Class, Limits},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use sla::{Calendar, Policy, Terms, Urgency};

use crate::{calendar::Loaded, supervision::Agenda};

/// What is decided by. A new version never changes a decision that was taken under an older one.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The units and places.
    pub district: &'static District,
    /// The working days.
    pub calendar: Cow<'static, Calendar>,
    /// On which grounds that is in force; none: it is what the program was built with.
    pub loaded: Option<Loaded>,
    /// What a person of the district may change.
    pub book: RuleBook,
    /// Version of the register; 0 is what was shipped.
    pub version: i64,
}

/// What a person of the district may change. Every change is kept (see `register.rs`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleBook {
    /// Limits of classes and clocks, warning, ladder.
    pub policy: Policy,
    /// Numbers of returns, extensions, tries; the round of supervision.
    pub limits: Limits,
    /// 八员: the officers of each grid.
    pub officers: BTreeMap<UnitId, Vec<Officer>>,
    /// Reorganised units: what was one unit's is its successor's.
    pub successors: BTreeMap<UnitId, UnitId>,
    /// When periodic work opens.
    pub agenda: Agenda,
    /// The roster: who is told when a clock warns or is over.
    pub duty: Vec<Duty>,
}

/// A community officer (八员) of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Staff number.
    pub person: String,
    /// Which of the eight kinds (domain.md 1.2).
    pub kind: OfficerKind,
    /// Who takes over while the officer is absent.
    #[serde(default)]
    pub substitute: Option<String>,
    /// Absent until then.
    #[serde(default)]
    pub absent_until: Option<DateTime<Utc>>,
    /// Hours of duty in China, from and to; none: always.
    #[serde(default)]
    pub duty_hours: Option<(u8, u8)>,
}

/// 八员.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfficerKind {
    /// Party member in office.
    在职党员,
    /// Respected villager.
    乡贤,
    /// Volunteer.
    志愿服务,
    /// Representative of the people.
    群众代表,
    /// Law.
    法治,
    /// City management.
    城市管理,
    /// Market supervision.
    市场监管,
    /// Fire safety.
    消防安全,
}

/// Rank of a town or street on the ladder.
const TOWN: u8 = 2;

/// The rules at the instant of a decision.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// When.
    pub now: DateTime<Utc>,
}

impl Rules {
    /// Is this a unit of the district? Gives the one that acts for it today: itself, or its successor.
    pub fn known(&self, unit: &UnitId) -> Result<UnitId, Problem> {
        let mut unit = unit;
        // a chain as long as there are successors; a ring ends there
        for _ in 0..self.book.successors.len() {
            match self.book.successors.get(unit) {
                Some(next) => unit = next,
                None => break,
            }
        }
        if self.district.unit(unit).is_some() {
            return Ok(unit.clone());
        }
        Err(Problem::new("unknown_unit", "没有这个单位，请核对单位编号", "there is no such unit; check the unit's id"))
    }

    /// Whether every line of the two rosters names a unit of the district.
    pub fn check_rosters(&self) -> Result<(), Problem> {
        let unknown = |zh: String, en: String| {
            Problem::new(
                "unknown_unit",
                format!("{zh}的单位不存在，请核对单位编号"),
                format!("there is no such unit in {en}; check the unit's id"),
            )
        };
        for (n, line) in (1..).zip(&self.book.duty) {
            self.known(&line.unit).map_err(|_| unknown(format!("值班表 duty 第 {n} 行"), format!("line {n} of duty")))?;
        }
        for (n, grid) in (1..).zip(self.book.officers.keys()) {
            let en = format!("line {n} of officers, in order of units");
            self.known(grid).map_err(|_| unknown(format!("八员名册 officers 按单位编号第 {n} 行"), en))?;
        }
        Ok(())
    }

    /// What clocks of such a ticket depend on.
    pub fn terms(&self, class: Option<Class>, urgent: bool) -> Terms<'_> {
        let urgency = if urgent { Urgency::Emergency } else { Urgency::General };
        Terms { class, urgency, ..Terms::new(&self.calendar, &self.book.policy) }
    }

    /// Is `to` the town or district that `from` lies in? A department is no step of the ladder: what is another
    /// unit's is returned.
    pub fn upward(&self, from: &UnitId, to: &UnitId) -> bool {
        let place = |u: &UnitId| self.district.unit(u).and_then(|u| u.division.clone());
        let town = self.district.unit(to).is_some_and(|u| u.kind == UnitKind::Town);
        let inside = match (place(from), place(to)) {
            (Some(below), Some(above)) => self.lies_in(&below, &above),
            _ => false,
        };
        town && inside && self.rank(to) < self.rank(from)
    }

    /// Does `to` stand below `from`, in the same part of the tree?
    pub fn downward(&self, from: &UnitId, to: &UnitId) -> bool {
        let place = |u: &UnitId| self.district.unit(u).and_then(|u| u.division.clone());
        let inside = match (place(from), place(to)) {
            (Some(above), Some(below)) => self.lies_in(&below, &above),
            _ => false,
        };
        inside && self.rank(to) > self.rank(from)
    }

    /// The next unit up the ladder for a matter of this place.
    pub fn above(&self, unit: &UnitId, place: Option<&DivisionCode>) -> UnitId {
        let town = if self.rank(unit) > TOWN { place } else { None };
        self.district.town_unit_of(town)
    }

    /// Place on the ladder: the smaller, the higher.
    fn rank(&self, unit: &UnitId) -> u8 {
        let Some(unit) = self.district.unit(unit) else { return 0 };
        match (unit.kind, unit.division.as_ref().and_then(|d| self.district.division(d)).map(|d| d.level)) {
            (UnitKind::Grid, Some(Level::Village)) => 4,
            (UnitKind::Grid, _) => 3,
            (UnitKind::Town, Some(Level::Town)) => TOWN,
            _ => 1,
        }
    }

    fn lies_in(&self, below: &DivisionCode, above: &DivisionCode) -> bool {
        let mut at = Some(below.clone());
        while let Some(code) = at {
            if code == *above {
                return true;
            }
            at = self.district.division(&code).and_then(|d| d.parent.clone());
        }
        false
    }

    /// The officer of a grid's roster who takes a ticket now: the one named, or the substitute.
    pub fn officer(&self, grid: &UnitId, person: &str, now: DateTime<Utc>) -> Result<String, Problem> {
        let roster = self.book.officers.get(grid).map(Vec::as_slice).unwrap_or_default();
        let Some(officer) = roster.iter().find(|o| o.person == person) else {
            let (zh, en) =
                ("本网格花名册中没有此人，请核对工号", "the grid's roster has no such officer; check the staff number");
            return Err(Problem::new("unknown_officer", zh, en));
        };
        let hour = now.with_timezone(&sla::CHINA).hour();
        let on_duty = officer.duty_hours.is_none_or(|(from, to)| {
            let (from, to) = (u32::from(from), u32::from(to));
            // 22 to 6 goes over midnight
            if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
        });
        if on_duty && officer.absent_until.is_none_or(|until| now >= until) {
            return Ok(officer.person.clone());
        }
        officer.substitute.clone().ok_or_else(|| {
            let (zh, en) =
                ("此人不在岗且没有替补，请另选一人", "the officer is absent or off duty and has no substitute; choose another");
            Problem::new("officer_absent", zh, en)
        })
    }
}
