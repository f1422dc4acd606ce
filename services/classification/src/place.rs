//! The division that owns a matter, from the names in its text and the place that the source gave.
//!
//! Matters of nature rights belong to the place of household registration, matters of service to the place where
//! they happen (domain.md 1.8). Where a name leaves two divisions open the answer is none, with the candidates in
//! the reason: a clerk asks, the classifier does not guess.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use contracts::{
    district::{District, Level},
    id::DivisionCode,
    ticket::Nature,
};

use crate::{
    names::{Meaning, Named, Names, Role},
    rules::RulesError,
};

/// Bytes between two names that still belong together (two characters), and between a cue and its place (twenty).
const BESIDE: usize = 6;
const CUE_REACH: usize = 60;
/// What makes a bare place name the name of a road or of something else.
const ROADS: [&str; 9] = ["路", "大道", "大街", "街", "巷", "小区", "公园", "大厦", "广场"];
/// More candidates than a clerk reads are not listed.
const MOST_CANDIDATES: usize = 6;

/// A place name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// As written.
    pub name: String,
    /// All divisions it can mean, after what stands beside it was taken into account.
    pub codes: Vec<DivisionCode>,
}

pub(crate) struct Place {
    pub(crate) division: Option<DivisionCode>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) reason: String,
}

/// Finds places in texts.
#[derive(Debug)]
pub(crate) struct Places {
    automaton: AhoCorasick,
    names: Names,
}

/// What is known beside the text.
struct Known {
    /// Where, as the source says.
    given: Option<usize>,
    /// Where matters of the same reporter were lately.
    lately: Vec<usize>,
}

/// Names that stand together and mean one place: 古南街道桃树下社区.
struct Group {
    role: Role,
    written: String,
    /// Candidates of the last, narrowest name.
    candidates: Vec<usize>,
    end: usize,
}

impl Places {
    pub(crate) fn read(district: &District, words: &str) -> Result<Self, RulesError> {
        let names = Names::read(district, words)?;
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(names.patterns.iter().map(|(word, _)| word))
            .map_err(|e| RulesError::new("places.csv", e))?;
        Ok(Self { automaton, names })
    }

    /// `lately`: where matters of the same reporter were; asked about first, never the answer.
    pub(crate) fn find(&self, text: &str, nature: Nature, given: Option<&DivisionCode>, lately: &[DivisionCode]) -> Place {
        let at = |code: &DivisionCode| self.names.divisions.iter().position(|d| d.code == *code);
        let lately = lately.iter().filter_map(at).filter(|&i| self.at(i).level != Level::District);
        let known = Known { given: given.and_then(at), lately: lately.take(MOST_CANDIDATES).collect() };
        let (mut groups, mentions) = self.read_text(text);
        let towns: BTreeSet<usize> = groups.iter().flat_map(|g| &g.candidates).copied().filter(|&i| self.is_town(i)).collect();
        let towns = Vec::from_iter(towns);
        for group in &mut groups {
            self.narrow(group, &towns);
            if let Some(place) = known.given {
                self.narrow(group, &[place, self.town(place).unwrap_or(place)]);
            }
        }
        let (division, reason) = self.choose(&groups, nature, &known);
        let mentions = mentions.into_iter().map(|(name, codes)| Mention { name, codes: self.codes(&codes) });
        Place { division: division.map(|i| self.at(i).code.clone()), mentions: mentions.collect(), reason }
    }

    fn read_text(&self, text: &str) -> (Vec<Group>, Vec<(String, Vec<usize>)>) {
        let mut groups: Vec<Group> = Vec::new();
        let mut mentions = Vec::new();
        let mut cue: Option<(Role, usize)> = None;
        // the end of the last name, the district's included: 吉州区兴桥 is a place although 兴桥 alone might not be
        let mut last = None;
        for found in self.automaton.find_iter(text) {
            let (divisions, weak, bare) = match &self.names.patterns[found.pattern().as_usize()].1 {
                Meaning::Cue(role) => {
                    cue = Some((*role, found.end()));
                    continue;
                }
                Meaning::Name { divisions, weak, bare } => (divisions, *weak, *bare),
            };
            let rest = &text[found.end()..];
            let beside = last.is_some_and(|end| found.start() <= end + BESIDE);
            let cued = cue.filter(|&(_, end)| end <= found.start() && reaches(&text[end..found.start()]));
            let supported = beside || cued.is_some_and(|(_, end)| end == found.start() && self.is_town(divisions[0]));
            if (bare && is_road(rest)) || (weak && !supported) {
                continue;
            }
            last = Some(found.end());
            if divisions.iter().all(|&i| self.at(i).level == Level::District) {
                continue;
            }
            let behind = self.names.behind.iter().find(|(word, _)| rest.starts_with(word.as_str())).map(|&(_, role)| role);
            let mut codes = divisions.clone();
            match groups.last_mut().filter(|g| beside && found.start() <= g.end + BESIDE) {
                Some(group) if self.inside(&mut codes, &group.candidates) => {
                    group.written.push_str(found_text(text, group.end, found.end()));
                    group.candidates.clone_from(&codes);
                    group.end = found.end();
                    group.role = behind.unwrap_or(group.role);
                }
                _ => groups.push(Group {
                    role: behind.or(cue.take().filter(|_| cued.is_some()).map(|(role, _)| role)).unwrap_or(Role::Event),
                    written: found_text(text, found.start(), found.end()).to_owned(),
                    candidates: codes.clone(),
                    end: found.end(),
                }),
            }
            let mention = (found_text(text, found.start(), found.end()).to_owned(), codes);
            if !mentions.contains(&mention) {
                mentions.push(mention);
            }
        }
        (groups, mentions)
    }

    fn choose(&self, groups: &[Group], nature: Nature, known: &Known) -> (Option<usize>, String) {
        let rank = |g: &&Group| (preference(nature, g.role), usize::from(self.at(g.candidates[0]).level < Level::Village));
        let best = groups.iter().filter(|g| preference(nature, g.role) < EXCLUDED).min_by_key(rank);
        let Some(best) = best else { return self.fall_back(groups, known) };
        let why = match (nature, best.role) {
            (Nature::Rights, Role::Household | Role::Origin) => "权益类按户籍地",
            (Nature::Rights, _) => "权益类应按户籍地，文中未写明户籍地，暂按所写地点",
            (Nature::Service, Role::Residence) => "服务类按居住地",
            (Nature::Service, _) => "服务类按事发地",
        };
        match best.candidates[..] {
            [one] => {
                if let Some(g) = known.given.filter(|&g| self.is_in(g, one) && g != one) {
                    return (
                        Some(g),
                        format!("{why}“{}”，与来源所给的{}相符，归属{}。", best.written, self.full(g), self.full(g)),
                    );
                }
                (Some(one), format!("{why}“{}”，归属{}。", best.written, self.full(one)))
            }
            ref many => {
                if let Some(&broad) = many.iter().find(|&&b| many.iter().all(|&i| self.is_in(i, b))) {
                    return (Some(broad), format!("{why}“{}”，归属{}。", best.written, self.full(broad)));
                }
                let readings = self.readings(many, &known.lately);
                (None, format!("文中“{}”可能是{readings}，无法判断，请询问诉求人后补填归属地。", best.written))
            }
        }
    }

    /// 甲社区或乙社区: first the only one of them that the reporter's record names, if it is the only one.
    fn readings(&self, many: &[usize], lately: &[usize]) -> String {
        let on_record = |&i: &usize| lately.iter().any(|&l| self.is_in(i, l) || self.is_in(l, i));
        let mut recorded = many.iter().copied().filter(on_record);
        let first = recorded.next().filter(|_| recorded.next().is_none());
        let others = many.iter().copied().filter(|&i| Some(i) != first).map(|i| self.full(i));
        let first = first.map(|i| format!("{}（诉求人近一年反映过此地的问题）", self.full(i)));
        first.into_iter().chain(others).take(MOST_CANDIDATES).collect::<Vec<_>>().join("或")
    }

    fn fall_back(&self, groups: &[Group], known: &Known) -> (Option<usize>, String) {
        if let Some(g) = known.given {
            return (Some(g), format!("文中未写明事发地，按来源所给的{}归属。", self.full(g)));
        }
        let mut reason = match groups.first() {
            Some(group) => format!("服务类按居住地或事发地，文中只写了户籍地“{}”，请询问后补填归属地。", group.written),
            None => "文中未写明地点，来源也未给出，归属地待补。".into(),
        };
        if !known.lately.is_empty() {
            let places: Vec<_> = known.lately.iter().map(|&i| self.full(i)).collect();
            reason.push_str(&format!("诉求人近一年反映过{}的问题，可先问是否仍在此地。", places.join("、")));
        }
        (None, reason)
    }

    /// Keeps the candidates that lie in one of the places, if any does.
    fn narrow(&self, group: &mut Group, places: &[usize]) {
        if group.candidates.len() > 1 {
            let kept: Vec<_> = group.candidates.iter().copied().filter(|&i| places.iter().any(|&p| self.is_in(i, p))).collect();
            if !kept.is_empty() {
                group.candidates = kept;
            }
        }
    }

    /// Reduces the candidates to those inside one of the places; false and unchanged if none is.
    fn inside(&self, candidates: &mut Vec<usize>, places: &[usize]) -> bool {
        let is_inside = |&i: &usize| places.iter().any(|&p| p != i && self.is_in(i, p));
        let any = candidates.iter().any(is_inside);
        if any {
            candidates.retain(is_inside);
        }
        any
    }

    fn is_in(&self, division: usize, place: usize) -> bool {
        let mut at = Some(division);
        while let Some(i) = at {
            if i == place {
                return true;
            }
            at = self.at(i).parent;
        }
        false
    }

    fn town(&self, division: usize) -> Option<usize> {
        if self.is_town(division) { Some(division) } else { self.at(division).parent.filter(|&p| self.is_town(p)) }
    }

    fn is_town(&self, division: usize) -> bool {
        self.at(division).level == Level::Town
    }

    /// 古南街道桃树下社区.
    fn full(&self, division: usize) -> String {
        let name = &self.at(division).name;
        match self.town(division).filter(|&t| t != division) {
            Some(town) => format!("{}{name}", self.at(town).name),
            None => name.clone(),
        }
    }

    fn codes(&self, divisions: &[usize]) -> Vec<DivisionCode> {
        divisions.iter().map(|&i| self.at(i).code.clone()).collect()
    }

    fn at(&self, division: usize) -> &Named {
        &self.names.divisions[division]
    }
}

/// A place of this preference can't own the matter.
const EXCLUDED: u8 = 9;

fn preference(nature: Nature, role: Role) -> u8 {
    match (nature, role) {
        (Nature::Rights, Role::Household) => 0,
        (Nature::Rights, Role::Origin) => 1,
        (Nature::Rights, Role::Event) => 2,
        (Nature::Rights, Role::Residence) => 3,
        (Nature::Service, Role::Event) => 0,
        (Nature::Service, Role::Residence) => 1,
        (Nature::Service, Role::Origin) => 2,
        (Nature::Service, Role::Household) => EXCLUDED,
    }
}

/// A cue reaches its place over a few words, not over the end of a sentence.
fn reaches(between: &str) -> bool {
    between.len() <= CUE_REACH && !between.contains(['。', '！', '？', '；', '!', '?', ';', '\n'])
}

fn is_road(rest: &str) -> bool {
    // 高峰坡路口 is a place in 高峰坡
    !rest.starts_with("路口") && !rest.starts_with("街道") && ROADS.iter().any(|r| rest.starts_with(r))
}

fn found_text(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}
