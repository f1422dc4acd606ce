//! 考核: what is left out of the assessment, and who says so.

use chrono::TimeDelta;
use contracts::{
    lifecycle::{
        Act::{Archive, ReportResult},
        Note, Role,
    },
    ticket::Class,
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, grant, solved},
};
use serde_json::json;

/// A unit asks for exclusion and another person decides: 查否, and it handles the matter.
#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_is_asked_and_refused() {
    City::tells_on(Backend::Sqlite, async |story| {
        let ask = json!({"do": "ask", "request": {"kind": "exclude", "reason": "诉求内容不实"}});
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        story.does("D02", &ticket, ask.clone()).await;
        story.refused("D02", &ticket, ask, "already_asked").await;
        story.takes(CENTRE, "request", &ticket).await;
        story.refused("CENTRE/D02-1", &ticket, grant("exclude"), "decided_by_another").await;
        story.does(CENTRE, &ticket, json!({"do": "deny", "request": "exclude", "reason": "经查属实"})).await;
        assert_eq!(story.hears(1, Note::DenyExclusion, &ticket).await.by.role, Role::Assessor);
        story.gives(ReportResult, "D02", &ticket, solved()).await;
    })
    .await;
}

/// Mostly it is asked when all is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_is_granted_after_the_ticket_is_closed() {
    City::tells_on(Backend::Postgres, async |story| {
        let ask = json!({"do": "ask", "request": {"kind": "exclude", "reason": "诉求内容不实"}});
        let closed = story.closed(Class::Coordination, "D02").await;
        story.refused("D05", &closed, ask.clone(), "not_yours").await;
        story.does("D02", &closed, ask).await;
        story.refused("D05", &closed, grant("exclude"), "not_yours").await;
        story.does(CENTRE, &closed, grant("exclude")).await;
        assert_eq!(story.hears(1, Note::GrantExclusion, &closed).await.by.role, Role::Assessor);
    })
    .await;
}

/// While an appeal is open the ticket is not archived; once another person has reviewed it, it is.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_appeal_keeps_a_ticket_out_of_the_archive() {
    City::tells_on(Backend::Sqlite, async |story| {
        let ticket = story.closed(Class::Coordination, "D02").await;
        let other = story.closed(Class::Coordination, "D05").await;
        story.does("D02", &ticket, json!({"do": "appeal", "reason": "延误系停电所致"})).await;
        story.city.advance(TimeDelta::days(15));
        story.happens(Archive, &other).await;
        story.city.settles().await;
        assert_eq!(story.city.looks_up(&ticket).await["state"], "CLOSED");

        let review = json!({"do": "review_appeal", "upheld": true, "reason": "情况属实"});
        story.refused("CENTRE/D02-1", &ticket, review.clone(), "decided_by_another").await;
        story.does(CENTRE, &ticket, review.clone()).await;
        story.happens(Archive, &ticket).await;
        story.refused(CENTRE, &ticket, review, "no_appeal").await;
    })
    .await;
}
