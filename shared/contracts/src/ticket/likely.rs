//! What a report may be as well.

use serde::{Deserialize, Serialize};

/// A category that a report may be of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likely {
    /// Category code.
    pub category: String,
    /// How probable it is, 0 to 100.
    pub percent: u8,
}
