//! How probabilities become answers, found on reports that the model was not trained on.

use super::samples::Labelled;
use crate::{
    decide::{self, CLASSES},
    knowledge::Knowledge,
    model::{HINTS, Model, Odds, Tuning, logistic},
};

/// Share of urgent reports that must be found here.
const URGENT_RECALL: f32 = 0.955;
/// Share of the reports with several matters of which a second one must be known here.
const SECOND_KNOWN: f32 = 0.75;

impl Tuning {
    pub(crate) const NEUTRAL: Self = Self { urgent: 0.5, several: 0.5, class: [1.0; 3], confidence: [1.0, 0.0, 0.0, 0.0, 0.0] };
}

/// Rounds of calibrating confidence.
const CALIBRATION_ROUNDS: usize = 1500;

/// A report with what a model that does not know it says.
pub(crate) struct Asked {
    pub(crate) odds: Odds,
    hints: [f32; HINTS],
    right: bool,
    /// Scores of the further matters, and whether they are there.
    further: Vec<(f32, bool)>,
    main_is_second: bool,
}

pub(crate) fn ask(knowledge: &Knowledge, model: &Model, l: &Labelled) -> Asked {
    let look = knowledge.look(&l.text);
    let odds = model.ask(&look.seen);
    let d = decide::decide(knowledge, model, &look, &odds);
    let code = |c: usize| &knowledge.taxonomy.categories()[c].code;
    let further = decide::further(knowledge, model, &look, &odds, d.category);
    Asked {
        hints: decide::hints(knowledge, &look, &odds, d.category, d.class),
        right: *code(d.category) == l.category,
        further: further.into_iter().map(|(c, score)| (score, l.also.contains(code(c)))).collect(),
        main_is_second: l.also.contains(code(d.category)),
        odds,
    }
}

pub(crate) fn tune(labelled: &[Labelled], asked: &[Asked]) -> Tuning {
    Tuning {
        urgent: urgent(labelled, asked),
        several: several(labelled, asked),
        class: class(labelled, asked),
        confidence: confidence(asked),
    }
}

/// The highest threshold by which in so many of the reports with several matters a second one is known: named beside
/// the main one, or taken for it.
fn several(labelled: &[Labelled], asked: &[Asked]) -> f32 {
    let several = labelled.iter().zip(asked).filter(|(l, _)| !l.also.is_empty());
    let best = |a: &Asked| a.further.iter().filter(|(_, right)| *right).fold(0.0, |most: f32, (s, _)| most.max(*s));
    let mut known: Vec<f32> = several.map(|(_, a)| if a.main_is_second { 1.0 } else { best(a) }).collect();
    known.sort_by(f32::total_cmp);
    let missed = (known.len() as f32 * (1.0 - SECOND_KNOWN)) as usize;
    known.get(missed).copied().unwrap_or(Tuning::NEUTRAL.several)
}

/// The highest threshold that still finds nearly all.
fn urgent(labelled: &[Labelled], asked: &[Asked]) -> f32 {
    let mut of_urgent: Vec<f32> = labelled.iter().zip(asked).filter(|(l, _)| l.urgent).map(|(_, a)| a.odds.urgent).collect();
    of_urgent.sort_by(f32::total_cmp);
    let missed = (of_urgent.len() as f32 * (1.0 - URGENT_RECALL)) as usize;
    of_urgent.get(missed).map_or(Tuning::NEUTRAL.urgent, |p| p * 0.98)
}

/// Factors for the classes that give the best mean of the classes' F1.
fn class(labelled: &[Labelled], asked: &[Asked]) -> [f32; 3] {
    let f1 = |factors: [f32; 3]| {
        let mut table = [[0_u32; 3]; 3];
        for (l, a) in labelled.iter().zip(asked) {
            let wanted = CLASSES.iter().position(|c| *c == l.class).unwrap_or(1);
            let best = (0..3).max_by(|&x, &y| (a.odds.class[x] * factors[x]).total_cmp(&(a.odds.class[y] * factors[y])));
            table[wanted][best.unwrap_or(1)] += 1;
        }
        (0..3)
            .map(|c| 2.0 * table[c][c] as f32 / (0..3).map(|o| table[c][o] + table[o][c]).sum::<u32>().max(1) as f32)
            .sum::<f32>()
    };
    let mut best = ([1.0; 3], f1([1.0; 3]));
    for simple in [0.7, 0.85, 1.0, 1.2, 1.5, 1.8, 2.2] {
        for hard in [0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0] {
            let factors = [simple, 1.0, hard];
            let value = f1(factors);
            if value > best.1 {
                best = (factors, value);
            }
        }
    }
    best.0
}

/// Logistic regression of "right" on the hints; each step is shortened by the steps before it.
fn confidence(asked: &[Asked]) -> [f32; HINTS] {
    let mut by = Tuning::NEUTRAL.confidence;
    let mut gone = [1e-6_f32; HINTS];
    for _ in 0..CALIBRATION_ROUNDS {
        let mut gradient = [0.0_f32; HINTS];
        for a in asked {
            let error = logistic(by.iter().zip(a.hints).map(|(b, h)| b * h).sum()) - f32::from(u8::from(a.right));
            gradient.iter_mut().zip(a.hints).for_each(|(g, h)| *g += error * h / asked.len() as f32);
        }
        for ((b, g), gone) in by.iter_mut().zip(gradient).zip(&mut gone) {
            *gone += g * g;
            *b -= 0.3 * g / gone.sqrt();
        }
    }
    by
}
