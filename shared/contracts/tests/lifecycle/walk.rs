//! Random walks of up to 200 acts by all roles, and what must hold after each of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use contracts::lifecycle::{
    Act, Actor, Change, Clock, ClockEffect, Context, History, Limits, Note, Role, Source, Standing, State, Step, TABLE, next,
    note,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::facts::likely;
use crate::oracle;

/// One attempt: three numbers from which act, role and facts are drawn.
type Attempt = (u16, u16, u64);

/// What the clocks do, after the changes a walk has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Running,
    Paused,
    Stopped,
}

#[derive(Debug, Default)]
struct Walk {
    state: Option<State>,
    history: History,
    clocks: BTreeMap<Clock, Run>,
    held: Option<(State, BTreeMap<Clock, Run>)>,
    granted_returns: u16,
    extensions_in_round: u16,
    no_more_returns: bool,
    k5_ran_before_consultation: bool,
    taken: Vec<(Act, Option<State>, State)>,
}

impl Walk {
    /// Tries one act; everything that must hold is asserted here and in what it calls.
    fn attempt(&mut self, (pick, person, facts): Attempt, limits: Limits) {
        if person % 16 == 15 {
            let contact = note(self.state, Note::FirstContact, Role::HandlingUnit);
            contact.iter().flat_map(|noted| noted.clocks).for_each(|effect| self.tick(effect));
            return;
        }
        let act = choose_act(pick, self.state);
        let role = choose_role(person, act);
        let context = Context { history: self.history, limits, ..likely(facts) };
        if let Ok(step) = next(self.state, act, role, &context) {
            self.check_step(&step, &context);
            self.take(&step);
            self.check_limits(&limits);
            self.check_clocks(step.to);
        }
    }

    fn check_step(&self, step: &Step, context: &Context) {
        let last = oracle::states_of(oracle::FINAL);
        assert!(self.state.is_none_or(|state| !last.contains(&state)), "left a final state");
        assert_eq!(self.state.is_none(), step.act == Act::Register);
        if step.to == State::Archived {
            assert_eq!(self.state, Some(State::Closed));
            assert_eq!(context.deadlines.k12, Standing::Over, "archived inside the window");
        }
        if matches!(step.act, Act::PassCheck | Act::Close | Act::Redo) {
            assert_eq!(context.people.actor, Actor::Independent, "checked one's own work");
        }
        if step.act == Act::Close {
            let owed = context.callback.answer.is_some_and(|a| !a.solved);
            assert!(!owed, "closed though the citizen says it is not solved");
        }
        if step.act == Act::Split {
            assert_eq!(Some(step.to), self.held.as_ref().map(|(state, _)| *state));
        }
    }

    fn take(&mut self, step: &Step) {
        let before = self.history;
        let clocks_before = self.clocks.clone();
        self.history = before.after(step);
        let raised = matches!(step.act, Act::Redo | Act::Reopen);
        assert_eq!(self.history.round, before.round + u16::from(raised), "{:?}", step.act);
        self.granted_returns += u16::from(step.act == Act::GrantReturn);
        self.extensions_in_round += u16::from(step.act == Act::Extend);
        if raised {
            self.extensions_in_round = 0;
        }
        self.no_more_returns |= matches!(step.act, Act::Designate | Act::DecideConsultation);
        if step.act == Act::OpenConsultation {
            self.k5_ran_before_consultation = self.runs(Clock::K5);
        }
        if let (Act::Merge, Some(state)) = (step.act, step.from) {
            self.held = Some((state, clocks_before));
        }
        step.clocks.iter().for_each(|effect| self.tick(effect));
        if step.act == Act::Split {
            let clocks = self.held.take().map(|(_, clocks)| clocks);
            assert_eq!(Some(&self.clocks), clocks.as_ref(), "a split restores the clocks");
        }
        self.state = Some(step.to);
        self.taken.push((step.act, step.from, step.to));
    }

    fn check_limits(&self, limits: &Limits) {
        assert!(self.granted_returns <= limits.returns, "{:?}", self.taken);
        assert_eq!(self.granted_returns, self.history.returns);
        assert_eq!(self.extensions_in_round, self.history.extensions);
        assert_eq!(self.held.as_ref().map(|(state, _)| *state), self.history.before_merge);
        assert!(self.history.extensions <= limits.extensions, "{:?}", self.taken);
        let review = self.state == Some(State::ReturnReview);
        assert!(!(review && self.no_more_returns), "{:?}", self.taken);
    }

    /// The clocks that run and pause are those of 2.1. K4 ends with the first contact, and K6 is a
    /// window with the unit (2.4), so these two may be there or not where 2.1 is silent or lists K4.
    fn check_clocks(&self, state: State) {
        let clocks = state.running_clocks();
        let history = || format!("{state}: {:?} {:?}", self.clocks, self.taken);
        for clock in Clock::ALL {
            let run = self.clocks.get(clock).copied();
            let (runs, pauses) = (run == Some(Run::Running), run == Some(Run::Paused));
            let with_unit = matches!(state, State::Dispatched | State::InProgress);
            let left_unit = matches!(state, State::ReturnReview | State::Consulting | State::Suspended | State::Deferred);
            match clock {
                Clock::K4 => {
                    assert!(!runs || with_unit, "K4 {}", history());
                    assert!(!pauses || left_unit, "K4 {}", history());
                }
                Clock::K6 if state != State::ReturnReview => {
                    assert!(!runs || with_unit, "K6 {}", history());
                    assert!(!pauses || state == State::Suspended, "K6 {}", history());
                }
                Clock::K5 if state == State::Consulting => {
                    assert_eq!(runs, self.k5_ran_before_consultation, "K5 goes on: {}", history());
                }
                _ => {
                    assert_eq!(runs, clocks.running.contains(clock), "{clock} {}", history());
                    assert_eq!(pauses, clocks.paused.contains(clock), "{clock} {}", history());
                }
            }
        }
    }

    fn runs(&self, clock: Clock) -> bool {
        self.clocks.get(&clock) == Some(&Run::Running)
    }

    fn tick(&mut self, effect: &ClockEffect) {
        let old = self.clocks.get(&effect.clock).copied();
        let live = matches!(old, Some(Run::Running | Run::Paused));
        let new = match effect.change {
            Change::Started => Some(Run::Running),
            Change::Stopped if live => Some(Run::Stopped),
            Change::Paused if old == Some(Run::Running) => Some(Run::Paused),
            Change::Resumed if old == Some(Run::Paused) => Some(Run::Running),
            Change::Reopened if old == Some(Run::Stopped) => Some(Run::Running),
            Change::Voided | Change::Returned if live => Some(Run::Stopped),
            Change::Held => None,
            Change::Restored => self.held.as_ref().and_then(|(_, clocks)| clocks.get(&effect.clock).copied()),
            _ => old,
        };
        match new {
            Some(run) => self.clocks.insert(effect.clock, run),
            None => self.clocks.remove(&effect.clock),
        };
    }
}

/// Most attempts are acts that start where the ticket stands; those that end it are drawn less
/// often, so that walks become long.
fn choose_act(pick: u16, state: Option<State>) -> Act {
    let starts_here = |act: &&Act| match act.row().from {
        Source::Nothing => state.is_none(),
        Source::In(states) => state.is_some_and(|state| states.contains(&state)),
    };
    let here: Vec<Act> = Act::ALL.iter().filter(starts_here).copied().collect();
    let rare = |act: &&Act| matches!(act, Act::Terminate | Act::Void | Act::Refuse | Act::HandOver);
    let usual: Vec<Act> = here.iter().filter(|act| !rare(act)).copied().collect();
    let from = match pick / 256 % 64 {
        0..8 => Act::ALL,
        8..12 => &here,
        _ => &usual,
    };
    let from = if from.is_empty() { Act::ALL } else { from };
    from[usize::from(pick % 256) % from.len()]
}

fn choose_role(person: u16, act: Act) -> Role {
    let roles = if person.is_multiple_of(8) { Role::ALL } else { act.row().roles };
    roles[usize::from(person / 16) % roles.len()]
}

fn limits() -> impl Strategy<Value = Limits> {
    (0u16..4, 0u16..3).prop_map(|(returns, extensions)| Limits { returns, extensions, ..Limits::default() })
}

fn walked(attempts: &[Attempt], limits: Limits) -> Walk {
    let mut walk = Walk::default();
    for attempt in attempts {
        walk.attempt(*attempt, limits);
    }
    walk
}

/// All interleavings keep the promises, and every row is taken from every state it may start in:
/// a row that no walk can reach fails the test.
#[test]
fn random_walks_keep_every_promise_and_reach_every_row() {
    let taken = RefCell::new(BTreeSet::new());
    let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
        .run(&(vec(any::<Attempt>(), 0..=200), limits()), |(attempts, limits)| {
            taken.borrow_mut().extend(walked(&attempts, limits).taken);
            Ok(())
        })
        .unwrap();
    let taken = taken.into_inner();
    for row in TABLE {
        let starts = match row.from {
            Source::Nothing => vec![None],
            Source::In(states) => states.iter().copied().map(Some).collect(),
        };
        for from in starts {
            let reached = taken.iter().any(|(act, start, _)| (*act, *start) == (row.act, from));
            assert!(reached, "{} from {from:?} is never taken", row.act);
        }
    }
    for state in oracle::states_of("OPEN") {
        let split = taken.iter().any(|(act, _, to)| (*act, *to) == (Act::Split, state));
        assert!(split, "no split back to {state}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    /// The same, from other seeds each time.
    #[test]
    fn random_walks_keep_every_promise(attempts in vec(any::<Attempt>(), 0..=200), limits in limits()) {
        walked(&attempts, limits);
    }
}
