//! Labelled reports, as they lie in the files.

use std::io;

use contracts::ticket::{Class, Nature};
use serde::Deserialize;

/// A report with what a person says that it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Labelled {
    /// Its id in the file.
    pub id: String,
    /// The text.
    pub text: String,
    /// Second-level category code.
    pub category: String,
    /// Further matters.
    #[serde(default)]
    pub also: Vec<String>,
    /// Difficulty class.
    pub class: Class,
    /// By which place it belongs.
    pub nature: Nature,
    /// Department code of the unit that leads.
    pub lead: String,
    /// Further units.
    #[serde(default)]
    pub others: Vec<String>,
    /// Danger to life or limb now.
    pub urgent: bool,
    /// The division that owns it, if the text says so.
    #[serde(default)]
    pub route_division: Option<String>,
}

/// Reads one JSON object a line; a line that is wrong stops it with its number.
pub fn read(text: &str) -> io::Result<Vec<Labelled>> {
    let lines = (1..).zip(text.lines()).filter(|(_, l)| !l.trim().is_empty());
    let read = lines.map(|(n, line)| {
        serde_json::from_str(line).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("line {n}: {e}")))
    });
    read.collect()
}
