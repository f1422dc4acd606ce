//! What time means: when a ticket is due, when its holder is warned, and who is told when it is late.
//!
//! Everything here is a function of values. The start of a clock comes in with the fact that started it, the
//! [`Calendar`] and the [`Policy`] are data with a version, and nothing reads a clock; so the same deadline can be
//! recomputed years later by anybody who has the facts and the two versions.
//!
//! # The rules
//!
//! * Limits in hours run on the clock, through nights and holidays.
//! * Limits in working hours count the office hours of working days, 09:00 to 18:00 unless the policy says otherwise.
//! * Limits in working days do not count the day of receipt. The ticket is due at the end of the N-th working day
//!   after it, which is 23:59:59 in China unless the policy says otherwise ([`DayTimes::day_end`]).
//! * A working day is Monday to Friday unless it is a holiday, and every make-up working day (调休补班).
//! * A deadline that counts days whose arrangement is not yet published is marked [`Deadline::provisional`].
//!
//! A report of 2026-02-13, 16:00, that may take five working days passes the Spring Festival:
//!
//! ```
//! use sla::{CHINA, Calendar, Policy, deadline};
//! use chrono::{DateTime, Utc};
//!
//! let received: DateTime<Utc> = "2026-02-13T16:00:00+08:00".parse()?;
//! let policy = Policy::default();
//! let due = deadline(Calendar::builtin(), &policy, policy.limits.coordination, received)?;
//! assert_eq!(due.due.with_timezone(&CHINA).to_rfc3339(), "2026-02-27T23:59:59+08:00");
//! assert!(!due.provisional);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | file | question it answers |
//! |---|---|
//! | `calendar` | which days are worked, and which day is the N-th |
//! | `published` | what the calendar file says, and whether it can be believed |
//! | `policy` | how long each class may take, when a day ends, when to warn |
//! | `ladder` | who is told at which stage |
//! | `deadline` | when a clock ends |
//! | `schedule` | at which instants something must happen |
//! | `lamp` | which colour the ticket shows now |
//! | `limits` | how long every other clock may take |
//! | `book` | what the steps of a ticket's life do to its clocks K1–K15, and how pauses are counted |
//! | `life` | one clock since its start: its deadline, and when it ran |
//! | `rules` | which rules were in force when |
//! | `ledger`, `history` | whether the lines that were told of clocks are right |
//! | `explain` | how a ticket's deadlines came about, in words |
//! | `measure`, `office` | how much of a limit passes between two instants |
//! | `local` | the step between an instant and a date in China |

mod book;
mod calendar;
mod deadline;
mod error;
mod explain;
mod history;
mod ladder;
mod lamp;
mod ledger;
mod life;
mod limits;
mod local;
mod measure;
mod office;
mod policy;
mod published;
mod rules;
mod schedule;

pub use book::{ClockBook, Terms};
pub use calendar::Calendar;
pub use deadline::{Deadline, deadline};
pub use error::{CalendarError, PolicyError, SlaError};
pub use explain::{Explanation, Lang, Step, explain, instant};
pub use history::{Finding, History};
pub use ladder::{LadderStep, Offset, Quiet, Stage, UnknownStage};
pub use lamp::{Lamp, lamp};
pub use ledger::{Replay, Verdict};
pub use life::{Life, Phase, Span};
pub use limits::{ClockLimits, DispatchLimits, Urgency};
pub use local::{CHINA, YEARS};
pub use policy::{DayRange, DayTimes, Limit, Limits, MAX_HOURS, MAX_MINUTES, MAX_WORKING_DAYS, Policy, UnknownLimit};
pub use rules::{Books, Rules, RulesError};
pub use schedule::{Alarm, schedule, schedule_from_due};
