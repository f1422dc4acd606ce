//! What the pages show: rows and facts in words, in one language. Pure.

mod dossier;
mod explained;
mod ledger;
mod material;
mod orders;
mod row;
mod timeline;
mod told;
mod units;

pub use dossier::{Dossier, leads};
pub use explained::explained;
pub use material::{UnitMaterial, material};
pub use row::RowView;
pub use told::case;
pub use units::{UnitCounts, UnitView, count_units, unit_views};

/// A label and what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The label.
    pub label: &'static str,
    /// The text.
    pub text: String,
    /// A person wrote it: shown apart, and with its line breaks.
    pub said: bool,
    /// Where it leads; empty: nowhere.
    pub href: String,
}

impl Line {
    /// Our own words.
    pub fn new(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, text: text.into(), said: false, href: String::new() }
    }

    /// What a person wrote.
    pub fn said(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, text: text.into(), said: true, href: String::new() }
    }
}
