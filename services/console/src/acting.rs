//! Acts of clerks: a form's content goes to dispatch, which decides; what it says is shown.

use std::time::Duration;

use axum::{
    extract::{
        Form, Path, State,
        rejection::{FormRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::{
    envelope::bad_body,
    id::UnitId,
    problem::Problem,
    work::{AnswerOutcome, UnitAct},
};
use reqwest::{Client, Url, redirect};
use serde_json::json;

use crate::{
    filter::Filter,
    forms,
    pages::{Desk, find, unavailable},
    store,
    visit::{Failure, failed, failed_at, remembered},
};

/// Longest wait for dispatch.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to dispatch.
#[derive(Clone, Debug)]
pub struct Dispatch {
    url: Url,
    client: Client,
}

impl Dispatch {
    /// At this address; none if it is empty: then there are no forms.
    pub fn at(url: &str) -> anyhow::Result<Option<Self>> {
        if url.is_empty() {
            return Ok(None);
        }
        chassis::install_tls();
        let url: Url = url.parse().map_err(|_| anyhow::anyhow!("setting `console.dispatch_url` takes an address or nothing"))?;
        anyhow::ensure!(matches!(url.scheme(), "http" | "https"), "setting `console.dispatch_url` takes http or https");
        // the address is what the operator set: no redirect and no proxy leads elsewhere
        let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy().build()?;
        Ok(Some(Self { url, client }))
    }

    /// Asks dispatch; a problem is its refusal.
    async fn act(&self, unit: &UnitId, key: &str, act: &UnitAct) -> Result<(), Failure> {
        let mut url = self.url.clone();
        url.set_path(&format!("/api/v1/units/{unit}/acts"));
        let mut request = self.client.post(url).header("idempotency-key", key).json(act);
        if let Some(trace) = bus::trace::outgoing(&tracing::Span::current(), None) {
            request = request.header("traceparent", trace);
        }
        let away = |e: reqwest::Error| {
            // without the address: it may hold a secret
            tracing::warn!(error = %e.without_url(), "dispatch can't be reached");
            let (zh, en) = ("派单服务暂时无法连接，请稍后重试", "dispatch can't be reached; try again in a moment");
            (StatusCode::BAD_GATEWAY, Problem::new("dispatch_away", zh, en))
        };
        let response = request.send().await.map_err(away)?;
        let status = response.status();
        let body = response.bytes().await.map_err(away)?;
        answer(status, &body)
    }
}

/// What dispatch said. The same act once more was done the first time.
fn answer(status: StatusCode, body: &[u8]) -> Result<(), Failure> {
    match serde_json::from_slice::<AnswerOutcome>(body) {
        Ok(AnswerOutcome::Done) if status.is_success() => return Ok(()),
        Ok(AnswerOutcome::Refused { problem }) => return Err((StatusCode::CONFLICT, problem)),
        _ => {}
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if problem.code == "repeated" => Ok(()),
        Ok(problem) => Err((if status.is_client_error() { status } else { StatusCode::BAD_GATEWAY }, problem)),
        Err(_) => {
            let (zh, en) = ("派单服务的答复无法识别", "dispatch's answer can't be read");
            Err((StatusCode::BAD_GATEWAY, Problem::new("dispatch_answer", zh, en)))
        }
    }
}

/// `POST /tickets/{number}/acts`.
pub async fn act(
    State(desk): State<Desk>,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let number = number.map(|Path(n)| n).unwrap_or_default();
    let pairs = form.map(|Form(pairs)| pairs).map_err(|_| (StatusCode::BAD_REQUEST, broken()));
    let acted = match pairs {
        Ok(pairs) => done(&desk, &number, &headers, &pairs).await,
        Err(failure) => Err(failure),
    };
    match acted {
        // seen again, the page is asked for, and the act is not sent again
        Ok(number) => (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/tickets/{number}?done=1"))]).into_response(),
        // what stands in the address is shown only if it can be a number
        Err(failure) => match Filter::read(&[("number".to_owned(), number)]).map(|f| f.number) {
            Ok(Some(number)) => failed_at(failure, remembered(&headers), &format!("/tickets/{number}")),
            _ => failed(failure, remembered(&headers)),
        },
    }
}

async fn done(desk: &Desk, number: &str, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<String, Failure> {
    let bad = |p| (StatusCode::BAD_REQUEST, p);
    let dispatch = desk.dispatch.as_ref().ok_or_else(no_forms)?;
    if !own(headers) {
        return Err(foreign());
    }
    let (row, _) = find(desk, number).await?;
    let into = given(pairs, "into");
    let other = if into.is_empty() { None } else { store::id_of(&desk.db, into).await.map_err(|e| unavailable(&e))? };
    let act = forms::read(pairs, |_| other.clone()).map_err(bad)?;
    let unit: UnitId = given(pairs, "unit").parse().map_err(bad)?;
    let key = given(pairs, "key");
    if key.is_empty() || key.len() > 128 {
        return Err(bad(broken()));
    }
    let act = json!({"ticket": row.ticket_id, "person": given(pairs, "person"), "act": act});
    let act: UnitAct = serde_json::from_value(act).map_err(|e| bad(bad_body(&e)))?;
    dispatch.act(&unit, key, &act).await?;
    Ok(row.number)
}

fn given<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.trim())
}

/// Does the form come from our own page? Without accounts nothing else keeps another site from sending one.
fn own(headers: &HeaderMap) -> bool {
    let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match (value("sec-fetch-site"), value("origin")) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == value("host"),
        (None, None) => true,
    }
}

fn foreign() -> Failure {
    let (zh, en) = ("请在工单页面上操作", "use the form on the ticket's page");
    (StatusCode::FORBIDDEN, Problem::new("foreign_form", zh, en))
}

fn no_forms() -> Failure {
    let (zh, en) = ("未设置 console.dispatch_url，不能在此操作", "console.dispatch_url is not set; nothing can be done here");
    (StatusCode::NOT_FOUND, Problem::new("no_forms", zh, en))
}

fn broken() -> Problem {
    Problem::new("bad_form", "表单内容无法识别，请刷新页面重填", "the form can't be read; reload the page and fill it in again")
}
