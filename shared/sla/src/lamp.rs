//! Which colour the ticket shows now.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The deadline lamp. It is not 一网三色, whose red, green and blue mean other things (`domain.md` section 1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lamp {
    /// 绿: before the warning.
    Green,
    /// 黄: from the warning to the deadline, both included.
    Yellow,
    /// 红: after the deadline.
    Red,
}

/// The lamp at `now` of a running clock that warns at `warn_at` and ends at `due`.
pub fn lamp(now: DateTime<Utc>, warn_at: DateTime<Utc>, due: DateTime<Utc>) -> Lamp {
    if now > due {
        Lamp::Red
    } else if now >= warn_at {
        Lamp::Yellow
    } else {
        Lamp::Green
    }
}
