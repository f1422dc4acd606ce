//! 派单目录: what rulings taught about who acts, as versions that a person accepted. Pure.
//!
//! An entry says: for this category, at this place or anywhere, the unit that classification would name is not the
//! right one; this one is. Entries are never changed or deleted: a newer one stands before an older one, and an undone
//! one is marked. The version of the catalogue is the number of its last change.

use std::collections::HashMap;

use contracts::{
    id::{DivisionCode, UnitId},
    problem::Problem,
};

use crate::entity::{entry, proposal};

/// Proposals that wait for a person.
pub const PENDING: &str = "pending";
/// Proposals that became an entry.
pub const ACCEPTED: &str = "accepted";
/// Proposals that did not.
pub const REFUSED: &str = "refused";

/// The entries in force.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Number of the last change; 0 if there was none.
    pub version: i64,
    entries: HashMap<(String, String, String), (i64, UnitId)>,
}

impl Catalogue {
    /// From all entries, in any order.
    pub fn of(mut rows: Vec<entry::Model>) -> Self {
        rows.sort_by_key(|r| r.version);
        let version = rows.iter().map(|r| r.version.max(r.undone.unwrap_or(0))).max().unwrap_or(0);
        let mut entries = HashMap::new();
        for row in rows.into_iter().filter(|r| r.undone.is_none()) {
            if let Ok(unit) = row.unit.parse() {
                entries.insert((row.category, row.place, row.instead_of), (row.version, unit));
            }
        }
        Self { version, entries }
    }

    /// The unit that acts instead of `unit`, and the version that says so: the place's own entry before the one for
    /// everywhere.
    pub fn instead(&self, category: &str, place: Option<&DivisionCode>, unit: &UnitId) -> Option<(i64, &UnitId)> {
        let at = |place: &str| self.entries.get(&(category.to_owned(), place.to_owned(), unit.to_string()));
        let own = place.and_then(|p| at(p.as_str()));
        own.or_else(|| at("")).map(|(version, unit)| (*version, unit))
    }
}

/// What a person decides on the catalogue.
#[derive(Clone, Debug)]
pub enum Choice {
    /// The proposal of this id becomes an entry, for its place only or everywhere.
    Accept {
        /// The proposal.
        id: String,
        /// Also elsewhere.
        everywhere: bool,
    },
    /// It does not.
    Refuse {
        /// The proposal.
        id: String,
    },
    /// The newest entry in force is taken back.
    Undo,
}

/// A proposal that waits.
pub fn pending<'a>(proposals: &'a mut [proposal::Model], id: &str) -> Result<&'a mut proposal::Model, Problem> {
    let found = proposals.iter_mut().find(|p| p.id == id).ok_or_else(|| {
        Problem::new("unknown_proposal", "没有这条目录建议，请核对编号", "there is no such proposal; check its id")
    })?;
    if found.state == PENDING {
        return Ok(found);
    }
    Err(Problem::new("decided", "这条建议已经处理", "this proposal was decided before"))
}

/// The entry that a proposal becomes.
pub fn accepted(p: &proposal::Model, version: i64, everywhere: bool, by: (&str, &str), at_ms: i64) -> entry::Model {
    entry::Model {
        version,
        category: p.category.clone(),
        place: if everywhere { String::new() } else { p.place.clone() },
        instead_of: p.instead_of.clone(),
        unit: p.unit.clone(),
        proposal: p.id.clone(),
        person: by.0.to_owned(),
        reason: by.1.to_owned(),
        at_ms,
        undone: None,
        undone_by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: i64, place: &str, unit: &str) -> entry::Model {
        let p = proposal::Model {
            id: "p".into(),
            ticket_id: "t".into(),
            category: "0203".into(),
            place: place.into(),
            instead_of: "D02".into(),
            unit: unit.into(),
            reason: "裁定".into(),
            state: PENDING.into(),
            at_ms: 0,
        };
        accepted(&p, version, place.is_empty(), ("7", "同意"), 0)
    }

    #[test]
    fn the_place_stands_before_everywhere_the_newer_before_the_older_and_an_undone_one_before_nothing() {
        let (here, there): (DivisionCode, DivisionCode) = ("360802001001".parse().unwrap(), "360802001002".parse().unwrap());
        let unit: UnitId = "D02".parse().unwrap();
        let mut rows = vec![row(3, "360802001001", "D12"), row(1, "", "D05"), row(2, "", "D04")];
        let catalogue = Catalogue::of(rows.clone());
        assert_eq!(catalogue.version, 3);
        let of = |c: &Catalogue, place| c.instead("0203", place, &unit).map(|(_, u)| u.to_string());
        assert_eq!(of(&catalogue, Some(&here)).as_deref(), Some("D12"));
        assert_eq!(of(&catalogue, Some(&there)).as_deref(), Some("D04"));
        assert_eq!(catalogue.instead("0204", None, &unit), None);
        assert_eq!(catalogue.instead("0203", None, &"D01".parse().unwrap()), None);
        rows[0].undone = Some(4);
        let catalogue = Catalogue::of(rows);
        assert_eq!((catalogue.version, of(&catalogue, Some(&here)).as_deref()), (4, Some("D04")));
    }
}
