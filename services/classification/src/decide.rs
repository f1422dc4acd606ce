//! From probabilities to answers: the choice that is right most often in what matters, and how sure it is.

use std::ops::RangeInclusive;

use contracts::ticket::Class;

use hints::Candidate;

use crate::{
    knowledge::{Knowledge, Look},
    model::{Known, Model, Odds, logistic, softmax},
};

pub(crate) mod hints;

/// What the right first level and the right unit are worth beside the right category.
const WORTH_L1: f32 = 0.6;
const WORTH_LEAD: f32 = 0.5;
/// More further matters than a ticket can carry are not named.
const MOST_ALSO: usize = 2;

/// Order of the classes in the model.
pub(crate) const CLASSES: [Class; 3] = [Class::Simple, Class::Coordination, Class::KeyDifficult];

/// A matter by the index of its category, with its probability.
pub(crate) type Matter = (usize, f32);

/// What was decided on a text.
pub(crate) struct Decision {
    /// The most useful category and how probable it is to be right.
    pub(crate) category: usize,
    pub(crate) confidence: f32,
    /// The most probable categories, the best first.
    pub(crate) ranked: Vec<Matter>,
    /// Further matters with their probability, the best first.
    pub(crate) also: Vec<Matter>,
    pub(crate) class: Class,
    pub(crate) urgent: bool,
    /// The clauses that tell most of danger.
    pub(crate) passage: RangeInclusive<usize>,
}

pub(crate) fn decide(knowledge: &Knowledge, model: &Model, look: &Look<'_>, odds: &Odds, known: &[Known]) -> Decision {
    let tuning = &model.about.tuning;
    let candidates = hints::candidates(knowledge, look, odds);
    let ranked = ranked(&tuning.main, &candidates);
    // Latin letters, or one character alone, say nothing, whatever the model makes of them
    let says_something = known.iter().any(|(_, gram)| gram.is_chinese() && gram.is_pair_of_words());
    let category = if says_something { most_useful(knowledge, &ranked) } else { knowledge.unknown };
    let danger = logistic(hints::sum(&tuning.urgent, &hints::urgent(knowledge, look, odds)));
    let urgent = says_something && danger >= tuning.urgent_from;
    let best = (0..3).max_by(|&a, &b| (odds.class[a] * tuning.class[a]).total_cmp(&(odds.class[b] * tuning.class[b])));
    let class = match CLASSES[best.unwrap_or(1)] {
        Class::Simple if urgent => Class::Coordination,
        class => class,
    };
    let confidence = hints::sum(&tuning.confidence, &hints::confidence(knowledge, look, odds, &ranked, category));
    let mut also: Vec<Matter> = hints::further(knowledge, model, look, odds, &candidates, category)
        .into_iter()
        .map(|(c, hints)| (c, logistic(hints::sum(&tuning.further, &hints))))
        .filter(|&(_, p)| p >= tuning.further_from)
        .collect();
    best_first(&mut also);
    also.truncate(MOST_ALSO);
    Decision { category, confidence: logistic(confidence), ranked, also, class, urgent, passage: odds.passage.clone() }
}

/// The candidates by the probability of being the main matter, the best first.
pub(crate) fn ranked(by: &[f32; hints::MAIN], candidates: &[Candidate]) -> Vec<Matter> {
    let mut sums: Vec<f32> = candidates.iter().map(|c| hints::sum(by, &c.main)).collect();
    softmax(&mut sums);
    let mut ranked: Vec<Matter> = candidates.iter().map(|c| c.category).zip(sums).collect();
    best_first(&mut ranked);
    ranked
}

/// The category with the most to hope for: itself right, its first level right, its unit right.
pub(crate) fn most_useful(knowledge: &Knowledge, ranked: &[Matter]) -> usize {
    let categories = knowledge.taxonomy.categories();
    let worth = |&(c, p): &Matter| {
        let of = |same: &dyn Fn(usize) -> bool| -> f32 { ranked.iter().filter(|m| same(m.0)).map(|m| m.1).sum() };
        let level = of(&|o| categories[o].l1 == categories[c].l1);
        let lead = of(&|o| categories[o].lead == categories[c].lead);
        p + WORTH_L1 * level + WORTH_LEAD * lead
    };
    let best = ranked.iter().map(|m| (m.0, worth(m))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    best.map_or(knowledge.unknown, |(c, _)| c)
}

fn best_first(matters: &mut [Matter]) {
    matters.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
}
