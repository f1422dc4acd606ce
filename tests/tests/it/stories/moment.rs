//! 同一时刻: two programs act on one ticket in the same moment, through two replicas of dispatch.

use std::collections::BTreeSet;

use contracts::{
    lifecycle::{
        Act::{AskCoHandlers, ReportResult},
        State,
    },
    ticket::{Class, Progressed, Signed},
    work::AnswerOutcome,
};
use gridline_tests::{
    City,
    city::story::{
        Asked,
        ways::{CENTRE, sign, solved},
    },
};
use serde_json::json;

const TIMES: usize = 150;

/// Lead and co-handler write a hundred and fifty times each, at the same moment: every note is kept, with its own place in the
/// ticket's history ([`City::finish`] looks for gaps).
#[tokio::test(flavor = "multi_thread")]
async fn what_two_units_write_at_the_same_moment_is_all_kept() {
    City::tells(async |story| {
        story.city.replica("dispatch").await;
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let part = json!({"do": "ask_co_handlers", "tasks": [{"unit": "D05", "what": "配合围挡", "days": 2}]});
        story.gives(AskCoHandlers, "D02", &ticket, part).await;
        story.does("D05", &ticket, sign()).await;

        let notes = (0..TIMES).flat_map(|n| ["D02", "D05"].map(|unit| (unit, format!("{unit} 第 {n} 次"))));
        let acts: Vec<Asked<'_>> = notes
            .map(|(who, note)| Asked { who, ticket: ticket.id, order: None, act: json!({"do": "progress", "note": note}) })
            .collect();
        let answers = story.asks_all(&acts).await;
        assert!(answers.iter().all(|answer| answer.outcome == AnswerOutcome::Done));
        let heard = story.city.heard_all().await;
        let kept: BTreeSet<String> = heard.iter().filter_map(|said| said.read::<Progressed>()).map(|p| p.note).collect();
        assert_eq!(kept.len(), 2 * TIMES);
        story.does("D05", &ticket, solved()).await;
        story.gives(ReportResult, "D02", &ticket, solved()).await;
    })
    .await;
}

/// The unit signs while the centre recalls: one takes effect, the other is refused with a reason that says why.
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_while_it_is_recalled_is_told_who_was_first() {
    City::tells(async |story| {
        story.city.replica("dispatch").await;
        let mut tickets = Vec::new();
        for _ in 0..TIMES / 10 {
            tickets.push(story.dispatched(Class::Coordination, "D02").await);
        }
        let recall = json!({"do": "recall", "reason": "派错单位"});
        let both = |id| [("D02", sign()), (CENTRE, recall.clone())].map(|(who, act)| Asked { who, ticket: id, order: None, act });
        let acts: Vec<Asked<'_>> = tickets.iter().flat_map(|ticket| both(ticket.id)).collect();
        let answers = story.asks_all(&acts).await;
        story.city.heard_all().await;
        for (ticket, pair) in tickets.iter().zip(answers.chunks(2)) {
            let (signed, codes) = match [&pair[0].outcome, &pair[1].outcome] {
                [AnswerOutcome::Done, AnswerOutcome::Refused { problem }] => (1, problem.code.as_str()),
                [AnswerOutcome::Refused { problem }, AnswerOutcome::Done] => (0, problem.code.as_str()),
                both => panic!("{both:?}"),
            };
            assert!(["wrong_state", "not_yours", "order_ended"].contains(&codes), "{codes}");
            assert_eq!(story.city.count::<Signed>(ticket), signed);
            let state = if signed == 1 { State::InProgress } else { State::PendingDispatch };
            assert_eq!(story.city.looks_up(ticket).await["state"], state.code());
        }
    })
    .await;
}
