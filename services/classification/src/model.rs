//! The trained model: small whole numbers for what each character and pair of characters says for each answer.
//!
//! Every answer is a sum over what is seen in the text; the sums of a head become probabilities. A text is read once:
//! the sums of its clauses make up the whole. The file is written by [`crate::train`] and comes with the service.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::RangeInclusive,
};

use serde::{Deserialize, Serialize};

use crate::{
    decide::hints::Tuning,
    features::{Gram, Seen},
};

mod file;

pub(crate) use file::Dense;

/// Early clauses count up to so much more than late ones.
const EARLY: f32 = 0.3;
/// What the head of the first level says counts this much beside the categories' own.
const LEVEL_COUNTS: f32 = 0.5;

/// Log-odds of danger where the model knows nothing of a text.
const NO_DANGER: f32 = -8.0;

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
    /// How often a second category came with a first one in one report.
    pub(crate) together: Vec<(usize, usize, f32)>,
    /// How the answers are chosen.
    pub(crate) tuning: Tuning,
}

/// Where the outputs of each head are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) categories: usize,
    pub(crate) units: usize,
    /// The first level of each category, by number.
    pub(crate) level: Vec<usize>,
    levels: usize,
}

impl Heads {
    pub(crate) const CLASSES: usize = 3;

    /// The first level of a category is in the first two digits of its code.
    pub(crate) fn new(categories: &[String], units: usize) -> Self {
        let mut levels: Vec<&str> = Vec::new();
        let mut level = Vec::with_capacity(categories.len());
        for code in categories {
            let first = code.get(..2).unwrap_or(code);
            level.push(levels.iter().position(|l| *l == first).unwrap_or(levels.len()));
            if level.last() == Some(&levels.len()) {
                levels.push(first);
            }
        }
        Self { categories: categories.len(), units, level, levels: levels.len() }
    }

    pub(crate) fn class(&self) -> usize {
        self.categories
    }

    pub(crate) fn urgent(&self) -> usize {
        self.categories + Self::CLASSES
    }

    pub(crate) fn several(&self) -> usize {
        self.urgent() + 1
    }

    /// Danger as a clause or two tell it, whatever stands around.
    pub(crate) fn danger(&self) -> usize {
        self.several() + 1
    }

    pub(crate) fn levels(&self) -> usize {
        self.danger() + 1
    }

    pub(crate) fn unit(&self) -> usize {
        self.levels() + self.levels
    }

    pub(crate) fn second(&self) -> usize {
        self.unit() + self.units
    }

    pub(crate) fn outputs(&self) -> usize {
        self.second() + self.categories
    }
}

/// Row of each gram, by its key.
pub(crate) type Rows = HashMap<u32, u32, BuildHasherDefault<Spread>>;

/// A key is a number of few bits; it is spread over all.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u32(b.into()));
    }

    fn write_u32(&mut self, key: u32) {
        self.0 = (self.0 ^ u64::from(key)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A gram that the model knows, with its row.
pub(crate) type Known = (u32, Gram);

/// The grams of a text that the model knows, each where it comes first; `all` is the number of rows.
pub(crate) fn known(rows: &Rows, seen: &Seen, all: usize) -> Vec<Known> {
    let mut met = vec![0_u64; all.div_ceil(64)];
    let mut known = Vec::with_capacity(seen.grams.len());
    for gram in &seen.grams {
        if let Some(&row) = rows.get(&gram.key) {
            let (block, bit) = (row as usize / 64, 1 << (row % 64));
            if met[block] & bit == 0 {
                met[block] |= bit;
                known.push((row, *gram));
            }
        }
    }
    known
}

/// What comes early in a text counts more: people begin with what matters most to them.
pub(crate) fn counts(clause: usize, seen: &Seen) -> f32 {
    let all = seen.clauses.last().map_or(1, |c| c.end).max(1);
    let start = seen.clauses.get(clause).map_or(0, |c| c.start);
    1.0 + EARLY * (0.5 - start as f32 / all as f32)
}

/// Probabilities of all answers.
#[derive(Clone, Debug)]
pub(crate) struct Odds {
    /// With what the first level's own head says.
    pub(crate) category: Vec<f32>,
    /// Of the first level of each category.
    pub(crate) level: Vec<f32>,
    /// Of each clause, by its categories alone; none where the model knows nothing of it.
    pub(crate) clauses: Vec<Option<Vec<f32>>>,
    pub(crate) class: [f32; 3],
    /// Log-odds of danger by the whole, and by the clause or two that tell most of it.
    pub(crate) urgent: f32,
    pub(crate) danger: f32,
    /// Where that passage is, by number of clause.
    pub(crate) passage: RangeInclusive<usize>,
    /// Log-odds of several matters.
    pub(crate) several: f32,
    /// Of being the second matter, if there is one.
    pub(crate) second: Vec<f32>,
    pub(crate) unit: Vec<f32>,
}

/// The model, ready to be asked.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) about: About,
    pub(crate) heads: Heads,
    rows: Rows,
    /// How much rarer grams count more, by gram.
    rarity: Vec<f32>,
    signals: usize,
    /// Row by row, outputs together; those of grams already count their rarity. Signals first.
    weights: Vec<i8>,
    /// What a weight of one is worth, by output.
    scale: Vec<f32>,
    bias: Vec<f32>,
    /// How often a category came with another one in one report, by both.
    together: Vec<f32>,
}

impl Model {
    /// The grams of a text that the model knows.
    pub(crate) fn known(&self, seen: &Seen) -> Vec<Known> {
        known(&self.rows, seen, self.signals + self.rarity.len())
    }

    /// The probabilities for a text.
    pub(crate) fn ask(&self, seen: &Seen, known: &[Known]) -> Odds {
        let h = &self.heads;
        let mut sums = vec![0.0; h.outputs()];
        let mut clauses = vec![None; seen.clauses.len()];
        let mut danger = (NO_DANGER, 0);
        let mut before = (0, 0.0);
        let mut length = 0.0;
        let mut said = vec![0_i32; h.outputs()];
        for part in known.chunk_by(|a, b| a.1.clause == b.1.clause) {
            said.fill(0);
            for &(row, _) in part {
                said.iter_mut().zip(self.row(row as usize)).for_each(|(s, &w)| *s += i32::from(w));
            }
            let squares: f32 = part.iter().map(|&(row, _)| self.rarity[row as usize - self.signals].powi(2)).sum();
            let (clause, alone) = (part[0].1.clause, 1.0 / squares.sqrt());
            let counts = counts(clause, seen);
            length += counts * counts * squares;
            sums.iter_mut().zip(&said).for_each(|(sum, &s)| *sum += counts * s as f32);
            let mut of_clause: Vec<f32> =
                (0..h.categories).map(|o| self.bias[o] + said[o] as f32 * self.scale[o] * alone).collect();
            softmax(&mut of_clause);
            clauses[clause] = Some(of_clause);
            let d = h.danger();
            for (said, squares) in [(said[d], squares), (said[d] + before.0, squares + before.1)] {
                let odds = self.bias[d] + said as f32 * self.scale[d] / squares.sqrt();
                danger = if odds > danger.0 { (odds, clause) } else { danger };
            }
            before = (said[d], squares);
        }
        let whole = if length > 0.0 { 1.0 / length.sqrt() } else { 0.0 };
        sums.iter_mut().for_each(|s| *s *= whole);
        for &(signal, value) in &seen.signals {
            sums.iter_mut().zip(self.row(signal)).for_each(|(s, &w)| *s += value * f32::from(w));
        }
        sums.iter_mut().zip(self.scale.iter().zip(&self.bias)).for_each(|(s, (scale, bias))| *s = *s * scale + bias);
        self.odds(sums, clauses, danger)
    }

    fn odds(&self, mut sums: Vec<f32>, clauses: Vec<Option<Vec<f32>>>, danger: (f32, usize)) -> Odds {
        let h = &self.heads;
        softmax(&mut sums[h.levels()..h.unit()]);
        softmax(&mut sums[h.class()..h.urgent()]);
        let mut second = sums.split_off(h.second());
        softmax(&mut second);
        sums[h.unit()..].iter_mut().for_each(|s| *s = logistic(*s));
        let mut class = [0.0; 3];
        class.copy_from_slice(&sums[h.class()..h.urgent()]);
        let (urgent, several, unit) = (sums[h.urgent()], sums[h.several()], sums.split_off(h.unit()));
        let mut levels = sums.split_off(h.levels());
        sums.truncate(h.categories);
        levels.iter_mut().for_each(|p| *p = LEVEL_COUNTS * p.max(f32::MIN_POSITIVE).ln());
        sums.iter_mut().zip(&h.level).for_each(|(s, &l)| *s += levels[l]);
        softmax(&mut sums);
        levels.fill(0.0);
        h.level.iter().zip(&sums).for_each(|(&l, p)| levels[l] += p);
        let level = h.level.iter().map(|&l| levels[l]).collect();
        Odds {
            category: sums,
            level,
            clauses,
            class,
            urgent,
            danger: danger.0,
            passage: danger.1.saturating_sub(1)..=danger.1,
            several,
            second,
            unit,
        }
    }

    /// How much a known gram speaks for a category.
    pub(crate) fn says(&self, row: u32, category: usize) -> f32 {
        f32::from(self.row(row as usize)[category]) * self.scale[category]
    }

    /// How often two categories came together, one as the main matter.
    pub(crate) fn together(&self, main: usize, further: usize) -> f32 {
        self.together[main * self.heads.categories + further]
    }

    fn row(&self, row: usize) -> &[i8] {
        let outputs = self.heads.outputs();
        &self.weights[row * outputs..][..outputs]
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
