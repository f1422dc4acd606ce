//! What the model and the rules say of a text, as few numbers from which each answer is decided.
//!
//! Each answer is the logistic function of a weighted sum of its hints; cross-validation finds the weights.

use std::array;

use serde::{Deserialize, Serialize};

use crate::{
    knowledge::{Knowledge, Look},
    model::{Model, Odds, logistic},
    rules::Cue,
    text,
};

/// So many categories are weighed against each other.
const WEIGHED: usize = 8;
/// What a clause says counts this much beside the whole, in choosing them.
const CLAUSE_COUNTS: f32 = 0.5;
/// A later clause must be so much clearer to be the place of a matter.
const CLEARLY: f32 = 0.02;
/// A probability is never taken for nothing.
const LEAST: f32 = 1e-4;
/// Words by which people pass on to another matter.
const FURTHER: [&str; 11] = ["另外", "还有", "顺便", "另", "同时", "二是", "第二", "再者", "2.", "2、", "②"];
/// Words by which they add to one.
const AND: [char; 2] = ['也', '又'];
/// Words by which they say what is to be done.
const REQUESTS: [&str; 11] = ["请", "希望", "要求", "能不能", "可不可以", "麻烦", "求", "想问", "盼", "建议", "帮"];
/// The model knows several matters less often than they are there: its probability counts so much more.
const SEVERAL_COUNTS: f32 = 2.5;

/// Numbers found by cross-validation that turn hints into answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tuning {
    /// Which category is the main matter.
    pub(crate) main: [f32; MAIN],
    /// Whether there is danger, and from which probability on it counts.
    pub(crate) urgent: [f32; URGENT],
    pub(crate) urgent_from: f32,
    /// Whether a category is a further matter, and from which probability on it is named.
    pub(crate) further: [f32; FURTHER_HINTS],
    pub(crate) further_from: f32,
    /// Factors on the classes' probabilities.
    pub(crate) class: [f32; 3],
    /// Whether the category is right.
    pub(crate) confidence: [f32; CONFIDENCE],
}

/// What speaks for a category, and the same as far as there are several matters: then another thing decides.
pub(crate) const MAIN: usize = 2 * SPEAKS;
const SPEAKS: usize = 14;
pub(crate) const URGENT: usize = 13;
pub(crate) const FURTHER_HINTS: usize = 18;
pub(crate) const CONFIDENCE: usize = 6;

impl Tuning {
    /// Before anything is found: the model as it is.
    pub(crate) const NEUTRAL: Self = Self {
        main: only(0),
        urgent: only(1),
        urgent_from: 0.5,
        further: [0.0; FURTHER_HINTS],
        further_from: 1.0,
        class: [1.0; 3],
        confidence: only(0),
    };
}

/// One hint counts, no other.
const fn only<const N: usize>(hint: usize) -> [f32; N] {
    let mut weights = [0.0; N];
    weights[hint] = 1.0;
    weights
}

/// The sum of hints by their weights.
pub(crate) fn sum<const N: usize>(weights: &[f32; N], hints: &[f32; N]) -> f32 {
    weights.iter().zip(hints).map(|(w, h)| w * h).sum()
}

/// A category that could be meant.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) category: usize,
    /// Hints on whether it is the main matter.
    pub(crate) main: [f32; MAIN],
    /// Its probability in the whole text.
    whole: f32,
    clauses: InClauses,
    /// Share of the keywords that speak for it.
    keywords: f32,
}

/// The probability of a category in the clauses of a text.
#[derive(Clone, Copy, Debug)]
struct InClauses {
    /// The highest; the highest of the first half and of the rest.
    most: f32,
    early: f32,
    late: f32,
    /// In the first, and the highest where something is asked for.
    first: f32,
    asked: f32,
    /// Where danger is told.
    danger: f32,
    /// Where the clause is in which it is the highest: 0 the first, towards 1 the last.
    at: f32,
}

/// The categories that could be meant, by what the model says.
pub(crate) fn candidates(knowledge: &Knowledge, look: &Look<'_>, odds: &Odds) -> Vec<Candidate> {
    let clauses = in_clauses(look, odds);
    let worth = odds.category.iter().zip(&clauses).map(|(p, c)| p + CLAUSE_COUNTS * c.most);
    let mut best: Vec<(f32, usize)> = worth.zip(0..).collect();
    let last = WEIGHED.min(best.len() - 1);
    best.select_nth_unstable_by(last, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    best.truncate(WEIGHED);
    best.sort_unstable_by_key(|&(_, c)| c);
    let keywords = look.evidence.keywords(knowledge.taxonomy.categories().len());
    let all = keywords.iter().sum::<u32>().max(1) as f32;
    let several = (SEVERAL_COUNTS * logistic(odds.several)).min(1.0);
    let danger = logistic(odds.urgent.max(odds.danger));
    let candidate = |c: usize| {
        let (whole, clauses, keywords) = (odds.category[c], clauses[c], keywords[c] as f32 / all);
        let safety = is(knowledge.taxonomy.categories()[c].l1 == SAFETY);
        let speaks: [f32; SPEAKS] = [
            ln(whole),
            ln(clauses.most),
            ln(clauses.early),
            ln(clauses.first),
            ln(clauses.asked),
            clauses.at,
            keywords,
            ln(odds.level[c]),
            ln(odds.second[c]),
            ln(odds.unit[knowledge.taxonomy.leads()[c]]),
            safety,
            safety * danger,
            clauses.danger,
            danger * ln(clauses.danger),
        ];
        let main = array::from_fn(|i| if i < SPEAKS { speaks[i] } else { several * speaks[i - SPEAKS] });
        Candidate { category: c, main, whole, clauses, keywords }
    };
    best.into_iter().map(|(_, c)| candidate(c)).collect()
}

fn in_clauses(look: &Look<'_>, odds: &Odds) -> Vec<InClauses> {
    let nothing = InClauses { most: 0.0, early: 0.0, late: 0.0, first: 0.0, asked: 0.0, danger: 0.0, at: 1.0 };
    let mut found = vec![nothing; odds.category.len()];
    let n = odds.clauses.len();
    let first = odds.clauses.iter().position(Option::is_some);
    for (i, clause) in odds.clauses.iter().enumerate().filter_map(|(i, c)| Some((i, c.as_ref()?))) {
        let said = look.seen.clauses.get(i).and_then(|range| look.text.get(range.clone())).unwrap_or_default();
        let of_danger = odds.passage.contains(&i);
        let asks = REQUESTS.iter().any(|w| said.contains(w));
        for (c, &p) in found.iter_mut().zip(clause) {
            if p > c.most + CLEARLY {
                c.at = i as f32 / n as f32;
            }
            c.most = c.most.max(p);
            let half = if 2 * i < n { &mut c.early } else { &mut c.late };
            *half = half.max(p);
            if first == Some(i) {
                c.first = p;
            }
            if of_danger {
                c.danger = c.danger.max(p);
            }
            if asks {
                c.asked = c.asked.max(p);
            }
        }
    }
    found
}

/// What speaks for danger now.
pub(crate) fn urgent(knowledge: &Knowledge, look: &Look<'_>, odds: &Odds) -> [f32; URGENT] {
    let cue = |cue| look.evidence.weight(cue).min(12) as f32 / 12.0;
    let safety = knowledge.taxonomy.categories().iter().position(|c| c.l1 == SAFETY).map_or(0.0, |c| odds.level[c]);
    // the longer a text, the less its whole says and the more its clauses do
    let length = length(look);
    [
        1.0,
        odds.urgent,
        odds.danger,
        cue(Cue::Urgent),
        cue(Cue::Calm),
        log_odds(safety),
        log_odds(odds.class[0]),
        log_odds(odds.class[2]),
        is(text::asks(&look.text)),
        is(text::cries(&look.text)),
        length,
        odds.urgent * length,
        odds.danger * length,
    ]
}

/// First level of matters of safety.
const SAFETY: &str = "14";

fn is(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// What could be a further matter beside the main one, with what speaks for it.
pub(crate) fn further(
    knowledge: &Knowledge,
    model: &Model,
    look: &Look<'_>,
    odds: &Odds,
    candidates: &[Candidate],
    main: usize,
) -> Vec<(usize, [f32; FURTHER_HINTS])> {
    let Some(first) = candidates.iter().find(|c| c.category == main) else { return Vec::new() };
    let of = |c: usize| &knowledge.taxonomy.categories()[c];
    let lead = |c: usize| knowledge.taxonomy.leads()[c];
    let passes_on = is(FURTHER.iter().any(|w| look.text.contains(w)));
    let adds = is(look.text.contains(AND));
    let hints = |c: &Candidate| {
        [
            1.0,
            log_odds(c.whole),
            log_odds(c.clauses.most),
            log_odds(c.clauses.early),
            log_odds(c.clauses.late),
            model.together(main, c.category).ln_1p(),
            odds.several,
            passes_on,
            adds,
            length(look),
            is(of(main).l1 == of(c.category).l1),
            is(of(main).lead == of(c.category).lead),
            log_odds(first.whole),
            log_odds(first.clauses.late),
            is(c.keywords > 0.0),
            c.clauses.at - first.clauses.at,
            log_odds(odds.second[c.category]),
            log_odds(odds.unit[lead(c.category)]),
        ]
    };
    candidates.iter().filter(|c| c.category != main).map(|c| (c.category, hints(c))).collect()
}

/// What speaks for the category being right: its probability and how far it is ahead, the same of its first level,
/// agreement of the rules, whether it is clear that the matter is simple or not.
pub(crate) fn confidence(
    knowledge: &Knowledge,
    look: &Look<'_>,
    odds: &Odds,
    ranked: &[(usize, f32)],
    category: usize,
) -> [f32; CONFIDENCE] {
    let categories = knowledge.taxonomy.categories();
    let p = ranked.iter().find(|(c, _)| *c == category).map_or(LEAST, |&(_, p)| p);
    let next = ranked.iter().find(|(c, _)| *c != category).map_or(LEAST, |&(_, p)| p);
    let level: f32 = ranked.iter().filter(|(c, _)| categories[*c].l1 == categories[category].l1).map(|(_, p)| p).sum();
    let agree = look.evidence.heaviest(categories.len()) == Some(category);
    let clear = odds.class[0].max(1.0 - odds.class[0]);
    [log_odds(p), p - next, log_odds(level), is(agree), log_odds(clear), 1.0]
}

fn length(look: &Look<'_>) -> f32 {
    (look.text.chars().count().max(1) as f32).ln() - 3.5
}

fn ln(p: f32) -> f32 {
    p.max(LEAST).ln()
}

fn log_odds(p: f32) -> f32 {
    let p = p.clamp(LEAST, 1.0 - LEAST);
    (p / (1.0 - p)).ln()
}
