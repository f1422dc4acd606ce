//! From probabilities to answers: the choice that is right most often in what matters, and how sure it is.

use contracts::ticket::Class;

use crate::{
    knowledge::{Knowledge, Look},
    model::{HINTS, Model, Odds, logistic},
    text,
};

/// What the right first level and the right unit are worth beside the right category.
const WORTH_L1: f32 = 0.6;
const WORTH_LEAD: f32 = 0.5;
/// More further matters than a ticket can carry are not named.
const MOST_ALSO: usize = 2;
/// What a part of the text says counts this much beside the whole.
const PART_COUNTS: f32 = 0.8;

/// Order of the classes in the model.
pub(crate) const CLASSES: [Class; 3] = [Class::Simple, Class::Coordination, Class::KeyDifficult];

/// A matter by the index of its category, with its probability.
pub(crate) type Matter = (usize, f32);

/// What was decided on a text.
pub(crate) struct Decision {
    /// The most useful category and how probable it is to be right.
    pub(crate) category: usize,
    pub(crate) confidence: f32,
    /// Categories by probability, the best first.
    pub(crate) ranked: Vec<Matter>,
    /// Further matters with their score.
    pub(crate) also: Vec<Matter>,
    pub(crate) class: Class,
    pub(crate) urgent: bool,
}

pub(crate) fn decide(knowledge: &Knowledge, model: &Model, look: &Look<'_>, odds: &Odds) -> Decision {
    let tuning = &model.about.tuning;
    let category = match look.seen.grams.iter().any(|(hash, _)| model.rows.contains_key(hash)) {
        true => most_useful(knowledge, odds),
        false => knowledge.unknown,
    };
    let mut ranked: Vec<Matter> = odds.category.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let urgent = odds.urgent >= tuning.urgent;
    let best = (0..3).max_by(|&a, &b| (odds.class[a] * tuning.class[a]).total_cmp(&(odds.class[b] * tuning.class[b])));
    let class = match CLASSES[best.unwrap_or(1)] {
        Class::Simple if urgent => Class::Coordination,
        class => class,
    };
    let further = further(knowledge, model, look, odds, category);
    Decision {
        category,
        confidence: confidence(&tuning.confidence, hints(knowledge, look, odds, category, class)),
        also: further.into_iter().filter(|&(_, score)| score >= tuning.several).collect(),
        ranked,
        class,
        urgent,
    }
}

/// The category with the most to hope for: itself right, its first level right, its unit right.
fn most_useful(knowledge: &Knowledge, odds: &Odds) -> usize {
    let categories = knowledge.taxonomy.categories();
    let sum =
        |same: &dyn Fn(usize) -> bool| -> f32 { (0..categories.len()).filter(|&c| same(c)).map(|c| odds.category[c]).sum() };
    let worth = |c: usize| {
        let l1 = sum(&|o| categories[o].l1 == categories[c].l1);
        let lead = sum(&|o| categories[o].lead == categories[c].lead);
        odds.category[c] + WORTH_L1 * l1 + WORTH_LEAD * lead
    };
    // only what is not hopeless is weighed
    let most = odds.category.iter().copied().fold(0.0, f32::max);
    let hopeful = (0..categories.len()).filter(|&c| odds.category[c] >= 0.2 * most).map(|c| (c, worth(c)));
    hopeful.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map_or(0, |(c, _)| c)
}

/// What confidence is computed from.
pub(crate) fn hints(knowledge: &Knowledge, look: &Look<'_>, odds: &Odds, category: usize, class: Class) -> [f32; HINTS] {
    let log_odds = |p: f32| {
        let p = p.clamp(1e-4, 1.0 - 1e-4);
        (p / (1.0 - p)).ln()
    };
    let p = odds.category[category];
    let next = odds.category.iter().enumerate().filter(|&(c, _)| c != category).fold(0.0, |m: f32, (_, &p)| m.max(p));
    let agree = look.evidence.heaviest(knowledge.taxonomy.categories().len()) == Some(category);
    let simple = if class == Class::Simple { odds.class[0] } else { 1.0 - odds.class[0] };
    [log_odds(p), p - next, f32::from(u8::from(agree)), log_odds(simple), 1.0]
}

pub(crate) fn confidence(by: &[f32; HINTS], hints: [f32; HINTS]) -> f32 {
    logistic(by.iter().zip(hints).map(|(b, h)| b * h).sum())
}

/// Further matters with their score, the best first: probable in the whole text or in a part of it, and more so if
/// the text looks like one of several matters.
pub(crate) fn further(knowledge: &Knowledge, model: &Model, look: &Look<'_>, odds: &Odds, main: usize) -> Vec<Matter> {
    let mut in_part: Vec<f32> = odds.category.clone();
    let clauses = text::clauses(&look.text);
    for part in clauses.iter().copied().chain(clauses.windows(2).map(|w| text::span(&look.text, w[0], w[1]))) {
        let part = model.ask(&knowledge.glance(part));
        in_part.iter_mut().zip(&part.category).for_each(|(s, p)| *s = s.max(PART_COUNTS * p));
    }
    let score = |c: usize| (in_part[c] + odds.category[c]) * (0.1 + odds.several);
    let mut further: Vec<Matter> = (0..in_part.len()).filter(|&c| c != main).map(|c| (c, score(c))).collect();
    further.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    further.truncate(MOST_ALSO);
    further
}
