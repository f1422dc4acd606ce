//! The HTTP face: `POST /api/v1/reports`, `GET /api/v1/tickets/{number}?code=…`.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chassis::http::{HttpProblem, traceparent};
use contracts::{
    envelope::{MAX_BODY, bad_body},
    id::{MessageId, SourceId},
    intake::Submit,
    lifecycle::State as TicketState,
    problem::Problem,
};
use outbox::{Db, Door};
use serde::{Deserialize, Serialize};

use crate::{Intake, domain::Registered, handlers::Heard, store};

#[derive(Clone)]
struct Api {
    door: Door<Intake>,
    db: Db,
}

/// Routes of the HTTP face.
pub fn router(door: Door<Intake>, db: Db) -> Router {
    Router::new()
        .route("/api/v1/reports", post(report))
        .route("/api/v1/tickets/{number}", get(ticket))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { door, db })
}

/// Answer to a report.
#[derive(Debug, Serialize)]
struct Created {
    ticket: String,
    number: String,
    code: String,
    location: String,
}

async fn report(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Result<Response, HttpProblem> {
    let (source, submit) = read(&headers, &body).map_err(|p| HttpProblem(StatusCode::BAD_REQUEST, p))?;
    // each request is its own; what is the same report is decided by source and external id
    let id = MessageId(uuid::Uuid::new_v4());
    let asked = api.door.ask(id, Heard::Submit(source, Box::new(submit)), traceparent(&headers)).await;
    let registered = asked.and_then(|answer| answer).map_err(|p| HttpProblem(status(&p), p))?;
    Ok(created(registered))
}

fn created(r: Registered) -> Response {
    let location = format!("/api/v1/tickets/{}?code={}", r.number, r.code);
    let status = if r.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let body = Created { ticket: r.ticket.to_string(), number: r.number, code: r.code, location: location.clone() };
    (status, [(header::LOCATION, location)], Json(body)).into_response()
}

/// The body is a submission with one more field, `source` (`web` if it is missing); the header
/// `Idempotency-Key` stands in for a missing `external_id`.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<(SourceId, Submit), Problem> {
    let mut json: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).map_err(|e| bad_body(&e))?;
    let source = match json.remove("source") {
        None => "web".to_owned(),
        Some(serde_json::Value::String(s)) => s,
        Some(_) => return Err(Problem::field("source", "应为文本", "takes a text")),
    };
    if let (false, Some(key)) = (json.contains_key("external_id"), headers.get("idempotency-key")) {
        let key = key.to_str().map_err(|_| Problem::field("Idempotency-Key", "应为 ASCII 文本", "takes ASCII text"))?;
        json.insert("external_id".into(), key.into());
    }
    let submit = serde_json::from_value(json.into()).map_err(|e| bad_body(&e))?;
    Ok((source.parse()?, submit))
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "external_id_reused" => StatusCode::CONFLICT,
        "unknown_source" => StatusCode::FORBIDDEN,
        "busy" | "unavailable" | "conflict" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

/// What a reporter sees of the ticket.
#[derive(Debug, Serialize)]
struct Shown {
    number: String,
    state: &'static str,
    state_zh: &'static str,
    state_en: &'static str,
    received_at: Option<String>,
    /// The promised date.
    due: Option<String>,
    reply: Option<String>,
}

async fn ticket(
    State(api): State<Api>,
    Path(number): Path<String>,
    Query(Code { code }): Query<Code>,
) -> Result<Json<Shown>, HttpProblem> {
    let found = store::by_number(&api.db, &number).await.map_err(|e| {
        tracing::error!(error = %e, "ticket can't be read");
        HttpProblem(
            StatusCode::SERVICE_UNAVAILABLE,
            Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment"),
        )
    })?;
    // one answer for a wrong number and a wrong code: neither can be tried out alone
    let unknown = || {
        let p = Problem::new("unknown_ticket", "单号或查询码不对，请核对回执", "number or code is wrong; look at the receipt");
        HttpProblem(StatusCode::NOT_FOUND, p)
    };
    let (registration, progress) = found.filter(|(r, _)| same(&r.code, &code)).ok_or_else(unknown)?;
    let state = progress.as_ref().and_then(|p| p.state.parse().ok()).unwrap_or(TicketState::Received);
    Ok(Json(Shown {
        number: registration.number,
        state: state.code(),
        state_zh: state.zh(),
        state_en: state.en(),
        received_at: rfc3339(registration.received_ms),
        due: progress.as_ref().and_then(|p| p.due_ms).and_then(rfc3339),
        reply: progress.and_then(|p| p.reply),
    }))
}

/// Compares all characters, so that the time does not tell how many were right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

fn rfc3339(ms: i64) -> Option<String> {
    chrono::DateTime::from_timestamp_millis(ms).map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
