//! Deadlines: what is promised is kept time of, and each alarm is raised once.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::{Escalated, Overdue, Warned},
    ticket::{Class, Dispatched},
};
use gridline_tests::City;
use serde_json::json;

/// 桃树下社区.
const PLACE: &str = "360802001001";

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// Over the Spring Festival, with the make-up working Saturday 02-14: a report of Friday 02-13, 16:00, in class
/// coordination is due at the end of Friday 02-27. Two watchdogs and a restart between; the unit stays silent.
#[tokio::test(flavor = "multi_thread")]
async fn over_the_spring_festival_each_alarm_is_raised_once() {
    City::on_both(async |city| {
        city.replica("sla-watchdog").await;
        city.set_time("2026-02-13T16:00:00+08:00");
        let ticket = city.caller().at(PLACE).of_class(Class::Coordination).reports("阳明西路路灯不亮").await;
        let dispatched: Dispatched = city.expect(&ticket).await;
        assert_eq!(dispatched.due, at("2026-02-27T23:59:59+08:00"));
        assert!(!dispatched.provisional);
        assert_eq!(city.count::<Warned>(&ticket), 0);
        // the reporter sees the same date
        city.settles().await;
        assert_eq!(city.looks_up(&ticket).await["due"], "2026-02-27T15:59:59Z");

        // 80 % of five working days are four; at midnight nobody is disturbed
        city.clock.set(at("2026-02-27T08:00:00+08:00"));
        let warned: Warned = city.expect(&ticket).await;
        assert_eq!(warned.clock.at, dispatched.warn_at);
        assert_eq!(warned.quiet_until, Some(at("2026-02-27T08:00:00+08:00")));
        assert_eq!((warned.clock.unit, warned.clock.order), (dispatched.orders[0].unit.clone(), dispatched.orders[0].order));

        // nobody watches while the time runs out; whoever starts first says it, and how late it is
        city.stop("sla-watchdog").await;
        city.clock.set(at("2026-02-28T01:00:00+08:00"));
        city.replica("sla-watchdog").await;
        city.replica("sla-watchdog").await;
        let overdue: Overdue = city.expect(&ticket).await;
        assert_eq!(overdue.clock.at, dispatched.due);
        assert!(overdue.clock.late_ms >= 3_600_000, "{overdue:?}");

        // 02-28 is a make-up working Saturday, 03-01 a Sunday: a copy to the unit's leader, the chief of the street, the
        // supervisor of the district; each in the morning after
        let steps = ["2026-02-28T23:59:59+08:00", "2026-03-02T23:59:59+08:00", "2026-03-03T23:59:59+08:00"];
        let told = [dispatched.orders[0].unit.to_string(), "TOWN-360802001000".to_owned(), "CENTRE".to_owned()];
        for (n, (step, told)) in (1..).zip(steps.into_iter().zip(told)) {
            city.clock.set(at(step) + TimeDelta::hours(8) + TimeDelta::seconds(2));
            let escalated: Escalated = city.expect_nth(n, &ticket).await;
            assert_eq!((usize::from(escalated.level), escalated.to.as_str()), (n, told.as_str()));
            assert_eq!(escalated.clock.at, at(step));
        }

        // when a later alarm of another ticket is raised, everything before it has been looked at
        let marker = city.caller().at(PLACE).of_class(Class::Simple).reports("楼道堆放杂物").await;
        let promised: Dispatched = city.expect(&marker).await;
        city.clock.set(promised.due + TimeDelta::days(30));
        city.expect_nth::<Escalated>(3, &marker).await;
        city.settles().await;
        let raised = [city.count::<Warned>(&ticket), city.count::<Overdue>(&ticket), city.count::<Escalated>(&ticket)];
        assert_eq!(raised, [1, 1, 3]);
    })
    .await;
}

/// 简易: two hours on the clock, at night and on holidays.
#[tokio::test(flavor = "multi_thread")]
async fn a_simple_matter_is_overdue_after_two_hours_on_new_years_eve() {
    City::on_both(async |city| {
        city.set_time("2026-02-16T23:30:00+08:00");
        let ticket = city.caller().at(PLACE).of_class(Class::Simple).reports("楼道堆放杂物").await;
        let dispatched: Dispatched = city.expect(&ticket).await;
        assert_eq!(dispatched.due - dispatched.at, TimeDelta::hours(2));
        city.advance(TimeDelta::minutes(97));
        city.expect::<Warned>(&ticket).await;
        assert_eq!(city.count::<Overdue>(&ticket), 0);
        city.advance(TimeDelta::minutes(24));
        let overdue: Overdue = city.expect(&ticket).await;
        assert_eq!(overdue.clock.unit.as_str(), format!("GRID-{PLACE}"));
    })
    .await;
}

/// The district ends its quiet hours while a leader's copy waits for the morning: it is told in the same night.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_rules_moves_alarms_that_are_armed() {
    City::on_both(async |city| {
        city.set_time("2026-03-02T09:00:00+08:00");
        let ticket = city.caller().at(PLACE).of_class(Class::Coordination).reports("阳明西路路灯不亮").await;
        let promised: Dispatched = city.expect(&ticket).await;
        city.clock.set(promised.due + TimeDelta::seconds(1));
        city.expect::<Overdue>(&ticket).await;
        city.clock.set(at("2026-03-10T12:00:00+08:00"));
        let policy = sla::Policy { version: "昼夜不停".to_owned(), quiet: None, ..sla::Policy::default() };
        let change = json!({"book": {"policy": policy}, "from": 0, "person": "ADMIN-1", "reason": "防汛期间"});
        let url = format!("{}/api/v1/rules", city.http("dispatch"));
        let answer = city.browser.put(url).header("idempotency-key", "floods").json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
        city.settles().await;
        // by the rules of before it was armed for eight in the morning
        city.clock.set(at("2026-03-11T00:00:30+08:00"));
        let copied: Escalated = city.expect(&ticket).await;
        assert_eq!((copied.level, copied.quiet_until, copied.clock.due), (1, None, promised.due));
        assert!(city.clock.now() < at("2026-03-11T08:00:00+08:00"));
    })
    .await;
}

/// The clock stops with the report of the result: a unit that was in time is never called late.
#[tokio::test(flavor = "multi_thread")]
async fn who_reports_in_time_is_not_called_late() {
    City::on_both(async |city| {
        let silent = city.caller().at(PLACE).of_class(Class::Simple).reports("楼道堆放杂物").await;
        let ticket = city.caller().at(PLACE).of_class(Class::Simple).reports("小区门口有一袋垃圾没人收").await;
        let mut grid = city.department(&format!("GRID-{PLACE}")).await;
        let order = grid.takes("order", &ticket).await;
        grid.signs(&order).await.unwrap();
        grid.reports(&order, "垃圾已清走").await.unwrap();
        city.settles().await;
        city.advance(TimeDelta::days(3));
        city.expect_nth::<Escalated>(3, &silent).await;
        city.settles().await;
        assert_eq!([city.count::<Warned>(&ticket), city.count::<Overdue>(&ticket), city.count::<Escalated>(&ticket)], [0; 3]);
    })
    .await;
}
