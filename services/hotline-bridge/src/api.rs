//! The HTTP face: `POST /hotlines/{connection}/orders`, `GET /hotlines/{connection}/callbacks?ticket=…&status=…`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bus::Clock;
use chassis::http::{HttpProblem, traceparent};
use contracts::{
    envelope::{MAX_BODY, bad_body, too_large},
    id::MessageId,
    problem::Problem,
};
use outbox::{Db, Door};
use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, Connection},
    entity::{attempt, callback},
    handlers::{Bridge, Heard, unknown_connection},
    mapping, seal, store,
};

#[derive(Clone)]
struct Api {
    door: Door<Bridge>,
    db: Db,
    clock: Clock,
    config: Arc<Config>,
}

/// Routes of the HTTP face.
pub fn router(door: Door<Bridge>, db: Db, clock: Clock, config: Arc<Config>) -> Router {
    Router::new()
        .route("/hotlines/{connection}/orders", post(order))
        .route("/hotlines/{connection}/callbacks", get(callbacks))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Api { door, db, clock, config })
}

/// Answer to an order.
#[derive(Debug, Serialize)]
struct Taken {
    connection: String,
    order_no: String,
    ticket: String,
}

/// 202: the order is safe here and on its way to intake. 200: the same order had been taken before.
async fn order(
    State(api): State<Api>,
    Path(connection): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, HttpProblem> {
    let body = body.map_err(|e| HttpProblem(e.status(), unread(&e)))?;
    let known = api.admit(&connection, &headers, &body)?;
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let json = serde_json::from_slice(&body).map_err(|e| bad(bad_body(&e)))?;
    let submit = mapping::submission(&known.order, &json).map_err(bad)?;
    let order_no = submit.external_id.as_str().to_owned();
    // each request is its own; what is the same order is decided by connection and number
    let id = MessageId(uuid::Uuid::new_v4());
    let asked = api.door.ask(id, Heard::Order(connection.clone(), Box::new(submit)), traceparent(&headers)).await;
    let accepted = asked.and_then(|a| a.ok_or_else(unavailable)).map_err(|p| HttpProblem(status(&p), p))?;
    let status = if accepted.repeated { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(Taken { connection, order_no, ticket: accepted.ticket.to_string() })).into_response())
}

fn unread(e: &BytesRejection) -> Problem {
    match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new("body_broken", "内容没有传完，请重发", "the body broke off; send it again"),
    }
}

impl Api {
    /// The connection, if the caller brings what it asks for.
    fn admit(&self, id: &str, headers: &HeaderMap, body: &[u8]) -> Result<&Connection, HttpProblem> {
        let connection = self.config.connections.get(id);
        let connection = connection.ok_or_else(|| HttpProblem(StatusCode::NOT_FOUND, unknown_connection()))?;
        let unauthorized = |p| HttpProblem(StatusCode::UNAUTHORIZED, p);
        let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        if !connection.inbound_token.is_empty() {
            let given = value(header::AUTHORIZATION.as_str());
            seal::verify_token(connection.inbound_token.expose(), given).map_err(unauthorized)?;
        }
        if !connection.inbound_secret.is_empty() {
            let now = self.clock.now().timestamp();
            seal::verify(connection.inbound_secret.expose(), value(seal::SIGNATURE), body, now).map_err(unauthorized)?;
        }
        Ok(connection)
    }
}

fn status(p: &Problem) -> StatusCode {
    match p.code.as_str() {
        "order_no_reused" => StatusCode::CONFLICT,
        "unknown_connection" => StatusCode::NOT_FOUND,
        "busy" | "unavailable" | "conflict" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn unavailable() -> Problem {
    Problem::new("unavailable", "暂时无法处理，请稍后再试", "try again in a moment")
}

#[derive(Deserialize)]
struct Asked {
    ticket: Option<String>,
    status: Option<String>,
}

/// The ledger as an operator sees it. What was said is not shown, only that it was.
#[derive(Debug, Serialize)]
struct Ledger {
    connection: String,
    name: String,
    number: String,
    callbacks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    ticket: String,
    seq: i64,
    order_no: String,
    kind: String,
    status: String,
    created_ms: i64,
    next_ms: i64,
    done_ms: Option<i64>,
    attempts: Vec<attempt::Model>,
}

async fn callbacks(
    State(api): State<Api>,
    Path(connection): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Ledger>, HttpProblem> {
    let known = api.admit(&connection, &headers, b"")?;
    let found = store::ledger(&api.db, &connection, asked.ticket.as_deref(), asked.status.as_deref()).await;
    let found = found.map_err(|e| {
        tracing::error!(error = %e, "ledger can't be read");
        HttpProblem(StatusCode::SERVICE_UNAVAILABLE, unavailable())
    })?;
    let (name, number) = (known.name.clone(), known.number.clone());
    Ok(Json(Ledger { connection, name, number, callbacks: found.into_iter().map(line).collect() }))
}

fn line((c, attempts): (callback::Model, Vec<attempt::Model>)) -> Line {
    Line {
        id: c.callback_id,
        ticket: c.ticket_id,
        seq: c.seq,
        order_no: c.order_no,
        kind: c.kind,
        status: c.status,
        created_ms: c.created_ms,
        next_ms: c.next_ms,
        done_ms: c.done_ms,
        attempts,
    }
}
