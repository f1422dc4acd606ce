//! The catalogue's HTTP face: what is in force, what rulings propose, and a person's yes, no or undo.
//!
//! There are no accounts yet: listen on loopback, or behind a proxy that knows who may decide.

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
    envelope::{MAX_BODY, bad_body},
    id::MessageId,
    problem::Problem,
    text::Text,
};
use outbox::{Db, Door};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Classification,
    catalogue::{Choice, PENDING},
    heard::{Chosen, Heard},
    store,
};

#[derive(Clone)]
struct Api {
    door: Door<Classification>,
    db: Db,
}

/// Routes of the catalogue.
pub fn router(door: Door<Classification>, db: Db) -> Router {
    Router::new()
        .route("/api/v1/catalogue", get(catalogue))
        .route("/api/v1/catalogue/proposals", get(proposals))
        .route("/api/v1/catalogue/proposals/{id}/accept", post(accept))
        .route("/api/v1/catalogue/proposals/{id}/refuse", post(refuse))
        .route("/api/v1/catalogue/undo", post(undo))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { door, db })
}

async fn catalogue(State(api): State<Api>) -> Result<Response, HttpProblem> {
    let entries = store::shown(&api.db).await.map_err(|e| unavailable(&e))?;
    Ok(Json(json!({ "entries": entries })).into_response())
}

async fn proposals(State(api): State<Api>) -> Result<Response, HttpProblem> {
    let proposals = store::proposed(&api.db, PENDING).await.map_err(|e| unavailable(&e))?;
    Ok(Json(json!({ "proposals": proposals })).into_response())
}

/// Who decides, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    person: Text<40>,
    reason: Text<2000>,
    /// With `accept`: not only at the ticket's place.
    #[serde(default)]
    everywhere: bool,
}

async fn accept(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    chosen(&api, &headers, &body, |everywhere| Choice::Accept { id, everywhere }).await
}

async fn refuse(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, HttpProblem> {
    chosen(&api, &headers, &body, |_| Choice::Refuse { id }).await
}

async fn undo(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Result<Response, HttpProblem> {
    chosen(&api, &headers, &body, |_| Choice::Undo).await
}

async fn chosen(
    api: &Api,
    headers: &HeaderMap,
    body: &[u8],
    choice: impl FnOnce(bool) -> Choice,
) -> Result<Response, HttpProblem> {
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let key = idempotency_key(headers).map_err(bad)?;
    let Body { person, reason, everywhere } = serde_json::from_slice(body).map_err(|e| bad(bad_body(&e)))?;
    let heard = Heard::Person(Box::new(Chosen { choice: choice(everywhere), person, reason }));
    let asked = api.door.ask(MessageId::of_event("/catalogue", key), heard, traceparent(headers)).await;
    let version = asked.map_err(|p| HttpProblem(status(&p), p))?;
    Ok(Json(json!({ "version": version })).into_response())
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "busy" | "unavailable" | "conflict" => StatusCode::SERVICE_UNAVAILABLE,
        "repeated" | "decided" | "nothing_to_undo" => StatusCode::CONFLICT,
        "unknown_proposal" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn unavailable(e: &sea_orm::DbErr) -> HttpProblem {
    tracing::error!(error = %e, "the catalogue can't be read");
    let p = Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, p)
}
