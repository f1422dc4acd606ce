//! From words found to scores: which category, which class, urgent or not. Each answer keeps its evidence.

use contracts::ticket::Class;

use crate::{
    lexicon::Found,
    rules::{Cue, Rule, Rules, Target},
    taxonomy::{Category, Taxonomy},
};

/// Evidence of this weight settles a class or an urgency.
const ENOUGH_SIMPLE: u32 = 4;
const ENOUGH_DIFFICULT: u32 = 9;
const ENOUGH_URGENT: u32 = 6;
/// A further matter needs evidence of its own of this weight, and this share (percent) of the main matter's.
const ENOUGH_ALSO: u32 = 12;
const SHARE_ALSO: u32 = 75;
/// More further matters than a ticket can carry are not named.
const MOST_ALSO: usize = 2;
/// Words named in one reason.
const WORDS_SHOWN: usize = 4;

/// The rules that fit a text.
pub(crate) struct Evidence<'r> {
    rules: &'r Rules,
    fired: Vec<&'r Rule>,
    /// Matters by weight, the heaviest first: index of the category, weight.
    pub(crate) matters: Vec<(usize, u32)>,
}

impl<'r> Evidence<'r> {
    pub(crate) fn weigh(rules: &'r Rules, taxonomy: &Taxonomy, found: &Found) -> Self {
        let mut fired = Vec::new();
        let mut scores = vec![(0_u32, usize::MAX); taxonomy.categories().len()];
        for &(atom, at) in &found.atoms {
            for &i in rules.by_atom.get(atom).map(Vec::as_slice).unwrap_or_default() {
                let rule = &rules.rules[i];
                match rule.target {
                    Target::Category(c) if found.shows(&rule.term) => {
                        scores[c] = (scores[c].0.saturating_add(rule.weight), scores[c].1.min(at));
                        fired.push(rule);
                    }
                    Target::Cue(_) if found.has(&rule.term) => fired.push(rule),
                    _ => {}
                }
            }
        }
        let mut order: Vec<_> = (0..scores.len()).filter(|&c| scores[c].0 > 0).collect();
        // of two equal ones the first named is the main matter
        order.sort_by_key(|&c| (u32::MAX - scores[c].0, scores[c].1));
        Self { rules, fired, matters: order.into_iter().map(|c| (c, scores[c].0)).collect() }
    }

    /// Further matters beside the main one.
    pub(crate) fn also(&self) -> Vec<usize> {
        let Some(&(_, main)) = self.matters.first() else { return Vec::new() };
        let enough = |&&(_, w): &&(usize, u32)| w >= ENOUGH_ALSO && w * 100 >= main * SHARE_ALSO;
        self.matters.iter().skip(1).filter(enough).take(MOST_ALSO).map(|&(c, _)| c).collect()
    }

    /// Urgent or not, with the reason.
    pub(crate) fn urgent(&self) -> (bool, Option<String>) {
        let (danger, calm) = (self.weight(Cue::Urgent), self.weight(Cue::Calm));
        let words = self.words(Target::Cue(Cue::Urgent));
        // recall before precision: as much danger as calm is still urgent when danger is named more than once
        let urgent = danger >= ENOUGH_URGENT && (calm == 0 || danger >= calm + ENOUGH_URGENT);
        let reason = match (urgent, danger >= ENOUGH_URGENT) {
            (true, _) => Some(format!("文中提到{words}，可能正危及人身安全，按紧急件办理。")),
            (false, true) => Some(format!(
                "文中提到{words}，但又提到{}，险情应已过去或只是询问，未按紧急件办理。",
                self.words(Target::Cue(Cue::Calm))
            )),
            _ => None,
        };
        (urgent, reason)
    }

    /// The class, with the reason.
    pub(crate) fn class(&self, category: &Category, urgent: bool) -> (Class, String) {
        let (simple, difficult) = (self.weight(Cue::Simple), self.weight(Cue::Difficult));
        if difficult >= ENOUGH_DIFFICULT {
            let words = self.words(Target::Cue(Cue::Difficult));
            return (Class::KeyDifficult, format!("文中提到{words}，涉及多方或长期未决，按“重点难点”办理。"));
        }
        if simple >= ENOUGH_SIMPLE && !urgent {
            let words = self.words(Target::Cue(Cue::Simple));
            return (Class::Simple, format!("文中提到{words}，网格员当场或电话即可办结，按“简易”办理。"));
        }
        let class = if urgent && category.class == Class::Simple { Class::Coordination } else { category.class };
        (class, format!("“{}”一般按“{}”办理，文中没有改变难度的说法。", category.name, class.zh()))
    }

    /// The heaviest words that speak for a category.
    pub(crate) fn category_words(&self, category: usize) -> String {
        self.words(Target::Category(category))
    }

    fn weight(&self, cue: Cue) -> u32 {
        self.of(Target::Cue(cue)).map(|r| r.weight).sum()
    }

    fn words(&self, target: Target) -> String {
        let mut rules: Vec<_> = self.of(target).collect();
        rules.sort_by_key(|r| u32::MAX - r.weight);
        let shown: Vec<_> = rules.iter().take(WORDS_SHOWN).map(|r| self.rules.lexicon.show(&r.term)).collect();
        shown.join("、")
    }

    fn of(&self, target: Target) -> impl Iterator<Item = &'r Rule> + '_ {
        self.fired.iter().copied().filter(move |r| r.target == target)
    }
}
