//! What is refused, and in which words: calendar files, policies, and questions without an answer.

mod oracle;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use oracle::{china, date};
use sla::{
    Calendar, CalendarError, DayRange, Limit, MAX_HOURS, MAX_MINUTES, MAX_WORKING_DAYS, Policy, PolicyError, SlaError, deadline,
    schedule, schedule_from_due,
};

const HEADER: &str = "date,weekday,kind,name,statutory,basis,source_notice";

fn parse(rows: &[&str]) -> Result<Calendar, CalendarError> {
    Calendar::parse(&format!("{HEADER}\n{}\n", rows.join("\n")))
}

const NEW_YEAR: &str = "2026-01-01,Thu,holiday,元旦,yes,arranged,";

#[test]
fn a_small_calendar_of_other_line_ends_is_the_same_calendar() {
    let calendar = parse(&[NEW_YEAR, "2026-01-04,Sun,makeup_workday,元旦,no,arranged,"]).unwrap();
    assert_eq!(calendar.published_through(), date("2026-12-31"));
    assert!(calendar.is_working_day(date("2026-01-04")) && !calendar.is_working_day(date("2026-01-01")));
    let windows = "\u{feff}date,kind,statutory,basis\r\n2026-01-04,makeup_workday,no,arranged\r\n\
                   2026-01-01,holiday,yes,arranged\r\n";
    assert_eq!(Calendar::parse(windows).unwrap(), calendar);
    let without_makeup = parse(&[NEW_YEAR]).unwrap();
    assert_ne!(without_makeup.version(), calendar.version());
}

#[test]
fn a_bad_calendar_is_refused_whole_and_says_where() {
    use CalendarError as E;
    assert_eq!(parse(&[]), Err(E::NothingPublished));
    assert_eq!(parse(&["2027-01-01,Fri,holiday,元旦,yes,statutory_only,"]), Err(E::NothingPublished));
    assert_eq!(parse(&[NEW_YEAR, NEW_YEAR]), Err(E::Duplicate(date("2026-01-01"))));
    assert_eq!(
        parse(&["2026-01-01,Fri,holiday,元旦,yes,arranged,"]),
        Err(E::Weekday { date: date("2026-01-01"), said: "Fri".to_owned() })
    );
    assert_eq!(
        parse(&[NEW_YEAR, "2026-01-05,Mon,makeup_workday,元旦,no,arranged,"]),
        Err(E::MakeupOnWeekday(date("2026-01-05")))
    );
    assert_eq!(parse(&[NEW_YEAR, "2028-01-01,Sat,holiday,元旦,yes,arranged,"]), Err(E::MissingYear(2027)));
    let ancient = "1949-10-01,Sat,holiday,国庆节,yes,arranged,";
    assert_eq!(parse(&[ancient]), Err(E::OutOfRange(date("1949-10-01"))));
    for (rows, words) in [
        ("2026-13-01,Thu,holiday,元旦,yes,arranged,", "line: 2"),
        ("2026-01-01,Thu,half_day,元旦,yes,arranged,", "half_day"),
        ("2026-01-01,Thu,holiday,元旦,maybe,arranged,", "maybe"),
        ("2026-01-01,Thu,holiday", "found record with 3 fields"),
    ] {
        let error = parse(&[rows]).unwrap_err();
        assert!(matches!(error, E::Row(_)) && error.to_string().contains(words), "{error}");
    }
    let error = Calendar::parse("date,name\n2026-01-01,元旦\n").unwrap_err();
    assert!(error.to_string().contains("missing field `kind`"), "{error}");
}

#[test]
fn a_day_of_the_next_years_notice_does_not_publish_its_own_year() {
    let eve = "2025-12-31,Wed,holiday,元旦,no,arranged,";
    let calendar = parse(&[eve, NEW_YEAR]).unwrap();
    assert_eq!(calendar.published_from(), date("2026-01-01"));
    assert!(!calendar.is_working_day(date("2025-12-31")));
}

#[test]
fn a_year_that_is_partly_arranged_is_not_published() {
    let calendar =
        parse(&[NEW_YEAR, "2027-01-01,Fri,holiday,元旦,yes,arranged,", "2027-10-01,Fri,holiday,国庆节,yes,statutory_only,"]);
    assert_eq!(calendar.unwrap().published_through(), date("2026-12-31"));
}

#[test]
fn a_holiday_on_the_last_day_of_the_file_is_not_worked() {
    let calendar = parse(&[NEW_YEAR, "2026-12-31,Thu,holiday,元旦,no,arranged,"]).unwrap();
    assert_eq!(calendar.nth_working_day_after(date("2026-12-29"), 1), Ok(date("2026-12-30")));
    assert_eq!(calendar.nth_working_day_after(date("2026-12-30"), 1), Ok(date("2027-01-01")));
    assert_eq!(calendar.working_days_between(date("2026-12-30"), date("2027-01-04")), 2);
}

#[test]
fn a_policy_that_contradicts_itself_is_refused() {
    type Spoil = fn(&mut Policy);
    let spoilt: [(Spoil, PolicyError); 14] = [
        (|p| p.version = " ".to_owned(), PolicyError::NoVersion),
        (|p| p.warn_percent = 0, PolicyError::WarnPercent(0)),
        (|p| p.warn_percent = 100, PolicyError::WarnPercent(100)),
        (|p| p.day.work_end = p.day.work_start, PolicyError::DayTimes),
        (|p| p.day.day_end = NaiveTime::from_hms_opt(17, 0, 0).unwrap(), PolicyError::DayTimes),
        (|p| p.day.day_end = "23:59:60".parse().unwrap(), PolicyError::DayTimes),
        (|p| p.consultation = DayRange { least: 10, most: 14 }, PolicyError::Consultation),
        (|p| p.consultation = DayRange { least: 0, most: 15 }, PolicyError::Consultation),
        (|p| p.ladder[0].level = 0, PolicyError::Ladder { level: 0 }),
        (|p| p.ladder[0].after.hours = 0, PolicyError::Ladder { level: 1 }),
        (|p| p.ladder[2].after.working_days = 2, PolicyError::Ladder { level: 3 }),
        (|p| p.ladder[2].after.hours = u32::MAX, PolicyError::Ladder { level: 3 }),
        (|p| p.ladders.values_mut().for_each(|l| l[1].level = 1), PolicyError::Ladder { level: 1 }),
        (|p| p.quiet.iter_mut().for_each(|q| q.until = q.from), PolicyError::Quiet),
    ];
    let start = china("2026-03-06T10:00:00");
    for (spoil, error) in spoilt {
        let mut policy = Policy::default();
        spoil(&mut policy);
        assert_eq!(policy.check(), Err(error.clone()));
        let answer = deadline(Calendar::builtin(), &policy, Limit::Hours(2), start);
        assert_eq!(answer, Err(SlaError::Policy(error.clone())));
        let due = start + TimeDelta::days(1);
        let alarms = schedule_from_due(Calendar::builtin(), &policy, Limit::Hours(2), start, due);
        assert_eq!(alarms, Err(SlaError::Policy(error)));
    }
    let mut policy = Policy::default();
    policy.limits.coordination = Limit::WorkingDays(0);
    let error = policy.check().unwrap_err();
    assert_eq!(error.to_string(), "limit of class coordination: a limit must be at least one minute, hour or working day");
    policy.ladder = Vec::new();
    policy.limits.coordination = Limit::Hours(1);
    assert_eq!(policy.check(), Ok(()));
}

#[test]
fn a_policy_comes_from_configuration_whole_or_not_at_all() {
    let policy = Policy::default();
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
    let short_times = text.replace("18:00:00", "18:00").replace("09:00:00", "09:00");
    assert_ne!(short_times, text);
    assert_eq!(serde_json::from_str::<Policy>(&short_times).unwrap(), policy);
    for (wrong, words) in [
        (text.replace("warn_percent", "warn_per_cent"), "unknown field `warn_per_cent`"),
        (text.replace("\"warn_percent\":80,", ""), "missing field `warn_percent`"),
        (text.replace("grid_worker", "mayor"), "unknown variant `mayor`"),
        (text.replace("{\"hours\":2}", "{\"moments\":2}"), "unknown variant `moments`"),
    ] {
        let error = serde_json::from_str::<Policy>(&wrong).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn limits_of_nothing_and_of_forever_are_refused() {
    let ask = |limit| deadline(Calendar::builtin(), &Policy::default(), limit, china("2026-03-06T10:00:00"));
    assert_eq!(ask(Limit::Hours(0)), Err(SlaError::EmptyLimit));
    assert_eq!(ask(Limit::WorkingDays(0)), Err(SlaError::EmptyLimit));
    assert_eq!(ask(Limit::Minutes(0)), Err(SlaError::EmptyLimit));
    assert!(ask(Limit::Minutes(MAX_MINUTES)).is_ok() && ask(Limit::Minutes(MAX_MINUTES + 1)).is_err());
    assert!(ask(Limit::Hours(MAX_HOURS)).is_ok() && ask(Limit::WorkingDays(MAX_WORKING_DAYS)).is_ok());
    let error = ask(Limit::Hours(MAX_HOURS + 1)).unwrap_err();
    assert_eq!(error.to_string(), "a limit of 87841 hours is too long: at most 1440 minutes, 87840 hours or 2610 working days");
    assert!(matches!(ask(Limit::WorkingDays(u32::MAX)), Err(SlaError::LimitTooLong { .. })));
}

#[test]
fn the_edges_of_time_are_errors_and_no_panics() {
    let (calendar, policy) = (Calendar::builtin(), Policy::default());
    let beyond: [DateTime<Utc>; 5] = [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        "-0044-03-15T12:00:00Z".parse().unwrap(),
        "1969-12-31T23:59:59Z".parse().unwrap(),
        "9999-12-31T23:30:00Z".parse().unwrap(),
    ];
    for start in beyond {
        for limit in [Limit::Hours(2), Limit::WorkingDays(5)] {
            assert_eq!(deadline(calendar, &policy, limit, start), Err(SlaError::OutOfRange), "{start}");
        }
    }
    for limit in [Limit::Hours(2), Limit::WorkingDays(5)] {
        let endless = schedule_from_due(calendar, &policy, limit, DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        assert_eq!(endless, Err(SlaError::OutOfRange));
        assert!(schedule(calendar, &policy, limit, china("2026-02-13T23:59:60")).is_ok(), "a leap second");
    }
    for (start, limit) in [("1970-01-01T00:00:00Z", 5), ("9999-12-20T00:00:00Z", 1)] {
        assert!(schedule(calendar, &policy, Limit::WorkingDays(limit), start.parse().unwrap()).is_ok(), "{start}");
    }
    assert_eq!(calendar.nth_working_day_after(NaiveDate::MAX, 1), Err(SlaError::OutOfRange));
    assert_eq!(calendar.nth_working_day_after(date("2026-03-01"), u32::MAX), Err(SlaError::OutOfRange));
    assert_eq!(calendar.nth_working_day_after(date("2026-03-01"), 0), Ok(date("2026-02-28")));
    assert!(calendar.working_days_between(NaiveDate::MIN, NaiveDate::MAX) > 0);
    let _ = (calendar.is_working_day(NaiveDate::MIN), calendar.is_working_day(NaiveDate::MAX));
}

/// The law's days of 2027 as the notice will arrange them, with `more` rows.
fn year_2027(more: &[&str]) -> String {
    let law =
        ["01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"];
    let law = law.iter().map(|day| format!("2027-{day},holiday,yes,arranged"));
    let rows: Vec<String> = law.chain(more.iter().map(|row| (*row).to_owned())).collect();
    format!("date,kind,statutory,basis\n{}\n", rows.join("\n"))
}

#[test]
fn a_new_year_and_the_districts_own_days_are_loaded_and_corrected() {
    let built = Calendar::builtin();
    let loaded = built.with(&year_2027(&["2027-02-09,holiday,no,arranged", "2027-02-14,makeup_workday,no,arranged"])).unwrap();
    assert_eq!(loaded.published_through(), date("2027-12-31"));
    assert!(loaded.is_working_day(date("2027-02-14")) && !loaded.is_working_day(date("2027-02-09")));
    assert_eq!(Calendar::parse(&loaded.csv()).unwrap(), loaded);
    // a corrected notice takes the place of the first
    let corrected = loaded.with(&year_2027(&[])).unwrap();
    assert!(!corrected.is_working_day(date("2027-02-14")) && corrected.is_working_day(date("2027-02-09")));
    assert!(!corrected.is_working_day(date("2026-10-07")), "other years stay");
    // the district's own days stay when a year is loaded, and are replaced by its own
    let own = |day: &str| format!("date,kind,statutory,basis\n{day},holiday,no,district\n");
    let festival = built.with(&own("2027-03-09")).unwrap();
    assert_eq!(festival.published_through(), built.published_through(), "they publish no year");
    let both = festival.with(&year_2027(&[])).unwrap();
    assert!(!both.is_working_day(date("2027-03-09")));
    let other = both.with(&own("2027-03-10")).unwrap();
    assert!(other.is_working_day(date("2027-03-09")) && !other.is_working_day(date("2027-03-10")));
}

#[test]
fn a_file_that_is_not_whole_is_not_loaded_and_says_why() {
    use CalendarError as E;
    let load = |text: &str| Calendar::builtin().with(text).unwrap_err();
    assert_eq!(load("date,kind,statutory,basis\n"), E::Empty);
    let one = load("date,kind,statutory,basis\n2027-01-01,holiday,yes,arranged\n");
    assert_eq!(one, E::Incomplete { year: 2027, named: 1, least: 12 });
    assert!(one.zh().contains("2027 年只有 1 个法定节假日"), "{}", one.zh());
    assert_eq!(load(&year_2027(&[]).replace("2027", "2029")), E::MissingYear(2027));
    let own = "date,kind,statutory,basis\n2027-03-09,holiday,yes,district\n";
    assert_eq!(load(own), E::DistrictStatutory(date("2027-03-09")));
}
