//! Acts of clerks: a form's content goes to dispatch, which decides; what it says is shown.

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
use serde_json::{Value, json};

use crate::{
    filter::Filter,
    forms,
    pages::{Desk, find, unavailable},
    store,
    upstream::Upstream,
    visit::{Failure, failed, failed_at, remembered},
};

/// Asks dispatch; a problem is its refusal. The same act once more was done the first time.
async fn ask(dispatch: &Upstream, unit: &UnitId, key: &str, act: &Value) -> Result<(), Failure> {
    let (status, body) = dispatch.ask(&format!("/api/v1/units/{unit}/acts"), key, act).await?;
    match serde_json::from_slice::<AnswerOutcome>(&body) {
        Ok(AnswerOutcome::Done) if status.is_success() => Ok(()),
        Ok(AnswerOutcome::Refused { problem }) => Err((StatusCode::CONFLICT, problem)),
        _ => dispatch.done(status, &body),
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
    let acted = match pairs(form) {
        Ok(pairs) => done(&desk, &number, &headers, &pairs).await,
        Err(failure) => Err(failure),
    };
    match acted {
        Ok(number) => seen_again(&format!("/tickets/{number}")),
        // what stands in the address is shown only if it can be a number
        Err(failure) => match Filter::read(&[("number".to_owned(), number)]).map(|f| f.number) {
            Ok(Some(number)) => failed_at(failure, remembered(&headers), &format!("/tickets/{number}")),
            _ => failed(failure, remembered(&headers)),
        },
    }
}

async fn done(desk: &Desk, number: &str, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<String, Failure> {
    let bad = |p| (StatusCode::BAD_REQUEST, p);
    let dispatch = decider(desk, headers)?;
    let (row, _) = find(desk, number).await?;
    let into = given(pairs, "into");
    let other = if into.is_empty() { None } else { store::id_of(&desk.db, into).await.map_err(|e| unavailable(&e))? };
    let act = forms::read(pairs, |_| other.clone()).map_err(bad)?;
    let unit: UnitId = given(pairs, "unit").parse().map_err(bad)?;
    let key = key(pairs)?;
    let act = json!({"ticket": row.ticket_id, "person": given(pairs, "person"), "act": act});
    // what dispatch could not read is told at the form
    serde_json::from_value::<UnitAct>(act.clone()).map_err(|e| bad(bad_body(&e)))?;
    ask(dispatch, &unit, key, &act).await?;
    Ok(row.number)
}

/// A field of a form; empty if it is not there.
pub fn given<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.trim())
}

/// The key of a form, which makes one that is sent twice the same.
pub fn key(pairs: &[(String, String)]) -> Result<&str, Failure> {
    let key = given(pairs, "key");
    if key.is_empty() || key.len() > 128 {
        return Err((StatusCode::BAD_REQUEST, broken()));
    }
    Ok(key)
}

/// What a form says.
pub fn pairs(form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Result<Vec<(String, String)>, Failure> {
    form.map(|Form(pairs)| pairs).map_err(|_| (StatusCode::BAD_REQUEST, broken()))
}

/// The page that a form stood on, with what became of it.
pub fn back(acted: Result<(), Failure>, headers: &HeaderMap, here: &str) -> Response {
    match acted {
        Ok(()) => seen_again(here),
        Err(failure) => failed_at(failure, remembered(headers), here),
    }
}

/// The page is asked for anew, so that who looks at it again does not send the form again.
fn seen_again(here: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{here}?done=1"))]).into_response()
}

/// Dispatch, which decides on a form of our own page.
pub fn decider<'a>(desk: &'a Desk, headers: &HeaderMap) -> Result<&'a Upstream, Failure> {
    let dispatch = desk.dispatch.as_ref().ok_or_else(no_forms)?;
    if own(headers) { Ok(dispatch) } else { Err(foreign()) }
}

/// Does the form come from our own page? Without accounts nothing else keeps another site from sending one.
pub fn own(headers: &HeaderMap) -> bool {
    let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match (value("sec-fetch-site"), value("origin")) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == value("host"),
        (None, None) => true,
    }
}

/// The form came from elsewhere.
pub fn foreign() -> Failure {
    let (zh, en) = ("请在本平台页面上操作", "use the form on our own page");
    (StatusCode::FORBIDDEN, Problem::new("foreign_form", zh, en))
}

fn no_forms() -> Failure {
    let (zh, en) = ("未设置 console.dispatch_url，不能在此操作", "console.dispatch_url is not set; nothing can be done here");
    (StatusCode::NOT_FOUND, Problem::new("no_forms", zh, en))
}

/// The form is not one of ours.
pub fn broken() -> Problem {
    Problem::new("bad_form", "表单内容无法识别，请刷新页面重填", "the form can't be read; reload the page and fill it in again")
}
