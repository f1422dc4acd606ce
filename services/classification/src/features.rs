//! What the model sees of a text: its character sequences, and what the rules found in it.

use crate::{
    judge::Evidence,
    rules::{Cue, Target},
};

/// Longest sequence of characters.
const LONGEST: usize = 3;
/// Evidence of rules counts this much beside the sequences, whose length is 1.
const RULES_COUNT: f32 = 0.35;
/// Lengths of text, in characters, that tell a message from a letter.
const LENGTHS: [usize; 6] = [10, 20, 35, 60, 120, 240];
/// Signals beside those of each category: four cues, lengths, two punctuation marks, a patrol's note.
const MORE_SIGNALS: usize = 4 + LENGTHS.len() + 1 + 3;

/// A text, as the model sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Sequences by their hash, each once, with how often it occurs.
    pub(crate) grams: Vec<(u32, u32)>,
    /// What rules and form say, by number.
    pub(crate) signals: Vec<(usize, f32)>,
}

/// How many signals there are with so many categories.
pub(crate) fn signals(categories: usize) -> usize {
    2 * categories + MORE_SIGNALS
}

/// Sees a folded text.
pub(crate) fn see(text: &str, evidence: &Evidence<'_>, categories: usize) -> Seen {
    let mut signals = by_category(evidence, categories);
    signals.extend(by_form(text, evidence, 2 * categories));
    Seen { grams: count(text), signals }
}

/// The sequences of a text without any rules.
pub(crate) fn count(text: &str) -> Vec<(u32, u32)> {
    let mut all = Vec::with_capacity(text.len());
    sequences(text, |hash, _, _| all.push(hash));
    all.sort_unstable();
    let mut counted: Vec<(u32, u32)> = Vec::with_capacity(all.len());
    for hash in all {
        match counted.last_mut() {
            Some((last, n)) if *last == hash => *n += 1,
            _ => counted.push((hash, 1)),
        }
    }
    counted
}

/// Calls for each sequence with its hash, its start and its end in bytes.
pub(crate) fn sequences(text: &str, mut each: impl FnMut(u32, usize, usize)) {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    for (i, &(start, _)) in chars.iter().enumerate() {
        let mut hash = 0x811c_9dc5_u32;
        for &(at, c) in chars[i..].iter().take(LONGEST) {
            let Some(c) = letter(c) else { break };
            hash = mix(hash, c);
            each(hash, start, at + c_len(text, at));
        }
    }
}

/// Digits are alike, marks part the sequences.
fn letter(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some('0'.into()),
        'a'..='z' | '\u{4e00}'..='\u{9fff}' => Some(c.into()),
        _ => None,
    }
}

fn c_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn mix(hash: u32, c: u32) -> u32 {
    c.to_le_bytes().iter().fold(hash, |h, &b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
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
    let rule: Vec<f32> = rule.iter().map(weigh).collect();
    let mut signals = scaled(&rule, 0);
    signals.extend(scaled(&told, categories));
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
fn scaled(values: &[f32], from: usize) -> Vec<(usize, f32)> {
    let length = values.iter().map(|v| v * v).sum::<f32>().sqrt().max(1.0);
    let some = values.iter().enumerate().filter(|&(_, &v)| v > 0.0);
    some.map(|(i, v)| (from + i, RULES_COUNT * v / length)).collect()
}

fn by_form(text: &str, evidence: &Evidence<'_>, from: usize) -> Vec<(usize, f32)> {
    let cues = [Cue::Simple, Cue::Difficult, Cue::Urgent, Cue::Calm];
    let mut signals: Vec<(usize, f32)> = Vec::with_capacity(MORE_SIGNALS);
    for (i, cue) in cues.into_iter().enumerate() {
        signals.push((from + i, evidence.weight(cue).min(12) as f32 / 12.0));
    }
    let length = text.chars().count();
    let bucket = LENGTHS.iter().position(|&l| length < l).unwrap_or(LENGTHS.len());
    signals.push((from + 4 + bucket, 0.5));
    let after = from + 4 + LENGTHS.len() + 1;
    let has = |marks: &[char]| text.contains(marks);
    let forms = [has(&['?', '？']), has(&['!', '！']), ["网格", "巡查", "排查", "摸排"].iter().any(|w| text.starts_with(w))];
    signals.extend(forms.iter().enumerate().filter(|&(_, &f)| f).map(|(i, _)| (after + i, 0.5)));
    signals.retain(|&(_, v)| v > 0.0);
    signals
}
