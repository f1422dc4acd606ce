//! What is said when the rules of the district change: whoever decides by them reads them here, from one source.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{duty::Duty, family::family};

family! {
    /// Subject `rules.v1.<kind>`: facts about the rules.
    pub enum RulesFact: "rules.v1" {
        /// Another version is in force.
        Changed = "changed",
    }
}

/// A version of the rules is in force: all that deadlines and alarms depend on. Version 0, which nobody made, is what
/// the program was built with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Version of the register, from 1; a higher one supersedes.
    pub version: u64,
    /// Limits, warning, ladder: a whole `sla::Policy` with its own version.
    pub policy: Value,
    /// Version of the calendar.
    pub calendar_version: String,
    /// All its days, as CSV; none: the calendar that the program was built with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// The roster: who is told when a clock warns or is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duty: Vec<Duty>,
    /// Staff number of who changed the rules.
    pub person: String,
    /// Why, numbers masked.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}
