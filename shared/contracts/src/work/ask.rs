//! What a unit asks for and another person must grant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    text::Text,
    ticket::{RequestKind, TerminationReason},
};

/// A request with what it must say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// 挂起.
    Suspend {
        /// The cause, outside the unit.
        reason: Text<2000>,
        /// Evidence: a document's number or address.
        evidence: Text<500>,
    },
    /// 延期, before the deadline.
    Extend {
        /// Why.
        reason: Text<2000>,
        /// The new deadline.
        until: DateTime<Utc>,
        /// How and when the citizen was told.
        citizen_told: Text<500>,
    },
    /// 挂账.
    Defer {
        /// Why.
        reason: Text<2000>,
        /// What is done meanwhile.
        measure: Text<500>,
        /// The promised date.
        until: DateTime<Utc>,
    },
    /// 终止办理.
    Terminate {
        /// One of the closed list.
        reason: TerminationReason,
        /// A word on it.
        note: Text<2000>,
    },
    /// 作废: takes a second person.
    Void {
        /// Why.
        reason: Text<2000>,
    },
    /// 剔除 from the assessment.
    Exclude {
        /// Why.
        reason: Text<2000>,
    },
}

impl Ask {
    /// What kind of request it is.
    #[must_use]
    pub const fn kind(&self) -> RequestKind {
        match self {
            Self::Suspend { .. } => RequestKind::Suspend,
            Self::Extend { .. } => RequestKind::Extend,
            Self::Defer { .. } => RequestKind::Defer,
            Self::Terminate { .. } => RequestKind::Terminate,
            Self::Void { .. } => RequestKind::Void,
            Self::Exclude { .. } => RequestKind::Exclude,
        }
    }
}
