//! A text as rules and model read it: half width, simplified characters, lower case, common misspellings undone.

use std::{collections::HashMap, ops::Range};

use aho_corasick::{AhoCorasick, MatchKind};
use hanconv::RawDictionary;
use serde::Deserialize;

use crate::rules::{self, RulesError};

/// What comes after so many clauses of a letter is one clause.
const MOST_CLAUSES: usize = 60;
/// Clauses shorter than this many characters say too little alone.
const SHORT_CLAUSE: usize = 6;

/// Undoes what makes the same words look different.
#[derive(Debug)]
pub(crate) struct Folding {
    simplified: HashMap<char, char>,
    written: AhoCorasick,
    meant: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    written: String,
    meant: String,
}

impl Folding {
    pub(crate) fn read(spelling: &str) -> Result<Self, RulesError> {
        let rows = rules::rows::<Row>("spelling.csv", spelling)?;
        let written = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(rows.iter().map(|r| r.written.as_str()))
            .map_err(|e| RulesError::new("spelling.csv", e))?;
        let one = |s: &str| s.chars().next();
        let pairs = RawDictionary::TSCharacters.iter().filter_map(|(from, to)| Some((one(from)?, one(to)?)));
        Ok(Self { simplified: pairs.collect(), written, meant: rows.into_iter().map(|r| r.meant).collect() })
    }

    /// Character by character, so that places in the text stay where they are.
    pub(crate) fn plain(&self, text: &str) -> String {
        text.chars().map(|c| self.character(c)).collect()
    }

    /// Undoes the misspellings of a plain text. Latin abbreviations must stand alone: `wy`, but not `always`.
    pub(crate) fn spell(&self, plain: &str) -> String {
        let mut out = String::with_capacity(plain.len());
        let mut at = 0;
        for found in self.written.find_iter(plain) {
            let latin = plain.as_bytes()[found.start()].is_ascii();
            let inside = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
            let before = found.start().checked_sub(1).and_then(|i| plain.as_bytes().get(i));
            if latin && (inside(before) || inside(plain.as_bytes().get(found.end()))) {
                continue;
            }
            out.push_str(&plain[at..found.start()]);
            out.push_str(&self.meant[found.pattern().as_usize()]);
            at = found.end();
        }
        out.push_str(&plain[at..]);
        out
    }

    fn character(&self, c: char) -> char {
        let c = match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        };
        if c.is_ascii() { c.to_ascii_lowercase() } else { self.simplified.get(&c).copied().unwrap_or(c) }
    }
}

/// The clauses of a text, short ones joined to what follows; together they are the whole text.
pub(crate) fn clauses(text: &str) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let (mut start, mut length) = (0, 0);
    for (i, c) in text.char_indices() {
        let full = length >= SHORT_CLAUSE && clauses.len() + 1 < MOST_CLAUSES;
        length += 1;
        if full && matches!(c, '。' | '！' | '？' | '；' | '，' | '!' | '?' | ';' | ',' | '\n' | ' ') {
            clauses.push(start..i + c.len_utf8());
            (start, length) = (i + c.len_utf8(), 0);
        }
    }
    if start < text.len() {
        clauses.push(start..text.len());
    }
    clauses
}

/// There is a question mark.
pub(crate) fn asks(text: &str) -> bool {
    text.contains(['?', '？'])
}

/// There is an exclamation mark.
pub(crate) fn cries(text: &str) -> bool {
    text.contains(['!', '！'])
}

/// What stands in the written text where the plain one has this part.
pub(crate) fn as_written(written: &str, plain: &str, part: &str) -> String {
    let Some(start) = plain.find(part) else { return part.to_owned() };
    written.chars().skip(plain[..start].chars().count()).take(part.chars().count()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleTexts;

    #[test]
    fn the_same_words_look_the_same() {
        let folding = Folding::read(RuleTexts::SHIPPED.spelling).unwrap();
        for (written, meant) in [
            ("物業不管，電梯壞了", "物业不管,电梯坏了"),
            ("ＷＹ不理人", "物业不理人"),
            ("路口井该冇得了", "路口井盖没有了"),
            ("always", "always"),
        ] {
            assert_eq!(folding.spell(&folding.plain(written)), meant);
        }
    }

    #[test]
    fn clauses_are_long_enough_to_say_something() {
        let text = "你好，路灯坏了三天，没人修。还有垃圾";
        let parts: Vec<_> = clauses(text).into_iter().map(|c| &text[c]).collect();
        assert_eq!(parts, ["你好，路灯坏了三天，", "没人修。还有垃圾"]);
        assert!(clauses("").is_empty());
        let letter = "路灯坏了好几天，".repeat(500);
        let parts = clauses(&letter);
        assert!(parts.len() == MOST_CLAUSES && parts.windows(2).all(|w| w[0].end == w[1].start));
        assert_eq!(parts.last().map(|c| c.end), Some(letter.len()));
    }
}
