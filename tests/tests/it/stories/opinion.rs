//! A second opinion on what waits for a person, by an endpoint of the OpenAI kind.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, http::HeaderMap, routing::post};
use contracts::{lifecycle::Note, ticket::Classified};
use gridline_tests::{Backend, City};
use serde_json::{Value, json};

type Came = Arc<Mutex<Vec<(String, Value)>>>;

/// An endpoint that writes down what it is asked and finds that all is noise, with something that no page may show.
async fn endpoint() -> (String, Came) {
    let came = Came::default();
    let heard = came.clone();
    let answer = move |headers: HeaderMap, Json(asked): Json<Value>| {
        let token = headers.get("authorization").map_or("", |v| v.to_str().unwrap()).to_owned();
        heard.lock().unwrap().push((token, asked));
        async { Json(json!({"choices": [{"message": {"role": "assistant", "content": "0701 <b>请致电</b>"}}]})) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/chat/completions", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, came)
}

/// It is asked beside the way, without name and numbers; the category that it names, and nothing else, is noted on the
/// ticket. What goes to a unit at once is not asked about.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_waits_for_a_person_gets_a_second_opinion() {
    let (url, came) = endpoint().await;
    let set = |key: &str, value: &str| ("classification", key.to_owned(), value.to_owned());
    let overrides = vec![set("opinion.url", &url), set("opinion.model", "m"), set("opinion.key", "k")];
    let city = City::start_with(Backend::Sqlite, overrides).await;
    let story = city.story();
    let sure = city.caller().at("360802001001").reports("阳明西路路灯不亮，晚上出行不便").await;
    assert!(!city.expect::<Classified>(&sure).await.hold);
    let text = "我叫王小明，电话13800001022，住阳明西路1号，楼上夜里放音响";
    let ticket = city.caller().at("360802001001").with("hold", true).reports(text).await;
    let noted = story.hears(1, Note::AddNote, &ticket).await;
    assert_eq!(noted.text.as_deref(), Some("第二意见（外部模型，仅供参考）：0701 社会生活噪声"));
    assert_eq!(noted.by.person.as_deref(), Some("第二意见"));
    {
        let came = came.lock().unwrap();
        let [(token, asked)] = &came[..] else { panic!("asked once: {came:?}") };
        assert_eq!((token.as_str(), asked["model"].as_str()), ("Bearer k", Some("m")));
        let sent = asked["messages"][1]["content"].as_str().unwrap();
        assert!(sent.contains("楼上夜里放音响") && !sent.contains("王小明"), "{sent}");
        assert!(!sent.contains(|c: char| c.is_ascii_digit()), "{sent}");
    }
    city.finish().await;
}
