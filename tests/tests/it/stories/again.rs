//! 不满意: the citizen says no, and says no again.

use std::time::Instant;

use chrono::{DateTime, Utc};
use contracts::{
    lifecycle::{
        Act::{Close, PassCheck, Redo, Reopen, ReportResult, Sign},
        Note, Role,
    },
    ticket::{Class, SupervisionLevel, TicketFact},
    work::QueueItem,
};
use gridline_tests::{
    City,
    city::story::ways::{called, pass, sign, solved},
};
use serde_json::json;

/// Not solved at the callback: round 2, at once with the same unit. Closed, and reopened by the citizen: round 3, in the
/// unit's queue within a second, and supervised by rule with a reply due in two working days.
#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_who_is_not_content_twice_is_supervised() {
    City::tells(async |story| {
        let ticket = story.passed(Class::Coordination, "D02").await;
        story.takes("D02", "order", &ticket).await;
        let TicketFact::Dispatched(second) = story.gives(Redo, "CENTRE/clerk", &ticket, called(false, false)).await else {
            panic!("it is dispatched again")
        };
        assert_eq!((second.round, second.orders[0].unit.as_str()), (2, "D02"));
        assert_eq!(story.takes("D02", "order", &ticket).await.task().round, 2);
        story.gives(Sign, "D02", &ticket, sign()).await;
        story.gives(ReportResult, "D02", &ticket, solved()).await;
        story.gives(PassCheck, "CENTRE/checker", &ticket, pass()).await;
        story.gives(Close, "CENTRE/clerk", &ticket, called(true, false)).await;

        let start = Instant::now();
        story.gives_as_citizen(Reopen, &ticket, json!({"do": "reopen", "reason": "又不亮了"})).await;
        let order = story.takes("D02", "order", &ticket).await;
        let took = start.elapsed();
        eprintln!("reopened and back in the unit's queue after {took:?}");
        assert!(took.as_millis() < 1000, "{took:?}");
        assert_eq!(order.task().round, 3);

        let supervised = story.hears(1, Note::Supervise, &ticket).await;
        assert_eq!((supervised.by.role, supervised.level), (Role::Supervisor, Some(SupervisionLevel::Listed)));
        // Monday, so Wednesday
        let reply: DateTime<Utc> = "2026-03-04T23:59:59+08:00".parse().unwrap();
        assert_eq!(supervised.reply_due, Some(reply));
        let QueueItem::Notice(notice) = story.takes("D02", "notice", &ticket).await.item else { panic!("a notice") };
        assert_eq!((notice.note, notice.reply_due), (Note::Supervise, Some(reply)));
        story.gives(Sign, "D02", &ticket, sign()).await;
        story.does("D02", &ticket, json!({"do": "reply", "text": "已更换整条线路"})).await;
        story.takes("CENTRE", "notice", &ticket).await;
        story.city.heard_all().await;
        assert_eq!(story.notes(Note::Supervise, &ticket).len(), 1, "not at round 2");
    })
    .await;
}
