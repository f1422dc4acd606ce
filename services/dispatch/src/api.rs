//! The HTTP face: the same acts that units send over NATS, the rule register with the calendar, periodic work, clusters.
//!
//! There are no accounts yet: listen on loopback, or behind a proxy that knows who may speak for which unit.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chassis::http::{HttpProblem, idempotency_key, traceparent};
use contracts::{
    district::District,
    envelope::{MAX_BODY, bad_body},
    id::{ClusterId, MessageId, UnitId},
    problem::Problem,
    subject,
    supervision::TaskId,
    text::Text,
    work::{AnswerOutcome, UnitAct},
};
use outbox::{Db, Door, Handler};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Dispatch,
    clusters::{self, Clusters},
    heard::{Heard, NewRules},
    in_force::InForce,
    rules::{RuleBook, Rules},
    store,
};

/// The ways in.
#[derive(Clone, Debug)]
pub struct Doors {
    /// To tickets, rules and periodic work.
    pub tickets: Door<Dispatch>,
    /// To clusters.
    pub clusters: Door<Clusters>,
}

#[derive(Clone)]
struct Api {
    doors: Doors,
    db: Db,
}

/// Routes of the HTTP face.
pub fn router(doors: Doors, db: Db) -> Router {
    Router::new()
        .route("/api/v1/units/{unit}/acts", post(act))
        .route("/api/v1/rules", get(rules).put(change))
        .route("/api/v1/calendar", get(days).put(load))
        .route("/api/v1/supervision/{task}/close", post(close))
        .route("/api/v1/clusters/{cluster}/acts", post(cluster))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { doors, db })
}

async fn act(State(api): State<Api>, Path(unit): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, HttpProblem> {
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let unit: UnitId = unit.parse().map_err(bad)?;
    if District::sample().unit(&unit).is_none() {
        let p = Problem::new("unknown_unit", "没有这个单位，请核对地址", "there is no such unit; check the address");
        return Err(HttpProblem(StatusCode::NOT_FOUND, p));
    }
    let key = idempotency_key(&headers).map_err(bad)?.to_owned();
    let act: UnitAct = serde_json::from_slice(&body).map_err(|e| bad(bad_body(&e)))?;
    // the same act over NATS under the same id is the same message
    let id = MessageId::of_event(&subject::unit_uri(&unit), &key);
    let asked = api.doors.tickets.ask(id, Heard::Act(unit, key, Box::new(act)), traceparent(&headers)).await;
    let outcome = asked.map_err(|p| HttpProblem(status(&p), p))?;
    let status = if outcome == AnswerOutcome::Done { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, Json(outcome)).into_response())
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "busy" | "unavailable" | "conflict" => StatusCode::SERVICE_UNAVAILABLE,
        "repeated" | "stale" | "task_closed" | "cluster_state" => StatusCode::CONFLICT,
        "unknown_task" | "unknown_cluster" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

async fn rules(State(api): State<Api>) -> Result<Response, HttpProblem> {
    let rows = store::all_rules(&api.db).await.map_err(|e| unavailable(&e))?;
    Ok(Json(rows).into_response())
}

fn unavailable(e: &dyn std::fmt::Display) -> HttpProblem {
    tracing::error!(error = %e, "the rules can't be read");
    let p = Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, p)
}

/// The calendar in force.
#[derive(Serialize)]
struct Days {
    version: String,
    published_through: chrono::NaiveDate,
    /// Where the days that were loaded last come from; none: built in.
    source: Option<String>,
    /// CSV.
    days: String,
}

async fn days(State(api): State<Api>) -> Result<Response, HttpProblem> {
    let rules = InForce::default().read(api.db.read()).await.map_err(|e| unavailable(&e))?;
    let Rules { calendar, loaded, .. } = &*rules;
    let version = calendar.version().to_owned();
    let (published_through, source) = (calendar.published_through(), loaded.as_ref().map(|loaded| loaded.source.clone()));
    Ok(Json(Days { version, published_through, source, days: calendar.csv() }).into_response())
}

async fn load(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Result<Response, HttpProblem> {
    let days = Box::new(read(&body)?);
    ask(&api.doors.tickets, ("/calendar", &headers), Heard::Days(days)).await
}

async fn close(
    State(api): State<Api>,
    Path(task): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    let task: TaskId = task.parse().map_err(|p| HttpProblem(StatusCode::NOT_FOUND, p))?;
    let minutes = Box::new(read(&body)?);
    ask(&api.doors.tickets, ("/supervision", &headers), Heard::Close(task, minutes)).await
}

async fn cluster(
    State(api): State<Api>,
    Path(cluster): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    let cluster: ClusterId = cluster.parse().map_err(|p| HttpProblem(StatusCode::NOT_FOUND, p))?;
    let act = Box::new(read(&body)?);
    ask(&api.doors.clusters, ("/clusters", &headers), clusters::Heard::Act(cluster, act)).await
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, HttpProblem> {
    serde_json::from_slice(body).map_err(|e| HttpProblem(StatusCode::BAD_REQUEST, bad_body(&e)))
}

/// Hands a change in under its key, which is one of `source`.
async fn ask<H: Handler<Answer = AnswerOutcome>>(
    door: &Door<H>,
    (source, headers): (&str, &HeaderMap),
    change: H::Heard,
) -> Result<Response, HttpProblem> {
    let key = idempotency_key(headers).map_err(|p| HttpProblem(StatusCode::BAD_REQUEST, p))?;
    let asked = door.ask(MessageId::of_event(source, key), change, traceparent(headers)).await;
    let outcome = asked.map_err(|p| HttpProblem(status(&p), p))?;
    Ok(Json(outcome).into_response())
}

/// A change of the rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    book: RuleBook,
    from: i64,
    person: Text<40>,
    reason: Text<2000>,
    #[serde(default)]
    succeeded: Option<UnitId>,
}

async fn change(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Result<Response, HttpProblem> {
    let Change { book, from, person, reason, succeeded } = read(&body)?;
    let new = NewRules { book, from, person, reason, succeeded };
    ask(&api.doors.tickets, ("/rules", &headers), Heard::Rules(Box::new(new))).await
}
