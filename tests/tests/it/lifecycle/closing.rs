//! Check, callback, again, and the archive: T25 to T29, T33.

use chrono::TimeDelta;
use contracts::{
    lifecycle::{
        Act::{Archive, Close, PassCheck, Redo, Reopen, ReportResult, SendBack},
        Clock,
    },
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, called, pass, solved},
};
use serde_json::json;

/// A result is sent back with a reason, and passed by another person than the handler.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_checked_by_another_person() {
    City::tells(async |story| {
        let ticket = story.reported(Class::Coordination, "D02").await;
        story.refuses(SendBack, CENTRE, &ticket, json!({"do": "check", "pass": false}), "reason_given").await;
        story.gives(SendBack, CENTRE, &ticket, json!({"do": "check", "pass": false, "reason": "无现场照片"})).await;
        story.refuses(PassCheck, CENTRE, &ticket, pass(), "not_yet").await;
        story.gives(ReportResult, "D02", &ticket, solved()).await;
        story.refuses(PassCheck, "CENTRE/D02-1", &ticket, pass(), "not_the_handler").await;
        story.gives(PassCheck, CENTRE, &ticket, pass()).await;
    })
    .await;
}

/// Closed with the citizen's answers, or after three tries; done again if it is not solved, or if a dissatisfaction is
/// upheld.
#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_is_called_back() {
    City::tells(async |story| {
        let unreached = |tries: u8| {
            json!({"do": "call_back", "answers": {"contacted": true, "solved": null, "satisfied": null, "tries": tries}})
        };
        let ticket = story.passed(Class::Coordination, "D02").await;
        story.refuses(Close, "CENTRE/D02-1", &ticket, called(true, true), "not_the_handler").await;
        // tries count that were logged, not those that are told; the third is this one
        for _ in 0..2 {
            story.refuses(Close, CENTRE, &ticket, unreached(3), "callback_done").await;
            story.does(CENTRE, &ticket, json!({"do": "no_answer"})).await;
        }
        story.gives(Close, CENTRE, &ticket, unreached(3)).await;
        story.refuses(Close, CENTRE, &ticket, called(true, true), "unknown_order").await;

        let ticket = story.passed(Class::Coordination, "D02").await;
        story.refuses(Redo, "CENTRE/D02-1", &ticket, called(false, false), "not_the_handler").await;
        story.gives(Redo, CENTRE, &ticket, called(false, false)).await;
        story.refuses(Redo, CENTRE, &ticket, called(false, false), "wrong_state").await;

        let ticket = story.passed(Class::Coordination, "D02").await;
        let mut rude = called(true, false);
        rude["answers"]["upheld"] = true.into();
        story.gives(Redo, CENTRE, &ticket, rude).await;
    })
    .await;
}

/// The citizen reopens inside fifteen days; after them the ticket is archived, and no sooner.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ticket_is_reopened_or_archived() {
    City::tells(async |story| {
        let again = json!({"do": "reopen", "reason": "又坏了"});
        let (kept, reopened) = (story.closed(Class::Coordination, "D02").await, story.closed(Class::Coordination, "D02").await);
        story.gives_as_citizen(Reopen, &reopened, again.clone()).await;
        story.refuses_citizen(Reopen, &reopened, again.clone(), "wrong_state").await;

        story.refuses_expiry(Archive, Clock::K12, &kept).await;
        story.city.advance(TimeDelta::days(15));
        story.happens(Archive, &kept).await;
        story.refuses_citizen(Reopen, &kept, again, "wrong_state").await;
    })
    .await;
}
