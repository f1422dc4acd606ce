//! 机构改革: a department's work passes to its successor.

use contracts::{
    lifecycle::{
        Act::{PassCheck, ReportResult, Sign},
        Note,
    },
    ticket::{Class, Dispatched},
};
use gridline_tests::{
    City,
    city::story::ways::{pass, sign, solved},
};
use serde_json::{Value, json};

/// 环境卫生中心 becomes a part of 城管局.
const OLD: &str = "D04";
const NEW: &str = "D02";

async fn put_rules(city: &City, key: &str, from: i64) -> (u16, Value) {
    let change = json!({
        "book": {"successors": {OLD: NEW}}, "from": from, "person": "ADMIN-1", "reason": "吉区编〔2026〕3号", "succeeded": OLD,
    });
    let url = format!("{}/api/v1/rules", city.http("dispatch"));
    let answer = city.browser.put(url).header("idempotency-key", key).json(&change).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Open orders pass with their clocks, in whatever state; who had signed has signed; new ones go to the successor. The
/// change is on record with who made it and why, and is not made twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_reorganised_departments_orders_pass_to_its_successor() {
    City::tells(async |story| {
        let city = story.city;
        let (queued, signed) =
            (story.dispatched(Class::Coordination, OLD).await, story.in_progress(Class::Coordination, OLD).await);
        let reported = story.reported(Class::Coordination, OLD).await;
        let promise: Dispatched = city.expect(&queued).await;

        let (status, answer) = put_rules(city, "reform", 0).await;
        assert_eq!((status, answer["outcome"].as_str()), (200, Some("done")), "{answer}");
        let (status, answer) = put_rules(city, "reform-again", 0).await;
        assert_eq!((status, answer["code"].as_str()), (409, Some("stale")), "{answer}");
        let rules: Value =
            city.browser.get(format!("{}/api/v1/rules", city.http("dispatch"))).send().await.unwrap().json().await.unwrap();
        assert_eq!((rules[0]["version"].as_i64(), rules[0]["person"].as_str()), (Some(1), Some("ADMIN-1")), "{rules}");

        for ticket in [&queued, &signed] {
            let passed = story.hears(1, Note::Succeed, ticket).await;
            assert_eq!(passed.units.iter().map(|u| u.as_str()).collect::<Vec<_>>(), [OLD, NEW]);
            let order = story.takes(NEW, "order", ticket).await;
            assert_eq!(Some(order.order()), passed.order);
        }
        story.refuses(Sign, OLD, &queued, sign(), "not_yours").await;
        story.gives(Sign, NEW, &queued, sign()).await;
        assert_eq!(city.count::<Dispatched>(&queued), 1, "the promise of {} stands", promise.due);
        story.gives(ReportResult, NEW, &signed, solved()).await;
        story.gives(PassCheck, "CENTRE/checker", &reported, pass()).await;

        // the catalogue still names the old one
        let new = story.dispatched(Class::Coordination, OLD).await;
        assert_eq!(city.expect::<Dispatched>(&new).await.orders[0].unit.as_str(), NEW);
        story.takes(NEW, "order", &new).await;
    })
    .await;
}
