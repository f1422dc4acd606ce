//! What the rules find in a text, with their weights and the words to show for it.

use crate::{
    lexicon::Found,
    rules::{Cue, Rule, Rules, Target},
};

/// The rules that fit a text.
pub(crate) struct Evidence<'r> {
    rules: &'r Rules,
    /// With the number of categories for which the same words were told.
    fired: Vec<(&'r Rule, usize)>,
}

impl<'r> Evidence<'r> {
    pub(crate) fn weigh(rules: &'r Rules, found: &Found) -> Self {
        let mut fired = Vec::new();
        for &(atom, _) in &found.atoms {
            let listed = rules.by_atom.get(atom).map(Vec::as_slice).unwrap_or_default();
            let told = listed.iter().filter(|&&i| matches!(rules.rules[i].target, Target::Told(_))).count();
            for &i in listed {
                let rule = &rules.rules[i];
                let fits = match rule.target {
                    Target::Category(_) => found.shows(&rule.term),
                    Target::Cue(_) | Target::Told(_) => found.has(&rule.term),
                };
                if fits {
                    fired.push((rule, told.max(1)));
                }
            }
        }
        Self { rules, fired }
    }

    /// All that fit.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&'r Rule, usize)> + '_ {
        self.fired.iter().copied()
    }

    /// The weight of the keywords of each category.
    pub(crate) fn keywords(&self, categories: usize) -> Vec<u32> {
        let mut weights = vec![0; categories];
        for (rule, _) in self.fired() {
            if let Target::Category(c) = rule.target {
                weights[c] += rule.weight;
            }
        }
        weights
    }

    /// The category for which the keywords weigh most; of two equal ones the first in the taxonomy.
    pub(crate) fn heaviest(&self, categories: usize) -> Option<usize> {
        let weights = self.keywords(categories);
        let heaviest = (0..categories).rev().max_by_key(|&c| weights[c])?;
        (weights[heaviest] > 0).then_some(heaviest)
    }

    /// All weight of a cue.
    pub(crate) fn weight(&self, cue: Cue) -> u32 {
        self.of(Target::Cue(cue)).map(|r| r.weight).sum()
    }

    /// The words of the rules for a target, those of the heaviest first.
    pub(crate) fn words(&self, target: Target) -> Vec<&'r str> {
        let mut rules: Vec<_> = self.of(target).collect();
        rules.sort_by_key(|r| u32::MAX - r.weight);
        rules.iter().flat_map(|r| self.rules.lexicon.words(&r.term)).collect()
    }

    fn of(&self, target: Target) -> impl Iterator<Item = &'r Rule> + '_ {
        self.fired.iter().map(|&(r, _)| r).filter(move |r| r.target == target)
    }
}
