//! The verdict on a report, put together from words, place and what the source says.

use contracts::{
    district::{District, TAXONOMY},
    id::DivisionCode,
    ticket::{Class, Nature},
};

use crate::{
    judge::Evidence,
    lexicon::Found,
    place::{Mention, Places},
    rules::{self, LeadRule, RuleTexts, Rules, RulesError},
    taxonomy::{Category, Taxonomy},
};

/// Category of a text in which no rule finds a word: someone reads it and decides.
const UNKNOWN: &str = "1604";
/// The code of the grid, which handles simple matters alone.
const GRID: &str = "GRID";
/// The code of the town or street, which takes part in every hard matter of its place.
const TOWN: &str = "TOWN";

/// What is to be classified.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was reported.
    pub text: &'a str,
    /// Where, if the source knew.
    pub division: Option<&'a DivisionCode>,
    /// The class that the source set; it is followed.
    pub class: Option<Class>,
}

impl<'a> Report<'a> {
    /// A report of which only the text is known.
    pub fn of_text(text: &'a str) -> Self {
        Self { text, division: None, class: None }
    }
}

/// What a report is, where it belongs, who must act, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Second-level category code.
    pub category: String,
    /// Its name.
    pub category_name: String,
    /// First-level category code.
    pub l1: String,
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
    /// Version of the rules that decided.
    pub rules_version: String,
}

/// Rules, taxonomy and places, ready to classify.
#[derive(Debug)]
pub struct Classifier {
    taxonomy: Taxonomy,
    rules: Rules,
    places: Places,
    unknown: usize,
    version: String,
}

impl Classifier {
    /// The classifier of the sample district, with the rules shipped.
    ///
    /// A test reads the same data, so a released build can't hold broken ones.
    #[expect(clippy::expect_used, reason = "embedded data that a test reads")]
    pub fn sample() -> Self {
        Self::read(TAXONOMY, District::sample(), &RuleTexts::SHIPPED).expect("the rules shipped can be read")
    }

    /// Builds a classifier from its data.
    pub fn read(taxonomy: &str, district: &District, texts: &RuleTexts<'_>) -> Result<Self, RulesError> {
        let version = rules::version(texts, taxonomy, district);
        let taxonomy = Taxonomy::read(taxonomy)?;
        let rules = Rules::read(texts, &taxonomy)?;
        let places = Places::read(district, texts.places)?;
        let unknown = taxonomy
            .index(UNKNOWN)
            .ok_or_else(|| RulesError::new("taxonomy.json", format!("category {UNKNOWN}, for what no rule knows, is missing")))?;
        Ok(Self { taxonomy, rules, places, unknown, version })
    }

    /// Version of all data that decides.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The categories and departments that a verdict can name.
    pub fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// Classifies a report. Any text gets a verdict.
    pub fn classify(&self, report: &Report<'_>) -> Verdict {
        let found = self.rules.lexicon.find(report.text);
        let evidence = Evidence::weigh(&self.rules, &self.taxonomy, &found);
        let mut reasons = Vec::new();
        let index = self.category(&evidence, &mut reasons);
        let category = &self.taxonomy.categories()[index];
        let also = self.also(&evidence, &mut reasons);
        let (urgent, why_urgent) = evidence.urgent();
        reasons.extend(why_urgent);
        let class = match (report.class, evidence.matters.is_empty()) {
            (Some(class), _) => {
                reasons.push(format!("来源已定为“{}”，照办。", class.zh()));
                class
            }
            (None, true) => Class::Coordination,
            (None, false) => {
                let (class, why) = evidence.class(category, urgent);
                reasons.push(why);
                class
            }
        };
        let (lead, others) = self.units(index, &also, class, &found, &mut reasons);
        let place = self.places.find(report.text, category.nature, report.division);
        reasons.push(place.reason);
        Verdict {
            category: category.code.clone(),
            category_name: category.name.clone(),
            l1: category.l1.clone(),
            also: also.into_iter().map(|c| c.code.clone()).collect(),
            class,
            nature: category.nature,
            urgent,
            lead,
            others,
            division: place.division,
            mentions: place.mentions,
            reasons,
            rules_version: self.version.clone(),
        }
    }

    fn category(&self, evidence: &Evidence<'_>, reasons: &mut Vec<String>) -> usize {
        let Some(&(index, _)) = evidence.matters.first() else {
            let default = &self.taxonomy.categories()[self.unknown];
            reasons.push(format!("文中没有规则认得的词语，暂归“{} {}”，请人工核对类别和承办单位。", default.code, default.name));
            return self.unknown;
        };
        let category = &self.taxonomy.categories()[index];
        reasons.push(format!("文中提到{}，归入“{} {}”。", evidence.category_words(index), category.code, category.name));
        index
    }

    fn also(&self, evidence: &Evidence<'_>, reasons: &mut Vec<String>) -> Vec<&Category> {
        let further = evidence.also().into_iter().map(|i| {
            let category = &self.taxonomy.categories()[i];
            reasons.push(format!("另提到{}，兼涉“{} {}”。", evidence.category_words(i), category.code, category.name));
            category
        });
        further.collect()
    }

    fn units(
        &self,
        index: usize,
        also: &[&Category],
        class: Class,
        found: &Found,
        reasons: &mut Vec<String>,
    ) -> (String, Vec<String>) {
        if class == Class::Simple {
            reasons.push("简易件由网格员自办自结。".into());
            return (GRID.into(), Vec::new());
        }
        let category = &self.taxonomy.categories()[index];
        let rule = self.rules.leads.iter().find(|r| r.category == index && r.terms.iter().any(|t| found.has(t)));
        let lead = rule.map_or(&category.lead, |r| &r.lead).clone();
        let name = self.taxonomy.department(&lead).unwrap_or(&lead);
        reasons.push(match rule {
            Some(LeadRule { why, .. }) => format!("{why}，由{name}主办。"),
            None => format!("“{}”由{name}主办。", category.name),
        });
        let hard = (class == Class::KeyDifficult).then_some(TOWN);
        let candidates = rule.into_iter().flat_map(|r| r.others.iter().map(String::as_str));
        let candidates = candidates.chain(also.iter().map(|c| c.lead.as_str())).chain(hard);
        let mut others: Vec<String> = Vec::new();
        for unit in candidates {
            if unit != lead && !others.iter().any(|o| o == unit) {
                others.push(unit.into());
            }
        }
        if !others.is_empty() {
            let names: Vec<_> = others.iter().map(|u| self.taxonomy.department(u).unwrap_or(u)).collect();
            reasons.push(format!("由{}协办。", names.join("、")));
        }
        (lead, others)
    }
}
