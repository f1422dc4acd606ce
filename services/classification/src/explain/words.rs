//! Which words of a text speak for an answer, as a clerk would underline them.

use std::ops::RangeInclusive;

use crate::{
    features::Gram,
    knowledge::{Knowledge, Look},
    model::{Known, Model},
    rules::{Cue, Target},
};

/// Expressions of the text named in a reason.
const SHOWN: usize = 3;
/// An expression is at most so long, in bytes: six characters.
const LONGEST: usize = 18;
/// A word says something if it speaks at least this much, beside the strongest one.
const SPEAKS: f32 = 0.3;
/// Characters that begin or end no expression: they say nothing, or are a piece of a number or of a longer word.
const EDGES: &str = "的了在是我有不这那个们来去很就都也还要到着把被给跟和与及或吗呢啊吧一二三四五六七八九十百千万两几多每其人反";

/// The words that speak most for a category: its keywords, other words of the rules, then what the model learnt.
pub(super) fn for_category(knowledge: &Knowledge, model: &Model, look: &Look<'_>, known: &[Known], category: usize) -> String {
    Shown::listed(look, Target::Category(category)).speaking(knowledge, model, look, known, category)
}

/// The words that speak for danger, those of the model in the passage that tells it.
pub(super) fn for_danger(
    knowledge: &Knowledge,
    model: &Model,
    look: &Look<'_>,
    known: &[Known],
    passage: &RangeInclusive<usize>,
) -> String {
    let known: Vec<Known> = known.iter().filter(|(_, gram)| passage.contains(&gram.clause)).copied().collect();
    Shown::listed(look, Target::Cue(Cue::Urgent)).speaking(knowledge, model, look, &known, model.heads.danger())
}

/// The words of a cue; not single characters, which may be a piece of another word.
pub(super) fn of_cue(look: &Look<'_>, cue: Cue) -> String {
    let mut shown = Shown::listed(look, Target::Cue(cue));
    shown.0.retain(|w| is_long(w));
    shown.quoted()
}

/// Words to be shown, none inside another.
struct Shown<'t>(Vec<&'t str>);

impl<'t> Shown<'t> {
    /// The words of the rules for a target.
    fn listed(look: &'t Look<'_>, target: Target) -> Self {
        let mut shown = Self(Vec::new());
        let words = look.evidence.words(target);
        words.iter().filter(|w| is_long(w)).for_each(|w| shown.add(w));
        if shown.0.is_empty() {
            words.into_iter().for_each(|w| shown.add(w));
        }
        shown
    }

    fn add(&mut self, word: &'t str) {
        if self.0.len() < SHOWN && !self.0.iter().any(|w| w.contains(word) || word.contains(w)) {
            self.0.push(word);
        }
    }

    /// With words of all rules that speak for an output, as far as there is room; with other expressions if there is none.
    fn speaking(mut self, knowledge: &Knowledge, model: &Model, look: &'t Look<'_>, known: &[Known], output: usize) -> String {
        if self.0.len() < SHOWN {
            let says = known.iter().map(|&(row, gram)| (model.says(row, output), gram));
            let says: Vec<(f32, Gram)> = says.filter(|s| s.0 > 0.0).collect();
            let within = |(start, end): (usize, usize)| -> f32 {
                says.iter().filter(|(_, gram)| gram.start >= start && gram.end <= end).map(|s| s.0).sum()
            };
            let words = knowledge.rules.lexicon.spans(&look.found).filter(|&(start, end)| is_long(&look.text[start..end]));
            let words = strongest(words.map(|span| (within(span), span)).collect());
            words.into_iter().for_each(|(start, end)| self.add(&look.text[start..end]));
            if self.0.is_empty() {
                let others = strongest(expressions(&look.text, &says));
                others.into_iter().for_each(|(start, end)| self.add(&look.text[start..end]));
            }
        }
        self.quoted()
    }

    fn quoted(&self) -> String {
        self.0.iter().map(|w| format!("“{w}”")).collect::<Vec<_>>().join("、")
    }
}

/// Where pairs of characters lie over each other they are one expression.
fn expressions(text: &str, says: &[(f32, Gram)]) -> Vec<(f32, (usize, usize))> {
    let mut found: Vec<(f32, (usize, usize))> = Vec::new();
    for (says, gram) in says.iter().filter(|(_, gram)| gram.is_pair_of_words()) {
        match found.last_mut() {
            Some((sum, (start, end))) if gram.start < *end && gram.end - *start <= LONGEST => {
                *sum += says;
                *end = gram.end;
            }
            _ => found.push((*says, (gram.start, gram.end))),
        }
    }
    found.retain(|&(_, (start, end))| !text[start..end].starts_with(is_edge) && !text[start..end].ends_with(is_edge));
    found
}

/// One character says little on its own.
fn is_long(word: &str) -> bool {
    word.chars().nth(1).is_some()
}

fn is_edge(c: char) -> bool {
    EDGES.contains(c)
}

/// Those that are not far behind the strongest one, it first.
fn strongest(mut spans: Vec<(f32, (usize, usize))>) -> Vec<(usize, usize)> {
    spans.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let least = spans.first().map_or(0.0, |s| s.0 * SPEAKS).max(f32::MIN_POSITIVE);
    spans.into_iter().take_while(|s| s.0 >= least).map(|(_, span)| span).collect()
}
