//! What a citizen does with a ticket.

use serde::{Deserialize, Serialize};

use crate::{id::TicketId, text::Text};

/// One act of a citizen; intake has checked number and code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitizenAct {
    /// The ticket.
    pub ticket: TicketId,
    /// What is done.
    pub act: CitizenDo,
}

/// What a citizen does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum CitizenDo {
    /// 补充 what was asked for (T5).
    Supply {
        /// What is supplied.
        text: Text<2000>,
    },
    /// 催办.
    Urge {
        /// What is said.
        text: Text<2000>,
    },
    /// 重新办理, inside the window (T29).
    Reopen {
        /// Why.
        reason: Text<2000>,
    },
}
