//! What an operator sees: one trace a ticket, and metrics of every program.

use std::collections::{BTreeSet, HashSet};

use contracts::{id::TicketId, ticket::Closed};
use gridline_tests::{Backend, Plant, crew::Crew, plant::PROGRAMS, rig::Collector};
use serde_json::{Value, json};

/// An order comes in with the trace of the hotline platform, and units that pass on what their queue gave them work
/// it: every program has its part in this one trace, and each part hangs on another.
#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_through_all_programs() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const ROOT: &str = "b7ad6b7169203331";
    let collector = Collector::start().await;
    // one ticket in a thousand is recorded; this one is, because who sent it says so
    let environment = [("GRIDLINE_OTLP__ENDPOINT", collector.endpoint()), ("GRIDLINE_OTLP__SAMPLE", "0.001".to_owned())];
    let mut plant = Plant::start(Backend::Sqlite, &environment).await;
    let _crew = Crew::start(&plant.outside);

    let order = json!({"order_no": "traced", "content": "农贸市场前面的红绿灯坏了", "order_source": "call"});
    let url = format!("{}/hotlines/12345/orders", plant.http("hotline-bridge").unwrap());
    let request = plant.browser.post(url).header("traceparent", format!("00-{TRACE}-{ROOT}-01")).json(&order);
    let answer: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let ticket: TicketId = answer["ticket"].as_str().unwrap().parse().unwrap();
    let closed = |said: &gridline_tests::ear::Said| (said.ticket() == Some(ticket)).then(|| said.read::<Closed>()).flatten();
    plant.outside.ear().wait("the ticket is closed", closed).await;
    plant.doctor(20);

    for name in PROGRAMS {
        let url = format!("{}/metrics", plant.ops(name).unwrap());
        let metrics = plant.browser.get(url).send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        let handled = metrics.lines().find(|l| l.starts_with("gridline_messages_handled_total") && l.contains(name));
        let handled = handled.and_then(|l| l.rsplit(' ').next()).and_then(|n| n.parse::<f64>().ok());
        assert!(handled.is_some_and(|n| n > 0.0), "{name}: {metrics}");
    }

    // what is not sent yet is sent when a program ends
    plant.stop();
    let spans = collector.trace(TRACE);
    let programs: BTreeSet<&str> = spans.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(programs, BTreeSet::from(PROGRAMS));
    let known: HashSet<String> = spans.iter().map(|(_, s)| hex::encode(&s.span_id)).chain([ROOT.to_owned()]).collect();
    for (name, span) in &spans {
        let parent = hex::encode(&span.parent_span_id);
        assert!(known.contains(&parent), "{name} {}: its parent {parent:?} is not in the trace", span.name);
    }
}
