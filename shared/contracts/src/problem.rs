//! What is wrong, and what to do about it.

use serde::{Deserialize, Serialize};

/// An error for people and programs: a stable code, and the same sentence in Chinese and English.
///
/// It never quotes what the sender wrote: that could be personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {en}")]
pub struct Problem {
    /// Stable, snake_case; programs decide by it.
    pub code: String,
    /// What is wrong and what to do, Chinese.
    pub zh: String,
    /// What is wrong and what to do, English.
    pub en: String,
}

impl Problem {
    /// A problem from its code and both sentences.
    pub fn new(code: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: code.into(), zh: zh.into(), en: en.into() }
    }

    /// A value that a field can't take.
    pub fn field(field: &str, zh: &str, en: &str) -> Self {
        Self::new("bad_field", format!("字段 {field} {zh}"), format!("field {field} {en}"))
    }
}
