//! The only table: one handling clock a ticket.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The handling clock of a ticket. What comes from the dispatch is null while none was heard.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "clock")]
pub struct Model {
    /// Ticket.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: String,
    /// Place of the fact that last started or stopped it.
    pub seq: i64,
    /// Since when it runs, ms; null while it is stopped.
    pub since_ms: Option<i64>,
    /// Place of the dispatch.
    pub promise_seq: Option<i64>,
    /// The lead's work order.
    pub order_id: Option<String>,
    /// The lead.
    pub unit: Option<String>,
    /// The division that owns the matter.
    pub division: Option<String>,
    /// Round of handling.
    pub round: Option<i64>,
    /// Class code.
    pub class: Option<String>,
    /// When it started, ms.
    pub started_ms: Option<i64>,
    /// When the warning was promised, ms.
    pub warn_ms: Option<i64>,
    /// The deadline, ms.
    pub due_ms: Option<i64>,
    /// The last alarm that was fired: `warned`, `overdue`, `escalated-1` …
    pub reached: Option<String>,
    /// The next alarm, ms; null if there is none.
    pub next_ms: Option<i64>,
    /// Grows by one with each change; two replicas can't overwrite each other.
    pub version: i64,
}

/// None.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
