//! Known answers. The counts were computed from the State Council's days by a separate Python program, the dates by
//! walking the calendar by hand; both are frozen here.

mod oracle;

use chrono::{Datelike, NaiveDate};
use oracle::{Oracle, china, date, day_of, shown};
use sla::{Calendar, Limit, Policy, deadline};

/// Received (any hour of that day), working days, due date.
const DUE: [(&str, u32, &str); 25] = [
    ("2021-09-17", 5, "2021-09-26"), // Sat 18 and Sun 26 are worked, Mon 20 and Tue 21 are Mid-Autumn
    ("2021-12-31", 1, "2022-01-04"),
    ("2022-12-30", 1, "2023-01-03"), // Sat 31 belongs to the next year's New Year
    ("2023-01-20", 5, "2023-02-01"), // Sat 28 and Sun 29 are worked
    ("2023-12-29", 1, "2024-01-02"),
    ("2024-02-09", 1, "2024-02-18"), // from New Year's Eve, which was worked, to a worked Sunday
    ("2024-02-16", 2, "2024-02-19"),
    ("2025-01-24", 1, "2025-01-26"), // a worked Sunday
    ("2025-01-27", 1, "2025-02-05"),
    ("2025-09-30", 5, "2025-10-14"), // eight days off, then Sat 11 is worked
    ("2026-02-13", 1, "2026-02-14"), // a worked Saturday
    ("2026-02-13", 5, "2026-02-27"),
    ("2026-02-14", 1, "2026-02-24"), // received on a worked Saturday, which does not count
    ("2026-02-15", 5, "2026-02-28"), // received on the first day off; Sat 28 is worked
    ("2026-02-17", 1, "2026-02-24"), // received on the day of the festival
    ("2026-02-23", 15, "2026-03-13"),
    ("2026-02-27", 1, "2026-02-28"),
    ("2026-02-28", 1, "2026-03-02"),
    ("2026-05-08", 1, "2026-05-09"),
    ("2026-09-19", 5, "2026-09-24"), // received on a Saturday, Sun 20 is worked
    ("2026-09-30", 5, "2026-10-13"),
    ("2026-10-08", 3, "2026-10-12"),
    ("2026-12-24", 5, "2026-12-31"), // the last date that is certain
    ("2026-12-25", 5, "2027-01-04"), // the first that is not
    ("2026-12-31", 1, "2027-01-04"),
];

/// Holidays, make-up days, working days of each month.
const YEARS: [(i32, usize, usize, [usize; 12]); 6] = [
    (2021, 31, 7, [20, 17, 23, 22, 19, 21, 22, 22, 22, 17, 22, 23]),
    (2022, 32, 7, [21, 16, 23, 21, 20, 21, 21, 23, 21, 18, 22, 22]),
    (2023, 26, 7, [18, 20, 23, 20, 21, 21, 21, 23, 20, 19, 22, 21]),
    (2024, 28, 8, [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22]),
    (2025, 28, 5, [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23]),
    (2026, 33, 6, [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]),
];

#[test]
fn a_report_before_the_spring_festival_has_its_five_working_days() {
    let due = deadline(Calendar::builtin(), &Policy::default(), Limit::WorkingDays(5), china("2026-02-13T16:00:00")).unwrap();
    assert_eq!(due.due, china("2026-02-27T23:59:59"));
    assert!(!due.provisional);
    assert_eq!(due.calendar_version, Calendar::builtin().version());
    assert_eq!(due.policy_version, "gridline-1");
}

#[test]
fn deadlines_around_holidays_are_the_frozen_ones_at_any_hour_of_receipt() {
    for (received, days, expected) in DUE {
        for hour in ["00:00:00", "07:59:59", "08:00:00", "16:00:00", "23:59:59"] {
            let start = china(&format!("{received}T{hour}"));
            let due = deadline(Calendar::builtin(), &Policy::default(), Limit::WorkingDays(days), start).unwrap();
            assert_eq!(shown(due.due), format!("{expected}T23:59:59"), "{received} {hour} + {days}");
            assert_eq!(due.provisional, expected > "2026-12-31", "{received} + {days}");
        }
    }
}

#[test]
fn every_holiday_and_make_up_day_of_the_file_counts() {
    let calendar = Calendar::builtin();
    let oracle = Oracle::read();
    assert_eq!(oracle.0.len(), 231);
    for (day, kind) in &oracle.0 {
        assert_eq!(calendar.is_working_day(*day), kind == "makeup_workday", "{day} {kind}");
    }
}

#[test]
fn years_and_months_have_the_frozen_numbers_of_working_days() {
    let calendar = Calendar::builtin();
    let oracle = Oracle::read();
    for (year, holidays, makeup, months) in YEARS {
        let of_kind = |kind: &str| oracle.0.iter().filter(|(day, k)| day.year() == year && *k == kind).count();
        assert_eq!((of_kind("holiday"), of_kind("makeup_workday")), (holidays, makeup), "{year}");
        let mut worked = [0; 12];
        let days = date(&format!("{year}-01-01")).iter_days().take_while(|day| day.year() == year);
        for day in days.filter(|day| calendar.is_working_day(*day)) {
            worked[day.month0() as usize] += 1;
        }
        assert_eq!(worked, months, "{year}");
        let eve = |year| NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
        let total = calendar.working_days_between(eve(year - 1), eve(year));
        assert_eq!(total, months.iter().sum::<usize>() as i64, "{year}");
    }
}

#[test]
fn the_built_in_calendar_is_the_frozen_one() {
    let calendar = Calendar::builtin();
    assert_eq!(calendar.version(), "cn-2021-2026-031d804e11b9ae2e");
    assert_eq!(calendar.published_from(), date("2021-01-01"));
    assert_eq!(calendar.published_through(), date("2026-12-31"));
    assert!(calendar.is_published(date("2026-12-31")) && !calendar.is_published(date("2027-01-01")));
    assert!(calendar.is_published(date("2021-01-01")) && !calendar.is_published(date("2020-12-31")));
}

#[test]
fn outside_the_file_monday_to_friday_are_worked_and_the_deadline_is_provisional() {
    let calendar = Calendar::builtin();
    assert!(!calendar.is_working_day(date("2027-10-01")), "a statutory day that is known");
    assert!(calendar.is_working_day(date("2028-10-02")) && !calendar.is_working_day(date("2028-10-01")));
    let policy = Policy::default();
    for (received, provisional) in [("2020-12-30", true), ("2020-12-31", false), ("2030-05-06", true)] {
        let start = china(&format!("{received}T10:00:00"));
        let due = deadline(calendar, &policy, Limit::WorkingDays(1), start).unwrap();
        assert_eq!(due.provisional, provisional, "{received}");
    }
}

#[test]
fn two_hours_run_over_midnight_through_the_festival_and_past_the_calendar() {
    for (received, expected) in [("2026-02-16T23:30:00", "2026-02-17T01:30:00"), ("2026-12-31T22:59:59", "2027-01-01T00:59:59")] {
        let due = deadline(Calendar::builtin(), &Policy::default(), Limit::Hours(2), china(received)).unwrap();
        assert_eq!(shown(due.due), expected);
        assert!(!due.provisional, "hours count no days");
    }
}

#[test]
fn the_policy_says_when_a_day_is_over() {
    let mut policy = Policy::default();
    policy.day.day_end = policy.day.work_end;
    let due = deadline(Calendar::builtin(), &policy, Limit::WorkingDays(5), china("2026-02-13T16:00:00")).unwrap();
    assert_eq!(shown(due.due), "2026-02-27T18:00:00");
    assert_eq!(day_of(due.due), date("2026-02-27"));
}
