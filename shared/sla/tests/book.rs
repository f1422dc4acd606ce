//! The book of clocks: what each change does to a clock, and what it leaves alone.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use contracts::clock::ClockTurn;
use contracts::lifecycle::{Change, Class, Clock, ClockEffect, Standing};
use oracle::{china, shown};
use sla::{Calendar, ClockBook, Limit, Phase, Policy, SlaError, Terms, Urgency};

fn effect(change: Change, clock: Clock) -> ClockEffect {
    ClockEffect { clock, change }
}

fn terms(policy: &Policy) -> Terms<'_> {
    Terms { class: Some(Class::Coordination), ..Terms::new(Calendar::builtin(), policy) }
}

/// A book that took these changes of K5 at these instants in China, five working days unless said otherwise.
fn k5(steps: &[(Change, &str)]) -> (ClockBook, Vec<ClockTurn>) {
    let (policy, mut book, mut turns) = (Policy::default(), ClockBook::default(), Vec::new());
    for (change, at) in steps {
        turns.extend(book.apply(&[effect(*change, Clock::K5)], &terms(&policy), china(at)).unwrap());
    }
    (book, turns)
}

fn due(book: &ClockBook) -> String {
    shown(book.due(Clock::K5).unwrap())
}

#[test]
fn a_pause_over_a_festival_moves_the_deadline_by_the_working_days_that_ended_in_it() {
    use Change::{Paused, Resumed, Started};
    // Fri 2026-02-13; Sat 14 is worked, 15 to 23 are off, Sat 28 is worked: due on the 27th without a pause
    for (paused, resumed, expected) in [
        ("2026-02-14T23:59:59", "2026-02-15T00:00:00", "2026-02-28T23:59:59"), // the end of the 14th lies in it
        ("2026-02-15T00:00:00", "2026-02-23T23:00:00", "2026-02-27T23:59:59"), // days off only
        ("2026-02-14T10:00:00", "2026-02-24T09:00:00", "2026-02-28T23:59:59"), // the 14th is lost, the 24th counts
        ("2026-02-14T10:00:00", "2026-02-25T00:00:00", "2026-03-02T23:59:59"), // the 24th is lost too
        ("2026-02-24T10:00:00", "2026-02-24T23:59:59", "2026-02-27T23:59:59"), // inside one day
        ("2026-02-13T17:00:00", "2026-02-14T08:00:00", "2026-02-27T23:59:59"), // the day of the start never counts
        ("2026-02-27T10:00:00", "2026-02-28T09:00:00", "2026-02-28T23:59:59"), // on the last day
        ("2026-02-28T10:00:00", "2026-03-09T09:00:00", "2026-02-27T23:59:59"), // it was over: it stays over
    ] {
        let (book, turns) = k5(&[(Started, "2026-02-13T16:00:00"), (Paused, paused), (Resumed, resumed)]);
        assert_eq!(due(&book), expected, "{paused} to {resumed}");
        assert_eq!(turns.iter().map(|t| t.due.is_some()).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(turns[2].old_due, turns[0].due);
    }
}

#[test]
fn a_pause_and_a_resumption_at_one_instant_leave_no_trace() {
    use Change::{Paused, Resumed, Started};
    for at in ["2026-02-13T16:00:00", "2026-02-27T23:59:59", "2026-03-20T12:00:00"] {
        let (plain, _) = k5(&[(Started, "2026-02-13T16:00:00")]);
        assert_eq!(k5(&[(Started, "2026-02-13T16:00:00"), (Paused, at), (Resumed, at)]).0, plain);
    }
}

#[test]
fn the_warning_moves_with_the_deadline_unless_it_was_given_before_the_pause() {
    use Change::{Paused, Resumed, Started};
    let warn = |steps: &[(Change, &str)]| shown(k5(steps).1.last().unwrap().warn_at.unwrap());
    let start = (Started, "2026-03-02T10:00:00"); // Monday; due on Mon 9th, warned at the end of Fri 6th
    assert_eq!(warn(&[start]), "2026-03-06T23:59:59");
    assert_eq!(warn(&[start, (Paused, "2026-03-04T10:00:00"), (Resumed, "2026-03-05T10:00:00")]), "2026-03-09T23:59:59");
    assert_eq!(warn(&[start, (Paused, "2026-03-09T10:00:00"), (Resumed, "2026-03-11T10:00:00")]), "2026-03-06T23:59:59");
}

#[test]
fn working_hours_run_only_while_offices_are_open() {
    let (policy, mut book) = (Policy::default(), ClockBook::default());
    let mut at = |change, when: &str| book.apply(&[effect(change, Clock::K3)], &terms(&policy), china(when)).unwrap()[0].due;
    assert_eq!(at(Change::Started, "2026-02-13T17:30:00"), Some(china("2026-02-14T10:30:00")));
    assert_eq!(at(Change::Started, "2026-02-14T17:00:00"), Some(china("2026-02-24T10:00:00")), "over the festival");
    at(Change::Paused, "2026-02-14T17:30:00");
    assert_eq!(at(Change::Resumed, "2026-02-24T11:00:00"), Some(china("2026-02-24T12:30:00")));
    assert_eq!(at(Change::Started, "2026-03-07T12:00:00"), Some(china("2026-03-09T11:00:00")), "on a Saturday");
    assert_eq!(at(Change::Started, "2026-03-09T16:00:00"), Some(china("2026-03-09T18:00:00")), "not 09:00 of the next");
}

#[test]
fn every_clock_has_its_limit_and_its_line() {
    let (policy, calendar) = (Policy::default(), Calendar::builtin());
    let now = china("2026-03-02T10:00:00"); // a Monday
    let until = Some(china("2026-05-01T12:00:00"));
    let ends = [
        "2026-03-02T12:00:00",
        "2026-03-03T10:00:00",
        "2026-03-02T12:00:00",
        "2026-03-03T10:00:00",
        "2026-03-09T23:59:59",
        "2026-03-03T23:59:59",
        "2026-03-05T23:59:59",
        "2026-05-01T12:00:00",
        "2026-03-03T23:59:59",
        "2026-03-16T23:59:59",
        "2026-03-05T23:59:59",
        "2026-03-17T10:00:00",
        "2031-03-06T10:00:00",
        "2026-03-23T23:59:59",
    ];
    let mut book = ClockBook::default();
    for (clock, end) in Clock::ALL.iter().zip(ends) {
        let turns = book.apply(&[effect(Change::Started, *clock)], &Terms { until, ..terms(&policy) }, now).unwrap();
        assert_eq!((shown(turns[0].due.unwrap()).as_str(), turns.len()), (end, 1), "{clock}");
        assert_eq!(turns[0].warn_at.is_some(), *clock == Clock::K5);
        let (limit, versions) = (&turns[0].limit, (&turns[0].calendar, &turns[0].policy));
        let life = book.life(*clock).unwrap();
        assert_eq!(limit.as_deref().map(|text| text.parse::<Limit>().unwrap()), life.limit(), "{clock}");
        assert_eq!(versions, (&Some(Calendar::builtin().version().to_owned()), &Some(policy.version.clone())));
    }
    for (urgency, end) in [(Urgency::Emergency, "2026-03-02T11:00:00"), (Urgency::Lifeline, "2026-03-02T12:00:00")] {
        let urgent = Terms { urgency, ..Terms::new(calendar, &policy) };
        let turns = ClockBook::default().apply(&[effect(Change::Started, Clock::K2)], &urgent, now).unwrap();
        assert_eq!(shown(turns[0].due.unwrap()), end);
    }
    let granted = Terms { handling: Some(Limit::WorkingDays(12)), ..terms(&policy) };
    let turns = ClockBook::default().apply(&[effect(Change::Started, Clock::K5)], &granted, now).unwrap();
    assert_eq!(shown(turns[0].due.unwrap()), "2026-03-18T23:59:59");
}

#[test]
fn what_does_not_fit_the_condition_does_nothing_and_what_ends_a_clock_ends_a_paused_one() {
    use Change::{Held, Moved, Paused, Reopened, Restored, Resumed, Returned, Started, Stopped, Voided};
    let start = (Started, "2026-03-02T10:00:00");
    let later = "2026-03-03T10:00:00";
    let lines = |steps: &[(Change, &str)]| k5(steps).1.len();
    for change in Change::ALL.iter().filter(|c| **c != Started) {
        assert_eq!(lines(&[(*change, later)]), 0, "{change} of a clock that never started");
    }
    for change in [Resumed, Reopened, Restored] {
        assert_eq!(lines(&[start, (change, later)]), 1, "{change} of a running clock");
    }
    for change in [Paused, Reopened, Restored, Moved] {
        assert_eq!(lines(&[start, (Paused, later), (change, later)]), 2, "{change} of a paused clock");
    }
    for (end, phase) in [(Stopped, Phase::Stopped), (Voided, Phase::Voided), (Returned, Phase::Returned)] {
        let (book, turns) = k5(&[start, (Paused, later), (end, later)]);
        assert_eq!((book.life(Clock::K5).unwrap().phase(), turns.len()), (phase, 3));
        for change in Change::ALL.iter().filter(|c| ![Started, Reopened].contains(c)) {
            assert_eq!(lines(&[start, (end, later), (*change, later)]), 2, "{change} after {end}");
        }
        assert_eq!(lines(&[start, (end, later), (Reopened, later)]), if end == Stopped { 3 } else { 2 });
        assert_eq!(lines(&[start, (end, later), (Held, later)]), 2);
    }
    let (_, turns) = k5(&[start, (Started, later), (Stopped, later), (Started, later)]);
    assert_eq!(turns.iter().map(|t| t.old_due.is_some()).collect::<Vec<_>>(), [false, true, true, false]);
}

#[test]
fn terms_that_do_not_fit_leave_the_book_as_it_was() {
    let (policy, now) = (Policy::default(), china("2026-03-02T10:00:00"));
    let (book, _) = k5(&[(Change::Started, "2026-03-02T10:00:00")]);
    let refused = |changes: &[ClockEffect], terms: &Terms<'_>| {
        let mut after = book.clone();
        let error = after.apply(changes, terms, now).unwrap_err();
        assert_eq!(after, book);
        error
    };
    let (stop, start) = (effect(Change::Stopped, Clock::K5), effect(Change::Started, Clock::K5));
    let (promise, moved) = (effect(Change::Started, Clock::K8), effect(Change::Moved, Clock::K5));
    assert_eq!(refused(&[stop, start], &Terms::new(Calendar::builtin(), &policy)), SlaError::NoClass);
    assert_eq!(refused(&[stop, promise], &terms(&policy)), SlaError::NoInstant(Clock::K8));
    assert_eq!(refused(&[moved], &terms(&policy)), SlaError::NoInstant(Clock::K5));
    let past = Terms { until: Some(now), ..terms(&policy) };
    assert_eq!(refused(&[stop, promise], &past), SlaError::NotLater(Clock::K8));
    let same = Terms { until: book.due(Clock::K5), ..terms(&policy) };
    assert_eq!(refused(&[moved], &same), SlaError::NotLater(Clock::K5));
}

#[test]
fn an_extension_ends_with_a_working_day_and_warns_anew() {
    let (policy, now) = (Policy::default(), china("2026-03-05T10:00:00"));
    for (until, expected) in [("2026-03-18T10:00:00", "2026-03-18"), ("2026-03-21T10:00:00", "2026-03-23")] {
        let (mut book, turns) = k5(&[(Change::Started, "2026-03-02T10:00:00")]);
        let granted = Terms { until: Some(china(until)), ..terms(&policy) };
        let moved = book.apply(&[effect(Change::Moved, Clock::K5)], &granted, now).unwrap();
        assert_eq!((shown(moved[0].due.unwrap()), moved[0].old_due), (format!("{expected}T23:59:59"), turns[0].due));
        assert!(moved[0].warn_at.unwrap() > now && moved[0].warn_at < moved[0].due);
        assert!(book.life(Clock::K5).unwrap().extended());
    }
}

#[test]
fn standings_are_told_of_clocks_that_are_not_done() {
    use Change::{Held, Paused, Restored, Resumed, Started, Stopped};
    let (start, over) = ((Started, "2026-03-02T10:00:00"), china("2026-03-10T00:00:00"));
    let stands = |steps: &[(Change, &str)], now| k5(steps).0.standing(Clock::K5, now);
    assert_eq!(stands(&[], over), Standing::Unknown);
    assert_eq!(stands(&[start], china("2026-03-09T23:59:59")), Standing::Inside);
    assert_eq!(stands(&[start], over), Standing::Over);
    let paused = (Paused, "2026-03-09T10:00:00");
    assert_eq!(stands(&[start, paused], over), Standing::Inside);
    assert_eq!(stands(&[start, paused, (Resumed, "2026-03-10T09:00:00")], over), Standing::Inside);
    assert_eq!(stands(&[start, (Stopped, "2026-03-03T10:00:00")], over), Standing::Unknown);
    assert_eq!(stands(&[start, (Held, "2026-03-03T10:00:00")], over), Standing::Unknown);
    assert_eq!(stands(&[start, (Held, "2026-03-03T10:00:00"), (Restored, "2026-03-20T10:00:00")], over), Standing::Over);
    let (book, _) = k5(&[start]);
    assert_eq!((book.deadlines(over).k5, book.deadlines(over).k12), (Standing::Over, Standing::Unknown));
}

#[test]
fn a_new_calendar_year_moves_only_what_was_provisional_and_only_when_asked() {
    let policy = Policy::default();
    let mut book = ClockBook::default();
    for (clock, at) in [(Clock::K5, "2026-12-28T10:00:00"), (Clock::K9, "2026-12-28T10:00:00")] {
        book.apply(&[effect(Change::Started, clock)], &terms(&policy), china(at)).unwrap();
    }
    assert!(book.life(Clock::K5).unwrap().provisional() && !book.life(Clock::K9).unwrap().provisional());
    assert!(book.clone().recalculate(Calendar::builtin(), &policy).unwrap().is_empty());
    // as if the year 2027 had been published, with 4 January off
    let rows = oracle::FILE.replace("statutory_only", "arranged");
    let year = Calendar::parse(&format!("{rows}2027-01-04,Mon,holiday,元旦,no,arranged,\n")).unwrap();
    let before = book.clone();
    let turns = book.recalculate(&year, &policy).unwrap();
    assert_eq!(turns.len(), 1);
    assert_eq!((turns[0].change, turns[0].provisional, turns[0].old_due), (Change::Recounted, false, before.due(Clock::K5)));
    assert_eq!(book.life(Clock::K9), before.life(Clock::K9));
    assert!(book.recalculate(&year, &policy).unwrap().is_empty());
}
