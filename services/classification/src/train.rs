//! The model from labelled reports: the same data give the same model, on one machine, without a network.
//!
//! - `learn` what each gram says for each answer, `danger` what it says in a clause or two
//! - `tune` how answers are chosen
//! - [`samples`] labelled reports as they lie in files
//! - [`measure`] how often verdicts are right

mod danger;
mod fit;
mod learn;
pub mod measure;
pub mod samples;
mod tune;

use std::collections::BTreeMap;

use contracts::{
    district::{District, TAXONOMY},
    ticket::Class,
};
use sha2::{Digest, Sha256};

use crate::{
    Classifier, ClassifierError, RuleTexts,
    decide::{CLASSES, hints::Tuning},
    knowledge::Knowledge,
    model::{About, Dense, Heads, Model},
};
use learn::{Example, Learnt, learn};
use measure::Measures;
use samples::Labelled;

/// Parts for cross-validation.
const PARTS: usize = 8;
/// Words of a rule file that together make one example.
const WORDS: usize = 2;
/// A report's further matters together have this share of it.
const ALSO_SHARE: f32 = 0.25;
/// Two joined reports together count so much, and only for what they say of danger.
const JOINED_COUNTS: f32 = 0.5;
/// The report that another one is joined to is so many further on: a prime, so that all have their turn.
const FAR: usize = 7919;
/// Characters of two joined reports; longer ones are rare in life.
const LONGEST_JOINED: usize = 240;

/// A model with what cross-validation says about it.
#[derive(Debug)]
pub struct Trained {
    /// The model file.
    pub model: Vec<u8>,
    /// How often it is right on reports that it was not trained on.
    pub crossed: Measures,
}

/// What all training needs: the knowledge, and the examples in its eyes.
struct School {
    knowledge: Knowledge,
    heads: Heads,
    words: Vec<Example>,
}

/// Hash of all data that a model is trained from: rules, taxonomy, reports.
pub fn data_version(reports: &[&str]) -> String {
    let mut hash = Sha256::new();
    let texts = RuleTexts::SHIPPED;
    let all = [TAXONOMY, texts.keywords, texts.cues, texts.vocabulary, texts.dangers, texts.spelling];
    for part in all.iter().chain(reports) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())[..12].to_owned()
}

/// Trains on files of labelled reports; cross-validation finds how the answers are chosen.
pub fn train(reports: &[&str]) -> anyhow::Result<Trained> {
    let mut labelled = Vec::new();
    for text in reports {
        labelled.extend(samples::read(text)?);
    }
    let school = School::open()?;
    let part = |l: &Labelled| Sha256::digest(&l.id)[0] as usize % PARTS;
    let joined = joined(&labelled, part);
    let examples: Vec<Example> = labelled.iter().map(|l| school.example(l)).collect::<Result<_, _>>()?;
    let of_danger: Vec<Example> = joined.iter().map(|l| school.of_danger(l)).collect();
    let mut models = Vec::new();
    for p in 0..PARTS {
        let known = but(p, part, &labelled, &examples);
        let of_danger = but(p, part, &joined, &of_danger);
        models.push(Model::read(&school.model(&known, &of_danger, String::new(), Tuning::NEUTRAL)?)?);
    }
    let ask = |l: &Labelled| tune::ask(&school.knowledge, &models[part(l)], l);
    let asked: Vec<_> = labelled.iter().map(ask).collect();
    let asked_joined: Vec<_> = joined.iter().map(ask).collect();
    let tuning = tune::tune(&school.knowledge, (&labelled, &asked), (&joined, &asked_joined), &models, part);
    let mut measures = Measures::default();
    for (p, mut model) in models.into_iter().enumerate() {
        model.about.tuning = tuning;
        let classifier = Classifier::new(School::open()?.knowledge, model)?;
        labelled.iter().filter(|l| part(l) == p).for_each(|l| measures.add(&classifier, l));
    }
    let (examples, of_danger): (Vec<_>, Vec<_>) = (examples.iter().collect(), of_danger.iter().collect());
    Ok(Trained { model: school.model(&examples, &of_danger, data_version(reports), tuning)?, crossed: measures })
}

/// The examples of all reports but those of one part.
fn but<'e>(p: usize, part: impl Fn(&Labelled) -> usize, labelled: &[Labelled], examples: &'e [Example]) -> Vec<&'e Example> {
    labelled.iter().zip(examples).filter(|(l, _)| part(l) != p).map(|(_, e)| e).collect()
}

/// Each report with a harmless one of its part before or behind it: danger is often told in the midst of other things.
/// As many of these are urgent as of the reports themselves, so that length alone says nothing.
fn joined(labelled: &[Labelled], part: impl Fn(&Labelled) -> usize) -> Vec<Labelled> {
    let mut joined = Vec::new();
    for p in 0..PARTS {
        let own: Vec<&Labelled> = labelled.iter().filter(|l| part(l) == p).collect();
        let harmless: Vec<&Labelled> = own.iter().copied().filter(|l| !l.urgent).collect();
        for (i, one) in own.into_iter().enumerate() {
            let Some(other) = harmless.get(i * FAR % harmless.len().max(1)) else { continue };
            let (first, second) = if i % 2 == 0 { (one, *other) } else { (*other, one) };
            let text = format!("{}，{}", first.text.trim_end_matches(['。', '！', '？']), second.text);
            if text.chars().count() <= LONGEST_JOINED {
                joined.push(Labelled { text, ..one.clone() });
            }
        }
    }
    joined
}

/// Number of a class in the model.
fn number(class: Class) -> Option<usize> {
    CLASSES.iter().position(|c| *c == class)
}

impl School {
    fn open() -> Result<Self, ClassifierError> {
        let texts = RuleTexts::SHIPPED;
        let knowledge = Knowledge::read(TAXONOMY, District::sample(), &texts)?;
        let codes: Vec<String> = knowledge.taxonomy.categories().iter().map(|c| c.code.clone()).collect();
        let heads = Heads::new(&codes, knowledge.taxonomy.departments().len());
        let mut school = Self { knowledge, heads, words: Vec::new() };
        let told = texts.words(&school.knowledge.taxonomy)?;
        for (category, words) in told {
            for some in words.chunks(WORDS) {
                school.words.push(Example {
                    seen: school.knowledge.words(&some.join(" ")),
                    weight: 1.0,
                    categories: vec![(category, 1.0)],
                    class: number(school.knowledge.taxonomy.categories()[category].class),
                    ..Example::default()
                });
            }
        }
        for (class, words) in texts.classes()? {
            for word in words {
                let seen = school.knowledge.words(&word);
                school.words.push(Example { seen, weight: 1.0, class: number(class), ..Example::default() });
            }
        }
        for (urgent, words) in texts.dangers()? {
            for word in words {
                let seen = school.knowledge.words(&word);
                school.words.push(Example { seen, weight: 1.0, urgent: Some(urgent), ..Example::default() });
            }
        }
        Ok(school)
    }

    fn example(&self, l: &Labelled) -> anyhow::Result<Example> {
        let taxonomy = &self.knowledge.taxonomy;
        let index = |code: &str| taxonomy.index(code).ok_or_else(|| anyhow::anyhow!("{}: unknown category {code}", l.id));
        let mut categories = vec![(index(&l.category)?, if l.also.is_empty() { 1.0 } else { 1.0 - ALSO_SHARE })];
        for code in &l.also {
            categories.push((index(code)?, ALSO_SHARE / l.also.len() as f32));
        }
        let further = categories[1..].iter().map(|&(c, _)| (c, 1.0 / l.also.len() as f32)).collect();
        let units = taxonomy.departments();
        let units = (0..units.len()).filter(|&u| units[u] == l.lead || l.others.contains(&units[u])).collect();
        Ok(Example {
            seen: self.knowledge.look(&l.text).seen,
            weight: 1.0,
            categories,
            class: number(l.class),
            urgent: Some(l.urgent),
            several: Some(!l.also.is_empty()),
            further,
            units: Some(units),
        })
    }

    fn of_danger(&self, l: &Labelled) -> Example {
        let seen = self.knowledge.look(&l.text).seen;
        Example { seen, weight: JOINED_COUNTS, urgent: Some(l.urgent), ..Example::default() }
    }

    fn model(&self, reports: &[&Example], joined: &[&Example], data: String, tuning: Tuning) -> Result<Vec<u8>, ClassifierError> {
        let all: Vec<&Example> = reports.iter().copied().chain(&self.words).collect();
        let Learnt { keys, rarity, weights, bias } = learn(&all, joined, &self.heads);
        let categories = self.knowledge.taxonomy.categories().iter().map(|c| c.code.clone()).collect();
        let units = self.knowledge.taxonomy.departments().to_vec();
        let about = About { data, categories, units, together: together(reports), tuning };
        Ok(Dense { about, keys: &keys, rarity: &rarity, weights: &weights, bias: &bias }.write()?)
    }
}

/// How often a category came beside another one; the other way round it counts half.
fn together(reports: &[&Example]) -> Vec<(usize, usize, f32)> {
    let mut n: BTreeMap<(usize, usize), f32> = BTreeMap::new();
    for e in reports {
        let mut categories = e.categories.iter().map(|&(c, _)| c);
        let Some(main) = categories.next() else { continue };
        for further in categories {
            *n.entry((main, further)).or_default() += 1.0;
            *n.entry((further, main)).or_default() += 0.5;
        }
    }
    n.into_iter().map(|((main, further), n)| (main, further, n)).collect()
}
