//! A ruling teaches the catalogue: what it proposes is accepted by a person, and the next such ticket goes right. A
//! reclassification does too, and gives a sample; a model is tried beside the one in force and accepted.

use contracts::{
    id::TicketId,
    ticket::{Class, Classified, ReturnRuled},
};
use gridline_tests::{
    Backend, City,
    city::{Ticket, story::ways::grant},
    until,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// 桃树下社区.
const PLACE: &str = "360802001001";
const TEXT: &str = "阳明西路路灯不亮，晚上出行不便";

async fn reports(city: &City) -> (Ticket, Classified) {
    let ticket = city.caller().at(PLACE).of_class(Class::Coordination).reports(TEXT).await;
    let classified = city.expect(&ticket).await;
    (ticket, classified)
}

/// What the catalogue's face says to a person's decision.
async fn decides(city: &City, key: &str, path: &str, body: Value) -> (StatusCode, Value) {
    decides_at(city, key, &format!("catalogue/{path}"), body).await
}

async fn decides_at(city: &City, key: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}/api/v1/{path}", city.http("classification"));
    let answer = city.browser.post(url).header("Idempotency-Key", key).json(&body).send().await.expect("classification answers");
    (answer.status(), answer.json().await.expect("JSON"))
}

/// The proposal that a ticket's ruling gave rise to.
async fn proposed(city: &City, ticket: TicketId) -> Value {
    until("the ruling is proposed", async || {
        let url = format!("{}/api/v1/catalogue/proposals", city.http("classification"));
        let shown: Value = city.browser.get(url).send().await.expect("it answers").json().await.expect("JSON");
        let own = shown["proposals"].as_array().expect("a list").iter().find(|p| p["ticket_id"] == ticket.to_string()).cloned();
        own.ok_or(shown)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruling_is_accepted_for_the_catalogue_and_the_next_ticket_goes_right() {
    let city = City::start(Backend::Sqlite).await;
    let (ticket, classified) = reports(&city).await;
    let wrong = classified.lead.to_string();
    let right = if wrong == "D12" { "D02" } else { "D12" };
    let mut unit = city.department(&wrong).await;
    let order = unit.takes("order", &ticket).await;
    unit.returns(&order, right).await.unwrap();
    let mut centre = city.centre().await;
    let review = centre.takes("review", &ticket).await;
    let designated = json!({"do": "rule", "ruling": {"kind": "designate", "to": right}, "reason": "照明由其管护"});
    centre.does(&review, "dispatcher", designated).await.unwrap();
    let ruled: ReturnRuled = city.expect(&ticket).await;
    assert_eq!(ruled.to.unwrap().as_str(), right);

    // nothing changes before a person has said yes
    let proposal = proposed(&city, ticket.id).await;
    assert_eq!((proposal["instead_of"].as_str(), proposal["unit"].as_str()), (Some(wrong.as_str()), Some(right)));
    assert_eq!(reports(&city).await.1.lead.as_str(), wrong);
    let accept = format!("proposals/{}/accept", proposal["id"].as_str().unwrap());
    let yes = json!({"person": "管-1", "reason": "今后照此办理", "everywhere": true});
    assert_eq!(decides(&city, "none", "proposals/nothing/accept", yes.clone()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(decides(&city, "1", &accept, yes.clone()).await, (StatusCode::OK, json!({"version": 1})));
    assert_eq!(decides(&city, "2", &accept, yes).await.0, StatusCode::CONFLICT);

    // it goes right, says why, and keeps the version that decided
    let (next, taught) = reports(&city).await;
    assert_eq!(taught.lead.as_str(), right);
    assert!(taught.reasons.iter().any(|r| r.contains("派单目录第 1 版")), "{:?}", taught.reasons);
    assert!(taught.rules_version.ends_with("派单目录 1"), "{}", taught.rules_version);
    city.department(right).await.takes("order", &next).await;

    let no = json!({"person": "管-1", "reason": "理解有误"});
    assert_eq!(decides(&city, "3", "undo", no.clone()).await, (StatusCode::OK, json!({"version": 2})));
    assert_eq!(reports(&city).await.1.lead.as_str(), wrong);
    assert_eq!(decides(&city, "4", "undo", no).await.0, StatusCode::CONFLICT);
    city.finish().await;
}

/// The shipped model, with another name in its description.
fn another_model() -> Vec<u8> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../services/classification/model/jizhou.model");
    let mut model = std::fs::read(file).expect("the shipped model");
    let name = b"\"data\":\"";
    let at = model.windows(name.len()).position(|w| w == name).expect("its description") + name.len();
    model[at..at + 4].copy_from_slice(b"beef");
    model
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reclassification_teaches_and_a_tried_model_is_accepted_while_tickets_come() {
    City::tells_on(Backend::Postgres, async |story| {
        let city = story.city;
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let to = json!({"do": "reclassify", "lead": "D11", "reason": "该路段属国道"});
        story.does("D02", &ticket, to).await;
        story.gives(contracts::lifecycle::Act::Reroute, "CENTRE/li", &ticket, grant("reclassify")).await;
        let proposal = proposed(city, ticket.id).await;
        assert_eq!((proposal["source"].as_str(), proposal["unit"].as_str()), (Some("reclassified"), Some("D11")));

        let db = city.database("classification").await;
        let said = classification::samples::export(&db).await.unwrap();
        assert_eq!((said.reports.len(), said.reports[0]["lead"].as_str()), (1, Some("D11")));
        let (id, report) = classification::shadow::try_model(&db, another_model(), 100, 0).await.unwrap();
        assert_eq!((report.tickets, report.category, report.labelled), (1, 0, 1), "{report:?}");

        let yes = json!({"person": "管-1", "reason": "试运行无变差"});
        let accept = format!("models/{id}/accept");
        assert_eq!(decides_at(city, "m1", &accept, yes.clone()).await, (StatusCode::OK, json!({"version": 1})));
        let taken = reports(city).await.1.rules_version;
        assert!(taken.contains("model-beef") && taken.ends_with("派单目录 1"), "{taken}");
        assert_eq!(decides(city, "u1", "undo", yes).await, (StatusCode::OK, json!({"version": 2})));
        let back = reports(city).await.1.rules_version;
        assert!(!back.contains("model-beef"), "{back}");
    })
    .await;
}
