//! 八员: a grid worker gives a ticket to an officer of the grid's roster.

use contracts::{
    lifecycle::{
        Act::{PassCheck, ReportResult, Sign, Transfer},
        Role,
    },
    ticket::{Class, TicketFact},
};
use gridline_tests::{
    City,
    city::story::ways::{GRID, pass, sign, solved},
};
use serde_json::json;

/// The fire officer signs for it and nobody else does; while that officer is absent, the substitute has it.
#[tokio::test(flavor = "multi_thread")]
async fn an_officer_of_the_grid_or_the_substitute_handles_it() {
    City::tells(async |story| {
        let roster = json!([
            {"person": "YUAN-1", "kind": "消防安全", "substitute": "YUAN-2"},
            {"person": "YUAN-3", "kind": "法治", "substitute": "YUAN-1", "absent_until": "2026-03-09T00:00:00+08:00"},
            {"person": "YUAN-4", "kind": "乡贤", "absent_until": "2026-03-09T00:00:00+08:00"},
        ]);
        let book = json!({"officers": {GRID: roster}});
        let change = json!({"book": book, "from": 0, "person": "ADMIN-1", "reason": "八员名册"});
        let url = format!("{}/api/v1/rules", story.city.http("dispatch"));
        let answer = story.city.browser.put(url).header("idempotency-key", "roster").json(&change).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());

        let give = |officer: &str| json!({"do": "transfer", "officer": officer, "reason": "请到场查看"});
        let ticket = story.in_progress(Class::Simple, GRID).await;
        story.refuses(Transfer, GRID, &ticket, give("YUAN-9"), "unknown_officer").await;
        story.refuses(Transfer, GRID, &ticket, give("YUAN-4"), "officer_absent").await;
        story.gives(Transfer, GRID, &ticket, give("YUAN-1")).await;
        story.refuses(Sign, GRID, &ticket, sign(), "other_officer").await;
        let signed = story.gives(Sign, &format!("{GRID}/YUAN-1"), &ticket, sign()).await;
        let TicketFact::Signed(signed) = signed else { panic!("{signed:?}") };
        assert_eq!((signed.of.by.role, signed.of.by.person.as_deref()), (Role::CommunityOfficer, Some("YUAN-1")));
        story.gives(ReportResult, &format!("{GRID}/YUAN-1"), &ticket, solved()).await;
        story.refuses(PassCheck, &format!("{GRID}/YUAN-1"), &ticket, pass(), "not_the_handler").await;

        let ticket = story.in_progress(Class::Simple, GRID).await;
        story.gives(Transfer, GRID, &ticket, give("YUAN-3")).await;
        story.refuses(Sign, &format!("{GRID}/YUAN-3"), &ticket, sign(), "other_officer").await;
        story.gives(Sign, &format!("{GRID}/YUAN-1"), &ticket, sign()).await;
    })
    .await;
}
