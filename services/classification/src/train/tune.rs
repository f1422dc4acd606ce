//! How probabilities become answers, found on reports that the model was not trained on.

use super::{fit, samples::Labelled};
use crate::{
    decide::{
        self, CLASSES,
        hints::{self, Candidate, FURTHER_HINTS, MAIN, Tuning, URGENT},
    },
    knowledge::{Knowledge, Look},
    model::{Model, Odds, logistic},
};

/// Share of urgent reports that must be found here. The texts here are harder than what comes in a day: every other
/// urgent one was written to be told late.
const URGENT_RECALL: f32 = 0.905;
/// Share of the reports with several matters of which a second one must be named here, or taken for the main one.
const SECOND_KNOWN: f32 = 0.82;
/// In finding the main matter a report with several counts so much: there it is hardest.
const SEVERAL_COUNT: f32 = 2.0;

/// A report with what a model that does not know it says.
pub(crate) struct Asked<'k> {
    look: Look<'k>,
    odds: Odds,
    candidates: Vec<Candidate>,
}

pub(crate) fn ask<'k>(knowledge: &'k Knowledge, model: &Model, l: &Labelled) -> Asked<'k> {
    let look = knowledge.look(&l.text);
    let odds = model.ask(&look.seen, &model.known(&look.seen));
    Asked { candidates: hints::candidates(knowledge, &look, &odds), look, odds }
}

/// Reports, and what models that do not know them say.
type Answered<'a, 'k> = (&'a [Labelled], &'a [Asked<'k>]);

/// Finds all numbers, those of danger with the joined reports too; `model` is the number of the model that does not know
/// a report.
pub(crate) fn tune(
    knowledge: &Knowledge,
    (labelled, asked): Answered<'_, '_>,
    joined: Answered<'_, '_>,
    models: &[Model],
    model: impl Fn(&Labelled) -> usize,
) -> Tuning {
    let mut tuning = Tuning { class: class(labelled, asked), ..Tuning::NEUTRAL };
    (tuning.urgent, tuning.urgent_from) = urgent(knowledge, (labelled, asked), joined);
    tuning.main = main(knowledge, labelled, asked);
    let mut sure = Vec::new();
    let mut further = Vec::new();
    for (l, a) in labelled.iter().zip(asked) {
        let code = |c: usize| &knowledge.taxonomy.categories()[c].code;
        let ranked = decide::ranked(&tuning.main, &a.candidates);
        let category = decide::most_useful(knowledge, &ranked);
        sure.push((hints::confidence(knowledge, &a.look, &a.odds, &ranked, category), *code(category) == l.category));
        let others = hints::further(knowledge, &models[model(l)], &a.look, &a.odds, &a.candidates, category);
        let others = others.into_iter().map(|(c, hints)| (hints, l.also.contains(code(c)))).collect();
        further.push(Further { others, several: !l.also.is_empty(), taken: l.also.contains(code(category)) });
    }
    tuning.confidence = fit::yes_or_no(&sure, Tuning::NEUTRAL.confidence);
    (tuning.further, tuning.further_from) = furthers(&further);
    tuning
}

fn main(knowledge: &Knowledge, labelled: &[Labelled], asked: &[Asked<'_>]) -> [f32; MAIN] {
    let cases = labelled.iter().zip(asked).filter_map(|(l, a)| {
        let right = knowledge.taxonomy.index(&l.category)?;
        let right = a.candidates.iter().position(|c| c.category == right)?;
        let counts = if l.also.is_empty() { 1.0 } else { SEVERAL_COUNT };
        Some((a.candidates.iter().map(|c| c.main).collect(), right, counts))
    });
    fit::one_of(&cases.collect::<Vec<_>>(), Tuning::NEUTRAL.main)
}

/// With the highest threshold that still finds nearly all reports that are as they came.
fn urgent(knowledge: &Knowledge, (labelled, asked): Answered<'_, '_>, joined: Answered<'_, '_>) -> ([f32; URGENT], f32) {
    let cases = labelled
        .iter()
        .zip(asked)
        .chain(joined.0.iter().zip(joined.1))
        .map(|(l, a)| (hints::urgent(knowledge, &a.look, &a.odds), l.urgent));
    let cases: Vec<_> = cases.collect();
    let by = fit::yes_or_no(&cases, Tuning::NEUTRAL.urgent);
    let cases = &cases[..labelled.len()];
    let of_urgent = cases.iter().filter(|(_, urgent)| *urgent).map(|(hints, _)| logistic(hints::sum(&by, hints)));
    (by, reached_by(of_urgent.collect(), URGENT_RECALL))
}

/// The matters of a report beside its main one.
struct Further {
    others: Vec<([f32; FURTHER_HINTS], bool)>,
    several: bool,
    /// A further matter was taken for the main one.
    taken: bool,
}

/// With the highest threshold by which in nearly all reports with several matters a second one is known.
fn furthers(reports: &[Further]) -> ([f32; FURTHER_HINTS], f32) {
    let cases: Vec<_> = reports.iter().flat_map(|r| r.others.iter().copied()).collect();
    let by = fit::yes_or_no(&cases, Tuning::NEUTRAL.further);
    let best = |r: &Further| {
        let there = r.others.iter().filter(|(_, there)| *there);
        there.fold(0.0, |most: f32, (hints, _)| most.max(logistic(hints::sum(&by, hints))))
    };
    let known = reports.iter().filter(|r| r.several).map(|r| if r.taken { 1.0 } else { best(r) });
    (by, reached_by(known.collect(), SECOND_KNOWN))
}

/// The threshold that such a share of the values reaches; none is so low that it would say nothing.
fn reached_by(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let missed = (values.len() as f32 * (1.0 - share)) as usize;
    values.get(missed).map_or(0.5, |p| p * 0.98)
}

/// Factors for the classes that give the best mean of the classes' F1.
fn class(labelled: &[Labelled], asked: &[Asked<'_>]) -> [f32; 3] {
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
    for simple in [0.7, 0.85, 1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 4.0] {
        for hard in [0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0] {
            let factors = [simple, 1.0, hard];
            let value = f1(factors);
            if value > best.1 {
                best = (factors, value);
            }
        }
    }
    best.0
}
