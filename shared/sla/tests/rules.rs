//! Rules that change: what was decided under a version is recomputed and explained under it.

#![expect(clippy::unwrap_used, reason = "helpers that fail fail the test")]

mod oracle;

use chrono::{DateTime, Utc};
use contracts::clock::ClockTurn;
use contracts::lifecycle::{Change, Class, Clock, ClockEffect, Note, Role, State};
use contracts::rules::Changed;
use contracts::ticket::{By, Noted, TicketFact};
use oracle::china;
use sla::{Books, Calendar, ClockBook, History, Lang, Policy, RulesError, Terms, explain};

/// The law's days of 2027, and a holiday of seven days in February with two make-up days.
fn year_2027() -> String {
    let mut rows = vec!["date,kind,statutory,basis".to_owned()];
    let law =
        ["01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"];
    rows.extend(law.iter().map(|day| format!("2027-{day},holiday,yes,arranged")));
    rows.extend(["2027-02-09", "2027-02-10"].iter().map(|day| format!("{day},holiday,no,arranged")));
    rows.join("\n")
}

fn changed(version: u64, policy: &Policy, calendar: Option<&Calendar>, at: DateTime<Utc>) -> Changed {
    Changed {
        version,
        policy: serde_json::to_value(policy).unwrap(),
        calendar_version: calendar.unwrap_or(Calendar::builtin()).version().to_owned(),
        calendar: calendar.map(Calendar::csv),
        duty: Vec::new(),
        person: "ADMIN-1".to_owned(),
        reason: "国办通知".to_owned(),
        at,
    }
}

fn noted(at: DateTime<Utc>, note: Note, text: &str, clocks: Vec<ClockTurn>) -> TicketFact {
    let by = By { role: Role::Administrator, unit: None, person: None, steps: vec![], state: State::InProgress, clocks };
    let fact =
        serde_json::json!({"ticket": "0d1f6c9e-6f0b-5c53-9d6b-3f1f4b6c2a10", "note": note, "text": text, "at": at, "by": by});
    serde_json::from_value::<Noted>(fact).unwrap().into()
}

#[test]
fn a_provisional_deadline_is_recomputed_by_the_new_year_and_both_are_confirmed_and_explained() {
    let (built, policy) = (Calendar::builtin(), Policy::default());
    let year = built.with(&year_2027()).unwrap();
    let (start, loaded) = (china("2027-02-03T10:00:00"), china("2027-02-04T09:00:00"));
    let mut book = ClockBook::default();
    let terms = Terms { class: Some(Class::Coordination), ..Terms::new(built, &policy) };
    let k5 = ClockEffect { clock: Clock::K5, change: Change::Started };
    let started = book.apply(&[k5], &terms, start).unwrap();
    assert!(started[0].provisional);
    // 4th, then 9th to 12th by the law alone; the arranged 9th and 10th are free
    assert_eq!(started[0].due, Some(china("2027-02-12T23:59:59")));
    let recounted = book.recalculate(&year, &policy).unwrap();
    assert_eq!((recounted[0].old_due, recounted[0].due), (started[0].due, Some(china("2027-02-16T23:59:59"))));
    assert!(!recounted[0].provisional);
    assert_eq!(book.recalculate(&year, &policy).unwrap(), [], "once");

    let facts = [noted(start, Note::AddNote, "", started), noted(loaded, Note::Recalculate, "国办通知", recounted)];
    let history = History { facts: (1..).zip(facts).collect() };
    let books = Books::of(&[changed(1, &policy, Some(&year), loaded)]).unwrap();
    let told = explain(&history, &books, Lang::Zh).unwrap();
    assert!(told.confirmed, "{told:?}");
    assert!(told.steps[1].what.contains("国办通知"), "{told:?}");
    let line = &told.steps[1].lines[0];
    assert!(line.contains("重算 5 个工作日，原到期 2027-02-12 23:59:59，到期 2027-02-16 23:59:59"), "{line}");
    assert!(line.contains(year.version()) && line.contains(&policy.version), "{line}");
    // who knows the new year only by name can't confirm what it moved, and says so
    assert!(!explain(&history, &Books::default(), Lang::En).unwrap().confirmed);
}

#[test]
fn rules_that_can_not_be_read_are_refused() {
    let (at, policy) = (china("2027-02-03T10:00:00"), Policy::default());
    let unknown = Changed { policy: serde_json::json!({"version": "x", "moon": 1}), ..changed(1, &policy, None, at) };
    assert!(matches!(Books::of(&[unknown]), Err(RulesError::Unreadable { version: 1, .. })));
    let torn = Changed { calendar: Some("date\n".to_owned()), ..changed(2, &policy, None, at) };
    assert!(matches!(Books::of(&[torn]), Err(RulesError::Calendar { version: 2, .. })));
    let mad = changed(3, &Policy { warn_percent: 0, ..policy }, None, at);
    assert!(matches!(Books::of(&[mad]), Err(RulesError::Policy { version: 3, .. })));
}
