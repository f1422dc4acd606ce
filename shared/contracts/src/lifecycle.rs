//! The life of a ticket (domain.md section 2): which act may follow which, by whom, and on what
//! facts. Nothing else in the product knows.
//!
//! [`TABLE`] is the only place where a transition is written down, one row for each [`Act`];
//! [`NOTES`] does the same for acts that leave the state as it is. [`next`] and [`note`] read one
//! row and answer with a [`Step`] (or [`Noted`]) or with a [`Refusal`]; they never guess, and an
//! illegal step is a value, not a panic.
//!
//! Three things are inputs, so that the same call always has the same answer: the state, the facts
//! that guards look at ([`Context`]), and the policy of the district ([`Limits`], inside the
//! context). **A fact that is left out refuses**: every field of [`Context`] defaults to "not
//! known", so a service that forgets one gets a refusal that names it, never a silent permission.
//!
//! What the lifecycle must remember from step to step (round, granted returns, designation, the
//! state before a merge) is [`History`]; the service stores it beside the state and replaces it by
//! [`History::after`] with every step.

#[macro_use]
mod vocabulary;

mod act;
mod clock;
mod context;
mod guard;
mod note;
mod refusal;
mod role;
mod state;
mod table;

pub use act::{Act, Transition};
pub use clock::{Change, Clock, ClockEffect, StateClocks};
pub use context::{
    Actor, Answer, Callback, Class, Consultation, Context, Deadlines, History, Intake, Limits, Merge, Order, Outside, People,
    Request, Standing, Touch,
};
pub use guard::Guard;
pub use note::{NOTES, Note, NoteRow, Noted, note};
pub use refusal::{Deed, Illegal, Refusal, Wait};
pub use role::Role;
pub use state::State;
pub use table::{HANDLERS, Row, Source, TABLE, Target};
pub use vocabulary::UnknownCode;

/// A legal step: what `next` answers when the table allows the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub act: Act,
    /// Its number in domain.md 2.2.
    pub transition: Transition,
    /// The state before; none before registration.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// What happens to the clocks (domain.md 2.2, last column).
    pub clocks: &'static [ClockEffect],
}

/// Asks the table whether `role` may do `act` on a ticket in `state` (none: not registered yet).
///
/// Looked at in this order, and the first that fails is the refusal: may this role ever do it, is
/// the ticket in a state where it can be done, does each guard hold (in the order of the row).
///
/// # Errors
/// [`Refusal::TooEarly`] when the same act will become legal without anybody changing it (an
/// earlier message is still on its way, a clock still runs); [`Refusal::Illegal`] otherwise.
pub fn next(state: Option<State>, act: Act, role: Role, context: &Context) -> Result<Step, Refusal> {
    let row = act.row();
    refusal::admit(Deed::Act(act), state, role)?;
    let facts = guard::Facts { state, role, context };
    if let Some(guard) = row.guards.iter().find(|guard| !guard.holds(&facts)) {
        return Err(refusal::unmet(act, *guard, context));
    }
    let to = match row.to {
        Target::State(to) => Some(to),
        Target::BeforeMerge => context.history.before_merge,
    };
    // The split row is guarded by `StateBeforeMergeKnown`; this is the same answer without a panic.
    let to = to.ok_or_else(|| refusal::unmet(act, Guard::StateBeforeMergeKnown, context))?;
    Ok(Step { act, transition: row.transition, from: state, to, clocks: row.clocks })
}
