//! The answers that are not a step. A refusal is a value that says what is wrong and what to do, in
//! Chinese and in English, under a stable code.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::context::Standing;
use super::table::Source;
use super::{Act, Clock, Context, Guard, Note, Role, State};
use crate::problem::Problem;

/// What was asked for: an act that moves the ticket, or a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// An act of [`TABLE`](super::TABLE).
    Act(Act),
    /// A note of [`NOTES`](super::NOTES).
    Note(Note),
}

impl Deed {
    /// Its name in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Act(act) => act.zh(),
            Self::Note(note) => note.zh(),
        }
    }

    /// Its name in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Act(act) => act.en(),
            Self::Note(note) => note.en(),
        }
    }

    /// The roles that may do it.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Act(act) => act.row().roles,
            Self::Note(note) => note.row().roles,
        }
    }

    /// The states in which it may be done; empty for the registration.
    #[must_use]
    pub const fn states(self) -> &'static [State] {
        match self {
            Self::Act(act) => match act.row().from {
                Source::Nothing => &[],
                Source::In(states) => states,
            },
            Self::Note(note) => note.row().states,
        }
    }

    /// Whether it belongs to the main way, where one message may overtake the one before it.
    const fn on_main_way(self) -> bool {
        use Act::{Accept, Archive, Close, Dispatch, PassCheck, ReportResult, Sign};
        match self {
            Self::Act(act) => {
                matches!(act, Accept | Dispatch | Sign | ReportResult | PassCheck | Close | Archive)
            }
            Self::Note(note) => matches!(note, Note::Progress | Note::FirstContact),
        }
    }
}

/// Why an act was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not yet: the same act becomes legal without anybody changing it. A message is retried with
    /// backoff, a person is told what is awaited.
    TooEarly(Wait),
    /// Not so: a message is dead-lettered with the reason, a command is answered with it.
    Illegal(Illegal),
}

/// What a premature act waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// The registration has not been seen.
    Registration {
        /// What was asked for.
        deed: Deed,
    },
    /// A step of the main way before it has not been seen.
    Arrival {
        /// What was asked for.
        deed: Deed,
        /// Where the ticket stands.
        state: State,
    },
    /// A clock has not run out.
    Clock {
        /// What was asked for.
        deed: Deed,
        /// The clock that still runs.
        clock: Clock,
    },
}

/// What is wrong with an illegal act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Illegal {
    /// Not in this state.
    State {
        /// What was asked for.
        deed: Deed,
        /// Where the ticket stands.
        state: State,
    },
    /// Not in this role, in no state.
    Role {
        /// What was asked for.
        deed: Deed,
        /// Who asked.
        role: Role,
    },
    /// A condition is not met.
    Guard {
        /// What was asked for.
        deed: Deed,
        /// The first condition that is not met.
        guard: Guard,
    },
}

impl Refusal {
    /// The stable code; the code of the [`Guard`] where one is not met.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooEarly(Wait::Registration { .. }) => "not_registered",
            Self::TooEarly(Wait::Arrival { .. }) => "not_yet",
            Self::TooEarly(Wait::Clock { .. }) => "clock_runs",
            Self::Illegal(Illegal::State { .. }) => "wrong_state",
            Self::Illegal(Illegal::Role { .. }) => "wrong_role",
            Self::Illegal(Illegal::Guard { guard, .. }) => guard.code(),
        }
    }

    /// Retrying the very same act may help.
    #[must_use]
    pub const fn is_too_early(&self) -> bool {
        matches!(self, Self::TooEarly(_))
    }

    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match *self {
            Self::TooEarly(Wait::Registration { deed }) => {
                format!("工单尚未登记，不能“{}”；请待登记后再试", deed.zh())
            }
            Self::TooEarly(Wait::Arrival { deed, state }) => {
                let (deed_zh, there) = (deed.zh(), list(deed.states(), "、", State::zh));
                format!("现在“{deed_zh}”为时过早：工单为“{}”，须先到{there}", state.zh())
            }
            Self::TooEarly(Wait::Clock { deed, clock }) => {
                let (name, clock_zh) = (deed.zh(), clock.zh());
                format!("现在“{name}”为时过早：{clock_zh}（{clock}）未到期")
            }
            Self::Illegal(Illegal::State { deed, state }) => {
                let (deed_zh, state_zh) = (deed.zh(), state.zh());
                match deed.states() {
                    [] => format!("工单已登记（现为“{state_zh}”），不能再次“{deed_zh}”"),
                    there => {
                        let there = list(there, "、", State::zh);
                        format!("工单为“{state_zh}”，不能“{deed_zh}”；只能在以下状态进行：{there}")
                    }
                }
            }
            Self::Illegal(Illegal::Role { deed, role }) => {
                let by = list(deed.roles(), "、", Role::zh);
                format!("{}不能“{}”；只能由以下角色进行：{by}", role.zh(), deed.zh())
            }
            Self::Illegal(Illegal::Guard { deed, guard }) => {
                format!("不能“{}”：{}", deed.zh(), guard.zh())
            }
        }
    }

    /// What is wrong and what to do, in English.
    #[must_use]
    pub fn en(&self) -> String {
        match *self {
            Self::TooEarly(Wait::Registration { deed }) => {
                format!("too early to {}: the ticket is not registered yet; try again", deed.en())
            }
            Self::TooEarly(Wait::Arrival { deed, state }) => {
                let (name, there) = (deed.en(), list(deed.states(), ", ", State::code));
                format!("too early to {name}: the ticket is {state}, it must reach {there} first")
            }
            Self::TooEarly(Wait::Clock { deed, clock }) => {
                let (name, clock_en) = (deed.en(), clock.en());
                format!("too early to {name}: the {clock_en} ({clock}) is not over")
            }
            Self::Illegal(Illegal::State { deed, state }) => {
                let name = deed.en();
                match deed.states() {
                    [] => format!("can't {name}: the ticket is registered already ({state})"),
                    there => {
                        let there = list(there, ", ", State::code);
                        format!("can't {name}: the ticket is {state}; possible only in {there}")
                    }
                }
            }
            Self::Illegal(Illegal::Role { deed, role }) => {
                let by = list(deed.roles(), ", ", Role::en);
                format!("can't {} as {}; this is done by: {by}", deed.en(), role.en())
            }
            Self::Illegal(Illegal::Guard { deed, guard }) => {
                format!("can't {}: {}", deed.en(), guard.en())
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), refusal.zh(), refusal.en())
    }
}

/// Role and state of a deed, without its guards.
pub(super) fn admit(deed: Deed, state: Option<State>, role: Role) -> Result<(), Refusal> {
    if !deed.roles().contains(&role) {
        return Err(Refusal::Illegal(Illegal::Role { deed, role }));
    }
    match state {
        None if deed.states().is_empty() => Ok(()),
        None => Err(Refusal::TooEarly(Wait::Registration { deed })),
        Some(state) if deed.states().contains(&state) => Ok(()),
        Some(state) if is_ahead(deed, state) => Err(Refusal::TooEarly(Wait::Arrival { deed, state })),
        Some(state) => Err(Refusal::Illegal(Illegal::State { deed, state })),
    }
}

/// The refusal for a guard that doesn't hold: too early if only a clock has to run out.
pub(super) fn unmet(act: Act, guard: Guard, context: &Context) -> Refusal {
    let deed = Deed::Act(act);
    match guard.waits_for() {
        Some(clock) if context.deadlines.of(clock) == Standing::Inside => Refusal::TooEarly(Wait::Clock { deed, clock }),
        _ => Refusal::Illegal(Illegal::Guard { deed, guard }),
    }
}

/// The ticket is on the main way and has the place of this deed still before it: the message that
/// brings it there may just be late. From a side state (under review, suspended …) it is not late
/// but wrong, since somebody has to decide first.
fn is_ahead(deed: Deed, state: State) -> bool {
    const MAIN_WAY: [State; 7] = [
        State::Received,
        State::PendingDispatch,
        State::Dispatched,
        State::InProgress,
        State::FeedbackReview,
        State::PendingCallback,
        State::Closed,
    ];
    let place = |state: State| MAIN_WAY.iter().position(|on_way| *on_way == state);
    deed.on_main_way()
        && place(state).is_some_and(|here| deed.states().iter().any(|there| place(*there).is_some_and(|there| there > here)))
}

fn list<T: Copy>(members: &[T], separator: &str, name: fn(T) -> &'static str) -> String {
    members.iter().map(|member| name(*member)).collect::<Vec<_>>().join(separator)
}
