//! Learning: logistic regression by stochastic gradient, the same order every time.

use std::collections::HashMap;

use crate::{
    features::{self, Seen},
    model::{Heads, Model, Rows, logistic, softmax},
};

/// Times that all examples are gone through.
const ROUNDS: usize = 30;
/// The last ones are averaged.
const AVERAGED: usize = 8;
/// Length of the first step; steps get shorter with the rounds.
const STEP: f32 = 4.0;
/// How much shorter with each round.
const SLOWER: f32 = 0.2;
/// How much large weights cost.
const DECAY: f32 = 6e-6;

/// A sequence must occur in so many examples.
const COMMON: u32 = 2;

/// What is seen in a text, and what should be answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Example {
    pub(crate) seen: Seen,
    pub(crate) weight: f32,
    /// Shares of the categories; they sum up to 1. None if it says nothing about categories.
    pub(crate) categories: Vec<(usize, f32)>,
    pub(crate) class: Option<usize>,
    pub(crate) urgent: Option<bool>,
    /// Whether there are further matters.
    pub(crate) several: Option<bool>,
    pub(crate) units: Option<Vec<usize>>,
}

/// What was learnt.
pub(crate) struct Learnt {
    pub(crate) hashes: Vec<u32>,
    pub(crate) rarity: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// The sequences that occur often enough, in the order of their hashes, with their rarity.
fn dictionary(examples: &[&Example]) -> (Vec<u32>, Vec<f32>) {
    let mut seen_in: HashMap<u32, u32> = HashMap::new();
    for &(hash, _) in examples.iter().flat_map(|e| &e.seen.grams) {
        *seen_in.entry(hash).or_default() += 1;
    }
    let mut common: Vec<_> = seen_in.into_iter().filter(|&(_, n)| n >= COMMON).collect();
    common.sort_unstable();
    let rare = |n: u32| ((1.0 + examples.len() as f32) / (1.0 + n as f32)).ln() + 1.0;
    common.into_iter().map(|(hash, n)| (hash, rare(n))).unzip()
}

/// Learns from examples.
pub(crate) fn learn(examples: &[&Example], heads: Heads) -> Learnt {
    let (hashes, rarity) = dictionary(examples);
    let signals = features::signals(heads.categories);
    let rows: Rows = hashes.iter().zip(signals as u32..).map(|(&h, row)| (h, row)).collect();
    let inputs: Vec<_> = examples.iter().map(|e| Model::known(&rows, &rarity, signals, &e.seen)).collect();
    let mut state = State::new(signals + hashes.len(), heads);
    let mut mean = vec![0.0; state.weights.len()];
    let mut mean_bias = vec![0.0; state.bias.len()];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut chance = 0x9e37_79b9_7f4a_7c15;
    for round in 0..ROUNDS {
        shuffle(&mut order, &mut chance);
        let step = STEP / (1.0 + SLOWER * round as f32);
        for &i in &order {
            state.step(&inputs[i], examples[i], step * examples[i].weight, step * DECAY);
        }
        if round >= ROUNDS - AVERAGED {
            let share = state.shrunk / AVERAGED as f32;
            mean.iter_mut().zip(&state.weights).for_each(|(m, w)| *m += w * share);
            mean_bias.iter_mut().zip(&state.bias).for_each(|(m, w)| *m += w / AVERAGED as f32);
        }
    }
    Learnt { hashes, rarity, weights: mean, bias: mean_bias }
}

/// Weights on the way; the real ones are `shrunk` times these, so that decay costs nothing.
struct State {
    heads: Heads,
    weights: Vec<f32>,
    bias: Vec<f32>,
    shrunk: f32,
}

impl State {
    fn new(rows: usize, heads: Heads) -> Self {
        Self { heads, weights: vec![0.0; rows * heads.outputs()], bias: vec![0.0; heads.outputs()], shrunk: 1.0 }
    }

    fn step(&mut self, input: &[(u32, f32)], example: &Example, step: f32, decay: f32) {
        let n = self.heads.outputs();
        let mut sums = vec![0.0; n];
        for &(row, value) in input {
            let row = &self.weights[row as usize * n..][..n];
            sums.iter_mut().zip(row).for_each(|(s, w)| *s += value * w);
        }
        sums.iter_mut().zip(&self.bias).for_each(|(s, b)| *s = *s * self.shrunk + b);
        self.errors(&mut sums, example);
        self.shrunk *= 1.0 - decay;
        let by = step / self.shrunk;
        for &(row, value) in input {
            let row = &mut self.weights[row as usize * n..][..n];
            row.iter_mut().zip(&sums).for_each(|(w, e)| *w -= by * value * e);
        }
        self.bias.iter_mut().zip(&sums).for_each(|(b, e)| *b -= 0.1 * step * e);
    }

    /// Turns sums into what is wrong with them; what the example does not say is not wrong.
    fn errors(&self, sums: &mut [f32], example: &Example) {
        let h = self.heads;
        if example.categories.is_empty() {
            sums[..h.categories].fill(0.0);
        } else {
            softmax(&mut sums[..h.categories]);
        }
        for &(category, share) in &example.categories {
            sums[category] -= share;
        }
        match example.class {
            Some(class) => {
                softmax(&mut sums[h.class()..h.urgent()]);
                sums[h.class() + class] -= 1.0;
            }
            None => sums[h.class()..h.urgent()].fill(0.0),
        }
        for (output, is) in [(h.urgent(), example.urgent), (h.several(), example.several)] {
            sums[output] = is.map_or(0.0, |is| logistic(sums[output]) - f32::from(u8::from(is)));
        }
        match &example.units {
            Some(units) => {
                sums[h.unit()..].iter_mut().for_each(|s| *s = logistic(*s));
                units.iter().for_each(|u| sums[h.unit() + u] -= 1.0);
            }
            None => sums[h.unit()..].fill(0.0),
        }
    }
}

/// The same shuffle on every machine.
fn shuffle(order: &mut [usize], chance: &mut u64) {
    for i in (1..order.len()).rev() {
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        order.swap(i, (*chance % (i as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(gram: u32, category: usize, urgent: bool) -> Example {
        let seen = Seen { grams: vec![(gram, 1), (99, 2)], signals: Vec::new() };
        Example { seen, weight: 1.0, categories: vec![(category, 1.0)], urgent: Some(urgent), ..Example::default() }
    }

    #[test]
    fn the_same_examples_teach_the_same_and_what_was_not_said_stays_unknown() {
        let heads = Heads { categories: 3, units: 2 };
        let examples: Vec<Example> = (0..12).map(|i| example(i % 3, i as usize % 3, i % 3 == 2)).collect();
        let examples: Vec<&Example> = examples.iter().collect();
        let (one, two) = (learn(&examples, heads), learn(&examples, heads));
        assert_eq!(one.hashes, [0, 1, 2, 99]);
        assert!(one.weights == two.weights && one.bias == two.bias);
        let weight = |gram: usize, output: usize| one.weights[(features::signals(3) + gram) * heads.outputs() + output];
        for gram in 0..3 {
            assert!((0..3).all(|c| c == gram || weight(gram, gram) > weight(gram, c) + 1.0));
            assert_eq!(weight(gram, heads.urgent()) > 0.0, gram == 2);
            assert_eq!((weight(gram, heads.class()), weight(gram, heads.unit())), (0.0, 0.0));
        }
    }
}
