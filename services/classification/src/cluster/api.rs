//! `POST /api/v1/similar`: the open tickets that are like a text, for call-takers, clerks and other services of ours.
//!
//! It shows numbers and texts, so it is no face for citizens: intake has one that shows less.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use chassis::http::HttpProblem;
use contracts::{
    envelope::{MAX_BODY, bad_body},
    id::DivisionCode,
    problem::Problem,
    text::Text,
};
use outbox::{Db, Engine};
use serde::{Deserialize, Serialize};

use super::{gather::Gathering, store};
use crate::{Classification, Report};

/// Tickets that are shown at most, and if nobody says how many.
const MOST: usize = 20;
const FEW: usize = 5;

#[derive(Clone)]
struct Api {
    gathering: Arc<Gathering>,
    classification: Engine<Classification>,
    db: Db,
}

/// Routes.
pub(super) fn router(gathering: Arc<Gathering>, classification: Engine<Classification>, db: Db) -> Router {
    let api = Api { gathering, classification, db };
    Router::new().route("/api/v1/similar", post(similar)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(api)
}

/// What is sought.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sought {
    text: Text<5000>,
    #[serde(default)]
    division: Option<DivisionCode>,
    #[serde(default)]
    most: Option<usize>,
}

/// An open ticket that is like it.
#[derive(Serialize)]
struct Similar {
    ticket: String,
    number: String,
    category: String,
    category_name: String,
    division: Option<String>,
    received_at: Option<String>,
    /// What was reported, numbers masked.
    text: String,
    /// How like it is: 0.14 is just alike, 0.5 nearly the same words.
    likeness: f32,
    /// The cluster that it is in.
    cluster: Option<String>,
}

#[derive(Serialize)]
struct Found {
    /// What the text itself would be classified as.
    category: String,
    similar: Vec<Similar>,
    /// Tickets that were searched.
    searched: usize,
}

async fn similar(State(api): State<Api>, body: Bytes) -> Result<Response, HttpProblem> {
    let bad = |e: &serde_json::Error| HttpProblem(StatusCode::BAD_REQUEST, bad_body(e));
    let Sought { text, division, most } = serde_json::from_slice(&body).map_err(|e| bad(&e))?;
    let text = text.masked();
    let classifier = api.classification.handler().deciding();
    let verdict = classifier.classify(&Report { division: division.as_ref(), ..Report::of_text(&text) });
    let most = most.unwrap_or(FEW).min(MOST);
    let near = api.gathering.similar(|eye| eye.see(&text, &verdict.category, &verdict.perhaps, verdict.division.as_ref()), most);
    let ids: Vec<String> = near.iter().map(|(ticket, ..)| ticket.to_string()).collect();
    let rows = store::matters(api.db.read(), &ids).await.map_err(|e| unavailable(&e))?;
    let name = |code: &str| classifier.taxonomy().index(code).map(|i| classifier.taxonomy().categories()[i].name.clone());
    let similar = near.into_iter().filter_map(|(ticket, likeness, cluster)| {
        let row = rows.iter().find(|r| r.ticket_id == ticket.to_string())?.clone();
        Some(Similar {
            ticket: row.ticket_id,
            number: row.number,
            category_name: name(&row.category).unwrap_or_default(),
            category: row.category,
            division: row.division,
            received_at: chrono::DateTime::from_timestamp_millis(row.received_ms).map(|t| t.to_rfc3339()),
            text: row.text,
            likeness,
            cluster: cluster.map(|c| c.to_string()),
        })
    });
    let similar = similar.collect();
    Ok(Json(Found { category: verdict.category, similar, searched: api.gathering.tickets() }).into_response())
}

fn unavailable(e: &sea_orm::DbErr) -> HttpProblem {
    tracing::error!(error = %e, "similar tickets can't be read");
    let p = Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, p)
}
