//! 踢皮球: two units, each of which says that it is the other's matter.

use chrono::TimeDelta;
use contracts::{
    lifecycle::Act::{AppealJurisdiction, Close, Designate, GrantReturn, PassCheck, ReportResult, Sign},
    ticket::{Class, Dispatched, TicketFact},
    work::QueueItem,
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, PLACE, called, give_back, pass, sign, solved},
};
use serde_json::{Value, json};

/// 城管局 and 水利局.
const CITY: &str = "D02";
const WATER: &str = "D14";

fn rule(kind: &str, to: &str) -> Value {
    json!({"do": "rule", "ruling": {"kind": kind, "to": to}, "reason": "该段沟渠由水利局管护"})
}

fn days_lost(fact: &TicketFact) -> TimeDelta {
    let TicketFact::ReturnRuled(ruled) = fact else { panic!("no ruling: {fact:?}") };
    TimeDelta::milliseconds(ruled.lost_ms)
}

/// The ditch at 桃树下: 城管局 says 水利局, 水利局 says 城管局. The centre designates 水利局, for good; the dispute's
/// time is charged to the dispute, and the citizen sees every change of the date with its reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_ping_pong_ticket_ends_in_designation() {
    City::tells_on(Backend::Postgres, async |story| {
        let city = story.city;
        let ticket = story.accepted(PLACE, "桃树下社区门口水沟堵了", Class::Coordination, CITY).await;
        let first: Dispatched = city.expect(&ticket).await;
        story.takes(CITY, "order", &ticket).await;
        story.gives(AppealJurisdiction, CITY, &ticket, give_back(WATER)).await;

        city.advance(TimeDelta::hours(26));
        let QueueItem::Review(review) = story.takes(CENTRE, "review", &ticket).await.item else { panic!("a review") };
        assert_eq!((review.unit.as_str(), review.propose.as_str()), (CITY, WATER));
        let granted = story.gives(GrantReturn, CENTRE, &ticket, rule("grant", WATER)).await;
        assert!((TimeDelta::hours(26)..TimeDelta::hours(27)).contains(&days_lost(&granted)), "{granted:?}");

        story.takes(WATER, "order", &ticket).await;
        story.gives(AppealJurisdiction, WATER, &ticket, give_back(CITY)).await;
        story.takes(CENTRE, "review", &ticket).await;
        city.advance(TimeDelta::hours(3));
        story.gives(Designate, CENTRE, &ticket, rule("designate", WATER)).await;
        story.takes(WATER, "order", &ticket).await;
        story.refuses(AppealJurisdiction, WATER, &ticket, give_back(CITY), "not_designated").await;
        story.refuses(Sign, CITY, &ticket, sign(), "not_yours").await;

        story.gives(Sign, WATER, &ticket, sign()).await;
        story.gives(ReportResult, WATER, &ticket, solved()).await;
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
    })
    .await;
}
