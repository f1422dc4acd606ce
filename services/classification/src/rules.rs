//! The rule data that clerks edit, read, checked and versioned.

use contracts::{district::District, ticket::Class};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    lexicon::{Builder, Lexicon, Term},
    taxonomy::Taxonomy,
};

/// The texts of the rule files; `rules/NOTICE.md` says how they are written.
#[derive(Clone, Copy, Debug)]
pub struct RuleTexts<'a> {
    /// `keywords.csv`: words that speak for a category.
    pub keywords: &'a str,
    /// `cues.csv`: words for class and urgency.
    pub cues: &'a str,
    /// `leads.csv`: other leads and co-handlers.
    pub leads: &'a str,
    /// `places.csv`: words about places.
    pub places: &'a str,
    /// `vocabulary.csv`: what people say in a category; the model learns how much each says.
    pub vocabulary: &'a str,
    /// `dangers.csv`: what people say when someone is in danger, or not; the model learns how much each says.
    pub dangers: &'a str,
    /// `spelling.csv`: misspellings and abbreviations.
    pub spelling: &'a str,
}

impl RuleTexts<'static> {
    /// The rules shipped with the product.
    pub const SHIPPED: Self = Self {
        keywords: include_str!("../rules/keywords.csv"),
        cues: include_str!("../rules/cues.csv"),
        leads: include_str!("../rules/leads.csv"),
        places: include_str!("../rules/places.csv"),
        vocabulary: include_str!("../rules/vocabulary.csv"),
        dangers: include_str!("../rules/dangers.csv"),
        spelling: include_str!("../rules/spelling.csv"),
    };
}

impl RuleTexts<'_> {
    /// Words by category that say something on their own, for training.
    pub(crate) fn words(&self, taxonomy: &Taxonomy) -> Result<Vec<(usize, Vec<String>)>, RulesError> {
        let mut words = Builder::default();
        let mut weighty: Vec<Vec<String>> = vec![Vec::new(); taxonomy.categories().len()];
        let rules = keywords(self.keywords, taxonomy, &mut words)?;
        for rule in rules.iter().filter(|r| r.weight >= 3) {
            if let Target::Category(c) = rule.target {
                weighty[c].push(words.spell(&rule.term));
            }
        }
        let mut all: Vec<_> = weighty.into_iter().enumerate().collect();
        for row in rows::<ToldRow>("vocabulary.csv", self.vocabulary)? {
            let unknown = || RulesError::new("vocabulary.csv", format!("unknown category {}", row.code));
            let category = taxonomy.index(&row.code).ok_or_else(unknown)?;
            all.push((category, row.words.split_whitespace().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    /// Words for a class, for training.
    pub(crate) fn classes(&self) -> Result<Vec<(Class, Vec<String>)>, RulesError> {
        let rows = rows::<CueRow>("cues.csv", self.cues)?;
        let of_class = rows.into_iter().filter_map(|r| match r.kind {
            Cue::Simple => Some((Class::Simple, r.words)),
            Cue::Difficult => Some((Class::KeyDifficult, r.words)),
            Cue::Urgent | Cue::Calm => None,
        });
        Ok(of_class.map(|(c, words)| (c, words.split_whitespace().map(|w| w.replace('+', " ")).collect())).collect())
    }

    /// Words for danger (true) and for no danger (false), for training.
    pub(crate) fn dangers(&self) -> Result<Vec<(bool, Vec<String>)>, RulesError> {
        let rows = rows::<DangerRow>("dangers.csv", self.dangers)?;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Ok(rows.iter().map(|r| (r.kind == Danger::Urgent, words(&r.words))).collect())
    }
}

/// A rule file is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {what}")]
pub struct RulesError {
    file: &'static str,
    what: String,
}

impl RulesError {
    pub(crate) fn new(file: &'static str, what: impl std::fmt::Display) -> Self {
        Self { file, what: what.to_string() }
    }
}

/// What a rule speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A category, by its index in the taxonomy.
    Category(usize),
    /// A category of which people speak so.
    Told(usize),
    /// A cue.
    Cue(Cue),
}

/// What a cue says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cue {
    /// For class 简易.
    Simple,
    /// For class 重点难点.
    Difficult,
    /// Danger to life or limb now.
    Urgent,
    /// The danger is over, or is only talked about.
    Calm,
}

/// If the term fits, so much weight for the target.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) term: Term,
    pub(crate) target: Target,
    pub(crate) weight: u32,
}

/// In this category, if one of the terms fits, another lead or further units.
#[derive(Debug)]
pub(crate) struct LeadRule {
    pub(crate) category: usize,
    pub(crate) terms: Vec<Term>,
    pub(crate) lead: String,
    pub(crate) others: Vec<String>,
    pub(crate) why: String,
}

/// The rules of words, ready to be applied.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) lexicon: Lexicon,
    pub(crate) rules: Vec<Rule>,
    /// Rules by the first word of their term.
    pub(crate) by_atom: Vec<Vec<usize>>,
    pub(crate) leads: Vec<LeadRule>,
}

#[derive(Deserialize)]
struct CueRow {
    kind: Cue,
    weight: u32,
    words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Danger {
    Urgent,
    Calm,
}

#[derive(Deserialize)]
struct DangerRow {
    kind: Danger,
    words: String,
}

#[derive(Deserialize)]
struct ToldRow {
    code: String,
    words: String,
}

#[derive(Deserialize)]
struct LeadRow {
    category: String,
    words: String,
    lead: String,
    others: String,
    why: String,
}

impl Rules {
    pub(crate) fn read(texts: &RuleTexts<'_>, taxonomy: &Taxonomy) -> Result<Self, RulesError> {
        let mut words = Builder::default();
        let mut rules = keywords(texts.keywords, taxonomy, &mut words)?;
        for row in rows::<CueRow>("cues.csv", texts.cues)? {
            rules.extend(row.words.split_whitespace().map(|w| Rule {
                term: words.term(w, false),
                target: Target::Cue(row.kind),
                weight: row.weight,
            }));
        }
        rules.extend(told(texts.vocabulary, taxonomy, &mut words)?);
        let leads = rows::<LeadRow>("leads.csv", texts.leads)?;
        let leads = leads.into_iter().map(|r| lead(r, taxonomy, &mut words)).collect::<Result<_, _>>()?;
        let lexicon = words.build().map_err(|e| RulesError::new("keywords.csv", e))?;
        let mut by_atom = Vec::new();
        for (i, rule) in rules.iter().enumerate() {
            let atom = rule.term.first().ok_or_else(|| RulesError::new("keywords.csv", "an entry has no word"))?;
            if by_atom.len() <= atom {
                by_atom.resize_with(atom + 1, Vec::new);
            }
            by_atom[atom].push(i);
        }
        Ok(Self { lexicon, rules, by_atom, leads })
    }
}

/// Version of everything that decides: the same version gives the same verdict for the same report.
pub(crate) fn version(texts: &RuleTexts<'_>, taxonomy: &str, district: &District) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        // with its length, so that no two sets of parts read alike
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    for part in [
        env!("CARGO_PKG_VERSION"),
        taxonomy,
        texts.keywords,
        texts.cues,
        texts.leads,
        texts.places,
        texts.vocabulary,
        texts.dangers,
        texts.spelling,
    ] {
        add(part);
    }
    for d in district.divisions() {
        add(d.code.as_str());
        add(&d.name);
        add(&d.short_name);
    }
    format!("rules-{}", &hex::encode(hash.finalize())[..12])
}

/// The rows of a rule file.
pub(crate) fn rows<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<T>, RulesError> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<_, _>>();
    rows.map_err(|e| RulesError::new(file, e))
}

fn keywords(text: &str, taxonomy: &Taxonomy, words: &mut Builder) -> Result<Vec<Rule>, RulesError> {
    let bad = |what: String| RulesError::new("keywords.csv", what);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let titles = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    let mut rules = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        let (code, name) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
        let category = taxonomy.index(code).ok_or_else(|| bad(format!("unknown category {code}")))?;
        if taxonomy.categories()[category].name != name {
            return Err(bad(format!("category {code} is not called {name} in the taxonomy")));
        }
        for (title, cell) in titles.iter().zip(&record).skip(2) {
            let weight = title.parse().map_err(|_| bad(format!("column title {title} is not a weight")))?;
            rules.extend(cell.split_whitespace().map(|w| Rule {
                term: words.term(w, true),
                target: Target::Category(category),
                weight,
            }));
        }
    }
    Ok(rules)
}

/// A single character says too little to count where it is found; the model may still learn from it.
fn told(text: &str, taxonomy: &Taxonomy, words: &mut Builder) -> Result<Vec<Rule>, RulesError> {
    let mut rules = Vec::new();
    for row in rows::<ToldRow>("vocabulary.csv", text)? {
        let unknown = || RulesError::new("vocabulary.csv", format!("unknown category {}", row.code));
        let target = Target::Told(taxonomy.index(&row.code).ok_or_else(unknown)?);
        let long = row.words.split_whitespace().filter(|w| w.chars().nth(1).is_some());
        rules.extend(long.map(|w| Rule {
            term: words.term(w, false),
            target,
            weight: if w.chars().nth(2).is_some() { 5 } else { 3 },
        }));
    }
    Ok(rules)
}

fn lead(row: LeadRow, taxonomy: &Taxonomy, words: &mut Builder) -> Result<LeadRule, RulesError> {
    let bad = |what: String| RulesError::new("leads.csv", what);
    let category = taxonomy.index(&row.category).ok_or_else(|| bad(format!("unknown category {}", row.category)))?;
    let others: Vec<_> = row.others.split_whitespace().map(str::to_owned).collect();
    for unit in others.iter().chain([&row.lead]) {
        taxonomy.department(unit).ok_or_else(|| bad(format!("unknown department {unit}")))?;
    }
    let terms = row.words.split_whitespace().map(|w| words.term(w, false)).collect();
    Ok(LeadRule { category, terms, lead: row.lead, others, why: row.why })
}
