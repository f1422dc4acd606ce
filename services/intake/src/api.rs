//! The HTTP face: `POST /api/v1/reports` (with `?place=` from a QR code), `GET /api/v1/tickets/{number}?code=…`, `POST /api/v1/tickets/{number}/acts?code=…`.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bus::Clock;
use chassis::http::{HttpProblem, traceparent};
use contracts::{
    district::District,
    envelope::{MAX_BODY, bad_body},
    id::{DivisionCode, MessageId, SourceId},
    intake::Submit,
    problem::Problem,
};
use outbox::{Db, Door};
use serde::{Deserialize, Serialize};

use crate::{
    Intake,
    citizen::{Act, Acted},
    domain::Registered,
    entity::registration,
    handlers::{Answer, Heard},
    shown::Shown,
    store,
};

#[derive(Clone)]
struct Api {
    door: Door<Intake>,
    db: Db,
    clock: Clock,
}

/// Routes of the HTTP face.
pub fn router(door: Door<Intake>, db: Db, clock: Clock) -> Router {
    Router::new()
        .route("/api/v1/reports", post(report))
        .route("/api/v1/tickets/{number}", get(ticket))
        .route("/api/v1/tickets/{number}/acts", post(act))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { door, db, clock })
}

/// Answer to a report.
#[derive(Debug, Serialize)]
struct Created {
    ticket: String,
    number: String,
    code: String,
    location: String,
}

/// The place that a QR code on a wall stands for: the code's address has it (`gridline qr` prints them).
#[derive(Deserialize)]
struct Wall {
    #[serde(default)]
    place: Option<String>,
}

impl Wall {
    fn division(&self) -> Result<Option<DivisionCode>, Problem> {
        let Some(place) = &self.place else { return Ok(None) };
        let known = place.parse().ok().filter(|code| District::sample().division(code).is_some());
        let unknown =
            || Problem::field("place", "不是本区的区划代码，请重新扫码", "is no division of the district; scan the code again");
        known.ok_or_else(unknown).map(Some)
    }
}

async fn report(
    State(api): State<Api>,
    Query(wall): Query<Wall>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let place = wall.division().map_err(bad)?;
    let (source, mut submit) = read(&headers, &body).map_err(bad)?;
    // who says where it is knows better than the wall
    submit.division = submit.division.or(place);
    // each request is its own; what is the same report is decided by source and external id
    let id = MessageId(uuid::Uuid::new_v4());
    let asked = api.door.ask(id, Heard::Submit(source, Box::new(submit)), traceparent(&headers)).await;
    match asked.and_then(|answer| answer) {
        Ok(Answer::Registered(registered)) => Ok(created(registered)),
        Ok(_) => Err(HttpProblem(StatusCode::SERVICE_UNAVAILABLE, unavailable())),
        Err(p) => Err(HttpProblem(status(&p), p)),
    }
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
    if !json.contains_key("external_id")
        && let Some(key) = key(headers)?
    {
        json.insert("external_id".into(), key.into());
    }
    let submit = serde_json::from_value(json.into()).map_err(|e| bad_body(&e))?;
    Ok((source.parse()?, submit))
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "external_id_reused" | "key_reused" => StatusCode::CONFLICT,
        "too_many_acts" => StatusCode::TOO_MANY_REQUESTS,
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

async fn ticket(
    State(api): State<Api>,
    Path(number): Path<String>,
    Query(Code { code }): Query<Code>,
) -> Result<Json<Shown>, HttpProblem> {
    let registration = find(&api, &number, &code).await?;
    let seen = store::seen(&api.db, registration).await.map_err(|e| away(&e))?;
    Ok(Json(Shown::of(seen, api.clock.now().timestamp_millis())))
}

/// Where to look for what becomes of an act.
#[derive(Debug, Serialize)]
struct Taken {
    act: String,
    location: String,
}

async fn act(
    State(api): State<Api>,
    Path(number): Path<String>,
    Query(Code { code }): Query<Code>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let registration = find(&api, &number, &code).await?;
    let act = Act {
        ticket: registration.ticket_id.parse().map_err(bad)?,
        act: serde_json::from_slice(&body).map_err(|e| bad(bad_body(&e)))?,
        key: key(&headers).map_err(bad)?,
    };
    // each request is its own; what is the same act is decided by its key
    let id = MessageId(uuid::Uuid::new_v4());
    let asked = api.door.ask(id, Heard::Citizen(Box::new(act)), traceparent(&headers)).await;
    match asked.and_then(|answer| answer) {
        Ok(Answer::Acted(Acted { act, .. })) => {
            let location = format!("/api/v1/tickets/{}?code={}", registration.number, registration.code);
            let body = Taken { act: act.to_string(), location: location.clone() };
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response())
        }
        Ok(_) => Err(HttpProblem(StatusCode::SERVICE_UNAVAILABLE, unavailable())),
        Err(p) => Err(HttpProblem(status(&p), p)),
    }
}

/// The report of this number, if the code is right.
async fn find(api: &Api, number: &str, code: &str) -> Result<registration::Model, HttpProblem> {
    // one answer for a wrong number and a wrong code: neither can be tried out alone
    let unknown = || {
        let p = Problem::new("unknown_ticket", "单号或查询码不对，请核对回执", "number or code is wrong; look at the receipt");
        HttpProblem(StatusCode::NOT_FOUND, p)
    };
    let found = store::registration(&api.db, number).await.map_err(|e| away(&e))?;
    found.filter(|r| same(&r.code, code)).ok_or_else(unknown)
}

fn away(e: &sea_orm::DbErr) -> HttpProblem {
    tracing::error!(error = %e, "ticket can't be read");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, unavailable())
}

fn unavailable() -> Problem {
    Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment")
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= 128 => Ok(Some(key.to_owned())),
        _ => Err(Problem::field("Idempotency-Key", "应为 1 到 128 个 ASCII 字符", "takes 1 to 128 ASCII characters")),
    }
}

/// Compares all characters, so that the time does not tell how many were right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}
