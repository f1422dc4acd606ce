//! The page of the catalogue, beside a classification that writes down what it is asked.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::world::World;

/// Path, key and body of what was asked.
type Came = Arc<Mutex<Vec<(String, String, Value)>>>;

fn report() -> Value {
    let change = json!({"ticket": "t", "text": "楼下<音响>吵", "before": "0701 D01", "after": "0702 D02", "said": "0701 D01"});
    json!({
        "tried": "rules-1+model-2", "in_force": "rules-1+model-1", "tickets": 100, "category": 7, "lead": 5, "class": 2,
        "urgent_gained": 1, "urgent_lost": 0, "labelled": 10, "right_before": 6, "right_after": 8,
        "better": [], "worse": [change], "danger": [], "open": [],
    })
}

async fn classification() -> (String, Came) {
    let came = Came::default();
    let heard = came.clone();
    let decide = move |Path(path): Path<String>, headers: HeaderMap, Json(body): Json<Value>| {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        let refused = body["person"] == "9";
        heard.lock().unwrap().push((path, key, body));
        let problem = json!({"code": "decided", "zh": "这条建议已经处理", "en": "this proposal was decided before"});
        async move { if refused { (StatusCode::CONFLICT, Json(problem)) } else { (StatusCode::OK, Json(json!({"version": 2}))) } }
    };
    let entry = json!({"n": 1, "since": 1, "until": null, "category": "0701", "place": "", "hours": "22-6", "instead_of": "",
        "unit": "D01", "owner": "CENTRE", "proposal": ""});
    let version =
        json!({"version": 1, "what": "import", "model": "", "undoes": null, "person": "管-1", "reason": "夜间噪声", "at_ms": 0});
    let catalogue = json!({"version": 1, "model": "", "entries": [entry], "versions": [version]});
    let word = json!({"id": "p-2", "ticket_id": "t", "category": "0404", "word": "智慧<灯杆>", "place": "", "instead_of": "0203",
        "unit": "", "source": "words", "reason": "3 件", "state": "pending", "at_ms": 0});
    let proposals = json!({"proposals": [word, {"id": "p-1", "ticket_id": "t", "category": "0203", "place": "360802001001",
        "instead_of": "D02", "unit": "D11", "source": "ruled", "reason": "国道<路段>", "state": "pending", "at_ms": 0}]});
    let models = json!({"models": [{"id": "m1", "report": report(), "at_ms": 0}]});
    let router = Router::new()
        .route("/api/v1/catalogue", get(async move || Json(catalogue)))
        .route("/api/v1/catalogue/proposals", get(async move || Json(proposals)))
        .route("/api/v1/models", get(async move || Json(models)))
        .route("/api/v1/{*path}", post(decide));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, came)
}

const OWN: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

#[tokio::test]
async fn proposals_entries_models_and_versions_are_shown_in_both_languages() {
    let (url, _) = classification().await;
    let world = World::beside("", &url).await;
    let page = world.get("/catalogue").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for shown in [
        "0203 路灯照明",
        "退单裁定",
        "写到“智慧&#60;灯杆&#62;” · 全区：0203 路灯照明 → 0404 通信与线缆",
        "重新分类的工单共有的词",
        "国道&#60;路段&#62;",
        "22-6",
        "0701 社会生活噪声",
        "6 → 8",
        "楼下&#60;音响&#62;吵",
        "夜间噪声",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let offered = |choice: &str| page.text.matches(&format!("<option value=\"{choice}\">")).count();
    assert_eq!((offered("accept"), offered("accept_everywhere")), (1, 2), "a word is of no place");
    assert!(world.get("/catalogue?lang=en").await.text.contains("Proposals"));
    let without = World::new().await;
    assert_eq!(without.get("/catalogue").await.status, 404, "without an address there is no such page");
}

#[tokio::test]
async fn a_persons_decision_goes_to_classification_once_and_from_our_own_page_only() {
    let (url, came) = classification().await;
    let world = World::beside("", &url).await;
    let form = |what: &'static str, person: &'static str| {
        [("do", what), ("id", "p-1"), ("key", "k"), ("person", person), ("reason", "同意")]
    };
    for what in ["accept", "accept_everywhere", "refuse", "model", "undo"] {
        assert_eq!(world.post("/catalogue", &form(what, "7"), &OWN).await.status, 303, "{what}");
    }
    assert_eq!(world.post("/catalogue", &form("accept", "7"), &[("sec-fetch-site", "cross-site")]).await.status, 403);
    assert_eq!(world.post("/catalogue", &form("nothing", "7"), &OWN).await.status, 400);
    let refused = world.post("/catalogue", &form("accept", "9"), &OWN).await;
    assert_eq!((refused.status, refused.text.contains("这条建议已经处理")), (409, true), "{}", refused.text);
    let came = came.lock().unwrap();
    let paths: Vec<_> = came.iter().map(|(path, _, _)| path.as_str()).collect();
    let accept = "catalogue/proposals/p-1/accept";
    assert_eq!(paths, [accept, accept, "catalogue/proposals/p-1/refuse", "models/p-1/accept", "catalogue/undo", accept]);
    assert_eq!((&came[0].2["everywhere"], &came[1].2["everywhere"]), (&Value::Null, &json!(true)));
    assert_eq!(came[0].1, came[5].1, "the same form is the same decision");
    assert_ne!(came[0].1, came[2].1);
}
