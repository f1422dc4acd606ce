//! A text as rules and model read it: half width, simplified characters, lower case, common misspellings undone.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};
use hanconv::RawDictionary;
use serde::Deserialize;

use crate::rules::{self, RulesError};

/// A letter of more clauses is read so far.
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

/// The clauses of a text, short ones joined to what follows.
pub(crate) fn clauses(text: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for (i, c) in text.char_indices() {
        let end = i + c.len_utf8();
        if clauses.len() == MOST_CLAUSES {
            return clauses;
        }
        let full = text[start..i].chars().count() >= SHORT_CLAUSE;
        if full && matches!(c, '。' | '！' | '？' | '；' | '，' | '!' | '?' | ';' | ',' | '\n' | ' ') {
            clauses.push(&text[start..i]);
            start = end;
        }
    }
    if !text[start..].trim().is_empty() {
        clauses.push(&text[start..]);
    }
    clauses
}

/// What stands in the written text where the plain one has this part.
pub(crate) fn as_written(written: &str, plain: &str, part: &str) -> String {
    let Some(start) = plain.find(part) else { return part.to_owned() };
    written.chars().skip(plain[..start].chars().count()).take(part.chars().count()).collect()
}

/// From the start of one part of a text to the end of a later one.
pub(crate) fn span<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let at = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    text.get(at(from)..at(to) + to.len()).unwrap_or_default()
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
        assert_eq!(clauses("你好，路灯坏了三天，没人修。还有垃圾"), ["你好，路灯坏了三天", "没人修。还有垃圾"]);
        assert!(clauses(" 。").is_empty() || clauses(" 。") == [" 。"]);
    }
}
