//! The HTTP face of what people decide on: the catalogue, what rulings propose for it, and the model. Each change is a
//! version with who and why; undo takes the newest back.
//!
//! There are no accounts yet: listen on loopback, or behind a proxy that knows who may decide.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use chassis::http::{HttpProblem, idempotency_key, traceparent};
use contracts::{
    envelope::{MAX_BODY, bad_body},
    id::MessageId,
    problem::Problem,
    text::Text,
};
use outbox::{Db, Door};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Classification,
    catalogue::Written,
    heard::{Chosen, Heard},
    register::Choice,
    store,
};

#[derive(Clone)]
struct Api {
    door: Door<Classification>,
    db: Db,
}

type Answer = Result<Response, HttpProblem>;

/// Routes of the face.
pub fn router(door: Door<Classification>, db: Db) -> Router {
    Router::new()
        .route("/api/v1/catalogue", get(catalogue))
        .route("/api/v1/catalogue/entries", put(import))
        .route("/api/v1/catalogue/proposals", get(proposals))
        .route("/api/v1/catalogue/proposals/{id}/accept", post(accept))
        .route("/api/v1/catalogue/proposals/{id}/refuse", post(refuse))
        .route("/api/v1/catalogue/undo", post(undo))
        .route("/api/v1/models", get(models))
        .route("/api/v1/models/{id}/accept", post(accept_model))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { door, db })
}

/// The entries in force, and all versions with who made them and why.
async fn catalogue(State(api): State<Api>) -> Answer {
    let versions = store::versions(&api.db).await.map_err(|e| unavailable(&e))?;
    let entries = store::shown(&api.db).await.map_err(|e| unavailable(&e))?;
    let (version, model) = versions.first().map_or((0, ""), |v| (v.version, &v.model));
    Ok(Json(json!({ "version": version, "model": model, "entries": entries, "versions": versions })).into_response())
}

async fn proposals(State(api): State<Api>) -> Answer {
    let proposals = store::proposed(&api.db).await.map_err(|e| unavailable(&e))?;
    Ok(Json(json!({ "proposals": proposals })).into_response())
}

async fn models(State(api): State<Api>) -> Answer {
    let tried = store::models(&api.db).await.map_err(|e| unavailable(&e))?;
    let model = |(id, report, at_ms): (String, String, i64)| json!({ "id": id, "report": serde_json::from_str::<Value>(&report).unwrap_or_default(), "at_ms": at_ms });
    Ok(Json(json!({ "models": tried.into_iter().map(model).collect::<Vec<_>>() })).into_response())
}

/// Who decides, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    person: Text<40>,
    reason: Text<2000>,
    /// With `accept` of a proposal: not only at the ticket's place.
    #[serde(default)]
    everywhere: bool,
}

/// All entries, made from a version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    person: Text<40>,
    reason: Text<2000>,
    from: i64,
    entries: Vec<Written>,
}

async fn accept(State(api): State<Api>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let Body { person, reason, everywhere } = read(&body)?;
    chosen(&api, &headers, Chosen { choice: Choice::Accept { id, everywhere }, person, reason }).await
}

async fn refuse(State(api): State<Api>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let Body { person, reason, .. } = read(&body)?;
    chosen(&api, &headers, Chosen { choice: Choice::Refuse { id }, person, reason }).await
}

async fn undo(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Answer {
    let Body { person, reason, .. } = read(&body)?;
    chosen(&api, &headers, Chosen { choice: Choice::Undo, person, reason }).await
}

async fn import(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Answer {
    let Import { person, reason, from, entries } = read(&body)?;
    chosen(&api, &headers, Chosen { choice: Choice::Import { from, entries }, person, reason }).await
}

async fn accept_model(State(api): State<Api>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let Body { person, reason, .. } = read(&body)?;
    chosen(&api, &headers, Chosen { choice: Choice::Model { id }, person, reason }).await
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, HttpProblem> {
    serde_json::from_slice(body).map_err(|e| HttpProblem(StatusCode::BAD_REQUEST, bad_body(&e)))
}

async fn chosen(api: &Api, headers: &HeaderMap, chosen: Chosen) -> Answer {
    let key = idempotency_key(headers).map_err(|p| HttpProblem(StatusCode::BAD_REQUEST, p))?;
    let id = MessageId::of_event("/catalogue", key);
    let asked = api.door.ask(id, Heard::Person(Box::new(chosen)), traceparent(headers)).await;
    let version = asked.map_err(|p| HttpProblem(status(&p), p))?;
    Ok(Json(json!({ "version": version })).into_response())
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "busy" | "unavailable" | "conflict" => StatusCode::SERVICE_UNAVAILABLE,
        "repeated" | "decided" | "nothing_to_undo" | "stale" | "in_force" => StatusCode::CONFLICT,
        "unknown_proposal" | "unknown_model" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn unavailable(e: &sea_orm::DbErr) -> HttpProblem {
    tracing::error!(error = %e, "the catalogue can't be read");
    let p = Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, p)
}
