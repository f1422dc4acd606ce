//! What the watchdog says about deadlines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::family,
    id::{OrderId, TicketId, UnitId},
};

family! {
    /// Subject `clock.v1.<kind>`: facts about the handling clock (K5, domain.md 2.4).
    pub enum ClockFact: "clock.v1" {
        /// 80 % of the time is used.
        Warned = "warned",
        /// The time is over.
        Overdue = "overdue",
        /// Still not done: the next person up is told.
        Escalated = "escalated",
    }
}

/// Which clock of which ticket, and how it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockAt {
    /// The ticket.
    pub ticket: TicketId,
    /// The work order under the clock.
    pub order: OrderId,
    /// The unit that has the work.
    pub unit: UnitId,
    /// Round of handling, from 1.
    pub round: u32,
    /// The deadline.
    pub due: DateTime<Utc>,
    /// When this step was due to fire.
    pub at: DateTime<Utc>,
    /// How late it fired, in milliseconds; an outage of the watchdog shows here.
    pub late_ms: i64,
}

/// 80 % of the time is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// Which clock.
    #[serde(flatten)]
    pub clock: ClockAt,
}

/// The time is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overdue {
    /// Which clock.
    #[serde(flatten)]
    pub clock: ClockAt,
}

/// A step of the ladder: village or community chief (1), town or street chief (2), district (3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalated {
    /// Which clock.
    #[serde(flatten)]
    pub clock: ClockAt,
    /// Step of the ladder, from 1.
    pub level: u8,
    /// The unit whose chief is told.
    pub to: UnitId,
}
