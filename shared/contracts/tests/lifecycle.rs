//! The lifecycle against domain.md section 2: the whole table, exhaustively, against the text of
//! the specification typed a second time ([`oracle`]); and all interleavings, by random walks
//! ([`walk`]).

#[path = "lifecycle/facts.rs"]
mod facts;
#[path = "lifecycle/oracle.rs"]
mod oracle;
#[path = "lifecycle/walk.rs"]
mod walk;

use std::collections::BTreeSet;

use contracts::lifecycle::{
    Act, Change, Clock, Context, Guard, History, Illegal, Limits, Note, Refusal, Role, Standing, State, Transition, UnknownCode,
    Wait, next, note,
};
use contracts::problem::Problem;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use facts::{SOLVED, broken, fulfilled};

fn all_states() -> impl Iterator<Item = Option<State>> {
    std::iter::once(None).chain(State::ALL.iter().copied().map(Some))
}

#[test]
fn states_are_those_of_the_specification() {
    let lines: Vec<&str> = oracle::rows(oracle::STATES).collect();
    assert_eq!(lines.len(), State::ALL.len());
    for (line, state) in lines.into_iter().zip(State::ALL) {
        let (running, paused) = line.split_once('|').unwrap_or((line, ""));
        let mut words = running.split_whitespace();
        assert_eq!(words.next(), Some(state.code()));
        assert_eq!(words.next(), Some(state.zh()));
        let clocks = state.running_clocks();
        assert_eq!(codes(clocks.running), words.collect::<Vec<_>>(), "{state}");
        assert_eq!(codes(clocks.paused), paused.split_whitespace().collect::<Vec<_>>(), "{state}");
    }
    let open = oracle::states_of("OPEN");
    let last = oracle::states_of(oracle::FINAL);
    for state in State::ALL {
        assert_eq!(state.is_open(), open.contains(state), "{state}");
        assert_eq!(state.is_final(), last.contains(state), "{state}");
    }
}

fn codes(clocks: &[Clock]) -> Vec<&'static str> {
    clocks.iter().map(|clock| clock.code()).collect()
}

/// Every (state, act, role), with all guards fulfilled: 20 × 36 × 19.
#[test]
fn every_state_act_and_role_agrees_with_the_specification() {
    let lines = oracle::lines();
    assert_eq!(lines.iter().map(|line| line.act).collect::<Vec<_>>(), Act::ALL);
    for line in &lines {
        for (state, role) in all_states().flat_map(|s| Role::ALL.iter().map(move |r| (s, *r))) {
            let context = fulfilled(line.act, role);
            let answer = next(state, line.act, role, &context);
            let case = format!("{state:?} {} {role}", line.act);
            if !line.roles.contains(&role) {
                assert_eq!(answer.map_err(|r| r.code()), Err("wrong_role"), "{case}");
            } else if line.from.contains(&state) {
                let step = answer.unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
                let to = match line.to {
                    "before-merge" => State::Consulting,
                    code => code.parse().unwrap(),
                };
                assert_eq!((step.from, step.to, step.act), (state, to, line.act), "{case}");
                assert_eq!(step.transition.code(), line.transition, "{case}");
            } else {
                let expected = match (state, is_late(line.act.code(), state)) {
                    (None, _) => "not_registered",
                    (_, true) => "not_yet",
                    (_, false) => "wrong_state",
                };
                assert_eq!(answer.map_err(|r| r.code()), Err(expected), "{case}");
            }
        }
    }
}

/// The main way, where one message may overtake the one before it: act and where it starts.
fn is_late(deed: &str, state: Option<State>) -> bool {
    const WAY: [(&str, &str); 9] = [
        ("accept", "RECEIVED"),
        ("dispatch", "PENDING_DISPATCH"),
        ("sign", "DISPATCHED"),
        ("first_contact", "IN_PROGRESS"),
        ("progress", "IN_PROGRESS"),
        ("report_result", "IN_PROGRESS"),
        ("pass_check", "FEEDBACK_REVIEW"),
        ("close", "PENDING_CALLBACK"),
        ("archive", "CLOSED"),
    ];
    let start = WAY.iter().position(|(act, _)| *act == deed);
    let here = state.and_then(|s| WAY.iter().position(|(_, at)| *at == s.code()));
    matches!((start, here), (Some(start), Some(here)) if WAY[start].1 != WAY[here].1 && start > here)
}

/// For every row and role: each guard broken in each way refuses with that guard's code; and no
/// guard is asked for that the specification doesn't name.
#[test]
fn every_guard_of_every_row_refuses_by_its_name() {
    let mut seen = BTreeSet::new();
    for line in oracle::lines() {
        for role in &line.roles {
            for (code, only) in &line.guards {
                let guard: Guard = code.parse().unwrap();
                seen.insert(guard);
                for state in &line.from {
                    for context in broken(guard, &fulfilled(line.act, *role)) {
                        let answer = next(*state, line.act, *role, &context);
                        let case = format!("{} as {role}, {code}: {context:?}", line.act);
                        if only.is_some_and(|only| only != *role) {
                            assert!(answer.is_ok(), "{case}");
                        } else {
                            refused(answer.expect_err(&case), guard, &context);
                        }
                    }
                }
            }
        }
        let named: Vec<&str> = line.guards.iter().map(|(code, _)| *code).collect();
        let asked: Vec<&str> = line.act.row().guards.iter().map(|guard| guard.code()).collect();
        assert_eq!(asked, named, "{}", line.act);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), Guard::ALL, "a guard that no row uses");
}

/// A clock that still runs is "too early"; everything else is the guard.
fn refused(refusal: Refusal, guard: Guard, context: &Context) {
    let clock = match guard {
        Guard::SignTimeOver => Some(Clock::K3),
        Guard::PromiseDue => Some(Clock::K8),
        Guard::PauseCapOver => Some(Clock::K10),
        Guard::ReopenWindowOver => Some(Clock::K12),
        _ => None,
    };
    match (refusal, clock) {
        (Refusal::TooEarly(Wait::Clock { clock, .. }), Some(expected)) => {
            assert_eq!(clock, expected);
            assert_eq!(context.deadlines.of(clock), Standing::Inside);
        }
        (Refusal::Illegal(Illegal::Guard { guard: named, .. }), clock) => {
            assert_eq!(named, guard);
            let unknown = |clock| context.deadlines.of(clock) == Standing::Unknown;
            assert!(clock.is_none_or(unknown), "{guard}");
        }
        (other, _) => panic!("{guard}: {other:?}"),
    }
}

#[test]
fn clock_effects_are_those_of_the_specification() {
    for line in oracle::lines() {
        let effects = line.act.row().clocks.iter().map(|effect| {
            let mark = match effect.change {
                Change::Started => '+',
                Change::Stopped => '-',
                Change::Paused => '~',
                Change::Resumed => '>',
                Change::Reopened => '^',
                Change::Moved => '=',
                Change::Voided => 'x',
                Change::Returned => 'r',
                Change::Held => 'h',
                Change::Restored => '<',
                Change::Recounted => '#',
            };
            format!("{mark}{}", effect.clock)
        });
        assert_eq!(effects.collect::<Vec<_>>(), line.clocks, "{}", line.act);
    }
}

#[test]
fn a_fact_that_is_left_out_refuses() {
    for line in oracle::lines() {
        for (state, role) in line.from.iter().flat_map(|s| line.roles.iter().map(move |r| (s, r))) {
            let binds = |(_, only): &(&str, Option<Role>)| only.is_none_or(|only| only == *role);
            let guarded = line.guards.iter().any(binds);
            let answer = next(*state, line.act, *role, &Context::default());
            assert_eq!(answer.is_err(), guarded, "{} as {role}", line.act);
        }
    }
}

#[test]
fn every_state_note_and_role_agrees_with_the_specification() {
    let notes = oracle::notes();
    assert_eq!(notes.iter().map(|(note, ..)| *note).collect::<Vec<_>>(), Note::ALL);
    for (deed, states, roles) in notes {
        for (state, role) in all_states().flat_map(|s| Role::ALL.iter().map(move |r| (s, *r))) {
            let answer = note(state, deed, role);
            let here = state.filter(|state| states.contains(state));
            let expected = match (roles.contains(&role), state, here) {
                (false, ..) => Err("wrong_role"),
                (true, None, _) => Err("not_registered"),
                (true, Some(_), Some(state)) => Ok(state),
                (true, ..) if is_late(deed.code(), state) => Err("not_yet"),
                (true, ..) => Err("wrong_state"),
            };
            let turned = answer.as_ref().map_or(&[][..], |noted| noted.clocks);
            let turned: Vec<_> = turned.iter().map(|turn| (turn.clock, turn.change)).collect();
            let expected_turn = match deed {
                Note::FirstContact => Some((Clock::K4, Change::Stopped)),
                Note::Alarm => Some((Clock::K15, Change::Started)),
                Note::AnswerAlarm => Some((Clock::K15, Change::Stopped)),
                _ => None,
            };
            assert_eq!(turned, Vec::from_iter(expected_turn.filter(|_| answer.is_ok())), "{deed}");
            assert_eq!(answer.map(|noted| noted.state).map_err(|r| r.code()), expected, "{state:?} {deed} {role}");
        }
    }
}

/// The way the product goes by itself, with the hands that give each act.
#[test]
fn the_main_way_is_open_to_rules_units_checkers_and_clerks() {
    let main_way = [
        (Act::Register, Role::System, State::Received),
        (Act::Accept, Role::System, State::PendingDispatch),
        (Act::Dispatch, Role::System, State::Dispatched),
        (Act::Sign, Role::HandlingUnit, State::InProgress),
        (Act::ReportResult, Role::HandlingUnit, State::FeedbackReview),
        (Act::PassCheck, Role::Checker, State::PendingCallback),
        (Act::Close, Role::CallbackClerk, State::Closed),
        (Act::Archive, Role::System, State::Archived),
    ];
    let mut state = None;
    for (act, role, expected) in main_way {
        let step = next(state, act, role, &fulfilled(act, role)).unwrap();
        assert_eq!(step.to, expected);
        state = Some(step.to);
    }
}

#[test]
fn three_tries_without_an_answer_close_and_the_number_is_policy() {
    let mut context = fulfilled(Act::Close, Role::CallbackClerk);
    context.callback.answer = None;
    context.callback.tries = 3;
    let close = |c: &Context| next(Some(State::PendingCallback), Act::Close, Role::CallbackClerk, c);
    assert!(close(&context).is_ok());
    context.limits.callback_tries = 4;
    assert_eq!(close(&context).map_err(|r| r.code()), Err("callback_done"));
    context.callback.answer = Some(SOLVED);
    assert!(close(&context).is_ok());
}

#[test]
fn the_second_return_opens_a_consultation_also_while_it_is_under_review() {
    let open = |state, returns| {
        let mut context = fulfilled(Act::OpenConsultation, Role::Convener);
        context.class = Some(contracts::lifecycle::Class::Coordination);
        context.history.returns = returns;
        next(Some(state), Act::OpenConsultation, Role::Convener, &context).is_ok()
    };
    assert!(!open(State::ReturnReview, 0) && open(State::ReturnReview, 1));
    assert!(!open(State::PendingDispatch, 1) && open(State::PendingDispatch, 2));
    assert!(!open(State::InProgress, 1) && open(State::InProgress, 2));
}

#[test]
fn supervision_is_called_for_from_the_round_of_the_policy() {
    let at = |round| History { round, ..History::default() };
    assert!(!at(2).calls_for_supervision(&Limits::default()));
    assert!(at(3).calls_for_supervision(&Limits::default()));
}

#[test]
fn codes_are_unique_parse_back_and_name_what_is_known() {
    fn check<T>(all: &[T], code: fn(T) -> &'static str)
    where
        T: Copy + PartialEq + std::fmt::Debug + std::str::FromStr<Err = UnknownCode>,
        T: for<'de> Deserialize<'de>,
    {
        let unique: BTreeSet<&str> = all.iter().map(|member| code(*member)).collect();
        assert_eq!(unique.len(), all.len());
        for member in all {
            assert_eq!(code(*member).parse(), Ok(*member));
            let wire: StrDeserializer<'_, Error> = code(*member).into_deserializer();
            assert_eq!(T::deserialize(wire), Ok(*member));
        }
    }
    check(State::ALL, State::code);
    check(Act::ALL, Act::code);
    check(Note::ALL, Note::code);
    check(Role::ALL, Role::code);
    check(Clock::ALL, Clock::code);
    check(Guard::ALL, Guard::code);
    check(Transition::ALL, Transition::code);
    let error = "received".parse::<Role>().unwrap_err().to_string();
    assert!(error.starts_with("unknown role code; known: citizen, "), "{error}");
}

#[test]
fn a_refusal_says_what_is_wrong_in_both_languages() {
    let context = Context::default();
    let ask = |state, act, role| Problem::from(next(state, act, role, &context).unwrap_err());
    let early = ask(Some(State::Dispatched), Act::ReportResult, Role::HandlingUnit);
    assert_eq!(early.zh, "现在“反馈”为时过早：工单为“待签收”，须先到办理中");
    assert_eq!(early.en, "too early to report the result: the ticket is DISPATCHED, it must reach IN_PROGRESS first");
    let closed = ask(Some(State::Closed), Act::Sign, Role::HandlingUnit);
    assert_eq!(closed.zh, "工单为“结案”，不能“签收”；只能在以下状态进行：待签收");
    let citizen = ask(Some(State::Dispatched), Act::Recall, Role::Citizen);
    assert_eq!(citizen.en, "can't recall as citizen; this is done by: dispatcher");
    let again = ask(Some(State::Closed), Act::Register, Role::Citizen);
    assert_eq!(again.zh, "工单已登记（现为“结案”），不能再次“登记”");
    let unit = ask(Some(State::PendingDispatch), Act::Dispatch, Role::System);
    assert_eq!(unit.code, "unit_named");
    assert_eq!(unit.zh, "不能“派单”：没有承办单位；请从派单目录选择或指定单位");
}
