//! 踢皮球: two units, each of which says that it is the other's matter.

use chrono::TimeDelta;
use contracts::{
    id::TicketId,
    lifecycle::Act::{Accept, AppealJurisdiction, Close, Designate, GrantReturn, PassCheck, ReportResult, Sign},
    ticket::{Class, Classified, Dispatched, TicketFact},
    work::QueueItem,
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, PLACE, called, give_back, pass, sign, solved},
    until,
};
use serde_json::{Value, json};

/// 城管局 and 交通运输局.
const CITY: &str = "D02";
const ROADS: &str = "D11";
const TEXT: &str = "阳明西路路灯不亮，晚上出行不便";

fn rule(kind: &str, to: &str) -> Value {
    json!({"do": "rule", "ruling": {"kind": kind, "to": to}, "reason": "该路段属国道，由交通运输局管护"})
}

fn days_lost(fact: &TicketFact) -> TimeDelta {
    let TicketFact::ReturnRuled(ruled) = fact else { panic!("no ruling: {fact:?}") };
    TimeDelta::milliseconds(ruled.lost_ms)
}

fn catalogue(city: &City, path: &str) -> String {
    format!("{}/api/v1/catalogue/{path}", city.http("classification"))
}

/// What the rulings on a ticket propose.
async fn proposed(city: &City, ticket: TicketId) -> Value {
    until("the ruling is proposed", async || {
        let shown: Value = city.browser.get(catalogue(city, "proposals")).send().await.unwrap().json().await.unwrap();
        let own = shown["proposals"].as_array().unwrap().iter().find(|p| p["ticket_id"] == ticket.to_string()).cloned();
        own.ok_or(shown)
    })
    .await
}

/// The street lamp: 城管局 says 交通运输局, 交通运输局 says 城管局. The centre designates 交通运输局, for good; the
/// dispute's time is charged to the dispute, and the citizen sees every change of the date with its reason. A person
/// accepts what the ruling proposes for the catalogue: the next such ticket goes right at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_ping_pong_ticket_ends_in_designation_and_teaches_the_catalogue() {
    City::tells_on(Backend::Postgres, async |story| {
        let city = story.city;
        let ticket = story.accepted(PLACE, TEXT, Class::Coordination, CITY).await;
        assert_eq!(city.expect::<Classified>(&ticket).await.lead.as_str(), CITY);
        let first: Dispatched = city.expect(&ticket).await;
        story.takes(CITY, "order", &ticket).await;
        story.gives(AppealJurisdiction, CITY, &ticket, give_back(ROADS)).await;

        city.advance(TimeDelta::hours(26));
        let QueueItem::Review(review) = story.takes(CENTRE, "review", &ticket).await.item else { panic!("a review") };
        assert_eq!((review.unit.as_str(), review.propose.as_str()), (CITY, ROADS));
        let granted = story.gives(GrantReturn, CENTRE, &ticket, rule("grant", ROADS)).await;
        assert!((TimeDelta::hours(26)..TimeDelta::hours(27)).contains(&days_lost(&granted)), "{granted:?}");

        story.takes(ROADS, "order", &ticket).await;
        story.gives(AppealJurisdiction, ROADS, &ticket, give_back(CITY)).await;
        story.takes(CENTRE, "review", &ticket).await;
        city.advance(TimeDelta::hours(3));
        story.gives(Designate, CENTRE, &ticket, rule("designate", ROADS)).await;
        story.takes(ROADS, "order", &ticket).await;
        story.refuses(AppealJurisdiction, ROADS, &ticket, give_back(CITY), "not_designated").await;
        story.refuses(Sign, CITY, &ticket, sign(), "not_yours").await;

        story.gives(Sign, ROADS, &ticket, sign()).await;
        story.gives(ReportResult, ROADS, &ticket, solved()).await;
        story.gives(PassCheck, "CENTRE/checker", &ticket, pass()).await;
        story.gives(Close, "CENTRE/clerk", &ticket, called(true, true)).await;

        city.settles().await;
        let shown = city.looks_up(&ticket).await;
        let dates = shown["dates"].as_array().unwrap();
        assert!(dates.iter().all(|date| date["reason"].is_string()), "{shown}");
        let mut promised: Vec<_> = dates.iter().filter_map(|date| date["due"].as_str()).collect();
        promised.dedup();
        // five working days from Monday, then from Tuesday: the first promise stays on the page
        assert_eq!(promised, ["2026-03-09T15:59:59Z", "2026-03-10T15:59:59Z"]);
        assert_eq!(first.due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), promised[0]);

        let proposal = proposed(city, ticket.id).await;
        assert_eq!((proposal["instead_of"].as_str(), proposal["unit"].as_str()), (Some(CITY), Some(ROADS)));
        let accept = format!("proposals/{}/accept", proposal["id"].as_str().unwrap());
        let yes = json!({"person": "管-1", "reason": "今后照此派单", "everywhere": true});
        let answer =
            city.browser.post(catalogue(city, &accept)).header("idempotency-key", "yes").json(&yes).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        let next = story.held_at(PLACE, TEXT, Class::Coordination).await;
        assert_eq!(city.expect::<Classified>(&next).await.lead.as_str(), ROADS);
        story.gives(Accept, CENTRE, &next, json!({"do": "accept"})).await;
        story.takes(ROADS, "order", &next).await;
    })
    .await;
}
