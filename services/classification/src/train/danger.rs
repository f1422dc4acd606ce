//! Learning what danger looks like in a clause or two, from texts of which only the whole is labelled.
//!
//! Of an urgent report one passage must tell the danger, of another report none: so of each the passage counts that
//! looks most dangerous so far. What else an urgent report says is not taken for danger.

use super::learn::{self, Chance, Example};
use crate::{
    features::{Gram, Seen},
    model::{self, Rows, logistic},
};

/// Times that all examples are gone through.
const ROUNDS: usize = 24;
/// In the first ones the whole of a report counts: nothing is known yet that tells its passages apart.
const WHOLE: usize = 3;
/// The last ones are averaged.
const AVERAGED: usize = 8;
/// How much large weights cost.
const DECAY: f32 = 1e-5;
/// An urgent report that is not found costs so much more than a false alarm.
const DANGER_COSTS: f32 = 3.0;

/// What is wrong with log-odds of danger.
pub(super) fn error(odds: f32, urgent: bool) -> f32 {
    if urgent { DANGER_COSTS * (logistic(odds) - 1.0) } else { logistic(odds) }
}

/// What each gram says of danger; how much a passage without any does.
pub(super) struct Danger {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f32,
}

/// Grams with what they weigh; together they have length one.
type Passage = Vec<(u32, f32)>;

/// A report: its passages are its clauses, and each with the one before it.
struct Told {
    urgent: bool,
    whole: Passage,
    passages: Vec<Passage>,
}

/// Learns from examples that say whether they are urgent.
pub(super) fn learn(examples: &[&Example], rows: &Rows, rarity: &[f32], signals: usize) -> Danger {
    let told = |e: &&Example| Some(tell(&e.seen, e.urgent?, rows, rarity, signals));
    let told: Vec<Told> = examples.iter().filter_map(told).collect();
    let mut now = Danger { weights: vec![0.0; rarity.len()], bias: 0.0 };
    let mut mean = Danger { weights: vec![0.0; rarity.len()], bias: 0.0 };
    let mut order: Vec<usize> = (0..told.len()).collect();
    let mut chance = Chance::FIRST;
    for round in 0..ROUNDS {
        chance.shuffle(&mut order);
        let step = learn::step(round);
        let keep = (1.0 - step * DECAY).powi(order.len() as i32);
        for &i in &order {
            let one = &told[i];
            let passage = if round < WHOLE { &one.whole } else { now.worst(one) };
            now.step(passage, one.urgent, step, &mut chance);
        }
        now.weights.iter_mut().for_each(|w| *w *= keep);
        if round >= ROUNDS - AVERAGED {
            mean.weights.iter_mut().zip(&now.weights).for_each(|(m, w)| *m += w / AVERAGED as f32);
            mean.bias += now.bias / AVERAGED as f32;
        }
    }
    mean
}

fn tell(seen: &Seen, urgent: bool, rows: &Rows, rarity: &[f32], signals: usize) -> Told {
    let known = model::known(rows, seen, signals + rarity.len());
    let weigh = |grams: &[(u32, Gram)]| {
        let weighed = grams.iter().map(|&(row, _)| (row - signals as u32, rarity[row as usize - signals]));
        let length = weighed.clone().map(|(_, v)| v * v).sum::<f32>().sqrt();
        weighed.map(|(row, v)| (row, v / length)).collect::<Passage>()
    };
    let mut ends = vec![0];
    ends.extend(known.chunk_by(|a, b| a.1.clause == b.1.clause).scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    }));
    let alone = ends.windows(2).map(|w| weigh(&known[w[0]..w[1]]));
    let passages = alone.chain(ends.windows(3).map(|w| weigh(&known[w[0]..w[2]]))).collect();
    Told { urgent, whole: weigh(&known), passages }
}

impl Danger {
    fn says(&self, passage: &Passage) -> f32 {
        self.bias + passage.iter().map(|&(row, v)| v * self.weights[row as usize]).sum::<f32>()
    }

    fn worst<'t>(&self, told: &'t Told) -> &'t Passage {
        told.passages.iter().max_by(|a, b| self.says(a).total_cmp(&self.says(b))).unwrap_or(&told.whole)
    }

    fn step(&mut self, passage: &Passage, urgent: bool, step: f32, chance: &mut Chance) {
        let shown: Passage = chance.shown(passage).collect();
        let by = step * error(self.says(&shown), urgent);
        shown.iter().for_each(|&(row, v)| self.weights[row as usize] -= by * v);
        self.bias -= 0.1 * by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gram 1 is danger; all others stand in harmless reports as well.
    #[test]
    fn the_dangerous_clause_is_told_from_what_stands_beside_it() {
        let gram = |key, clause| Gram { key, clause, start: 0, end: 1 };
        let example = |i: u32, urgent: bool| {
            let clause = |n: usize| [gram(10 + (i + n as u32) % 7, n), gram(20 + (i * 3 + n as u32) % 5, n)];
            let mut grams: Vec<Gram> = (0..4).flat_map(clause).collect();
            if urgent {
                grams.insert(5, gram(1, 2));
            }
            Example { seen: Seen { grams, ..Seen::default() }, weight: 1.0, urgent: Some(urgent), ..Example::default() }
        };
        let examples: Vec<Example> = (0..60).map(|i| example(i, i % 3 == 0)).collect();
        let examples: Vec<&Example> = examples.iter().collect();
        let keys: Vec<u32> = [1].into_iter().chain(10..17).chain(20..25).collect();
        let rows: Rows = keys.iter().copied().zip(0..).collect();
        let danger = learn(&examples, &rows, &vec![1.0; keys.len()], 0);
        assert!(danger.weights[1..].iter().all(|w| danger.weights[0] > w + 2.0), "{:?}", danger.weights);
        let alone = |row: u32| danger.says(&vec![(row, 1.0)]);
        assert!(alone(0) > 0.0 && (1..keys.len() as u32).all(|row| alone(row) < 0.0));
    }
}
