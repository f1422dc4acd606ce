//! What the watchdog says about deadlines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    duty::{Notice, Told},
    family::family,
    id::{OrderId, TicketId, UnitId},
    lifecycle::{Change, Clock},
};

family! {
    /// Subject `clock.v1.<kind>`: facts about clocks (domain.md 2.4). The first three are about the handling clock K5.
    pub enum ClockFact: "clock.v1" {
        /// 80 % of the time is used.
        Warned = "warned",
        /// The time is over.
        Overdue = "overdue",
        /// Still not done: the next person up is told.
        Escalated = "escalated",
        /// A clock other than K5 ran out.
        Expired = "expired",
    }
}

impl ClockFact {
    /// The ticket, and when it was due to fire.
    #[must_use]
    pub fn head(&self) -> (TicketId, DateTime<Utc>) {
        match self {
            Self::Expired(f) => (f.ticket, f.due),
            Self::Warned(Warned { clock, .. })
            | Self::Overdue(Overdue { clock, .. })
            | Self::Escalated(Escalated { clock, .. }) => (clock.ticket, clock.at),
        }
    }
}

/// What a step did to one clock of its ticket: one line of the ledger, told in the fact that records the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockTurn {
    /// Which clock.
    pub clock: Clock,
    /// The work order of a responsible unit or co-handler, for its own handling clock, which runs beside the ticket's
    /// and is told apart by this; none for the ticket's clocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// What happened to it.
    pub change: Change,
    /// Its deadline before, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_due: Option<DateTime<Utc>>,
    /// Its deadline from now on; none while it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// When it warns; none for clocks that only run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<DateTime<Utc>>,
    /// The deadline lies beyond the published calendar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// The limit that the deadline was computed with: `5 working_days`; none for a promised date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Version of the calendar that it was computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Version of the policy that it was computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
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
    /// Who is told; none in facts of before there was a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Quiet hours held it back until then; its lateness counts from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<DateTime<Utc>>,
}

/// The time is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overdue {
    /// Which clock.
    #[serde(flatten)]
    pub clock: ClockAt,
    /// Who is told; none in facts of before there was a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// A step of the ladder: still not done some time after the deadline, so the next one up is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalated {
    /// Which clock.
    #[serde(flatten)]
    pub clock: ClockAt,
    /// Step of the ladder, from 1.
    pub level: u8,
    /// The unit whose person is told.
    pub to: UnitId,
    /// What that person gets.
    #[serde(default)]
    pub notice: Notice,
    /// Who is told; none in facts of before there was a roster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Quiet hours held it back until then; its lateness counts from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<DateTime<Utc>>,
}

/// A clock other than K5 ran out; who owns the ticket's state decides what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expired {
    /// The ticket.
    pub ticket: TicketId,
    /// Which clock.
    pub clock: Clock,
    /// The work order, if it is a co-handler's own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Place of the fact that set it; a later one supersedes.
    pub seq: u64,
    /// Its deadline.
    pub due: DateTime<Utc>,
    /// How late it fired, in milliseconds.
    pub late_ms: i64,
}
