//! A report is one ticket, however often and wherever it is sent.

use std::collections::HashSet;

use contracts::{
    id::{SourceId, TicketId},
    intake::ReceiptOutcome,
    ticket::Received,
};
use futures_util::future::join_all;
use gridline_tests::{City, city::Ticket, outside::Letter};
use serde_json::{Value, json};

fn report() -> Value {
    json!({
        "external_id": "same-100-times",
        "channel": "web",
        "text": "阳明西路路灯不亮",
        "reporter": {"name": "王小明", "phone": "13800001022", "address": "阳明西路1号"},
    })
}

/// 50 times over HTTP and 50 times over NATS, all at once: one ticket, and the same receipt for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_report_100_times_on_both_faces_is_one_ticket() {
    City::on_both(async |city| {
        let source: SourceId = "web".parse().unwrap();
        let over_http = join_all((0..50).map(|_| async {
            let fields = report().as_object().unwrap().clone();
            let caller = fields.into_iter().fold(city.caller(), |caller, (k, v)| caller.with(&k, v));
            caller.reports("阳明西路路灯不亮").await
        }));
        let over_nats = join_all((0..50).map(|n| {
            let letter = Letter::report(&source, &format!("sending-{n}"), report().to_string());
            async move { city.outside.submit(&letter).await }
        }));
        let (over_http, over_nats) = futures_util::join!(over_http, over_nats);

        let ticket = TicketId::derive(&source, "same-100-times");
        let mut receipts: HashSet<(TicketId, String, String)> =
            over_http.into_iter().map(|Ticket { id, number, code, .. }| (id, number, code)).collect();
        for receipt in over_nats {
            let ReceiptOutcome::Accepted { ticket, number, code } = receipt.outcome else { panic!("{receipt:?}") };
            receipts.insert((ticket, number, code));
        }
        assert_eq!(receipts.len(), 1, "{receipts:?}");
        assert!(receipts.iter().all(|(id, ..)| *id == ticket));
        city.settles().await;
        let registered: Vec<Received> = city.outside.ear().heard().iter().filter_map(|said| said.read()).collect();
        assert_eq!(registered.iter().map(|r| r.ticket).collect::<Vec<_>>(), [ticket]);
    })
    .await;
}

/// The number of a report belongs to its content: other content under it is refused, and the first stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_not_used_for_another_report() {
    City::on_both(async |city| {
        let first = city.caller().with("external_id", "twice").reports("路灯不亮").await;

        let answer = city.caller().with("external_id", "twice").tries("井盖丢了").await;
        assert_eq!(answer.status(), 409);
        assert_eq!(gridline_tests::outside::problem(answer).await.code, "external_id_reused");

        let source: SourceId = "web".parse().unwrap();
        let body = json!({"external_id": "twice", "channel": "web", "text": "垃圾没人收"});
        let receipt = city.outside.submit(&Letter::report(&source, "1", body.to_string())).await;
        let ReceiptOutcome::Refused { problem } = receipt.outcome else { panic!("{receipt:?}") };
        assert_eq!(problem.code, "external_id_reused");

        let again = city.caller().with("external_id", "twice").reports("路灯不亮").await;
        assert_eq!(again, first);
        assert_eq!(city.expect::<Received>(&first).await.text, "路灯不亮");
    })
    .await;
}

/// The reporter looks the ticket up with number and code; nobody else does with one of them.
#[tokio::test(flavor = "multi_thread")]
async fn number_and_code_open_the_ticket_together_only() {
    City::on_both(async |city| {
        let ticket = city.caller().reports("路灯不亮").await;
        let look = async |path: &str| {
            let answer = city.browser.get(format!("{}{path}", city.http("intake"))).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let (status, shown) = look(&ticket.location).await;
        assert_eq!((status, shown["number"].as_str()), (200, Some(ticket.number.as_str())));

        let (wrong_code, _) = look(&format!("/api/v1/tickets/{}?code=AAAAAAAA", ticket.number)).await;
        let (no_code, _) = look(&format!("/api/v1/tickets/{}", ticket.number)).await;
        let (wrong_number, _) = look(&format!("/api/v1/tickets/JZ20000101-000001?code={}", ticket.code)).await;
        assert_eq!([wrong_code, no_code, wrong_number], [404; 3]);
    })
    .await;
}
