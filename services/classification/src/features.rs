//! What the model sees of a text: its characters and pairs of characters, and what the rules found in it.

use std::ops::Range;

use crate::{
    judge::Evidence,
    rules::{Cue, Target},
    text,
};

/// Evidence of rules counts this much beside the characters, whose length is 1.
const RULES_COUNT: f32 = 0.35;
/// Lengths of text, in characters, that tell a message from a letter.
const LENGTHS: [usize; 6] = [10, 20, 35, 60, 120, 240];
/// Signals beside those of each category: four cues, lengths, two punctuation marks, a patrol's note.
const MORE_SIGNALS: usize = 4 + LENGTHS.len() + 1 + 3;

/// The first of the common Chinese characters.
const CHINESE: u32 = 0x4e00;

/// A character or two beside each other, at its place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gram {
    /// Which characters: 16 bits each.
    pub(crate) key: u32,
    /// In which clause.
    pub(crate) clause: usize,
    /// Where it starts and ends, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Gram {
    /// Its last character is Chinese.
    pub(crate) fn is_chinese(&self) -> bool {
        self.key & 0xffff >= CHINESE
    }

    /// Two characters, none of them a digit.
    pub(crate) fn is_pair_of_words(&self) -> bool {
        let digit = u32::from('0');
        let (first, second) = (self.key >> 16, self.key & 0xffff);
        first != 0 && first != digit && second != digit
    }
}

/// A text, as the model sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// In the order of the text.
    pub(crate) grams: Vec<Gram>,
    /// The clauses of the text; together they are all of it.
    pub(crate) clauses: Vec<Range<usize>>,
    /// What rules and form say, by number.
    pub(crate) signals: Vec<(usize, f32)>,
}

/// How many signals there are with so many categories.
pub(crate) fn signals(categories: usize) -> usize {
    2 * categories + MORE_SIGNALS
}

/// Sees a folded text.
pub(crate) fn see(text: &str, evidence: &Evidence<'_>, categories: usize) -> Seen {
    let mut seen = read(text);
    seen.signals = by_category(evidence, categories);
    by_form(text, evidence, 2 * categories, &mut seen.signals);
    seen
}

/// Sees a folded text without any rules.
pub(crate) fn read(text: &str) -> Seen {
    let clauses = text::clauses(text);
    let mut grams = Vec::with_capacity(text.len());
    let mut clause = 0;
    let mut before: Option<(u32, usize)> = None;
    for (start, c) in text.char_indices() {
        while clauses.get(clause).is_some_and(|c| c.end <= start) {
            clause += 1;
        }
        let end = start + c.len_utf8();
        let letter = letter(c);
        if let Some(key) = letter {
            grams.push(Gram { key, clause, start, end });
            if let Some((first, from)) = before {
                grams.push(Gram { key: first << 16 | key, clause, start: from, end });
            }
        }
        before = letter.map(|key| (key, start));
    }
    Seen { grams, clauses, signals: Vec::new() }
}

/// Digits are alike, marks part the pairs.
fn letter(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some('0'.into()),
        'a'..='z' => Some(c.into()),
        c if (CHINESE..=0x9fff).contains(&c.into()) => Some(c.into()),
        _ => None,
    }
}

fn by_category(evidence: &Evidence<'_>, categories: usize) -> Vec<(usize, f32)> {
    let mut rule = vec![[0_u32; 3]; categories];
    let mut told = vec![0.0_f32; categories];
    for (fired, shared) in evidence.fired() {
        match fired.target {
            Target::Category(c) => rule[c][level(fired.weight)] += 1,
            Target::Told(c) => told[c] += fired.weight as f32 / 5.0 / shared as f32,
            Target::Cue(_) => {}
        }
    }
    let weigh = |n: &[u32; 3]| n.iter().zip([1.0, 0.5, 0.17]).map(|(&n, w)| n.min(2) as f32 * w).sum::<f32>();
    let mut signals = Vec::with_capacity(16 + MORE_SIGNALS);
    scaled(rule.iter().map(weigh), 0, &mut signals);
    scaled(told.iter().copied(), categories, &mut signals);
    signals
}

fn level(weight: u32) -> usize {
    match weight {
        6.. => 0,
        3..6 => 1,
        _ => 2,
    }
}

/// No longer than 1 altogether, so that a letter does not shout.
fn scaled(values: impl Iterator<Item = f32>, from: usize, signals: &mut Vec<(usize, f32)>) {
    let first = signals.len();
    signals.extend(values.enumerate().filter(|&(_, v)| v > 0.0).map(|(i, v)| (from + i, v)));
    let new = &mut signals[first..];
    let length = new.iter().map(|(_, v)| v * v).sum::<f32>().sqrt().max(1.0);
    new.iter_mut().for_each(|(_, v)| *v *= RULES_COUNT / length);
}

fn by_form(text: &str, evidence: &Evidence<'_>, from: usize, signals: &mut Vec<(usize, f32)>) {
    let cues = [Cue::Simple, Cue::Difficult, Cue::Urgent, Cue::Calm];
    for (i, cue) in cues.into_iter().enumerate() {
        let weight = evidence.weight(cue).min(12) as f32 / 12.0;
        if weight > 0.0 {
            signals.push((from + i, weight));
        }
    }
    let length = text.chars().count();
    let bucket = LENGTHS.iter().position(|&l| length < l).unwrap_or(LENGTHS.len());
    signals.push((from + 4 + bucket, 0.5));
    let after = from + 4 + LENGTHS.len() + 1;
    let patrol = ["网格", "巡查", "排查", "摸排"].iter().any(|w| text.starts_with(w));
    let forms = [text::asks(text), text::cries(text), patrol];
    signals.extend(forms.iter().enumerate().filter(|&(_, &f)| f).map(|(i, _)| (after + i, 0.5)));
}
