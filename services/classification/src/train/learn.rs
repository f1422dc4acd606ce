//! Learning: logistic regression by stochastic gradient, the same order every time.

use std::collections::HashMap;

use super::danger;
use crate::{
    features::{self, Seen},
    model::{self, Heads, Rows, logistic, softmax},
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
/// Share of what is seen that is hidden at each step, so that no answer rests on one word.
const HIDDEN: f32 = 0.2;

/// A gram must occur in so many examples.
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
    /// Shares of the further matters; none if there are none, or it says nothing about them.
    pub(crate) further: Vec<(usize, f32)>,
    pub(crate) units: Option<Vec<usize>>,
}

/// What was learnt.
pub(crate) struct Learnt {
    pub(crate) keys: Vec<u32>,
    pub(crate) rarity: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// The grams that occur often enough, in the order of their keys, with their rarity.
fn dictionary(examples: &[&Example]) -> (Vec<u32>, Vec<f32>) {
    let mut seen_in: HashMap<u32, (u32, usize)> = HashMap::new();
    for (i, example) in examples.iter().enumerate() {
        for gram in &example.seen.grams {
            let (n, last) = seen_in.entry(gram.key).or_insert((0, usize::MAX));
            *n += u32::from(*last != i);
            *last = i;
        }
    }
    let mut common: Vec<_> = seen_in.into_iter().map(|(key, (n, _))| (key, n)).filter(|&(_, n)| n >= COMMON).collect();
    common.sort_unstable();
    let rare = |n: u32| ((1.0 + examples.len() as f32) / (1.0 + n as f32)).ln() + 1.0;
    common.into_iter().map(|(key, n)| (key, rare(n))).unzip()
}

/// What a text weighs in each row: its grams together have length one.
fn input(rows: &Rows, rarity: &[f32], signals: usize, seen: &Seen) -> Vec<(u32, f32)> {
    let known = model::known(rows, seen, signals + rarity.len());
    let value = |&(row, gram): &(u32, features::Gram)| (row, model::counts(gram.clause, seen) * rarity[row as usize - signals]);
    let mut input: Vec<(u32, f32)> = known.iter().map(value).collect();
    let length = input.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
    input.iter_mut().for_each(|(_, v)| *v /= length);
    input.extend(seen.signals.iter().map(|&(row, v)| (row as u32, v)));
    input
}

/// The length of a round's steps.
pub(super) fn step(round: usize) -> f32 {
    STEP / (1.0 + SLOWER * round as f32)
}

/// Learns from examples; from those that are `joined` of two of them only what danger is.
pub(crate) fn learn(examples: &[&Example], joined: &[&Example], heads: &Heads) -> Learnt {
    let (keys, rarity) = dictionary(examples);
    let signals = features::signals(heads.categories);
    let rows: Rows = keys.iter().zip(signals as u32..).map(|(&key, row)| (key, row)).collect();
    let all: Vec<&Example> = examples.iter().chain(joined).copied().collect();
    let inputs: Vec<_> = all.iter().map(|e| input(&rows, &rarity, signals, &e.seen)).collect();
    let mut state = State::new(signals + keys.len(), heads);
    let mut mean = vec![0.0; state.weights.len()];
    let mut mean_bias = vec![0.0; state.bias.len()];
    let mut order: Vec<usize> = (0..all.len()).collect();
    let mut chance = Chance::FIRST;
    let mut shown = Vec::new();
    for round in 0..ROUNDS {
        chance.shuffle(&mut order);
        let step = step(round);
        for &i in &order {
            shown.clear();
            shown.extend(chance.shown(&inputs[i]));
            let (example, step) = (all[i], step * all[i].weight);
            if i < examples.len() {
                state.step(&shown, example, step, step * DECAY);
            } else {
                state.step_danger(&shown, example.urgent == Some(true), step);
            }
        }
        if round >= ROUNDS - AVERAGED {
            let share = state.shrunk / AVERAGED as f32;
            mean.iter_mut().zip(&state.weights).for_each(|(m, w)| *m += w * share);
            mean_bias.iter_mut().zip(&state.bias).for_each(|(m, w)| *m += w / AVERAGED as f32);
        }
    }
    let danger = danger::learn(examples, &rows, &rarity, signals);
    let outputs = heads.outputs();
    for (row, weight) in danger.weights.into_iter().enumerate() {
        mean[(signals + row) * outputs + heads.danger()] = weight;
    }
    mean_bias[heads.danger()] = danger.bias;
    Learnt { keys, rarity, weights: mean, bias: mean_bias }
}

/// Weights on the way; the real ones are `shrunk` times these, so that decay costs nothing.
struct State<'h> {
    heads: &'h Heads,
    weights: Vec<f32>,
    bias: Vec<f32>,
    shrunk: f32,
}

impl<'h> State<'h> {
    fn new(rows: usize, heads: &'h Heads) -> Self {
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

    /// Learns of danger alone.
    fn step_danger(&mut self, input: &[(u32, f32)], urgent: bool, step: f32) {
        let (outputs, head) = (self.heads.outputs(), self.heads.urgent());
        let at = |row: u32| row as usize * outputs + head;
        let sum: f32 = input.iter().map(|&(row, value)| value * self.weights[at(row)]).sum();
        let by = step * danger::error(sum * self.shrunk + self.bias[head], urgent);
        input.iter().for_each(|&(row, value)| self.weights[at(row)] -= by / self.shrunk * value);
        self.bias[head] -= 0.1 * by;
    }

    /// Turns sums into what is wrong with them; what the example does not say is not wrong.
    fn errors(&self, sums: &mut [f32], example: &Example) {
        let h = self.heads;
        if example.categories.is_empty() {
            sums[..h.categories].fill(0.0);
            sums[h.levels()..h.unit()].fill(0.0);
        } else {
            softmax(&mut sums[..h.categories]);
            softmax(&mut sums[h.levels()..h.unit()]);
        }
        for &(category, share) in &example.categories {
            sums[category] -= share;
            sums[h.levels() + h.level[category]] -= share;
        }
        match example.class {
            Some(class) => {
                softmax(&mut sums[h.class()..h.urgent()]);
                sums[h.class() + class] -= 1.0;
            }
            None => sums[h.class()..h.urgent()].fill(0.0),
        }
        sums[h.danger()] = 0.0;
        sums[h.urgent()] = example.urgent.map_or(0.0, |is| danger::error(sums[h.urgent()], is));
        sums[h.several()] = example.several.map_or(0.0, |is| logistic(sums[h.several()]) - f32::from(u8::from(is)));
        if example.further.is_empty() {
            sums[h.second()..].fill(0.0);
        } else {
            softmax(&mut sums[h.second()..]);
            example.further.iter().for_each(|&(category, share)| sums[h.second() + category] -= share);
        }
        match &example.units {
            Some(units) => {
                sums[h.unit()..h.second()].iter_mut().for_each(|s| *s = logistic(*s));
                units.iter().for_each(|u| sums[h.unit() + u] -= 1.0);
            }
            None => sums[h.unit()..h.second()].fill(0.0),
        }
    }
}

/// The same chance on every machine.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const FIRST: Self = Self(0x9e37_79b9_7f4a_7c15);

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, (self.next() % (i as u64 + 1)) as usize);
        }
    }

    /// What is not hidden of an input, made up for the rest.
    pub(super) fn shown<'a>(&'a mut self, input: &'a [(u32, f32)]) -> impl Iterator<Item = (u32, f32)> + 'a {
        input.iter().filter(|_| !self.hides()).map(|&(row, value)| (row, value / (1.0 - HIDDEN)))
    }

    fn hides(&mut self) -> bool {
        ((self.next() & 0xffff) as f32) < HIDDEN * 65536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(gram: u32, category: usize, urgent: bool) -> Example {
        let at = |key| features::Gram { key, clause: 0, start: 0, end: 1 };
        let seen = Seen { grams: vec![at(gram), at(99), at(99)], ..Seen::default() };
        Example { seen, weight: 1.0, categories: vec![(category, 1.0)], urgent: Some(urgent), ..Example::default() }
    }

    #[test]
    fn the_same_examples_teach_the_same_and_what_was_not_said_stays_unknown() {
        let heads = Heads::new(&["0101".into(), "0102".into(), "0201".into()], 2);
        let examples: Vec<Example> = (0..12).map(|i| example(i % 3, i as usize % 3, i % 3 == 2)).collect();
        let examples: Vec<&Example> = examples.iter().collect();
        let (one, two) = (learn(&examples, &[], &heads), learn(&examples, &[], &heads));
        assert_eq!(one.keys, [0, 1, 2, 99]);
        assert!(one.weights == two.weights && one.bias == two.bias);
        let weight = |gram: usize, output: usize| one.weights[(features::signals(3) + gram) * heads.outputs() + output];
        for gram in 0..3 {
            assert!((0..3).all(|c| c == gram || weight(gram, gram) > weight(gram, c) + 1.0));
            assert_eq!(weight(gram, heads.urgent()) > 0.0, gram == 2);
            assert_eq!((weight(gram, heads.class()), weight(gram, heads.unit())), (0.0, 0.0));
        }
    }
}
