//! A history replayed against the lifecycle table.

use super::By;
use crate::lifecycle::{Role, Row, Source, State, TABLE, Target};

/// The state after the steps that a fact records, `before` being the state before it (none: not registered).
///
/// # Errors
/// Why the table does not allow them: the step, the role, or the state that the fact claims to end in.
pub fn replay(before: Option<State>, by: &By) -> Result<State, String> {
    let mut state = before;
    for (n, step) in by.steps.iter().enumerate() {
        let starts = |row: &&Row| match (row.from, state) {
            (Source::Nothing, None) => true,
            (Source::In(states), Some(s)) => states.contains(&s),
            _ => false,
        };
        // two acts share a number where a transition goes both ways
        let mut rows = TABLE.iter().filter(|row| row.transition == *step).filter(starts).peekable();
        if rows.peek().is_none() {
            return Err(format!("{step} is not possible in {state:?}"));
        }
        // what leads up to the step that the fact tells may be taken by rule
        let last = n + 1 == by.steps.len();
        let may = |row: &&Row| row.roles.contains(&by.role) || !last && row.roles.contains(&Role::System);
        let row = rows.find(may).ok_or_else(|| format!("{step} is not for {}", by.role))?;
        state = Some(match row.to {
            Target::State(to) => to,
            Target::BeforeMerge => by.state,
        });
    }
    if state != Some(by.state) {
        return Err(format!("it says {} after {:?} from {before:?}", by.state, by.steps));
    }
    Ok(by.state)
}
