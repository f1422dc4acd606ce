//! Pauses, extensions, classes, stops and merges of a clock in any order: the deadline is where a model ends that only
//! knows when the clock ran and walks day by day, the spans add up, and a replay is equal.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use contracts::clock::ClockTurn;
use contracts::lifecycle::{Act, Change, Class, Clock, ClockEffect, Source, State, TABLE, Target};
use oracle::{Oracle, china, day_of};
use proptest::prelude::*;
use sla::{Books, Calendar, ClockBook, Limit, Limits, Policy, Replay, SlaError, Terms, Verdict};

fn effect(change: Change, clock: Clock) -> ClockEffect {
    ClockEffect { clock, change }
}

fn terms(policy: &Policy) -> Terms<'_> {
    Terms { class: Some(Class::Coordination), ..Terms::new(Calendar::builtin(), policy) }
}

/// Units that K5 can be counted in; the limits of the three classes.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Hours,
    WorkingHours,
    Days,
    Mixed,
}

impl Unit {
    fn policy(self) -> Policy {
        let [simple, coordination, key_difficult] = match self {
            Self::Hours => [2, 30, 90].map(Limit::Hours),
            Self::WorkingHours => [2, 20, 60].map(Limit::WorkingHours),
            Self::Days => [1, 5, 15].map(Limit::WorkingDays),
            Self::Mixed => [Limit::Minutes(90), Limit::WorkingHours(30), Limit::WorkingDays(15)],
        };
        Policy { limits: Limits { simple, coordination, key_difficult }, ..Policy::default() }
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Change(Change),
    /// To 10:00 of this many-th working day from now.
    Extend(u32),
    Class(Class),
}

/// What happened to the clock, and nothing computed.
struct Model {
    oracle: Oracle,
    policy: Policy,
    limit: Limit,
    start: DateTime<Utc>,
    spans: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    granted: Option<i64>,
}

impl Model {
    /// The pieces of the spans that count, in order; the last one as if it ran for ever (and to `until` if given).
    fn pieces(&self, until: Option<DateTime<Utc>>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let far = self.start + TimeDelta::days(500);
        let last = self.spans.len() - 1;
        let ends = self.spans.iter().enumerate().map(|(n, (from, to))| match until {
            Some(until) => (*from, to.unwrap_or(until)),
            None => (*from, if n == last { far } else { to.unwrap() }),
        });
        match self.limit {
            Limit::Minutes(_) | Limit::Hours(_) => ends.collect(),
            Limit::WorkingHours(_) => ends.flat_map(|(from, to)| self.office(from, to)).collect(),
            Limit::WorkingDays(_) => ends.flat_map(|(from, to)| self.day_ends(from, to)).collect(),
        }
    }

    fn office(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let days = day_of(from).iter_days().take_while(|day| *day <= day_of(to)).filter(|day| self.oracle.works(*day));
        let open = |day| (china(&format!("{day}T09:00:00")).max(from), china(&format!("{day}T18:00:00")).min(to));
        days.map(open).filter(|(from, to)| from < to).collect()
    }

    /// One piece of no length for each end of a working day.
    fn day_ends(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let days = day_of(from).iter_days().take_while(|day| *day <= day_of(to)).filter(|day| self.oracle.works(*day));
        let ends = days.filter(|day| *day > day_of(self.start)).map(|day| china(&format!("{day}T23:59:59")));
        ends.filter(|end| from <= *end && *end < to).map(|end| (end, end)).collect()
    }

    fn weight(&self, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> i64 {
        if matches!(self.limit, Limit::WorkingDays(_)) { 1 } else { (to - from).num_milliseconds() }
    }

    fn used(&self, now: DateTime<Utc>) -> i64 {
        self.pieces(Some(now)).into_iter().map(|piece| self.weight(piece)).sum()
    }

    fn time(&self) -> i64 {
        let limit = match self.limit {
            Limit::Minutes(n) => i64::from(n) * 60_000,
            Limit::Hours(n) | Limit::WorkingHours(n) => i64::from(n) * 3_600_000,
            Limit::WorkingDays(n) => i64::from(n),
        };
        limit.max(self.granted.unwrap_or(0))
    }

    fn due(&self) -> DateTime<Utc> {
        let mut left = self.time();
        for piece in self.pieces(None) {
            let weight = self.weight(piece);
            if weight >= left {
                return if matches!(self.limit, Limit::WorkingDays(_)) {
                    piece.0
                } else {
                    piece.0 + TimeDelta::milliseconds(left)
                };
            }
            left -= weight;
        }
        panic!("no end within 500 days")
    }

    /// What an extension to `until` grants in all.
    fn extend(&mut self, until: DateTime<Utc>, now: DateTime<Utc>) {
        let used = self.used(now);
        let ends = Self { oracle: Oracle::read(), policy: self.policy.clone(), spans: vec![(now, None)], ..*self };
        let days = matches!(self.limit, Limit::WorkingDays(_));
        let until = if days { until + TimeDelta::days(1) } else { until };
        self.granted = Some(used + ends.used(until));
    }

    fn is_used_up_by_a_pause(&self, limit: Limit) -> bool {
        let paused = (1..=self.spans.len()).filter(|n| self.spans[n - 1].1.is_some());
        paused.map(|n| self.spans[..n].to_vec()).any(|spans| {
            let until = Self { oracle: Oracle::read(), policy: self.policy.clone(), limit, spans, ..*self };
            until.used(until.start) == until.time()
        })
    }

    fn running(&self) -> bool {
        self.spans.last().is_some_and(|(_, to)| to.is_none())
    }
}

fn ops() -> impl Strategy<Value = Vec<(Op, i64)>> {
    let op = prop_oneof![
        4 => Just(Op::Change(Change::Paused)),
        4 => Just(Op::Change(Change::Resumed)),
        2 => Just(Op::Change(Change::Stopped)),
        2 => Just(Op::Change(Change::Reopened)),
        1 => Just(Op::Change(Change::Held)),
        1 => Just(Op::Change(Change::Restored)),
        2 => (1_u32..12).prop_map(Op::Extend),
        2 => prop::sample::select(Class::ALL).prop_map(Op::Class),
    ];
    let minutes = prop_oneof![1 => Just(0_i64), 3 => 1_i64..300, 3 => 300_i64..8000];
    prop::collection::vec((op, minutes), 1..14)
}

/// The lines of a ledger, with their instants.
type Lines = Vec<(DateTime<Utc>, ClockTurn)>;

/// A book and the model, which must agree after each step.
struct Game {
    unit: Unit,
    policy: Policy,
    book: ClockBook,
    model: Model,
    class: Class,
    now: DateTime<Utc>,
    held: bool,
    stopped: bool,
    lines: Lines,
}

impl Game {
    fn start(unit: Unit, start: DateTime<Utc>) -> Self {
        let (policy, class, mut book) = (unit.policy(), Class::Coordination, ClockBook::default());
        let turns = book.apply(&[effect(Change::Started, Clock::K5)], &terms(&policy), start).unwrap();
        let (limit, spans) = (policy.limits.of(class), vec![(start, None)]);
        let model = Model { oracle: Oracle::read(), policy: policy.clone(), limit, start, spans, granted: None };
        let lines = turns.into_iter().map(|turn| (start, turn)).collect();
        Self { unit, policy, book, model, class, now: start, held: false, stopped: false, lines }
    }

    fn terms(&self) -> Terms<'_> {
        Terms { class: Some(self.class), ..terms(&self.policy) }
    }

    fn told(&mut self, turns: impl IntoIterator<Item = ClockTurn>) {
        let now = self.now;
        self.lines.extend(turns.into_iter().map(|turn| (now, turn)));
    }

    fn step(&mut self, op: Op, minutes: i64) -> Result<(), TestCaseError> {
        self.now += TimeDelta::minutes(minutes);
        if self.book.life(Clock::K5).unwrap().due() == self.now {
            self.now += TimeDelta::seconds(1);
        }
        match op {
            Op::Change(change) => self.change(change),
            Op::Extend(_) if matches!(self.unit, Unit::Mixed) => {}
            Op::Extend(days) => self.extend(days)?,
            // used up at the very instant of a pause: whether it ends then or when it goes on is the same time
            Op::Class(class) if self.model.is_used_up_by_a_pause(self.policy.limits.of(class)) => {}
            Op::Class(class) => {
                self.class = class;
                let mut book = self.book.clone();
                let turn = book.reclass(&self.terms()).unwrap();
                self.book = book;
                self.told(turn);
                self.model.limit = self.policy.limits.of(class);
            }
        }
        self.check(op)
    }

    fn change(&mut self, change: Change) {
        let mut book = self.book.clone();
        let turns = book.apply(&[effect(change, Clock::K5)], &self.terms(), self.now).unwrap();
        self.book = book;
        self.told(turns);
        let (running, now) = (self.model.running(), self.now);
        match change {
            Change::Held => self.held = self.held || !self.stopped,
            Change::Restored => self.held = false,
            _ if self.held => {}
            Change::Paused if running => self.model.spans.last_mut().unwrap().1 = Some(now),
            Change::Stopped if !self.stopped => {
                self.model.spans.last_mut().unwrap().1.get_or_insert(now);
                self.stopped = true;
            }
            Change::Resumed if !running && !self.stopped => self.model.spans.push((now, None)),
            Change::Reopened if self.stopped => {
                self.model.spans.push((now, None));
                self.stopped = false;
            }
            _ => {}
        }
    }

    fn extend(&mut self, days: u32) -> Result<(), TestCaseError> {
        let day = self.model.oracle.nth_after(day_of(self.now), days);
        let until = day.and_time(NaiveTime::from_hms_opt(2, 0, 0).unwrap()).and_utc();
        let becomes = if matches!(self.unit, Unit::Days) { china(&format!("{}T23:59:59", day_of(until))) } else { until };
        let mut book = self.book.clone();
        let answer = book.apply(&[effect(Change::Moved, Clock::K5)], &Terms { until: Some(until), ..self.terms() }, self.now);
        self.book = book;
        if !self.model.running() || self.held {
            prop_assert_eq!(answer, Ok(Vec::new()));
        } else if becomes <= self.model.due() {
            prop_assert_eq!(answer, Err(SlaError::NotLater(Clock::K5)));
        } else {
            self.told(answer.unwrap());
            self.model.extend(until, self.now);
        }
        Ok(())
    }

    fn check(&self, op: Op) -> Result<(), TestCaseError> {
        let (life, now) = (self.book.life(Clock::K5).unwrap(), self.now);
        prop_assert_eq!(life.due(), self.model.due(), "due after {:?} at {}", op, now);
        let used = life.used(Calendar::builtin(), &self.policy, now).unwrap();
        prop_assert_eq!(used, self.model.used(now), "used after {:?}", op);
        prop_assert_eq!(life.is_running(), self.model.running() && !self.held);
        let text = serde_json::to_string(&self.book).unwrap();
        prop_assert_eq!(&serde_json::from_str::<ClockBook>(&text).unwrap(), &self.book);
        if let Some((_, last)) = self.lines.last().filter(|_| life.is_running()) {
            prop_assert_eq!(last.due, self.book.due(Clock::K5), "the ledger's last line says the deadline");
        }
        Ok(())
    }
}

/// Plays the steps.
fn play(unit: Unit, start: DateTime<Utc>, ops: &[(Op, i64)]) -> Result<(ClockBook, Lines), TestCaseError> {
    let mut game = Game::start(unit, start);
    for (op, minutes) in ops {
        game.step(*op, *minutes)?;
    }
    Ok((game.book, game.lines))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_add_up_and_a_replay_is_equal(
        unit in prop::sample::select(vec![Unit::Hours, Unit::WorkingHours, Unit::Days, Unit::Mixed]),
        minute in 0_i64..600_000, ops in ops(),
    ) {
        let start = china("2025-09-20T00:00:00") + TimeDelta::minutes(minute);
        let played = play(unit, start, &ops)?;
        prop_assert_eq!(play(unit, start, &ops)?, played);
    }

    #[test]
    fn a_third_party_recomputes_every_line_and_finds_a_wrong_one(
        unit in prop::sample::select(vec![Unit::Hours, Unit::WorkingHours, Unit::Days, Unit::Mixed]),
        minute in 0_i64..600_000, ops in ops(), pick in any::<prop::sample::Index>(),
    ) {
        let start = china("2025-09-20T00:00:00") + TimeDelta::minutes(minute);
        let (book, lines) = play(unit, start, &ops)?;
        let books = Books::default();
        let wrong = pick.index(lines.len());
        let mut replay = Replay::new(&books);
        for (n, (at, line)) in lines.iter().enumerate() {
            if n == wrong {
                let spoilt = ClockTurn { old_due: Some(*at), provisional: !line.provisional, ..line.clone() };
                let verdict = replay.clone().step(&spoilt, *at);
                prop_assert_eq!(verdict, Verdict::Different(Box::new(line.clone())));
            }
            prop_assert_eq!(replay.step(line, *at), Verdict::Same, "{:?}", line);
        }
        prop_assert_eq!(replay.life(None, Clock::K5), book.life(Clock::K5));
    }

    #[test]
    fn a_split_puts_back_exactly_what_the_merge_found(minute in 0_i64..100_000, ops in ops(), away in 0_i64..100_000) {
        let start = china("2026-01-05T00:00:00") + TimeDelta::minutes(minute);
        let (book, _) = play(Unit::Days, start, &ops)?;
        let policy = Policy::default();
        let mut merged = book.clone();
        let now = start + TimeDelta::days(400);
        merged.apply(Act::Merge.row().clocks, &terms(&policy), now).unwrap();
        prop_assert_eq!(merged.due(Clock::K5), None);
        merged.apply(Act::Split.row().clocks, &terms(&policy), now + TimeDelta::minutes(away)).unwrap();
        if !book.life(Clock::K5).unwrap().held() {
            prop_assert_eq!(merged, book);
        }
    }

    #[test]
    fn no_clock_runs_in_a_state_that_stops_it(picks in prop::collection::vec((any::<prop::sample::Index>(), 0_i64..10_000), 1..40)) {
        let policy = Policy::default();
        let (mut book, mut state, mut before_merge) = (ClockBook::default(), None, None);
        let mut now = china("2026-01-05T09:00:00");
        for (pick, minutes) in picks {
            now += TimeDelta::minutes(minutes);
            let starts = |from: Source| match (from, state) {
                (Source::Nothing, None) => true,
                (Source::In(states), Some(state)) => states.contains(&state),
                _ => false,
            };
            let rows: Vec<_> = TABLE.iter().filter(|row| starts(row.from)).collect();
            if rows.is_empty() {
                break;
            }
            let row = rows[pick.index(rows.len())];
            let later = book.life(Clock::K5).map_or(now, |life| life.due().max(now));
            let terms = Terms { until: Some(later + TimeDelta::days(1)), ..terms(&policy) };
            book.apply(row.clocks, &terms, now).unwrap();
            let to = match row.to {
                Target::State(to) => to,
                Target::BeforeMerge => before_merge.unwrap(),
            };
            if row.act == Act::Merge {
                before_merge = state;
            }
            state = Some(to);
            let clocks = to.running_clocks();
            for (clock, life) in book.lives() {
                // the unit's window to return runs beside the clocks of these states, as domain.md 2.4 says
                let window = clock == Clock::K6 && [State::Dispatched, State::InProgress].contains(&to);
                let may = clocks.running.contains(&clock) || window;
                prop_assert!(may || !life.is_running(), "{} runs in {} after {}", clock, to, row.act);
                if clocks.paused.contains(&clock) {
                    prop_assert!(!life.is_running(), "{} runs in {} after {}", clock, to, row.act);
                }
            }
        }
    }
}
