//! What holds for every start and every limit, against a calendar that is counted day by day.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use chrono::{DateTime, TimeDelta, Utc};
use oracle::{Oracle, china, date, day_of};
use proptest::prelude::*;
use sla::{CHINA, Calendar, Lamp, Limit, Policy, Stage, deadline, lamp, schedule, schedule_from_due};

/// Instants from the year before the calendar file to the year after it.
fn starts() -> impl Strategy<Value = DateTime<Utc>> {
    let (from, to) = (china("2020-01-01T00:00:00"), china("2029-01-01T00:00:00"));
    (from.timestamp()..to.timestamp()).prop_map(|second| DateTime::from_timestamp(second, 0).unwrap())
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        3 => (1_u32..=40).prop_map(Limit::WorkingDays),
        1 => (200_u32..=2000).prop_map(Limit::WorkingDays),
        1 => (1_u32..=500).prop_map(Limit::Hours),
        1 => (1_u32..=1440).prop_map(Limit::Minutes),
        1 => (1_u32..=500).prop_map(Limit::WorkingHours),
    ]
}

fn due(limit: Limit, start: DateTime<Utc>) -> DateTime<Utc> {
    deadline(Calendar::builtin(), &Policy::default(), limit, start).unwrap().due
}

#[test]
fn every_day_of_the_years_agrees_with_the_oracle() {
    let (calendar, oracle) = (Calendar::builtin(), Oracle::read());
    for day in date("2019-06-01").iter_days().take_while(|day| *day < date("2029-06-01")) {
        assert_eq!(calendar.is_working_day(day), oracle.works(day), "{day}");
        for n in [1, 2, 5, 10, 15] {
            assert_eq!(calendar.nth_working_day_after(day, n), Ok(oracle.nth_after(day, n)), "{day} + {n}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deadline_is_where_walking_day_by_day_ends(start in starts(), days in 1_u32..=400) {
        let oracle = Oracle::read();
        let answer = deadline(Calendar::builtin(), &Policy::default(), Limit::WorkingDays(days), start).unwrap();
        let (received, last) = (day_of(start), day_of(answer.due));
        prop_assert_eq!(last, oracle.nth_after(received, days));
        prop_assert!(oracle.works(last));
        prop_assert_eq!(oracle.count(received, last), days as usize);
        let counted_days_are_published = received >= date("2020-12-31") && last <= date("2026-12-31");
        prop_assert_eq!(answer.provisional, !counted_days_are_published);
    }

    #[test]
    fn a_later_start_is_never_due_earlier(one in starts(), other in starts(), limit in limits()) {
        let (early, late) = (one.min(other), one.max(other));
        prop_assert!(due(limit, early) <= due(limit, late));
        let soon = early + TimeDelta::hours(9);
        prop_assert!(due(limit, early) <= due(limit, soon));
    }

    #[test]
    fn a_longer_limit_is_due_later(start in starts(), n in 1_u32..400) {
        prop_assert!(due(Limit::WorkingDays(n), start) < due(Limit::WorkingDays(n + 1), start));
        prop_assert!(due(Limit::Hours(n), start) < due(Limit::Hours(n + 1), start));
    }

    #[test]
    fn alarms_come_in_order_and_the_lamp_follows(start in starts(), limit in limits(), percent in 1_u8..=99) {
        let policy = Policy { warn_percent: percent, ..Policy::default() };
        let alarms = schedule(Calendar::builtin(), &policy, limit, start).unwrap();
        let stages: Vec<Stage> = alarms.iter().map(|alarm| alarm.stage).collect();
        let ladder = [Stage::Warned, Stage::Overdue, Stage::Escalated(1), Stage::Escalated(2), Stage::Escalated(3)];
        prop_assert_eq!(stages, ladder);
        prop_assert!(start < alarms[0].at);
        prop_assert!(alarms.windows(2).all(|pair| pair[0].at < pair[1].at), "{alarms:?}");
        let (warn_at, due) = (alarms[0].at, alarms[1].at);
        prop_assert_eq!(due, deadline(Calendar::builtin(), &policy, limit, start).unwrap().due);
        let tick = TimeDelta::nanoseconds(1);
        prop_assert_eq!(lamp(warn_at - tick, warn_at, due), Lamp::Green);
        prop_assert_eq!(lamp(warn_at, warn_at, due), Lamp::Yellow);
        prop_assert_eq!(lamp(due + tick, warn_at, due), Lamp::Red);
    }

    #[test]
    fn the_warning_is_at_its_share_of_the_working_days(start in starts(), days in 1_u32..=60, percent in 1_u8..=99) {
        let policy = Policy { warn_percent: percent, ..Policy::default() };
        let warned = schedule(Calendar::builtin(), &policy, Limit::WorkingDays(days), start).unwrap()[0].at;
        let warned = warned.with_timezone(&CHINA).naive_local();
        let begun = Oracle::read().count(day_of(start), warned.date()) as i64;
        let hundredths_used = if warned.time() == policy.day.day_end {
            begun * 100
        } else {
            let minutes = (warned.time() - policy.day.work_start).num_seconds() as f64 / 60.0;
            (begun - 1) * 100 + (minutes / 540.0 * 100.0).round() as i64
        };
        prop_assert_eq!(hundredths_used, i64::from(days) * i64::from(percent));
    }

    #[test]
    fn a_deadline_moved_anywhere_still_has_alarms_in_order(
        start in starts(), limit in limits(), seconds in 1_i64..=40_000_000,
    ) {
        let due = start + TimeDelta::seconds(seconds);
        let alarms = schedule_from_due(Calendar::builtin(), &Policy::default(), limit, start, due).unwrap();
        prop_assert!(start < alarms[0].at && alarms[1].at == due);
        prop_assert!(alarms.windows(2).all(|pair| pair[0].at < pair[1].at), "{alarms:?}");
    }

    #[test]
    fn no_question_panics(seconds in any::<i64>(), nanos in 0_u32..1_000_000_000, amount in any::<u32>()) {
        let spread = seconds >> (amount % 32);
        if let Some(start) = DateTime::from_timestamp(spread, nanos) {
            for limit in [Limit::Hours(amount), Limit::WorkingDays(amount), Limit::WorkingDays(amount % 3000)] {
                if let Ok(alarms) = schedule(Calendar::builtin(), &Policy::default(), limit, start) {
                    prop_assert!(start < alarms[0].at);
                }
            }
        }
    }
}
