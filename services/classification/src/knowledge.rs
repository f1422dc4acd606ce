//! What people wrote down: taxonomy, rules, places, spelling. With a model it becomes a classifier.

use contracts::district::District;

use crate::{
    features::{self, Seen},
    judge::Evidence,
    lexicon::Found,
    place::Places,
    rules::{self, RuleTexts, Rules, RulesError},
    taxonomy::Taxonomy,
    text::Folding,
};

/// Everything that people wrote down.
#[derive(Debug)]
pub(crate) struct Knowledge {
    pub(crate) taxonomy: Taxonomy,
    pub(crate) rules: Rules,
    pub(crate) places: Places,
    pub(crate) folding: Folding,
    pub(crate) version: String,
    /// Category of a text that says nothing: someone reads it and decides.
    pub(crate) unknown: usize,
}

/// Its code.
const UNKNOWN: &str = "1604";

/// A text looked at.
pub(crate) struct Look<'k> {
    /// Folded, but each character in its place.
    pub(crate) plain: String,
    /// Folded and spelt.
    pub(crate) text: String,
    pub(crate) found: Found,
    pub(crate) evidence: Evidence<'k>,
    pub(crate) seen: Seen,
}

impl Knowledge {
    pub(crate) fn read(taxonomy: &str, district: &District, texts: &RuleTexts<'_>) -> Result<Self, RulesError> {
        let version = rules::version(texts, taxonomy, district);
        let taxonomy = Taxonomy::read(taxonomy)?;
        let rules = Rules::read(texts, &taxonomy)?;
        let places = Places::read(district, texts.places)?;
        let missing = || RulesError::new("taxonomy.json", format!("category {UNKNOWN}, for what says nothing, is missing"));
        let unknown = taxonomy.index(UNKNOWN).ok_or_else(missing)?;
        Ok(Self { taxonomy, rules, places, folding: Folding::read(texts.spelling)?, version, unknown })
    }

    /// Looks at a text as it was written.
    pub(crate) fn look(&self, written: &str) -> Look<'_> {
        let plain = self.folding.plain(written);
        let text = self.folding.spell(&plain);
        let found = self.rules.lexicon.find(&text);
        let evidence = Evidence::weigh(&self.rules, &found);
        let seen = features::see(&text, &evidence, self.taxonomy.categories().len());
        Look { plain, text, found, evidence, seen }
    }

    /// A text of words only, folded; it has no signals.
    pub(crate) fn words(&self, words: &str) -> Seen {
        features::read(&self.folding.spell(&self.folding.plain(words)))
    }
}
