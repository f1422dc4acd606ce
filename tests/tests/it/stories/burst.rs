//! 爆管: one cause, a thousand reporters.

use contracts::{
    id::{SourceId, TicketId},
    lifecycle::{
        Act::{PassCheck, ReportResult, Sign, Split},
        Note,
    },
    ticket::{Closed, Dispatched, Noted},
    work::AnswerOutcome,
};
use futures_util::future::join_all;
use gridline_tests::{
    City, PATIENCE,
    city::{
        Backend,
        story::{
            Asked, Story,
            ways::{CENTRE, PLACE, called, pass, sign, solved},
        },
    },
    ear::Said,
    outside::Letter,
};
use serde_json::{Value, json};

const REPORTERS: usize = 1000;
/// Whose water still does not run.
const STILL_DRY: usize = 7;

/// A thousand reports over NATS; each is a ticket of its own and is dispatched.
async fn everybody_reports(story: &Story<'_>) -> Vec<TicketId> {
    let source: SourceId = "web".parse().unwrap();
    let reports = (0..REPORTERS).map(|n| {
        let (id, text) = (format!("burst-{n}"), format!("阳明西路自来水爆管停水，{n} 号住户"));
        let body = json!({"external_id": id, "channel": "web", "text": text, "division": PLACE, "class": "coordination"});
        let letter = Letter::report(&source, &id, body.to_string());
        async move { story.city.outside.send(&letter).await }
    });
    join_all(reports).await;
    let all = |heard: &[Said], _| (count::<Dispatched>(heard) == REPORTERS).then_some(());
    story.city.outside.ear().wait_for(PATIENCE * 3, "everybody's ticket is dispatched", all).await;
    (0..REPORTERS).map(|n| TicketId::derive(&source, &format!("burst-{n}"))).collect()
}

fn count<F: gridline_tests::ear::Fact>(heard: &[Said]) -> usize {
    heard.iter().filter(|said| said.subject == F::SUBJECT).count()
}

async fn all_do(story: &Story<'_>, acts: &[Asked<'_>]) {
    for (answer, asked) in story.asks_all(acts).await.iter().zip(acts) {
        assert_eq!(answer.outcome, AnswerOutcome::Done, "{asked:?}");
    }
}

/// What the console counts: people, causes, and tickets in a state.
async fn counts(city: &City, state: &str) -> (u64, u64, u64) {
    city.settles().await;
    let url = format!("{}/api/v1/summary", city.http("console"));
    let summary: Value = city.browser.get(url).send().await.unwrap().json().await.unwrap();
    let states = summary["states"].as_array().unwrap().iter();
    let in_state = states.filter(|s| s["state"] == state).filter_map(|s| s["tickets"].as_u64()).sum();
    (summary["total"].as_u64().unwrap(), summary["causes"].as_u64().unwrap(), in_state)
}

/// The first report leads, 999 go under it. The water company handles once; a thousand people are called back. Who says
/// that nothing is solved gets an own handling. People and causes are counted apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_reporters_of_one_burst_pipe_are_all_called_back() {
    City::tells_on(Backend::Sqlite, async |story| {
        let city = story.city;
        let tickets = everybody_reports(story).await;
        let lead = tickets[0];
        let merge = json!({"do": "merge", "into": lead, "same": {"cause": true}, "reason": "同一处爆管"});
        let asked = |ticket: &TicketId, act: &Value| Asked { who: CENTRE, ticket: *ticket, order: None, act: act.clone() };
        all_do(story, &tickets[1..].iter().map(|ticket| asked(ticket, &merge)).collect::<Vec<_>>()).await;
        assert_eq!(counts(city, "MERGED").await, (1000, 1, 999));

        let dispatched: Dispatched = city.expect(lead).await;
        let company = dispatched.orders[0].unit.as_str();
        story.gives(Sign, company, lead, sign()).await;
        story.gives(ReportResult, company, lead, solved()).await;
        story.gives(PassCheck, "CENTRE/checker", lead, pass()).await;

        let mut calls = Vec::new();
        for (n, ticket) in tickets.iter().enumerate() {
            let order = story.takes(CENTRE, "callback", *ticket).await.order();
            let act = called(n != STILL_DRY, n != STILL_DRY);
            calls.push(Asked { who: "CENTRE/clerk", ticket: *ticket, order: Some(order), act });
        }
        all_do(story, &calls).await;
        assert_eq!(counts(city, "MERGED").await, (1000, 2, 998));
        let heard = city.heard_all().await;
        let asked = heard.iter().filter_map(Said::read::<Noted>).filter(|n| n.note == Note::CallBack && n.answers.is_some());
        assert_eq!((count::<Closed>(&heard), asked.count()), (1, 999));

        // the one whose water does not run has a work order of its own again
        assert_eq!(story.notes(Note::CallBack, tickets[STILL_DRY]).len(), 1);
        let own: Dispatched = city.expect(tickets[STILL_DRY]).await;
        let unit = own.orders[0].unit.as_str();
        story.takes(unit, "order", tickets[STILL_DRY]).await;
        story.takes(unit, "order", tickets[STILL_DRY]).await;
        story.gives(Sign, unit, tickets[STILL_DRY], sign()).await;
        story.refuses(Split, CENTRE, tickets[STILL_DRY], json!({"do": "split", "reason": "已拆"}), "wrong_state").await;
    })
    .await;
}
