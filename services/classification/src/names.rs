//! The names by which people call a division, and the words beside a place that say what it is to the reporter.

use std::collections::{BTreeMap, HashMap, HashSet};

use contracts::{
    district::{District, Level},
    id::DivisionCode,
};
use serde::Deserialize;

use crate::rules::{self, RulesError};

/// What a place is to the reporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing said: where it happens.
    Event,
    /// 居住地.
    Residence,
    /// 老家: where the family is from; most often also the household registration.
    Origin,
    /// 户籍地.
    Household,
}

/// A division as far as naming needs it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) code: DivisionCode,
    pub(crate) name: String,
    pub(crate) level: Level,
    /// Index of the division above.
    pub(crate) parent: Option<usize>,
}

/// What a string in a text can mean.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// One of these divisions. A weak name is an everyday word or too short to count without support beside it;
    /// a bare one lacks 社区, 村, 街道 or 镇, so that a following 路 makes it the name of a road.
    Name { divisions: Vec<usize>, weak: bool, bare: bool },
    /// The place that follows is this.
    Cue(Role),
}

/// All names and words.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) divisions: Vec<Named>,
    pub(crate) patterns: Vec<(String, Meaning)>,
    /// Words right behind a place that say what it is.
    pub(crate) behind: Vec<(String, Role)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Bare,
    Household,
    Origin,
    Residence,
    HouseholdAfter,
    OriginAfter,
    ResidenceAfter,
}

#[derive(Deserialize)]
struct Row {
    kind: Kind,
    words: String,
}

const SUFFIXES: [&str; 5] = ["社区居委会", "居委会", "村委会", "街道", "镇"];

impl Names {
    pub(crate) fn read(district: &District, words: &str) -> Result<Self, RulesError> {
        let rows = rules::rows::<Row>("places.csv", words)?;
        let of = |kind: Kind| rows.iter().filter(move |r| r.kind == kind).flat_map(|r| r.words.split_whitespace());
        let divisions = divisions(district);
        let plain: HashSet<&str> = of(Kind::Plain).collect();
        let bare: HashSet<&str> = of(Kind::Bare).collect();
        let mut names: BTreeMap<String, Meaning> = BTreeMap::new();
        for (i, d) in district.divisions().iter().enumerate() {
            let base = SUFFIXES.iter().find_map(|s| d.name.strip_suffix(s)).unwrap_or(&d.short_name);
            for name in full_names(base, &d.name, &d.short_name, d.level) {
                add(&mut names, name, i, false, false);
            }
            let known = base.chars().count() >= 3 && !plain.contains(base);
            add(&mut names, base.into(), i, !known && !bare.contains(base), true);
        }
        let cues = [(Kind::Household, Role::Household), (Kind::Origin, Role::Origin), (Kind::Residence, Role::Residence)];
        for (kind, role) in cues {
            for word in of(kind) {
                names.insert(word.into(), Meaning::Cue(role));
            }
        }
        let behind =
            [(Kind::HouseholdAfter, Role::Household), (Kind::OriginAfter, Role::Origin), (Kind::ResidenceAfter, Role::Residence)];
        let behind = behind.into_iter().flat_map(|(kind, role)| of(kind).map(move |w| (w.to_owned(), role))).collect();
        Ok(Self { divisions, patterns: names.into_iter().collect(), behind })
    }
}

fn divisions(district: &District) -> Vec<Named> {
    let all = district.divisions();
    let index: HashMap<_, _> = all.iter().enumerate().map(|(i, d)| (&d.code, i)).collect();
    let named = all.iter().map(|d| Named {
        code: d.code.clone(),
        name: if d.level == Level::Village { d.short_name.clone() } else { d.name.clone() },
        level: d.level,
        parent: d.parent.as_ref().and_then(|p| index.get(p).copied()),
    });
    named.collect()
}

/// Names that say what kind of place they are.
fn full_names(base: &str, name: &str, short_name: &str, level: Level) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    let suffixes: &[&str] = match level {
        Level::District => &[],
        Level::Town if name.ends_with("街道") => &["街道", "街道办", "街办"],
        Level::Town if name.ends_with('镇') => &["镇", "镇政府"],
        Level::Town => &["园区", "园小区"],
        Level::Village if short_name.ends_with("社区") => &["社区", "居委会", "社区居委会", "居委"],
        Level::Village => &["村", "村委会", "村委", "村民委员会"],
    };
    names.extend(suffixes.iter().map(|s| format!("{base}{s}")));
    names
}

fn add(names: &mut BTreeMap<String, Meaning>, name: String, division: usize, weak: bool, bare: bool) {
    let fresh = Meaning::Name { divisions: vec![division], weak, bare };
    match names.get_mut(&name) {
        // a full name is one name with all that bear it; it is never shadowed by a bare one of the same form
        Some(Meaning::Name { divisions, weak: w, bare: b }) => {
            if bare == *b && !divisions.contains(&division) {
                divisions.push(division);
                *w |= weak;
            } else if *b && !bare {
                names.insert(name, fresh);
            }
        }
        _ => {
            names.insert(name, fresh);
        }
    }
}
