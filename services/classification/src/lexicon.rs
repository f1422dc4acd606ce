//! All words of all rules in one automaton: a text is read once, however many rules there are.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

/// A word by its number.
pub(crate) type Atom = usize;

/// Words that must all occur: one word, or `甲+乙`.
#[derive(Clone, Debug)]
pub(crate) struct Term(Vec<Atom>);

/// Collects words before the automaton is built.
#[derive(Default)]
pub(crate) struct Builder {
    words: Vec<String>,
    by_word: HashMap<String, Atom>,
    covers: Vec<bool>,
}

impl Builder {
    /// The term of one entry in a rule file. A word that `covers` hides the shorter words that lie inside it.
    pub(crate) fn term(&mut self, entry: &str, covers: bool) -> Term {
        let parts: Vec<_> = entry.split('+').filter(|w| !w.is_empty()).collect();
        let alone = parts.len() == 1;
        Term(parts.into_iter().map(|w| self.atom(w, covers && alone)).collect())
    }

    fn atom(&mut self, word: &str, covers: bool) -> Atom {
        let atom = *self.by_word.entry(word.to_owned()).or_insert_with(|| {
            self.words.push(word.to_owned());
            self.covers.push(false);
            self.words.len() - 1
        });
        self.covers[atom] |= covers;
        atom
    }

    /// The words of a term, parted by spaces.
    pub(crate) fn spell(&self, term: &Term) -> String {
        term.0.iter().map(|&a| self.words[a].as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn build(self) -> Result<Lexicon, aho_corasick::BuildError> {
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&self.words)?;
        Ok(Lexicon { automaton, words: self.words, covers: self.covers })
    }
}

/// The automaton.
#[derive(Debug)]
pub(crate) struct Lexicon {
    automaton: AhoCorasick,
    words: Vec<String>,
    covers: Vec<bool>,
}

/// The words found in a text.
pub(crate) struct Found {
    present: Vec<u64>,
    visible: Vec<u64>,
    /// Every word found, once, with the place of its first occurrence; in the order of the text.
    pub(crate) atoms: Vec<(Atom, usize)>,
}

impl Lexicon {
    pub(crate) fn find(&self, text: &str) -> Found {
        let mut hits: Vec<(usize, usize, Atom)> =
            self.automaton.find_overlapping_iter(text).map(|m| (m.start(), m.end(), m.pattern().as_usize())).collect();
        // longer first at the same start: a hit is hidden iff an earlier one of this order reaches past its end
        hits.sort_unstable_by_key(|&(start, end, atom)| (start, usize::MAX - end, atom));
        let blocks = self.words.len().div_ceil(64);
        let mut found = Found { present: vec![0; blocks], visible: vec![0; blocks], atoms: Vec::new() };
        let mut reach = 0;
        for (start, end, atom) in hits {
            if !bit(&found.present, atom) {
                set(&mut found.present, atom);
                found.atoms.push((atom, start));
            }
            if end > reach {
                set(&mut found.visible, atom);
                if self.covers[atom] {
                    reach = end;
                }
            }
        }
        found
    }

    /// The words of a term.
    pub(crate) fn words<'l>(&'l self, term: &'l Term) -> impl Iterator<Item = &'l str> {
        term.0.iter().map(|&a| self.words[a].as_str())
    }

    /// Where the words were found first: start and end, in bytes.
    pub(crate) fn spans<'l>(&'l self, found: &'l Found) -> impl Iterator<Item = (usize, usize)> + 'l {
        found.atoms.iter().map(|&(atom, start)| (start, start + self.words[atom].len()))
    }
}

impl Term {
    /// The word under which a rule with this term is listed.
    pub(crate) fn first(&self) -> Option<Atom> {
        self.0.first().copied()
    }
}

impl Found {
    /// All words of the term occur.
    pub(crate) fn has(&self, term: &Term) -> bool {
        term.0.iter().all(|&a| bit(&self.present, a))
    }

    /// The same, but a word alone must occur outside longer words.
    pub(crate) fn shows(&self, term: &Term) -> bool {
        match term.0[..] {
            [one] => bit(&self.visible, one),
            _ => self.has(term),
        }
    }
}

fn bit(bits: &[u64], i: usize) -> bool {
    bits[i / 64] >> (i % 64) & 1 == 1
}

fn set(bits: &mut [u64], i: usize) {
    bits[i / 64] |= 1 << (i % 64);
}
