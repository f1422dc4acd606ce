//! Who is told at which stage, by the roster; and what waits until the quiet hours are over.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::{ClockFact, ClockTurn},
    duty::{Absence, Duty, Notice, Receiver, Told},
    family::Family,
    lifecycle::{Change, Class, Clock},
    rules::Changed,
};
use outbox::{Handler, Refusal};
use sla::{LadderStep, Offset, Policy};

use super::{
    facts::*,
    rows::{Replica, on_each},
};
use crate::{
    alarms::{Fired, Rules},
    domain::Watch,
    handlers::{Desk, Heard, Watchdog},
};

const GRID: &str = "GRID-360802001001";
const TOWN: &str = "TOWN-360802001000";

fn china(text: &str) -> DateTime<Utc> {
    at(&format!("{text}+08:00"))
}

fn watch(class: Class, start: DateTime<Utc>, rules: &Rules) -> Watch {
    let mut watch = Watch::unheard(ticket(1));
    watch.take(heard(&dispatched(ticket(1), 1, class, start), 3).body.news().unwrap());
    rules.wind(&mut watch).unwrap();
    watch
}

fn fact(fired: &Fired) -> ClockFact {
    ClockFact::decode(fired.message.kind.strip_prefix("clock.v1.").unwrap(), fired.message.body.as_bytes()).unwrap()
}

fn of(fired: &Fired) -> Told {
    match fact(fired) {
        ClockFact::Warned(f) => f.told.unwrap(),
        ClockFact::Overdue(f) => f.told.unwrap(),
        ClockFact::Escalated(f) => f.told.unwrap(),
        ClockFact::Expired(f) => panic!("{} only ran out", f.clock),
    }
}

/// Everything that is ever said of a ticket of this class, under a roster.
fn all(class: Class, policy: &Policy, duty: Vec<Duty>) -> Vec<Fired> {
    let rules = Rules::told(&told(1, policy, duty)).unwrap();
    rules.fire(&mut watch(class, china("2026-03-02T09:00:00"), &rules), china("2026-03-02T14:00:00")).unwrap()
}

fn line(unit: &str, receiver: Receiver, staff: &str) -> Duty {
    Duty { unit: unit.parse().unwrap(), receiver, staff: staff.to_owned(), substitute: None, absent: Vec::new() }
}

/// Away on that day.
fn away(duty: Duty) -> Duty {
    Duty { absent: vec![Absence { from: china("2026-03-02T00:00:00"), until: china("2026-03-03T00:00:00") }], ..duty }
}

#[test]
fn each_class_has_a_ladder_of_its_own() {
    let receivers = |class| {
        let rules = Rules::built_in();
        let fired = rules.fire(&mut watch(class, china("2026-03-02T09:00:00"), &rules), china("2026-06-01T00:00:00")).unwrap();
        assert!(fired.iter().all(|f| f.message.ticket == Some(ticket(1)) && f.message.subject == f.message.kind));
        let notice = |f: &Fired| if let ClockFact::Escalated(f) = fact(f) { Some(f.notice) } else { None };
        fired.iter().map(|f| (of(f).receiver, of(f).unit.to_string(), notice(f))).collect::<Vec<_>>()
    };
    let foot = |unit: &str| [(Receiver::HandlingUnit, unit.to_owned(), None), (Receiver::GridWorker, GRID.to_owned(), None)];
    let up = |steps: [(Receiver, &str, Notice); 3]| steps.map(|(who, unit, notice)| (who, unit.to_owned(), Some(notice)));
    let simple = up([
        (Receiver::VillageChief, GRID, Notice::Escalation),
        (Receiver::TownChief, TOWN, Notice::Escalation),
        (Receiver::District, "CENTRE", Notice::Supervision),
    ]);
    assert_eq!(receivers(Class::Simple), [foot("D10").as_slice(), &simple].concat());
    let coordination = up([
        (Receiver::UnitLeader, "D10", Notice::Copy),
        (Receiver::TownChief, TOWN, Notice::Escalation),
        (Receiver::Supervisor, "CENTRE", Notice::Supervision),
    ]);
    assert_eq!(receivers(Class::Coordination), [foot("D10").as_slice(), &coordination].concat());
}

/// Handed up, or risen when its time was over.
#[test]
fn a_matter_that_rose_climbs_the_ladder_of_its_new_class_whatever_comes_late() {
    let (t, start) = (ticket(1), china("2026-03-02T09:00:00"));
    let due = china("2026-03-09T23:59:59");
    let recounted = |due| ClockTurn {
        clock: Clock::K5,
        order: None,
        change: Change::Recounted,
        old_due: None,
        due: Some(due),
        warn_at: Some(due - TimeDelta::days(1)),
        provisional: false,
        limit: None,
        calendar: None,
        policy: None,
    };
    let rises = |class, minutes| reclassified(t, class, vec![recounted(due)], start + TimeDelta::minutes(minutes));
    let facts =
        [(3, dispatched(t, 1, Class::Simple, start)), (4, rises(Class::KeyDifficult, 30)), (6, rises(Class::Coordination, 60))];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let rules = Rules::built_in();
        let mut watch = Watch::unheard(t);
        for (seq, fact) in order.map(|n| facts[n].clone()) {
            watch.take(heard(&fact, seq).body.news().unwrap());
            rules.wind(&mut watch).unwrap();
        }
        assert_eq!(watch.promise.as_ref().map(|promise| watch.class(promise)), Some(Class::Coordination));
        let fired = rules.fire(&mut watch, china("2026-06-01T00:00:00")).unwrap();
        let when = |f: &Fired| said(&f.message).1.at;
        let steps: Vec<_> = fired[2..].iter().map(|f| (of(f).receiver, when(f))).collect();
        // working days, of which a simple matter has none
        let ends = ["2026-03-10", "2026-03-11", "2026-03-12"].map(|day| china(&format!("{day}T23:59:59")));
        let receivers = [Receiver::UnitLeader, Receiver::TownChief, Receiver::Supervisor];
        assert_eq!(steps, receivers.into_iter().zip(ends).collect::<Vec<_>>(), "{order:?}");
    }
    // a later dispatch says its own class
    let mut watch = Watch::unheard(t);
    for (seq, fact) in [(6, rises(Class::Coordination, 60)), (9, dispatched(t, 2, Class::Simple, due))] {
        watch.take(heard(&fact, seq).body.news().unwrap());
    }
    assert_eq!(watch.class(watch.promise.as_ref().unwrap()), Class::Simple);
}

#[test]
fn a_policy_of_the_district_has_its_own_ladder() {
    let step = |level, receiver, n| LadderStep {
        level,
        receiver,
        notice: Notice::Escalation,
        after: Offset { hours: n, working_days: n },
    };
    let ladder = vec![step(1, Receiver::HandlingUnit, 1), step(2, Receiver::District, 2)];
    let fired = all(Class::Simple, &Policy { ladder, ..Policy::default() }, Vec::new());
    let units: Vec<_> = fired.iter().filter_map(|f| said(&f.message).2).collect();
    assert_eq!(units, ["D10", "CENTRE"]);
}

#[test]
fn the_roster_names_the_person_the_substitute_or_the_next_one_up() {
    let of_grid = |duty: Vec<Duty>| {
        let fired = all(Class::Simple, &Policy::default(), duty);
        let Told { receiver, unit, staff, substitute } = of(&fired[1]);
        (receiver, unit.to_string(), staff.unwrap_or_default(), substitute)
    };
    let worker = || line(GRID, Receiver::GridWorker, "S-1");
    let told = |receiver, unit: &str, staff: &str, substitute| (receiver, unit.to_owned(), staff.to_owned(), substitute);
    // nobody keeps a roster: the unit sees to it
    assert_eq!(of_grid(Vec::new()), told(Receiver::GridWorker, GRID, "", false));
    assert_eq!(of_grid(vec![worker()]), told(Receiver::GridWorker, GRID, "S-1", false));
    // who is absent is not told; a second one at the post is there
    assert_eq!(of_grid(vec![away(worker()), line(GRID, Receiver::GridWorker, "S-2")]).2, "S-2");
    let with_substitute = |staff: &str| Duty { substitute: Some(staff.to_owned()), ..away(worker()) };
    assert_eq!(of_grid(vec![with_substitute("S-3")]), told(Receiver::GridWorker, GRID, "S-3", true));
    // the substitute is absent too: the next one up, whose unit sees to it if the roster does not keep that post
    let nobody = vec![with_substitute("S-9"), away(line("D02", Receiver::UnitLeader, "S-9"))];
    assert_eq!(of_grid(nobody.clone()), told(Receiver::VillageChief, GRID, "", false));
    let chief = |duty: Duty| [nobody.clone(), vec![duty]].concat();
    assert_eq!(of_grid(chief(line(GRID, Receiver::VillageChief, "S-4"))), told(Receiver::VillageChief, GRID, "S-4", false));
    assert_eq!(of_grid(chief(away(line(GRID, Receiver::VillageChief, "S-4")))), told(Receiver::TownChief, TOWN, "", false));
    // nobody anywhere: the post that the step names
    let all_away = [(GRID, Receiver::VillageChief), (TOWN, Receiver::TownChief), ("CENTRE", Receiver::District)];
    let all_away = all_away.map(|(unit, receiver)| away(line(unit, receiver, "S-5")));
    assert_eq!(of_grid([nobody, all_away.to_vec()].concat()), told(Receiver::GridWorker, GRID, "", false));
}

#[test]
fn what_can_wait_is_told_when_the_quiet_hours_end() {
    let rules = Rules::built_in();
    let mut watch = watch(Class::Coordination, china("2026-03-02T09:00:00"), &rules);
    // 80 % of five working days end at midnight
    let (warn, due) = (china("2026-03-06T23:59:59"), china("2026-03-09T23:59:59"));
    let morning = china("2026-03-07T08:00:00");
    assert_eq!((watch.promise.as_ref().unwrap().warn, watch.next), (warn, Some(morning)));
    assert!(rules.fire(&mut watch, morning - TimeDelta::milliseconds(1)).unwrap().is_empty());
    let fired = rules.fire(&mut watch, morning + TimeDelta::seconds(3)).unwrap();
    let [ClockFact::Warned(warned)] = &fired.iter().map(fact).collect::<Vec<_>>()[..] else { panic!("{fired:?}") };
    assert_eq!((warned.clock.at, warned.quiet_until, warned.clock.late_ms), (warn, Some(morning), 3_000));
    // the deadline is never moved
    assert_eq!(watch.next, Some(due));
    let fired = rules.fire(&mut watch, due).unwrap();
    assert!(matches!(fact(&fired[0]), ClockFact::Overdue(f) if f.clock.at == due && f.clock.late_ms == 0));
    // the leader's copy of the day after is
    assert_eq!(watch.next, Some(china("2026-03-11T08:00:00")));
}

#[test]
fn danger_hours_on_the_clock_and_a_warning_that_would_come_too_late_do_not_wait() {
    let rules = Rules::built_in();
    let night = china("2026-03-02T23:30:00");
    assert_eq!(watch(Class::Simple, night, &rules).next, Some(night + TimeDelta::minutes(96)));
    let mut urgent = watch(Class::Coordination, china("2026-03-02T09:00:00"), &rules);
    urgent.urgent = true;
    rules.wind(&mut urgent).unwrap();
    assert_eq!(urgent.next, Some(china("2026-03-06T23:59:59")));
    // due before the morning
    let mut short = watch(Class::Coordination, china("2026-03-02T09:00:00"), &rules);
    let promise = short.promise.as_mut().unwrap();
    (promise.warn, promise.due) = (china("2026-03-05T23:00:00"), china("2026-03-06T07:00:00"));
    rules.wind(&mut short).unwrap();
    assert_eq!(short.next, Some(china("2026-03-05T23:00:00")));
    // no quiet hours
    let policy = Policy { quiet: None, ..Policy::default() };
    let rules = Rules::told(&told(1, &policy, Vec::new())).unwrap();
    assert_eq!(watch(Class::Coordination, china("2026-03-02T09:00:00"), &rules).next, Some(china("2026-03-06T23:59:59")));
}

#[tokio::test]
async fn the_rules_of_the_register_are_kept_and_followed_by_all_replicas() {
    on_each(async |url| {
        let (a, b) = (Replica::start(&url).await, Replica::start(&url).await);
        let start = china("2026-03-02T09:00:00");
        a.hears(&[(3, dispatched(ticket(1), 1, Class::Simple, start))]).await;
        let roster = |staff: &str| vec![line(GRID, Receiver::GridWorker, staff)];
        // in any order, again: the highest version is in force
        for (version, staff) in [(2, "S-2"), (1, "S-1"), (2, "S-2")] {
            a.learns(told(version, &Policy::default(), roster(staff))).await;
        }
        let fired = b.fires(start + TimeDelta::hours(2), 500).await;
        assert_eq!(of(&fired[1]).staff.as_deref(), Some("S-2"));
    })
    .await;
}

#[test]
fn rules_that_no_clock_can_run_by_are_refused() {
    let (watchdog, mut desk) = (Watchdog::new(rules()), Desk::new(rules().into(), Vec::new()));
    let mut inbound = heard(&dispatched(ticket(1), 1, Class::Simple, china("2026-03-02T09:00:00")), 3);
    let policy = Policy { warn_percent: 0, ..Policy::default() };
    inbound.body = Heard::Rules(Box::new(Changed { version: 7, ..told(7, &policy, Vec::new()) }));
    let refusal = watchdog.decide(&mut desk, &inbound).unwrap_err();
    assert!(matches!(refusal, Refusal::Illegal(problem) if problem.code == "bad_rules"));
}
