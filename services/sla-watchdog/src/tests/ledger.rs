//! Facts that tell what a step did to the clocks: all clocks of a ticket, in any order, each once.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::ClockTurn,
    id::OrderId,
    lifecycle::{Act, Change, Class, Clock, ClockEffect, Source, State, TABLE, Target},
    ticket::TicketFact,
};
use outbox::Handler;
use proptest::prelude::*;
use sla::{Calendar, ClockBook, Policy, Stage, Terms};

use super::{
    facts::*,
    rows::{Replica, on_each},
};
use crate::{
    domain::{K5, Watch},
    handlers::{Desk, Watchdog},
    store,
};

fn minutes(n: i64) -> DateTime<Utc> {
    // Monday, 09:00 in China
    at("2026-03-02T01:00:00Z") + TimeDelta::minutes(n)
}

fn line(clock: Clock, change: Change, due: Option<i64>) -> ClockTurn {
    let mut book = ClockBook::default();
    let policy = Policy::default();
    let terms = Terms { class: Some(Class::Simple), until: Some(minutes(1)), ..Terms::new(Calendar::builtin(), &policy) };
    let started = ClockEffect { clock, change: Change::Started };
    let turn = book.apply(&[started], &terms, minutes(0)).unwrap().remove(0);
    ClockTurn { change, due: due.map(minutes), warn_at: turn.warn_at.and(due).map(|due| minutes(due - 1)), ..turn }
}

fn after(facts: &[(i64, TicketFact)]) -> Option<Watch> {
    let (watchdog, mut desk) = (Watchdog::new(rules()), Desk::new(rules().into(), Vec::new()));
    for (seq, fact) in facts {
        watchdog.decide(&mut desk, &heard(fact, *seq)).unwrap();
    }
    desk.watches.remove(&ticket(1))
}

/// Fires at `now`; what rang, and how late in milliseconds.
fn fire(watch: &mut Watch, now: DateTime<Utc>) -> Vec<(Clock, Stage, i64)> {
    rules().fire(watch, now).unwrap().iter().map(|f| (f.which.clock, f.stage, f.late_ms)).collect()
}

#[test]
fn each_clock_runs_out_once_a_setting_and_after_its_last_instant() {
    let mut watch = after(&[(3, lines(ticket(1), vec![line(Clock::K3, Change::Started, Some(10))], minutes(0)))]).unwrap();
    assert_eq!(fire(&mut watch, minutes(10)), []);
    let tick = TimeDelta::milliseconds(1);
    assert_eq!((watch.next, fire(&mut watch, minutes(11)).len()), (Some(minutes(10) + tick), 1));
    assert_eq!((watch.next, fire(&mut watch, minutes(1000)).len()), (None, 0));
    // the same fact again, and an older one
    assert!(!watch.take(
        &heard(&lines(ticket(1), vec![line(Clock::K3, Change::Started, Some(10))], minutes(0)), 3).body.news().cloned().unwrap()
    ));
    assert!(!watch.take(
        &heard(&lines(ticket(1), vec![line(Clock::K3, Change::Started, Some(5))], minutes(0)), 2).body.news().cloned().unwrap()
    ));
    // set again: it runs out again
    assert!(watch.take(
        &heard(&lines(ticket(1), vec![line(Clock::K3, Change::Started, Some(50))], minutes(20)), 6).body.news().cloned().unwrap()
    ));
    let fired = rules().fire(&mut watch, minutes(60)).unwrap();
    let said = ran_out(&fired[0].message);
    assert_eq!((said.clock, said.seq, said.due, said.late_ms), (Clock::K3, 6, minutes(50), 600_000));
}

#[test]
fn all_clocks_but_the_retention_are_watched() {
    let all: Vec<ClockTurn> = Clock::ALL.iter().map(|clock| line(*clock, Change::Started, Some(10))).collect();
    let mut watch =
        after(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0))), (4, lines(ticket(1), all, minutes(0)))]).unwrap();
    let rang: HashSet<Clock> = fire(&mut watch, minutes(11)).into_iter().map(|(clock, ..)| clock).collect();
    let expected = Clock::ALL.iter().copied().filter(|clock| *clock != Clock::K13).collect();
    assert_eq!(rang, expected);
}

#[test]
fn a_report_that_waits_for_a_call_taker_runs_out_of_its_time() {
    let (t, waits) = (ticket(1), (3, held(ticket(1), minutes(1), minutes(120))));
    let mut watch = after(std::slice::from_ref(&waits)).unwrap();
    assert_eq!(fire(&mut watch, minutes(121)), [(Clock::K1, Stage::Overdue, 60_000)]);
    for dispatch in
        [dispatched(t, 1, Class::Simple, minutes(5)), lines(t, vec![line(Clock::K1, Change::Stopped, None)], minutes(5))]
    {
        let facts = [waits.clone(), (4, dispatch)];
        let reverse = [facts[1].clone(), facts[0].clone()];
        for heard in [facts, reverse] {
            let mut watch = after(&heard).unwrap();
            assert!(fire(&mut watch, minutes(1000)).iter().all(|(clock, ..)| *clock != Clock::K1));
        }
    }
}

#[test]
fn a_co_handlers_clock_runs_beside_the_tickets() {
    let order = OrderId::derive(ticket(1), 7);
    let own = ClockTurn { order: Some(order), ..line(Clock::K5, Change::Started, Some(10)) };
    let mut watch =
        after(&[(3, dispatched(ticket(1), 1, Class::Simple, minutes(0))), (4, lines(ticket(1), vec![own], minutes(0)))]).unwrap();
    let fired = rules().fire(&mut watch, minutes(11)).unwrap();
    let said = ran_out(&fired[0].message);
    assert_eq!((said.clock, said.order, fired.len()), (Clock::K5, Some(order), 1));
    assert_eq!(watch.next, Some(minutes(96)));
}

#[test]
fn the_last_line_of_a_clock_in_a_fact_holds() {
    let both = vec![line(Clock::K6, Change::Started, Some(10)), line(Clock::K6, Change::Stopped, None)];
    let mut watch = after(&[(3, lines(ticket(1), both, minutes(0)))]).unwrap();
    assert_eq!(fire(&mut watch, minutes(100)), []);
}

#[test]
fn an_extension_warns_anew_and_a_pause_does_not() {
    let start = dispatched(ticket(1), 1, Class::Simple, minutes(0));
    let k5 = |change, due| vec![line(Clock::K5, change, due)];
    let mut watch = after(&[(3, start), (4, lines(ticket(1), k5(Change::Moved, Some(130)), minutes(1)))]).unwrap();
    assert_eq!(fire(&mut watch, minutes(129)), [(Clock::K5, Stage::Warned, 0)]);
    let mut hears =
        |seq, change, due, at| watch.take(&heard(&lines(ticket(1), k5(change, due), at), seq).body.news().cloned().unwrap());
    assert!(hears(5, Change::Paused, None, minutes(129)) && hears(6, Change::Resumed, Some(140), minutes(139)));
    assert_eq!(fire(&mut watch, minutes(140)), [(Clock::K5, Stage::Overdue, 0)]);
    let moved = lines(ticket(1), k5(Change::Moved, Some(200)), minutes(141));
    assert!(watch.take(&heard(&moved, 7).body.news().cloned().unwrap()));
    assert_eq!(fire(&mut watch, minutes(200)), [(Clock::K5, Stage::Warned, 60_000), (Clock::K5, Stage::Overdue, 0)]);
    let ids: HashSet<_> = rules().fire(&mut watch, minutes(1000)).unwrap().iter().map(|f| f.message.id).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn urgent_tickets_are_fired_first_in_a_burst() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for n in 0..40 {
            let mut fact = dispatched(ticket(n), 1, Class::Simple, minutes(i64::try_from(n).unwrap()));
            let TicketFact::Dispatched(f) = &mut fact else { unreachable!() };
            f.urgent = n >= 35;
            a.hears(&[(3, fact)]).await;
        }
        let first = a.fires(minutes(1000), 8).await;
        let tickets: HashSet<_> = first.iter().filter_map(|f| f.message.ticket).collect();
        let expected = [35, 36, 37, 38, 39, 0, 1, 2].map(ticket);
        assert_eq!(tickets, expected.into());
        let mut fired = first.len();
        while store::next(a.db.read()).await.unwrap().is_some() {
            fired += a.fires(minutes(1000), 8).await.len();
        }
        assert_eq!(fired, 40 * 5);
    })
    .await;
}

/// Before any dispatch, and again as often as it is raised.
#[tokio::test]
async fn an_alarm_that_is_raised_again_runs_out_again_and_before_all_else() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        for n in 0..8 {
            a.hears(&[(3, dispatched(ticket(n), 1, Class::Simple, minutes(0)))]).await;
        }
        let rings = |due| vec![line(Clock::K15, Change::Started, Some(due))];
        a.hears(&[(3, alarmed(ticket(9), rings(500), minutes(495)))]).await;
        let first = a.fires(minutes(1000), 1).await;
        assert_eq!(first.iter().map(|f| (f.message.ticket, f.which.clock)).collect::<Vec<_>>(), [(Some(ticket(9)), Clock::K15)]);
        a.hears(&[(4, alarmed(ticket(9), rings(505), minutes(500)))]).await;
        let again = a.fires(minutes(1000), 1).await;
        assert_eq!(again.iter().map(|f| f.message.ticket).collect::<Vec<_>>(), [Some(ticket(9))]);
        assert_ne!(again[0].message.id, first[0].message.id);
        let stopped = lines(ticket(9), vec![line(Clock::K15, Change::Stopped, None)], minutes(501));
        a.hears(&[(6, stopped), (5, alarmed(ticket(9), rings(510), minutes(501)))]).await;
        let rest = a.fires(minutes(1000), 500).await;
        assert!(rest.iter().all(|f| f.message.ticket != Some(ticket(9))), "answered, though its alarm came late");
    })
    .await;
}

#[tokio::test]
async fn a_row_keeps_all_clocks_of_its_ticket() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        let all: Vec<ClockTurn> = Clock::ALL.iter().map(|clock| line(*clock, Change::Started, Some(10))).collect();
        a.hears(&[(4, lines(ticket(1), all, minutes(0))), (3, dispatched(ticket(1), 1, Class::Simple, minutes(0)))]).await;
        // a warning a minute before the end, then all that run out, the ladder later
        assert_eq!(a.fires(minutes(9), 500).await.len(), 1);
        assert_eq!(a.fires(minutes(11), 500).await.len(), 14);
        assert!(a.fires(minutes(12), 500).await.is_empty());
        assert_eq!(a.row(1).await.unwrap().clocks.matches("reached").count(), 14);
    })
    .await;
}

/// A legal or illegal life of a ticket, told in ledger lines; a fact a minute count.
fn life(picks: &[(prop::sample::Index, i64)]) -> Vec<(i64, TicketFact)> {
    let policy = Policy::default();
    let (mut book, mut state, mut before_merge, mut now) = (ClockBook::default(), None::<State>, None, minutes(0));
    let mut facts = vec![(2, dispatched(ticket(1), 1, Class::Coordination, minutes(0)))];
    for (seq, (pick, wait)) in (3..).zip(picks) {
        now += TimeDelta::minutes(*wait);
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
        let until = Some(later + TimeDelta::days(1));
        let terms = Terms { class: Some(Class::Coordination), until, ..Terms::new(Calendar::builtin(), &policy) };
        facts.push((seq, lines(ticket(1), book.apply(row.clocks, &terms, now).unwrap(), now)));
        if row.act == Act::Merge {
            before_merge = state;
        }
        state = match row.to {
            Target::State(to) => Some(to),
            Target::BeforeMerge => before_merge,
        };
    }
    facts
}

fn lives() -> impl Strategy<Value = (Vec<(i64, TicketFact)>, Vec<usize>)> {
    prop::collection::vec((any::<prop::sample::Index>(), 1_i64..3000), 1..14).prop_flat_map(|picks| {
        let facts = life(&picks);
        let order: Vec<usize> = (0..facts.len()).chain(0..facts.len()).collect();
        (Just(facts), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_order_and_repetition_of_a_life_gives_the_same_clocks((facts, order) in lives()) {
        let shuffled: Vec<_> = order.iter().map(|i| facts[*i].clone()).collect();
        prop_assert_eq!(after(&shuffled), after(&facts));
    }

    #[test]
    fn what_runs_out_is_said_once_and_never_early((facts, order) in lives(), waits in prop::collection::vec(0_i64..3000, 30)) {
        let mut watch = Watch::unheard(ticket(1));
        let (mut now, mut ids) = (minutes(0), HashSet::new());
        for (i, wait) in order.into_iter().zip(waits) {
            let (seq, fact) = &facts[i];
            if let Some(news) = heard(fact, *seq).body.news().cloned() && watch.take(&news) {
                rules().wind(&mut watch).unwrap();
            }
            now += TimeDelta::minutes(wait);
            for fired in rules().fire(&mut watch, now).unwrap() {
                prop_assert!(ids.insert(fired.message.id), "{:?} was said twice", fired);
                prop_assert!(watch.settings[&fired.which].since.is_some());
                if fired.which != K5 {
                    prop_assert!(ran_out(&fired.message).due < now);
                }
            }
            prop_assert!(watch.next.is_none_or(|next| next > now));
        }
    }
}
