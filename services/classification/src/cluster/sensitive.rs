//! Words of which leaders hear at once.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use crate::{
    rules::{self, RuleTexts, RulesError},
    text::Folding,
};

/// The words that a clerk edits; `rules/NOTICE.md` says how.
const WORDS: &str = include_str!("../../rules/sensitive.csv");

#[derive(Deserialize)]
struct Row {
    kind: String,
    words: String,
}

/// Finds them.
#[derive(Debug)]
pub(super) struct Words {
    folding: Folding,
    automaton: AhoCorasick,
    words: Vec<(String, String)>,
}

/// Kinds and words found, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kinds: Vec<String>,
    pub(super) words: Vec<String>,
}

impl Words {
    pub(super) fn read() -> Result<Self, RulesError> {
        let rows = rules::rows::<Row>("sensitive.csv", WORDS)?;
        let words: Vec<(String, String)> =
            rows.iter().flat_map(|r| r.words.split_whitespace().map(|w| (r.kind.clone(), w.to_owned()))).collect();
        let automaton = AhoCorasick::new(words.iter().map(|(_, w)| w)).map_err(|e| RulesError::new("sensitive.csv", e))?;
        Ok(Self { folding: Folding::read(RuleTexts::SHIPPED.spelling)?, automaton, words })
    }

    pub(super) fn find(&self, text: &str) -> Option<Found> {
        let text = self.folding.plain(text);
        let hits: BTreeSet<usize> = self.automaton.find_overlapping_iter(&text).map(|m| m.pattern().as_usize()).collect();
        let mut found = Found::default();
        for hit in hits {
            let (kind, word) = &self.words[hit];
            if !found.kinds.contains(kind) {
                found.kinds.push(kind.clone());
            }
            found.words.push(word.clone());
        }
        (!found.words.is_empty()).then_some(found)
    }
}
