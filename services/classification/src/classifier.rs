//! The verdict on a report, put together from model, rules, place and what the source says.

use contracts::{
    district::{District, TAXONOMY},
    id::DivisionCode,
    ticket::{Class, Likely, Nature},
};

use crate::{
    catalogue::Worded,
    decide::{self, Decision, Matter},
    explain,
    knowledge::{Knowledge, Look},
    model::{Model, ModelError},
    place::Mention,
    rules::{RuleTexts, RulesError},
    taxonomy::Taxonomy,
    text, units,
};

/// The model that comes with the rules shipped.
pub(crate) const MODEL: &[u8] = include_bytes!("../model/jizhou.model");
/// An answer less sure than this goes to a person, with the best choices.
const SURE_ENOUGH: f32 = 0.5;
/// As sure is at least what people accepted for a word: three of three tickets, by the rule of succession.
const TAUGHT: f32 = 0.8;
/// Categories are told as possible from here on, and so many at most.
const POSSIBLE: f32 = 0.02;
const MOST_POSSIBLE: usize = 8;
/// So many choices are offered.
const CHOICES: usize = 3;

/// What is to be classified.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was reported.
    pub text: &'a str,
    /// Where, if the source knew.
    pub division: Option<&'a DivisionCode>,
    /// Where matters of the same reporter were lately; what is asked begins with them, nothing is decided by them.
    pub lately: &'a [DivisionCode],
    /// The class that the source set; it is followed.
    pub class: Option<Class>,
    /// What people accepted of words, the newest first; it is followed.
    pub taught: &'a [Worded],
}

impl<'a> Report<'a> {
    /// A report of which only the text is known.
    pub fn of_text(text: &'a str) -> Self {
        Self { text, division: None, lately: &[], class: None, taught: &[] }
    }
}

/// What a report is, where it belongs, who must act, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Second-level category code.
    pub category: String,
    /// Its name.
    pub category_name: String,
    /// First-level category code.
    pub l1: String,
    /// How probable it is that the category is right, 0 to 1.
    pub confidence: f32,
    /// Not sure enough: a person decides between the choices.
    pub needs_person: bool,
    /// The most probable categories with their probability, the best first.
    pub choices: Vec<(String, f32)>,
    /// Categories that it may be of beside its own: the surest further matter, then the others.
    pub perhaps: Vec<Likely>,
    /// Further matters in the same report, category codes.
    pub also: Vec<String>,
    /// Difficulty class.
    pub class: Class,
    /// By which place it belongs.
    pub nature: Nature,
    /// Danger to life or limb now.
    pub urgent: bool,
    /// Department code of the unit that leads: `D02`, `GRID`, `TOWN`.
    pub lead: String,
    /// Department codes of further units, the most concerned first.
    pub others: Vec<String>,
    /// The division that owns the matter, if known.
    pub division: Option<DivisionCode>,
    /// Places named in the text.
    pub mentions: Vec<Mention>,
    /// Why, one sentence each, Chinese.
    pub reasons: Vec<String>,
    /// Version of rules and model that decided.
    pub rules_version: String,
}

/// Why a classifier can't be built.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// A rule file is wrong.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The model is wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What people wrote down and what was learnt, ready to classify.
#[derive(Debug)]
pub struct Classifier {
    knowledge: Knowledge,
    model: Model,
    version: String,
}

impl Classifier {
    /// The classifier of the sample district, with the rules and the model shipped.
    ///
    /// A test reads the same data, so a released build can't hold broken ones.
    #[expect(clippy::expect_used, reason = "embedded data that a test reads")]
    pub fn sample() -> Self {
        Self::read(TAXONOMY, District::sample(), &RuleTexts::SHIPPED, MODEL).expect("the rules shipped can be read")
    }

    /// Builds a classifier from its data.
    pub fn read(taxonomy: &str, district: &District, texts: &RuleTexts<'_>, model: &[u8]) -> Result<Self, ClassifierError> {
        Self::new(Knowledge::read(taxonomy, district, texts)?, Model::read(model)?)
    }

    /// Only a model of the same categories and departments fits.
    pub(crate) fn new(knowledge: Knowledge, model: Model) -> Result<Self, ClassifierError> {
        let codes = knowledge.taxonomy.categories().iter().map(|c| &c.code);
        if !codes.eq(&model.about.categories) || model.about.units != knowledge.taxonomy.departments() {
            return Err(ModelError("trained for another taxonomy; run gridline train").into());
        }
        let version = format!("{}+model-{}", knowledge.version, &model.about.data);
        Ok(Self { knowledge, model, version })
    }

    /// Version of all data that decides.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The categories and departments that a verdict can name.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.knowledge.taxonomy
    }

    /// Classifies a report. Any text gets a verdict.
    pub fn classify(&self, report: &Report<'_>) -> Verdict {
        let look = self.knowledge.look(report.text);
        let known = self.model.known(&look.seen);
        let odds = self.model.ask(&look.seen, &known);
        let mut decision = decide::decide(&self.knowledge, &self.model, &look, &odds, &known);
        let taught = self.taught(report, &look, decision.category);
        if let Some((category, _)) = taught {
            decision.category = category;
            decision.confidence = decision.confidence.max(TAUGHT);
            decision.also.retain(|&(c, _)| c != category);
        }
        let category = &self.knowledge.taxonomy.categories()[decision.category];
        let needs_person = decision.confidence < SURE_ENOUGH;
        let class = report.class.unwrap_or(decision.class);
        let mut reasons = explain::reasons(&self.knowledge, &self.model, &look, &known, &decision, report.class);
        reasons.extend(taught.map(|(_, why)| why));
        let units = units::choose(&self.knowledge, &self.model.about, &look, &odds, &decision, class, &mut reasons);
        let mut place = self.knowledge.places.find(&look.plain, category.nature, report.division, report.lately);
        place.mentions.iter_mut().for_each(|m| m.name = text::as_written(report.text, &look.plain, &m.name));
        reasons.push(place.reason);
        let choices = self.choices(&decision);
        if needs_person {
            reasons.push(explain::ask_person(&self.knowledge.taxonomy, &choices));
        }
        Verdict {
            category: category.code.clone(),
            category_name: category.name.clone(),
            l1: category.l1.clone(),
            confidence: decision.confidence,
            needs_person,
            choices,
            perhaps: self.perhaps(&decision),
            also: decision.also.iter().map(|&(c, _)| self.knowledge.taxonomy.categories()[c].code.clone()).collect(),
            class,
            nature: category.nature,
            urgent: decision.urgent,
            lead: units.lead,
            others: units.others,
            division: place.division,
            mentions: place.mentions,
            reasons,
            rules_version: self.version.clone(),
        }
    }

    /// The category that people accepted for a word of the text, instead of this one, and why.
    fn taught(&self, report: &Report<'_>, look: &Look<'_>, decided: usize) -> Option<(usize, String)> {
        let categories = self.knowledge.taxonomy.categories();
        let was = &categories[decided];
        let fits = |t: &&Worded| {
            (t.instead_of.is_empty() || t.instead_of == was.code)
                && (look.plain.contains(&t.word) || report.text.contains(&t.word))
        };
        let rule = report.taught.iter().find(fits)?;
        let category = self.knowledge.taxonomy.index(&rule.category).filter(|&c| c != decided)?;
        let (since, word, is) = (rule.since, &rule.word, &categories[category].name);
        Some((category, format!("派单目录第 {since} 版：写到“{word}”的归入“{is}”，不归“{}”。", was.name)))
    }

    /// The text as the classifier reads it: simplified characters, half width, small letters.
    pub(crate) fn plain(&self, text: &str) -> String {
        self.knowledge.folding.plain(text)
    }

    fn choices(&self, decision: &Decision) -> Vec<(String, f32)> {
        let best = decision.ranked.iter().take(CHOICES);
        best.map(|&(c, p)| (self.knowledge.taxonomy.categories()[c].code.clone(), p)).collect()
    }

    fn perhaps(&self, decision: &Decision) -> Vec<Likely> {
        let further = decision.also.first();
        let own = |m: &&Matter| m.0 == decision.category || further.is_some_and(|f| f.0 == m.0);
        let possible = decision.ranked.iter().take(MOST_POSSIBLE).filter(|m| m.1 >= POSSIBLE && !own(m));
        let code = |c: usize| self.knowledge.taxonomy.categories()[c].code.clone();
        let likely = |&(c, p): &Matter| Likely { category: code(c), percent: (p * 100.0).round() as u8 };
        further.into_iter().chain(possible).map(likely).collect()
    }
}
