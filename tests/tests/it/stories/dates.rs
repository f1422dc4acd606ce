//! Dates that move and dates that do not.

use chrono::{DateTime, Utc};
use contracts::{
    clock::Overdue,
    lifecycle::{
        Act::{Extend, ReportResult, Resume, Suspend},
        Change, Clock, Note,
    },
    ticket::{Class, Dispatched, TicketFact},
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, grant, solved},
};
use serde_json::{Value, json};

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// The deadline that a fact tells for the ticket's handling clock.
fn moved_to(fact: &TicketFact, change: Change) -> Option<DateTime<Utc>> {
    let turns = &fact.head().by.unwrap().clocks;
    let turn = turns.iter().find(|t| t.clock == Clock::K5 && t.order.is_none()).unwrap();
    assert_eq!(turn.change, change, "{fact:?}");
    turn.due
}

/// Dispatched on Friday 2026-02-13 at 16:00 with five working days: Saturday 14 (a make-up day), then, after the Spring
/// Festival, 24, 25, 26, 27. Suspended on the 13th at 17:00, resumed on Wednesday 25 at 10:00: two of the five passed
/// meanwhile, the 14th and the 24th, so the date moves by two working days: Saturday 28 (a make-up day), Monday March 2.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_over_the_spring_festival_moves_the_date_by_working_days() {
    City::tells_on(Backend::Sqlite, async |story| {
        let city = story.city;
        city.set_time("2026-02-13T16:00:00+08:00");
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        assert_eq!(city.expect::<Dispatched>(&ticket).await.due, at("2026-02-27T23:59:59+08:00"));

        city.set_time("2026-02-13T17:00:00+08:00");
        let ask = json!({"kind": "suspend", "reason": "等待供电局停电许可", "evidence": "申请单 12 号"});
        story.does("D02", &ticket, json!({"do": "ask", "request": ask})).await;
        let paused = story.gives(Suspend, CENTRE, &ticket, grant("suspend")).await;
        assert_eq!(moved_to(&paused, Change::Paused), None);
        city.settles().await;
        assert_eq!(city.looks_up(&ticket).await["due"], Value::Null, "the clock stands still");

        city.set_time("2026-02-25T10:00:00+08:00");
        let resumed = story.gives(Resume, CENTRE, &ticket, json!({"do": "resume", "reason": "许可已到"})).await;
        assert_eq!(moved_to(&resumed, Change::Resumed), Some(at("2026-03-02T23:59:59+08:00")));
        assert_eq!(city.count::<Overdue>(&ticket), 0);

        city.set_time("2026-03-03T00:00:01+08:00");
        assert_eq!(city.expect::<Overdue>(&ticket).await.clock.due, at("2026-03-02T23:59:59+08:00"));
    })
    .await;
}

/// Asked on the third day and refused: the date stands, and passes. What is asked after it is not granted any more; the
/// citizen sees that it is overdue.
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_refused_and_the_ticket_is_overdue() {
    City::tells_on(Backend::Postgres, async |story| {
        let city = story.city;
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let due = city.expect::<Dispatched>(&ticket).await.due;
        assert_eq!(due, at("2026-03-09T23:59:59+08:00"));
        let ask =
            json!({"kind": "extend", "reason": "人手不足", "until": "2026-03-13T12:00:00+08:00", "citizen_told": "已电话告知"});
        let ask = json!({"do": "ask", "request": ask});

        city.set_time("2026-03-05T10:00:00+08:00");
        story.does("D02", &ticket, ask.clone()).await;
        story.takes(CENTRE, "request", &ticket).await;
        story.does(CENTRE, &ticket, json!({"do": "deny", "request": "extend", "reason": "人手不足不是理由"})).await;
        let denied = story.hears(1, Note::DenyRequest, &ticket).await;
        assert!(denied.by.clocks.is_empty(), "{denied:?}");
        story.refuses(Extend, CENTRE, &ticket, grant("extend"), "request_pending").await;

        city.set_time("2026-03-10T00:00:01+08:00");
        assert_eq!(city.expect::<Overdue>(&ticket).await.clock.due, due);
        story.does("D02", &ticket, ask).await;
        story.refuses(Extend, CENTRE, &ticket, grant("extend"), "before_expiry").await;
        city.settles().await;
        let shown = city.looks_up(&ticket).await;
        assert_eq!((shown["overdue"].as_bool(), shown["due"].as_str()), (Some(true), Some("2026-03-09T15:59:59Z")));
        story.gives(ReportResult, "D02", &ticket, solved()).await;
    })
    .await;
}
