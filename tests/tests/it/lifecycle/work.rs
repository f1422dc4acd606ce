//! What a unit does with its work order: T8 to T11, T16, T17, T24.

use chrono::TimeDelta;
use contracts::{
    lifecycle::{
        Act::{AskCoHandlers, DeemSigned, Dispatch, HandUp, Recall, ReportResult, Sign, Transfer},
        Clock,
    },
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, GRID, TOWN, sign, solved},
};
use serde_json::json;

/// An untouched dispatch is recalled and goes to another unit; once something is written it is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_dispatch_is_recalled_and_sent_elsewhere() {
    City::tells(async |story| {
        let ticket = story.dispatched(Class::Coordination, "D02").await;
        let recall = json!({"do": "recall", "reason": "派错单位"});
        story.refuses(Recall, "D02", &ticket, recall.clone(), "not_yours").await;
        story.gives(Recall, CENTRE, &ticket, recall.clone()).await;
        story.refuses(Sign, "D02", &ticket, sign(), "not_yours").await;

        let to = |unit: &str| json!({"do": "dispatch", "to": unit, "reason": "按职责改派"});
        story.refuses(Dispatch, CENTRE, &ticket, to("D99"), "unknown_unit").await;
        story.gives(Dispatch, CENTRE, &ticket, to("D05")).await;
        story.refuses(Dispatch, CENTRE, &ticket, to("D02"), "wrong_state").await;

        story.does("D05", &ticket, json!({"do": "contact", "note": "已电话联系"})).await;
        story.refuses(Recall, CENTRE, &ticket, recall, "untouched").await;
        story.gives(Sign, "D05", &ticket, sign()).await;
        story.refuses(Sign, "D05", &ticket, sign(), "wrong_state").await;
    })
    .await;
}

/// Who does not sign in two working hours has signed; not a minute earlier.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_sign_is_deemed_to_have_signed() {
    City::tells(async |story| {
        let ticket = story.dispatched(Class::Coordination, "D02").await;
        story.refuses_expiry(DeemSigned, Clock::K3, &ticket).await;
        story.city.advance(TimeDelta::hours(2));
        story.happens(DeemSigned, &ticket).await;
        // an urge goes with it
        story.takes("D02", "notice", &ticket).await;
        story.gives(ReportResult, "D02", &ticket, solved()).await;
    })
    .await;
}

/// Downward inside a town, upward from the grid; the class rises with a simple matter.
#[tokio::test(flavor = "multi_thread")]
async fn a_town_passes_down_and_a_grid_hands_up() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, TOWN).await;
        let to = |unit: &str| json!({"do": "transfer", "to": unit, "reason": "由所在网格办理"});
        story.refuses(Transfer, TOWN, &ticket, to("D02"), "downward").await;
        story.gives(Transfer, TOWN, &ticket, to(GRID)).await;
        story.gives(Sign, GRID, &ticket, sign()).await;

        let simple = story.in_progress(Class::Simple, GRID).await;
        let up = |unit: Option<&str>| json!({"do": "hand_up", "to": unit, "reason": "网格无力解决"});
        story.refuses(HandUp, GRID, &simple, up(Some("GRID-360802001002")), "upward").await;
        story.gives(HandUp, GRID, &simple, up(None)).await;
        let order = story.takes(TOWN, "order", &simple).await;
        assert_eq!(order.task().class, Class::Coordination);
    })
    .await;
}

/// The lead asks another unit for a part with a time that ends before its own, and can't finish before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lead_asks_for_a_part_and_waits_for_it() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let ask = |days: u32| json!({"do": "ask_co_handlers", "tasks": [{"unit": "D05", "what": "配合围挡", "days": days}]});
        // the lead has five working days itself
        story.refuses(AskCoHandlers, "D02", &ticket, ask(5), "sub_times_shorter").await;
        story.gives(AskCoHandlers, "D02", &ticket, ask(2)).await;
        story.refuses(ReportResult, "D02", &ticket, solved(), "co_handlers_done").await;
        story.takes("D05", "order", &ticket).await;
        story.does("D05", &ticket, sign()).await;
        story.does("D05", &ticket, solved()).await;

        let bare = json!({"do": "report", "result": {"factual": true, "solved": false, "public_reply": "未能解决"}});
        story.refuses(ReportResult, "D02", &ticket, bare, "form_complete").await;
        story.gives(ReportResult, "D02", &ticket, solved()).await;
    })
    .await;
}
