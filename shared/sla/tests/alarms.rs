//! When a ticket warns, is overdue and climbs; and which lamp it shows.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use contracts::duty::Receiver;
use oracle::{china, shown};
use sla::{Alarm, Calendar, Lamp, Limit, Policy, SlaError, Stage, lamp, schedule, schedule_from_due};

fn told(alarms: &[Alarm]) -> Vec<(String, String, Receiver)> {
    let policy = Policy::default();
    alarms.iter().map(|alarm| (alarm.stage.to_string(), shown(alarm.at), policy.receivers(alarm.stage)[0])).collect()
}

fn expected(rows: [(&str, &str, Receiver); 5]) -> Vec<(String, String, Receiver)> {
    rows.map(|(stage, at, who)| (stage.to_owned(), at.to_owned(), who)).to_vec()
}

fn warned(limit: Limit, start: &str) -> String {
    let alarms = schedule(Calendar::builtin(), &Policy::default(), limit, china(start)).unwrap();
    shown(alarms[0].at)
}

#[test]
fn a_simple_ticket_climbs_by_the_clock() {
    let alarms = schedule(Calendar::builtin(), &Policy::default(), Limit::Hours(2), china("2026-02-16T22:00:00")).unwrap();
    assert_eq!(
        told(&alarms),
        expected([
            ("warned", "2026-02-16T23:36:00", Receiver::HandlingUnit),
            ("overdue", "2026-02-17T00:00:00", Receiver::GridWorker),
            ("escalated-1", "2026-02-17T01:00:00", Receiver::VillageChief),
            ("escalated-2", "2026-02-17T02:00:00", Receiver::TownChief),
            ("escalated-3", "2026-02-17T04:00:00", Receiver::District),
        ])
    );
}

#[test]
fn a_coordination_ticket_climbs_by_working_days() {
    let alarms = schedule(Calendar::builtin(), &Policy::default(), Limit::WorkingDays(5), china("2026-02-13T16:00:00")).unwrap();
    assert_eq!(
        told(&alarms),
        expected([
            ("warned", "2026-02-26T23:59:59", Receiver::HandlingUnit),
            ("overdue", "2026-02-27T23:59:59", Receiver::GridWorker),
            ("escalated-1", "2026-02-28T23:59:59", Receiver::VillageChief), // a worked Saturday
            ("escalated-2", "2026-03-02T23:59:59", Receiver::TownChief),
            ("escalated-3", "2026-03-03T23:59:59", Receiver::District),
        ])
    );
}

#[test]
fn a_part_of_a_working_day_is_a_part_of_its_office_hours() {
    let friday = "2026-03-06T10:00:00";
    assert_eq!(warned(Limit::WorkingDays(1), friday), "2026-03-09T16:12:00");
    assert_eq!(warned(Limit::WorkingDays(2), friday), "2026-03-10T14:24:00");
    assert_eq!(warned(Limit::WorkingDays(3), friday), "2026-03-11T12:36:00");
    assert_eq!(warned(Limit::WorkingDays(4), friday), "2026-03-12T10:48:00");
    assert_eq!(warned(Limit::WorkingDays(10), friday), "2026-03-18T23:59:59");
    assert_eq!(warned(Limit::WorkingDays(15), friday), "2026-03-24T23:59:59");
}

#[test]
fn a_moved_deadline_has_alarms_of_its_own() {
    let (calendar, policy, days) = (Calendar::builtin(), Policy::default(), Limit::WorkingDays(5));
    let start = china("2026-03-06T10:00:00");
    let extended = schedule_from_due(calendar, &policy, days, start, china("2026-03-20T23:59:59")).unwrap();
    assert_eq!(extended, schedule(calendar, &policy, Limit::WorkingDays(10), start).unwrap());

    let to_noon = schedule_from_due(calendar, &policy, days, start, china("2026-03-09T12:00:00")).unwrap();
    assert_eq!(shown(to_noon[0].at), "2026-03-08T21:12:00", "the share of the day, 16:12, is too late: by the clock");
    let over_sunday = schedule_from_due(calendar, &policy, days, start, china("2026-03-08T10:00:00")).unwrap();
    assert_eq!(shown(over_sunday[0].at), "2026-03-08T00:24:00", "no working day between: by the clock");
    assert_eq!(shown(over_sunday[2].at), "2026-03-09T23:59:59");

    let longer = schedule_from_due(calendar, &policy, Limit::Hours(2), start, china("2026-03-06T15:00:00")).unwrap();
    assert_eq!(shown(longer[0].at), "2026-03-06T14:00:00");
    let backwards = schedule_from_due(calendar, &policy, days, start, start);
    assert_eq!(backwards, Err(SlaError::DueNotAfterStart));
}

#[test]
fn the_warning_share_is_policy() {
    let policy = Policy { warn_percent: 50, ladder: Vec::new(), ..Policy::default() };
    let start = china("2026-03-06T10:00:00");
    let alarms = schedule(Calendar::builtin(), &policy, Limit::WorkingDays(5), start).unwrap();
    assert_eq!(alarms.len(), 2);
    assert_eq!(shown(alarms[0].at), "2026-03-11T13:30:00");
}

#[test]
fn the_lamp_turns_at_the_warning_and_after_the_deadline() {
    let (warn_at, due) = (china("2026-03-06T11:36:00"), china("2026-03-06T12:00:00"));
    for (now, colour) in [
        ("2026-03-06T09:00:00", Lamp::Green),
        ("2026-03-06T11:35:59", Lamp::Green),
        ("2026-03-06T11:36:00", Lamp::Yellow),
        ("2026-03-06T12:00:00", Lamp::Yellow),
        ("2026-03-06T12:00:01", Lamp::Red),
    ] {
        assert_eq!(lamp(china(now), warn_at, due), colour, "{now}");
    }
}

#[test]
fn stages_keep_their_names_and_order() {
    let stages = [Stage::Warned, Stage::Overdue, Stage::Escalated(1), Stage::Escalated(255)];
    assert!(stages.is_sorted());
    for stage in stages {
        assert_eq!(stage.to_string().parse(), Ok(stage));
    }
    assert_eq!(serde_json::to_string(&Stage::Escalated(2)).unwrap(), r#"{"escalated":2}"#);
    for wrong in ["", "Warned", "escalated", "escalated-", "escalated-256", "escalated-+1", "escalated-01"] {
        assert!(wrong.parse::<Stage>().is_err(), "{wrong}");
    }
}
