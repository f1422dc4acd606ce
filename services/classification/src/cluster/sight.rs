//! What a ticket looks like to who seeks its like: pairs of characters, kind, place and names, each with a weight.

use std::collections::{HashMap, HashSet};

use contracts::{
    district::{District, Level},
    id::DivisionCode,
    ticket::Likely,
};
use serde::Deserialize;

use crate::{
    rules::{self, RuleTexts, RulesError},
    taxonomy::Taxonomy,
    text::Folding,
};

/// Pairs of characters and the texts of the training data that have them; `rules/NOTICE.md` says how it is made.
const PAIRS: &str = include_str!("../../rules/pairs.csv");
/// A category that a ticket is of with so many percent or more counts as its own.
const FULLY: u32 = 10;
/// Of a long letter, so many different pairs are looked at.
const MOST_PAIRS: usize = 160;
/// A pair of fewer texts than this is as rare as can be: the training data can't tell how rare.
const RAREST: f32 = 3.0;
/// A pair that is in more than about one of twelve texts says nothing.
const COMMON: f32 = 2.5;
/// What the rarest pairs count.
pub(super) const RAREST_COUNTS: f32 = 25.0;
/// What the same division and the same category count beside pairs.
const PLACE_COUNTS: f32 = 15.0;
const KIND_COUNTS: f32 = 6.0;
/// With these characters names of waters and ways end, which are as good as a place. Names of estates end otherwise: one
/// estate has many matters at a time.
const NAMES_END: [char; 10] = ['湖', '河', '溪', '塘', '库', '桥', '路', '街', '巷', '村'];
/// A pair that weighs so much may be a name; what it counts as one, beside what it counts as a pair.
const NAMES_WEIGH: f32 = 10.0;
const NAME_COUNTS: f32 = 1.2;
/// Marks a pair that begins with the second character of the pair before it.
const JOINED: u32 = 1 << 31;

/// A pair of characters, a category, a division or a name by its hash.
pub(super) type Token = u32;

/// A ticket as it is looked at.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// In the order of the text, each once; [`JOINED`] says which hang together.
    tokens: Box<[u32]>,
    /// Category, by number.
    pub(super) kind: u16,
    /// Categories that it may be of as well, and how far each counts, of 100.
    pub(super) perhaps: Box<[(u16, u8)]>,
    /// Division and its town, by number, if known.
    pub(super) place: Option<(u16, u16)>,
    /// What all pairs weigh together.
    pub(super) weight: f32,
}

impl Sight {
    /// The tokens, and whether each hangs together with the one before.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (Token, bool)> {
        self.tokens.iter().map(|t| (t & !JOINED, t & JOINED != 0))
    }
}

/// Sees tickets.
#[derive(Debug)]
pub(super) struct Eye {
    folding: Folding,
    weights: HashMap<Token, f32>,
    /// Category by code.
    kinds: HashMap<String, u16>,
    /// Division and town by code.
    places: HashMap<DivisionCode, (u16, u16)>,
}

#[derive(Deserialize)]
struct PairsRow {
    texts: u32,
    pairs: String,
}

impl Eye {
    /// With the data that is shipped.
    pub(super) fn read(taxonomy: &Taxonomy, district: &District) -> Result<Self, RulesError> {
        let rows = rules::rows::<PairsRow>("pairs.csv", PAIRS)?;
        // the first row has no pairs: it counts the texts
        let texts = rows.first().map_or(1, |r| r.texts) as f32;
        let rarity = |n: f32| ((texts / n).ln() - COMMON).max(0.0);
        let weigh = |n: f32| RAREST_COUNTS * (rarity(n) / rarity(RAREST)).powi(2);
        let mut weights = HashMap::new();
        for row in &rows {
            for pair in row.pairs.split_whitespace() {
                let mut chars = pair.chars();
                if let (Some(a), Some(b)) = (chars.next(), chars.next()) {
                    weights.insert(token(a.into(), b.into()), weigh(row.texts as f32));
                }
            }
        }
        let number = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        let kinds = taxonomy.categories().iter().enumerate().map(|(i, c)| (c.code.clone(), number(i))).collect();
        let at = |code: &DivisionCode| number(district.divisions().iter().position(|d| d.code == *code).unwrap_or_default());
        // a matter of the whole district has no place
        let divisions = district.divisions().iter().enumerate().filter(|(_, d)| d.level != Level::District);
        let places = divisions
            .map(|(i, d)| (d.code.clone(), (number(i), district.town_of(&d.code).map_or(number(i), |t| at(&t.code)))))
            .collect();
        let folding = Folding::read(RuleTexts::SHIPPED.spelling)?;
        Ok(Self { folding, weights, kinds, places })
    }

    /// Looks at a ticket.
    pub(super) fn see(&self, text: &str, category: &str, perhaps: &[Likely], division: Option<&DivisionCode>) -> Sight {
        let text = self.folding.spell(&self.folding.plain(text));
        let mut tokens: Vec<u32> = Vec::with_capacity(text.len() / 3);
        let mut names = Vec::new();
        let (mut seen, mut weight, mut last) = (HashSet::new(), 0.0, None);
        for (at, pair, end) in pairs(&text) {
            let w = self.pair(pair);
            if w > 0.0 && seen.len() < MOST_PAIRS && seen.insert(pair) {
                tokens.push(if at.checked_sub(1) == last && at > 0 { pair | JOINED } else { pair });
                last = Some(at);
                weight += w;
                if w >= NAMES_WEIGH && NAMES_END.contains(&end) {
                    names.push(name_token(pair));
                }
            }
        }
        tokens.extend(names);
        let kind = self.kinds.get(category).copied().unwrap_or(u16::MAX);
        let counts = |percent: u8| u8::try_from(100 * u32::from(percent) / FULLY).unwrap_or(100).min(100);
        let perhaps: Box<[(u16, u8)]> =
            perhaps.iter().filter_map(|l| Some((*self.kinds.get(&l.category)?, counts(l.percent)))).collect();
        let place = division.and_then(|d| self.places.get(d)).copied();
        tokens.push(kind_token(kind));
        tokens.extend(perhaps.iter().filter(|(_, counts)| *counts == 100).map(|(c, _)| kind_token(*c)));
        tokens.extend(place.map(|(division, _)| place_token(division)));
        Sight { tokens: tokens.into_boxed_slice(), kind, perhaps, place, weight }
    }

    /// What a shared token says.
    pub(super) fn weight(&self, token: Token) -> f32 {
        match token >> 28 {
            KIND => KIND_COUNTS,
            PLACE => PLACE_COUNTS,
            NAME => NAME_COUNTS * self.pair(token & !(NAME << 28)),
            _ => self.pair(token),
        }
    }

    /// What a pair of characters says.
    fn pair(&self, pair: Token) -> f32 {
        self.weights.get(&pair).copied().unwrap_or(RAREST_COUNTS)
    }
}

/// The top bits of a token tell what it is.
const KIND: u32 = 1;
const PLACE: u32 = 2;
const NAME: u32 = 3;

const fn kind_token(category: u16) -> Token {
    KIND << 28 | category as u32
}

const fn place_token(division: u16) -> Token {
    PLACE << 28 | division as u32
}

const fn name_token(pair: Token) -> Token {
    NAME << 28 | pair
}

/// 28 bits of a pair's hash.
const fn token(a: u32, b: u32) -> Token {
    (a.wrapping_mul(0x9e37_79b1) ^ b.wrapping_mul(0x85eb_ca6b).rotate_left(13)) >> 4
}

/// The pairs of letters, digits and characters, each with the number of its first character, and its last one.
fn pairs(text: &str) -> impl Iterator<Item = (usize, Token, char)> {
    let word = |c: &char| c.is_alphanumeric();
    let both = text.chars().zip(text.chars().skip(1)).enumerate();
    both.filter(move |(_, (a, b))| word(a) && word(b)).map(|(i, (a, b))| (i, token(a.into(), b.into()), b))
}

/// The content of `rules/pairs.csv`: in how many of these texts each pair is that is in three or more of them.
///
/// # Errors
/// The spelling rules can't be read.
pub fn count_pairs<'a>(texts: impl Iterator<Item = &'a str>) -> Result<String, RulesError> {
    let folding = Folding::read(RuleTexts::SHIPPED.spelling)?;
    let (mut counts, mut n) = (HashMap::<String, usize>::new(), 0);
    for text in texts {
        n += 1;
        let text: Vec<char> = folding.spell(&folding.plain(text)).chars().collect();
        let pairs = text.windows(2).filter(|p| p.iter().all(|c| c.is_alphanumeric()));
        let own: HashSet<String> = pairs.map(|p| p.iter().collect()).collect();
        own.into_iter().for_each(|p| *counts.entry(p).or_default() += 1);
    }
    let mut by_count = std::collections::BTreeMap::<usize, Vec<String>>::new();
    for (pair, n) in counts.into_iter().filter(|&(_, n)| n as f32 >= RAREST) {
        by_count.entry(n).or_default().push(pair);
    }
    let mut out = format!("texts,pairs\n{n},\n");
    for (n, mut pairs) in by_count.into_iter().rev() {
        pairs.sort_unstable();
        out.push_str(&format!("{n},{}\n", pairs.join(" ")));
    }
    Ok(out)
}
