//! The trained model: small whole numbers for what each sequence of characters says for each answer.
//!
//! Every answer is a sum over what is seen in the text; the sums of a head become probabilities. The file is written
//! by [`crate::train`] and comes with the service.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use serde::{Deserialize, Serialize};

use crate::features::Seen;

mod file;

/// Hints that confidence is computed from: log-odds of the category, its margin, agreement of the rules, log-odds of
/// simple or not, one.
pub(crate) const HINTS: usize = 5;

pub(crate) use file::Dense;

/// The model file can't be used.
#[derive(Debug, thiserror::Error)]
#[error("model: {0}")]
pub struct ModelError(pub(crate) &'static str);

/// What the file says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    /// Hash of all data it was trained from.
    pub(crate) data: String,
    /// Category codes, in the order of the outputs.
    pub(crate) categories: Vec<String>,
    /// Department codes, in the order of the outputs after categories, classes and urgency.
    pub(crate) units: Vec<String>,
    /// How the answers are chosen.
    pub(crate) tuning: Tuning,
}

/// Numbers found by cross-validation that turn probabilities into answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tuning {
    /// Urgent from this probability on.
    pub(crate) urgent: f32,
    /// Several matters from this probability on.
    pub(crate) several: f32,
    /// Factors on the classes' probabilities.
    pub(crate) class: [f32; 3],
    /// Confidence is the logistic function of these times the hints.
    pub(crate) confidence: [f32; HINTS],
}

/// Where the outputs of each head are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) categories: usize,
    pub(crate) units: usize,
}

impl Heads {
    pub(crate) const CLASSES: usize = 3;

    pub(crate) fn class(self) -> usize {
        self.categories
    }

    pub(crate) fn urgent(self) -> usize {
        self.categories + Self::CLASSES
    }

    pub(crate) fn several(self) -> usize {
        self.urgent() + 1
    }

    pub(crate) fn unit(self) -> usize {
        self.several() + 1
    }

    pub(crate) fn outputs(self) -> usize {
        self.unit() + self.units
    }
}

/// Row of each sequence, by its hash.
pub(crate) type Rows = HashMap<u32, u32, BuildHasherDefault<Spread>>;

/// What is looked up is a hash already; it is only spread.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u32(b.into()));
    }

    fn write_u32(&mut self, hash: u32) {
        self.0 = (self.0 ^ u64::from(hash)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Probabilities of all answers.
#[derive(Clone, Debug)]
pub(crate) struct Odds {
    pub(crate) category: Vec<f32>,
    pub(crate) class: [f32; 3],
    pub(crate) urgent: f32,
    pub(crate) several: f32,
    pub(crate) unit: Vec<f32>,
}

/// The model, ready to be asked.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) about: About,
    pub(crate) heads: Heads,
    /// Rows of sequences come after those of the signals.
    pub(crate) rows: Rows,
    pub(crate) rarity: Vec<f32>,
    /// Where each row's entries end.
    ends: Vec<u32>,
    outputs: Vec<u8>,
    weights: Vec<i8>,
    /// What a weight of one is worth, by output.
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Model {
    /// The parts of a text that the model knows, by row; sequences together of length one.
    pub(crate) fn known(rows: &Rows, rarity: &[f32], signals: usize, seen: &Seen) -> Vec<(u32, f32)> {
        let mut found: Vec<(u32, f32)> = Vec::with_capacity(seen.grams.len() + seen.signals.len());
        for &(hash, n) in &seen.grams {
            if let Some(&row) = rows.get(&hash) {
                found.push((row, (1.0 + (n as f32).ln()) * rarity[row as usize - signals]));
            }
        }
        let length = found.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
        if length > 0.0 {
            found.iter_mut().for_each(|(_, v)| *v /= length);
        }
        found.extend(seen.signals.iter().map(|&(row, v)| (row as u32, v)));
        found
    }

    /// The probabilities for a text.
    pub(crate) fn ask(&self, seen: &Seen) -> Odds {
        let signals = self.ends.len() - self.rarity.len();
        let mut sums = self.bias.clone();
        for (row, value) in Self::known(&self.rows, &self.rarity, signals, seen) {
            for (output, weight) in self.entries(row as usize) {
                sums[output] += value * f32::from(weight) * self.scale[output];
            }
        }
        let h = self.heads;
        softmax(&mut sums[..h.categories]);
        softmax(&mut sums[h.class()..h.urgent()]);
        sums[h.urgent()..].iter_mut().for_each(|s| *s = logistic(*s));
        let mut class = [0.0; 3];
        class.copy_from_slice(&sums[h.class()..h.urgent()]);
        Odds {
            class,
            urgent: sums[h.urgent()],
            several: sums[h.several()],
            unit: sums.split_off(h.unit()),
            category: {
                sums.truncate(h.categories);
                sums
            },
        }
    }

    /// How much a sequence, as far as it is known, speaks for an output.
    pub(crate) fn says(&self, hash: u32, output: usize) -> f32 {
        let Some(&row) = self.rows.get(&hash) else { return 0.0 };
        let signals = self.ends.len() - self.rarity.len();
        let weight = self.entries(row as usize).find(|&(o, _)| o == output).map_or(0, |(_, w)| w);
        f32::from(weight) * self.scale[output] * self.rarity[row as usize - signals]
    }

    fn entries(&self, row: usize) -> impl Iterator<Item = (usize, i8)> + '_ {
        let from = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        let to = self.ends[row] as usize;
        self.outputs[from..to].iter().zip(&self.weights[from..to]).map(|(&o, &w)| (o.into(), w))
    }
}

pub(crate) fn softmax(sums: &mut [f32]) {
    let most = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    sums.iter_mut().for_each(|s| *s = (*s - most).exp());
    let all: f32 = sums.iter().sum();
    sums.iter_mut().for_each(|s| *s /= all);
}

pub(crate) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
