//! What facts do to a clock, and what a clock says: values only.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    envelope::Envelope,
    family::Family,
    ticket::{Class, Part, TicketFact},
};
use outbox::{Handler, Heard as _, Refusal};
use proptest::prelude::*;
use sla::Stage;

use super::facts::*;
use crate::{
    DEFAULTS,
    config::Config,
    domain::{K5, Setting, Watch},
    firing::Past,
    handlers::{Desk, Heard, Watchdog},
};

const START: &str = "2026-03-02T01:00:00Z";

/// The clocks after these facts, each with its place, in the order they were heard.
fn after(facts: &[(i64, TicketFact)]) -> Option<Watch> {
    let watchdog = Watchdog::new(rules());
    let mut desk = Desk::new(rules().into(), Vec::new());
    for (seq, fact) in facts {
        watchdog.decide(&mut desk, &heard(fact, *seq)).unwrap();
    }
    desk.watches.remove(&ticket(1))
}

fn minutes(n: i64) -> DateTime<Utc> {
    at(START) + TimeDelta::minutes(n)
}

fn simple() -> TicketFact {
    dispatched(ticket(1), 1, Class::Simple, minutes(0))
}

/// The setting of the handling clock.
fn k5(watch: &Watch) -> &Setting {
    &watch.settings[&K5]
}

/// Fires at `now`; the stages and how late each was, in seconds.
fn fire(watch: &mut Watch, now: DateTime<Utc>) -> Vec<(Stage, i64)> {
    rules().fire(watch, now).unwrap().iter().map(|f| (f.stage, f.late_ms / 1000)).collect()
}

#[test]
fn a_dispatch_arms_the_promised_warning() {
    let clock = after(&[(3, simple())]).unwrap();
    assert_eq!(clock.next, Some(minutes(96)));
    let promise = clock.promise.unwrap();
    assert_eq!((promise.due, promise.unit.as_str(), promise.round), (minutes(120), "D10", 1));
}

#[test]
fn the_warning_is_the_one_that_was_promised_and_not_the_one_of_our_policy() {
    let mut fact = simple();
    let TicketFact::Dispatched(f) = &mut fact else { unreachable!() };
    f.warn_at = minutes(30);
    assert_eq!(after(&[(3, fact.clone())]).unwrap().next, Some(minutes(30)));
    let TicketFact::Dispatched(f) = &mut fact else { unreachable!() };
    f.warn_at = minutes(500);
    assert_eq!(after(&[(3, fact)]).unwrap().next, Some(minutes(120)));
}

#[test]
fn report_return_close_and_pass_stop_it_a_refused_return_does_not() {
    let t = ticket(1);
    for stop in [reported(t, minutes(5)), return_ruled(t, true, minutes(5)), closed(t, minutes(5)), checked(t, true, minutes(5))]
    {
        let clock = after(&[(3, simple()), (4, stop)]).unwrap();
        assert_eq!((k5(&clock).since, clock.next), (None, None));
    }
    let clock = after(&[(3, simple()), (4, return_ruled(t, false, minutes(5)))]).unwrap();
    assert_eq!((k5(&clock).seq, clock.next), (3, Some(minutes(96))));
}

#[test]
fn a_late_dispatch_does_not_start_what_was_reported_but_a_send_back_does() {
    let t = ticket(1);
    let report = (5, reported(t, minutes(10)));
    let stopped = after(&[report.clone(), (3, simple())]).unwrap();
    assert_eq!(stopped.next, None);
    let going = after(&[(6, checked(t, false, minutes(20))), report, (3, simple())]).unwrap();
    assert_eq!(going.next, Some(minutes(96)));
}

#[test]
fn a_new_round_starts_from_zero() {
    let t = ticket(1);
    let mut clock = after(&[(3, simple())]).unwrap();
    assert_eq!(fire(&mut clock, minutes(130)).len(), 2);
    let again = heard(&dispatched(t, 2, Class::Simple, minutes(200)), 9).body.news().cloned().unwrap();
    assert!(clock.take(&again));
    rules().wind(&mut clock).unwrap();
    assert_eq!((k5(&clock).reached, clock.next), (None, Some(minutes(296))));
}

#[test]
fn what_was_sent_back_goes_on_with_the_alarms_that_are_left() {
    let t = ticket(1);
    let mut clock = after(&[(3, simple())]).unwrap();
    assert_eq!(fire(&mut clock, minutes(96)), [(Stage::Warned, 0)]);
    for (seq, fact) in [(4, reported(t, minutes(100))), (5, checked(t, false, minutes(150)))] {
        assert!(clock.take(&heard(&fact, seq).body.news().cloned().unwrap()));
        rules().wind(&mut clock).unwrap();
        if seq == 4 {
            assert_eq!(fire(&mut clock, minutes(149)), []);
        }
    }
    // the deadline passed while the clock stood still: that is no lateness of ours
    assert_eq!(fire(&mut clock, minutes(151)), [(Stage::Overdue, 60)]);
    assert_eq!(clock.next, Some(minutes(180)));
}

#[test]
fn an_outage_is_made_up_for_with_each_alarms_own_lateness() {
    let mut clock = after(&[(3, simple())]).unwrap();
    let fired = fire(&mut clock, minutes(190));
    assert_eq!(fired, [(Stage::Warned, 94 * 60), (Stage::Overdue, 70 * 60), (Stage::Escalated(1), 10 * 60)]);
    assert_eq!((k5(&clock).reached, clock.next), (Some(Stage::Escalated(1)), Some(minutes(240))));
    assert_eq!(fire(&mut clock, minutes(10_000)).len(), 2);
    assert_eq!(clock.next, None);
}

#[test]
fn a_promise_in_working_days_climbs_by_working_days() {
    let friday = at("2026-02-13T08:00:00Z");
    let mut clock = after(&[(3, dispatched(ticket(1), 1, Class::Coordination, friday))]).unwrap();
    assert_eq!(clock.promise.as_ref().unwrap().due, at("2026-02-27T15:59:59Z"));
    let fired = rules().fire(&mut clock, at("2026-06-01T00:00:00Z")).unwrap();
    let when: Vec<_> = fired.iter().map(|f| said(&f.message).1.at).collect();
    // the end of the fourth and fifth day, then of Saturday 02-28, a make-up working day, Monday and Tuesday
    let ends = ["02-26", "02-27", "02-28", "03-02", "03-03"];
    assert_eq!(when, ends.map(|day| at(&format!("2026-{day}T23:59:59+08:00"))));
}

#[test]
fn a_dispatch_that_no_clock_can_follow_is_refused_and_leaves_nothing() {
    let mut fact = simple();
    let TicketFact::Dispatched(f) = &mut fact else { unreachable!() };
    f.due = f.at;
    let watchdog = Watchdog::new(rules());
    let mut desk = Desk::new(rules().into(), Vec::new());
    // also when it comes after the report: the order of coming must make no difference
    watchdog.decide(&mut desk, &heard(&reported(ticket(1), minutes(9)), 4)).unwrap();
    let before = desk.watches.clone();
    let refusal = watchdog.decide(&mut desk, &heard(&fact, 3)).unwrap_err();
    assert!(matches!(refusal, Refusal::Illegal(p) if p.code == "bad_deadline"));
    assert_eq!(desk.watches, before);
}

#[test]
fn a_fact_must_say_its_place_and_a_dispatch_its_lead() {
    let mut fact = simple();
    let read = |fact: &TicketFact, seq: Option<&str>| {
        let kind = format!("io.gridline.ticket.v1.{}", fact.kind());
        let headers = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/gridline/dispatch"), ("ce-type", &kind)];
        let envelope = Envelope::read(|name| match name {
            "ce-ticketseq" => seq,
            _ => headers.iter().find(|(n, _)| *n == name).map(|(_, v)| *v),
        });
        Heard::read("ticket.v1.x", &envelope.unwrap(), fact.encode().as_bytes()).map_err(|p| p.code)
    };
    let heard = read(&fact, Some("3")).unwrap().news().cloned().unwrap();
    assert!(heard.seq == 3 && heard.promise.is_some_and(|p| p.seq == 3));
    assert_eq!(read(&fact, None).unwrap_err(), "missing_header");
    assert_eq!(read(&fact, Some("0")).unwrap_err(), "missing_header");
    assert!(read(&return_ruled(ticket(1), false, minutes(1)), Some("4")).unwrap().news().is_none());
    let TicketFact::Dispatched(f) = &mut fact else { unreachable!() };
    f.orders.retain(|o| o.part != Part::Lead);
    assert_eq!(read(&fact, Some("3")).unwrap_err(), "no_lead");
}

#[test]
fn a_batch_has_bounds() {
    let read = |text: &str| chassis::Settings::fixed("sla-watchdog", text, &[]).unwrap().own::<Config>("sla").unwrap();
    assert_eq!(read(DEFAULTS).batch().unwrap(), 2000);
    assert!(read("[sla]\nbatch = 0\nwatch = true\nwitness = false").batch().is_err());
}

#[test]
fn alarms_wait_for_the_past_while_it_moves() {
    let mut past = Past::default();
    assert!((1..1000).rev().all(|n| past.hold((n, 500))));
    assert!((1..500).rev().all(|n| past.hold((0, n))));
    assert!(!past.hold((0, 0)));
    // in the hands of a dead replica
    let mut past = Past::default();
    assert_eq!((0..100).take_while(|_| past.hold((0, 7))).count(), 30);
    // as fast as it is heard
    let mut past = Past::default();
    assert_eq!((0..10_000).take_while(|n| past.hold((5 + n % 2, 0))).count(), 5999);
    assert!(!Past::default().hold((0, 0)));
}

/// The `n`-th fact of a history, legal or not.
fn fact(kind: u8, n: u32) -> TicketFact {
    let (t, when) = (ticket(1), minutes(i64::from(n) * 7));
    match kind {
        0 => dispatched(t, n, Class::Simple, when),
        1 => dispatched(t, n, Class::Coordination, when),
        2 => reported(t, when),
        3 | 4 => checked(t, kind == 3, when),
        5 | 6 => return_ruled(t, kind == 5, when),
        7 => closed(t, when),
        8 => reclassified(t, Class::Simple, Vec::new(), when),
        _ => reclassified(t, Class::KeyDifficult, Vec::new(), when),
    }
}

/// A history, and the same with every fact once to three times, in any order.
fn heard_anyhow(kinds: u8) -> impl Strategy<Value = (Vec<(i64, TicketFact)>, Vec<usize>)> {
    prop::collection::vec((0..kinds, 1usize..4), 1..9).prop_flat_map(|facts| {
        let history = facts.iter().zip(1u32..).map(|((kind, _), n)| (i64::from(n), fact(*kind, n))).collect();
        let order: Vec<usize> = facts.iter().enumerate().flat_map(|(i, (_, copies))| vec![i; *copies]).collect();
        (Just(history), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn the_order_in_which_facts_come_makes_no_difference((history, order) in heard_anyhow(10)) {
        let shuffled: Vec<_> = order.iter().map(|i| history[*i].clone()).collect();
        let clock = after(&shuffled);
        prop_assert_eq!(&clock, &after(&history));
        // and it is what the history says: the last dispatch, the last class, and the last fact that starts or stops
        let news: Vec<_> = history.iter().filter_map(|(seq, f)| heard(f, *seq).body.news().cloned()).collect();
        let running = news.iter().rev().find_map(|n| n.lines.first()).is_some_and(|line| line.runs);
        let promised = news.iter().rev().find_map(|n| n.promise.as_deref().cloned());
        let class = news.iter().rev().find_map(|n| n.class.or(n.promise.as_ref().map(|p| p.class)));
        prop_assert_eq!(clock.as_ref().and_then(|c| c.promise.as_ref().map(|p| c.class(p))), promised.as_ref().and(class));
        prop_assert_eq!(clock.as_ref().and_then(|c| c.settings.get(&K5)).is_some_and(|k5| k5.since.is_some()), running);
        prop_assert_eq!(clock.as_ref().is_some_and(|c| c.next.is_some()), running && promised.is_some());
        prop_assert_eq!(clock.and_then(|c| c.promise), promised);
    }

    #[test]
    fn no_alarm_is_said_twice_or_early_or_of_a_stopped_clock(
        (history, order) in heard_anyhow(8), waits in prop::collection::vec(0i64..300, 24),
    ) {
        let mut clock = Watch::unheard(ticket(1));
        let (mut now, mut ids) = (minutes(0), HashSet::new());
        for (i, wait) in order.into_iter().zip(waits) {
            let (seq, fact) = &history[i];
            if let Some(turn) = heard(fact, *seq).body.news().cloned() && clock.take(&turn) {
                rules().wind(&mut clock).unwrap();
            }
            now += TimeDelta::minutes(wait);
            let running = clock.settings.get(&K5).is_some_and(|k5| k5.since.is_some());
            for fired in rules().fire(&mut clock, now).unwrap() {
                let (_, stood, _) = said(&fired.message);
                prop_assert!(running && stood.at <= now && stood.late_ms == (now - stood.at).num_milliseconds());
                prop_assert!(ids.insert(fired.message.id), "{:?} was said twice", fired.stage);
            }
            prop_assert!(clock.next.is_none_or(|next| next > now));
        }
    }
}
