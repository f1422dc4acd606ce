//! The same as JSON, for programs.

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chassis::http::HttpProblem;
use contracts::lifecycle::State as TicketState;
use serde::Serialize;

use crate::{
    entity::{event, ticket},
    filter::{Filter, Page},
    lamp::{Lamp, rfc3339_ms},
    names,
    pages::{Desk, find, unavailable},
    store,
    view::{UnitCounts, count_units},
};

/// Routes for programs.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/api/v1/tickets", get(tickets))
        .route("/api/v1/tickets/{number}", get(ticket))
        .route("/api/v1/units", get(units))
        .route("/api/v1/summary", get(summary))
        .with_state(desk)
}

/// One ticket. Times are RFC 3339 in UTC.
#[derive(Serialize)]
struct Ticket {
    ticket: String,
    number: String,
    source: Option<String>,
    channel: Option<String>,
    text_start: String,
    state: String,
    state_zh: &'static str,
    state_en: &'static str,
    class: Option<String>,
    category: Option<String>,
    category_name: Option<String>,
    nature: Option<String>,
    urgent: bool,
    unit: Option<String>,
    unit_name: Option<String>,
    division: Option<String>,
    division_name: Option<String>,
    round: i32,
    lamp: Option<&'static str>,
    received_at: String,
    dispatched_at: Option<String>,
    warn_at: Option<String>,
    due: Option<String>,
    provisional: bool,
    done_at: Option<String>,
    closed_at: Option<String>,
    /// The case that it is merged under.
    lead: Option<String>,
}

impl Ticket {
    fn of(row: ticket::Model, now_ms: i64) -> Self {
        let state: Option<TicketState> = row.state.parse().ok();
        Self {
            lamp: Lamp::of(&row, now_ms).map(Lamp::code),
            ticket: row.ticket_id,
            number: row.number,
            source: row.source,
            channel: row.channel,
            text_start: row.excerpt,
            state_zh: state.map_or("", TicketState::zh),
            state_en: state.map_or("", TicketState::en),
            state: row.state,
            class: row.class,
            category: row.category,
            category_name: row.category_name,
            nature: row.nature,
            urgent: row.urgent,
            unit_name: row.unit.as_deref().map(names::unit_text),
            unit: row.unit,
            division_name: row.division.as_deref().map(names::division_text),
            division: row.division,
            round: row.round,
            received_at: rfc3339_ms(row.received_ms),
            dispatched_at: row.dispatched_ms.map(rfc3339_ms),
            warn_at: row.warn_ms.map(rfc3339_ms),
            due: row.due_ms.map(rfc3339_ms),
            provisional: row.provisional,
            done_at: row.done_ms.map(rfc3339_ms),
            closed_at: row.closed_ms.map(rfc3339_ms),
            lead: row.lead,
        }
    }
}

/// One page of the list; `older` and `newer` are values for `before` and `after`.
#[derive(Serialize)]
struct Tickets {
    at: String,
    tickets: Vec<Ticket>,
    older: Option<String>,
    newer: Option<String>,
}

async fn tickets(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>) -> Result<Response, HttpProblem> {
    let filter = Filter::read(&query).map_err(|p| HttpProblem(StatusCode::BAD_REQUEST, p))?;
    let now = desk.clock.now().timestamp_millis();
    let limit = filter.limit.unwrap_or(desk.page_size);
    let found = store::list(&desk.db, &filter, limit, now).await.map_err(|e| problem(unavailable(&e)))?;
    Ok(fresh(Tickets {
        at: rfc3339_ms(now),
        tickets: found.rows.into_iter().map(|r| Ticket::of(r, now)).collect(),
        older: found.older.and_then(cursor),
        newer: found.newer.and_then(cursor),
    }))
}

fn cursor(page: Page) -> Option<String> {
    match page {
        Page::Newest => None,
        Page::Before(c) | Page::After(c) => Some(c.to_string()),
    }
}

/// One fact, its body as it was told.
#[derive(Serialize)]
struct Event {
    seq: Option<i64>,
    kind: String,
    at: String,
    body: serde_json::Value,
}

impl Event {
    fn of(event: event::Model) -> Self {
        Self {
            seq: event.fact.parse().ok(),
            kind: event.kind,
            at: rfc3339_ms(event.at_ms),
            body: serde_json::from_str(&event.body).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct Whole {
    at: String,
    ticket: Ticket,
    events: Vec<Event>,
}

async fn ticket(
    State(desk): State<Desk>,
    number: Result<Path<String>, PathRejection>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, HttpProblem> {
    no_parameters(&query)?;
    let number = number.map(|Path(n)| n).unwrap_or_default();
    let (row, mut events) = find(&desk, &number).await.map_err(problem)?;
    events.sort_by_key(|e| (e.at_ms, e.fact.parse::<i64>().unwrap_or(i64::MAX)));
    let now = desk.clock.now().timestamp_millis();
    let events = events.into_iter().map(Event::of).collect();
    Ok(fresh(Whole { at: rfc3339_ms(now), ticket: Ticket::of(row, now), events }))
}

#[derive(Serialize)]
struct Unit {
    unit: Option<String>,
    name: Option<String>,
    #[serde(flatten)]
    counts: UnitCounts,
}

#[derive(Serialize)]
struct Units {
    at: String,
    units: Vec<Unit>,
}

async fn units(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>) -> Result<Response, HttpProblem> {
    no_parameters(&query)?;
    let now = desk.clock.now().timestamp_millis();
    let grouped = store::units(&desk.db, now).await.map_err(|e| problem(unavailable(&e)))?;
    let units = count_units(&grouped).into_iter();
    let units = units.map(|(unit, counts)| Unit { name: unit.as_deref().map(names::unit_text), unit, counts }).collect();
    Ok(fresh(Units { at: rfc3339_ms(now), units }))
}

#[derive(Serialize)]
struct InState {
    state: String,
    state_zh: &'static str,
    state_en: &'static str,
    tickets: i64,
}

/// Counts per state, which add up to the total, and of the running clocks by lamp.
#[derive(Serialize)]
struct Summary {
    at: String,
    /// All tickets: everybody who reported.
    total: i64,
    /// Those that are not merged under another: what there is to do.
    causes: i64,
    states: Vec<InState>,
    green: i64,
    yellow: i64,
    red: i64,
    /// Alarms that wait for an answer.
    alarms: i64,
}

async fn summary(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>) -> Result<Response, HttpProblem> {
    no_parameters(&query)?;
    let now = desk.clock.now().timestamp_millis();
    let states = store::states(&desk.db).await.map_err(|e| problem(unavailable(&e)))?;
    let running = store::running(&desk.db, now).await.map_err(|e| problem(unavailable(&e)))?;
    let in_state = |row: store::InState| {
        let state: Option<TicketState> = row.state.parse().ok();
        let (state_zh, state_en) = (state.map_or("", TicketState::zh), state.map_or("", TicketState::en));
        InState { state: row.state, state_zh, state_en, tickets: row.n }
    };
    Ok(fresh(Summary {
        at: rfc3339_ms(now),
        total: states.iter().map(|row| row.n).sum(),
        causes: states.iter().filter(|row| row.state != TicketState::Merged.code()).map(|row| row.n).sum(),
        states: states.into_iter().map(in_state).collect(),
        green: running.green,
        yellow: running.yellow,
        red: running.red,
        alarms: running.alarms,
    }))
}

fn no_parameters(query: &[(String, String)]) -> Result<(), HttpProblem> {
    crate::pages::no_parameters(query).map_err(problem)
}

fn problem((status, problem): (StatusCode, contracts::problem::Problem)) -> HttpProblem {
    HttpProblem(status, problem)
}

/// Lamps change by the minute: nothing between may keep an answer.
fn fresh(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
