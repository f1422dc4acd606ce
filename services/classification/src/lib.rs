//! Classification 分类: what a report is, where it belongs and who must act, with the reasons.
//!
//! This is the pure part: no broker, no database, no clock. A [`Classifier`] is a value built from data,
//! carries the version of that data, and turns a [`Report`] into a [`Verdict`].
//!
//! - [`taxonomy`] the categories and departments that a verdict can name
//! - [`rules`] the rule data that clerks edit (`rules/*.csv`), read and versioned
//! - [`classifier`] the verdict, put together
//! - [`place`] the division, from names in the text
//! - [`offline`] reports from a file, verdicts to a file

pub mod classifier;
mod judge;
mod lexicon;
mod names;
pub mod offline;
pub mod place;
pub mod rules;
pub mod taxonomy;

pub use classifier::{Classifier, Report, Verdict};
pub use rules::{RuleTexts, RulesError};
