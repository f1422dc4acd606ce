//! The divisions and units that can be named: the sample district is 吉州区, with its real divisions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use serde::Deserialize;

use crate::{
    id::{DivisionCode, UnitId},
    ticket::Nature,
};

/// Taxonomy of the sample district: categories, departments, label rules.
pub const TAXONOMY: &str = include_str!("../district/jizhou/taxonomy.json");
const DIVISIONS: &str = include_str!("../district/jizhou/divisions.csv");
const SUPERVISING: &str = include_str!("../district/jizhou/supervising.json");

/// The district centre (区综治中心): convenes, rules, checks, calls back.
pub const CENTRE: &str = "CENTRE";

/// Level of a division in the grid tree (domain.md 1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 区.
    District,
    /// 镇、街道、园区.
    Town,
    /// 村、社区.
    Village,
}

/// A place in the grid tree.
#[derive(Clone, Debug)]
pub struct Division {
    /// Its code.
    pub code: DivisionCode,
    /// Official name: 桃树下居委会.
    pub name: String,
    /// Name in use: 桃树下社区.
    pub short_name: String,
    /// Level.
    pub level: Level,
    /// The division above; none for the district.
    pub parent: Option<DivisionCode>,
}

/// What kind of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// The district centre.
    Centre,
    /// A department, vertical body or utility.
    Department,
    /// A town or street government.
    Town,
    /// A grid of a village or community; the district itself is one for matters without a known place.
    Grid,
}

/// A unit that can have work.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its id, a token of its subjects.
    pub id: UnitId,
    /// Its name, Chinese.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// The division it governs, for towns and grids.
    pub division: Option<DivisionCode>,
}

/// All divisions and units of a district.
#[derive(Debug)]
pub struct District {
    divisions: Vec<Division>,
    by_code: HashMap<DivisionCode, usize>,
    units: Vec<Unit>,
    by_id: HashMap<UnitId, usize>,
    supervising: Supervising,
    categories: BTreeMap<String, Category>,
}

/// A second-level category, as far as others than classification need it.
#[derive(Clone, Debug, Deserialize)]
pub struct Category {
    /// Code of four digits.
    pub code: String,
    /// Name, Chinese.
    pub name: String,
    /// Department code of the unit that leads.
    pub lead: String,
    /// By which place matters of this category belong.
    pub nature: Nature,
    /// Codes of the same matter in the standard of digital city management (GB/T 30428), for part or event.
    #[serde(default, rename = "dcm")]
    pub standard: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Supervising {
    default: UnitId,
    of: HashMap<String, UnitId>,
}

#[derive(Deserialize)]
struct DivisionRow {
    code: DivisionCode,
    name: String,
    short_name: String,
    level: String,
    parent_code: String,
}

#[derive(Deserialize)]
struct Taxonomy {
    departments: Vec<Department>,
    #[serde(default)]
    categories: Vec<FirstLevel>,
}

#[derive(Deserialize)]
struct FirstLevel {
    children: Vec<Category>,
}

#[derive(Deserialize)]
struct Department {
    code: UnitId,
    name: String,
    kind: String,
}

/// The data of a district can't be read.
#[derive(Debug, thiserror::Error)]
#[error("district data: {0}")]
pub struct DistrictError(String);

impl District {
    /// The sample district, shipped with the product.
    ///
    /// A test reads it, so a released build can't hold a broken one; an empty district stands in if it did.
    pub fn sample() -> &'static Self {
        static SAMPLE: OnceLock<District> = OnceLock::new();
        SAMPLE.get_or_init(|| {
            Self::read(DIVISIONS, TAXONOMY, SUPERVISING).unwrap_or_else(|_| Self {
                divisions: Vec::new(),
                by_code: HashMap::new(),
                units: Vec::new(),
                by_id: HashMap::new(),
                supervising: Supervising { default: centre(), of: HashMap::new() },
                categories: BTreeMap::new(),
            })
        })
    }

    /// Reads a district from its three files.
    pub fn read(divisions: &str, taxonomy: &str, supervising: &str) -> Result<Self, DistrictError> {
        let bad = |e: &dyn std::fmt::Display| DistrictError(e.to_string());
        let taxonomy: Taxonomy = serde_json::from_str(taxonomy).map_err(|e| bad(&e))?;
        let supervising: Supervising = serde_json::from_str(supervising).map_err(|e| bad(&e))?;
        let mut found = Vec::new();
        for row in csv::Reader::from_reader(divisions.as_bytes()).deserialize::<DivisionRow>() {
            found.push(division(row.map_err(|e| bad(&e))?)?);
        }
        let units = units(&found, taxonomy.departments)?;
        let categories = taxonomy.categories.into_iter().flat_map(|l| l.children);
        Ok(Self {
            by_code: found.iter().enumerate().map(|(i, d)| (d.code.clone(), i)).collect(),
            by_id: units.iter().enumerate().map(|(i, u)| (u.id.clone(), i)).collect(),
            divisions: found,
            units,
            supervising,
            categories: categories.map(|c| (c.code.clone(), c)).collect(),
        })
    }

    /// All divisions, the district first.
    pub fn divisions(&self) -> &[Division] {
        &self.divisions
    }

    /// All units.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The division of a code.
    pub fn division(&self, code: &DivisionCode) -> Option<&Division> {
        self.by_code.get(code).map(|&i| &self.divisions[i])
    }

    /// The unit of an id.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.by_id.get(id).map(|&i| &self.units[i])
    }

    /// All categories, by code.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// The category of a code.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.categories.get(code)
    }

    /// The district itself.
    pub fn root(&self) -> Option<&Division> {
        self.divisions.iter().find(|d| d.level == Level::District)
    }

    /// The town or street that a division lies in, itself included.
    pub fn town_of(&self, code: &DivisionCode) -> Option<&Division> {
        let mut at = self.division(code)?;
        while at.level > Level::Town {
            at = self.division(at.parent.as_ref()?)?;
        }
        (at.level == Level::Town).then_some(at)
    }

    /// The grid that takes simple matters of a place; that of the district if the place is not known.
    pub fn grid_of(&self, place: Option<&DivisionCode>) -> UnitId {
        self.territorial("GRID", place.and_then(|c| self.division(c)))
    }

    /// The town or street that takes territorial matters of a place; the district if the place is not known.
    pub fn town_unit_of(&self, place: Option<&DivisionCode>) -> UnitId {
        self.territorial("TOWN", place.and_then(|c| self.town_of(c)))
    }

    /// The unit of a department code of the taxonomy (`D02`, `GRID`, `TOWN`) for a place.
    pub fn resolve(&self, code: &str, place: Option<&DivisionCode>) -> Option<UnitId> {
        match code {
            "GRID" => Some(self.grid_of(place)),
            "TOWN" => Some(self.town_unit_of(place)),
            _ => self.unit(&code.parse().ok()?).map(|u| u.id.clone()),
        }
    }

    /// The department that supervises a unit and gets a copy of its work orders (区级主管部门).
    pub fn supervisor_of(&self, unit: &UnitId) -> UnitId {
        let own = self.supervising.of.get(unit.as_str());
        own.unwrap_or(&self.supervising.default).clone()
    }

    fn territorial(&self, kind: &str, place: Option<&Division>) -> UnitId {
        place
            .and_then(|d| format!("{kind}-{}", d.code).parse::<UnitId>().ok())
            .filter(|id| self.by_id.contains_key(id))
            .or_else(|| self.root().and_then(|d| format!("{kind}-{}", d.code).parse().ok()))
            .unwrap_or_else(centre)
    }
}

/// The district centre's unit id.
pub fn centre() -> UnitId {
    // `CENTRE` is a valid token; a test holds it
    #[expect(clippy::expect_used, reason = "a constant that a test holds")]
    CENTRE.parse().expect("CENTRE is a token")
}

fn division(row: DivisionRow) -> Result<Division, DistrictError> {
    let level = match row.level.as_str() {
        "district" => Level::District,
        "street" | "town" | "park" => Level::Town,
        "grid3" => Level::Village,
        other => return Err(DistrictError(format!("unknown level {other}"))),
    };
    let parent = (level != Level::District).then(|| row.parent_code.parse()).transpose();
    let parent = parent.map_err(|e: crate::problem::Problem| DistrictError(e.to_string()))?;
    Ok(Division { code: row.code, name: row.name, short_name: row.short_name, level, parent })
}

fn units(divisions: &[Division], departments: Vec<Department>) -> Result<Vec<Unit>, DistrictError> {
    let mut units = vec![Unit { id: centre(), name: "区综治中心".into(), kind: UnitKind::Centre, division: None }];
    // GRID and TOWN are not units but kinds of units: one for each place
    let own = departments.into_iter().filter(|d| d.kind != "grid" && d.kind != "territory");
    units.extend(own.map(|d| Unit { id: d.code, name: d.name, kind: UnitKind::Department, division: None }));
    for d in divisions {
        let mut add = |prefix: &str, suffix: &str, kind| {
            let id = format!("{prefix}-{}", d.code).parse().map_err(|e: crate::problem::Problem| DistrictError(e.to_string()))?;
            units.push(Unit { id, name: format!("{}{suffix}", d.short_name), kind, division: Some(d.code.clone()) });
            Ok(())
        };
        match d.level {
            Level::Village => add("GRID", "网格", UnitKind::Grid)?,
            Level::Town => {
                add("TOWN", "（镇街）", UnitKind::Town)?;
                add("GRID", "网格（镇街）", UnitKind::Grid)?;
            }
            Level::District => {
                add("TOWN", "（区级属地协调）", UnitKind::Town)?;
                add("GRID", "总网格", UnitKind::Grid)?;
            }
        }
    }
    Ok(units)
}
