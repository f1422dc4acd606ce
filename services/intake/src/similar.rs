//! `POST /api/v1/reports/similar`: before a citizen sends a report, what like it is already being handled.
//!
//! Classification finds it; here is cut off what is nobody's affair: numbers, texts, and matters that are not of the
//! public space. A wish to know what is reported of a neighbour gets no answer.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use chassis::http::{self, HttpProblem};
use chrono::DateTime;
use contracts::{
    district::District,
    envelope::{MAX_BODY, bad_body},
    id::DivisionCode,
    lifecycle::State as TicketState,
    problem::Problem,
    text::Text,
};
use outbox::Db;
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};

use crate::store;

/// A citizen who types waits no longer for an advice.
const PATIENCE: Duration = Duration::from_secs(2);
/// Matters that are shown.
const MOST: usize = 5;

/// Where classification is, and what is shown; `default.toml` explains it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    url: String,
    shown: Vec<String>,
}

#[derive(Clone)]
struct Api {
    db: Db,
    shown: Vec<String>,
    finder: Option<(Client, Url)>,
}

/// Routes.
///
/// # Errors
/// The address is none.
pub fn router(config: Config, db: Db) -> anyhow::Result<Router> {
    let finder = if config.url.is_empty() { None } else { Some(finder(&config.url)?) };
    let api = Api { db, shown: config.shown, finder };
    let route = Router::new().route("/api/v1/reports/similar", post(similar));
    Ok(route.layer(DefaultBodyLimit::max(MAX_BODY)).with_state(api))
}

fn finder(url: &str) -> anyhow::Result<(Client, Url)> {
    let mut url = http::address(url, "similar.url")?;
    url.set_path("/api/v1/similar");
    Ok((http::client(PATIENCE)?, url))
}

/// What the citizen is about to report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sought {
    text: Text<5000>,
    #[serde(default)]
    division: Option<DivisionCode>,
}

/// What classification finds, as far as it is looked at.
#[derive(Deserialize)]
struct Found {
    similar: Vec<Near>,
}

#[derive(Deserialize)]
struct Near {
    ticket: String,
    category: String,
    category_name: String,
    division: Option<String>,
    received_at: Option<String>,
    cluster: Option<String>,
}

/// A matter that is being handled, without number and words.
#[derive(Debug, PartialEq, Serialize)]
struct Matter {
    category_name: String,
    /// Village, community or town.
    place: Option<String>,
    state: &'static str,
    state_zh: &'static str,
    state_en: &'static str,
    /// The day on which the last of these reports came.
    last_day: Option<String>,
    /// Reports of it that are like this one.
    reports: usize,
}

#[derive(Serialize)]
struct Answer {
    matters: Vec<Matter>,
}

async fn similar(State(api): State<Api>, body: Bytes) -> Result<Response, HttpProblem> {
    let bad = |p| HttpProblem(StatusCode::BAD_REQUEST, p);
    let Sought { text, division } = serde_json::from_slice(&body).map_err(|e| bad(bad_body(&e)))?;
    let Some((client, url)) = &api.finder else { return Err(away("similar.url is not set")) };
    let asked = serde_json::json!({"text": text.masked(), "division": division, "most": 20});
    let answer = client.post(url.clone()).json(&asked).send().await.and_then(reqwest::Response::error_for_status);
    // without the address: it may hold a secret
    let answer = answer.map_err(|e| away(&e.without_url().to_string()))?;
    let mut found: Found = answer.json().await.map_err(|e| away(&e.without_url().to_string()))?;
    found.similar.retain(|near| api.shown.iter().any(|level| near.category.starts_with(level.as_str())));
    let tickets: Vec<String> = found.similar.iter().map(|near| near.ticket.clone()).collect();
    let states = store::states(&api.db, &tickets).await.map_err(|e| away(&e.to_string()))?;
    let matters = gathered(found.similar, |ticket| states.get(ticket).copied().unwrap_or(TicketState::Received));
    Ok(Json(Answer { matters }).into_response())
}

/// Reports of one cluster are one matter, shown as the most alike of them stands.
fn gathered(near: Vec<Near>, state: impl Fn(&str) -> TicketState) -> Vec<Matter> {
    let mut matters: Vec<(Option<String>, Matter)> = Vec::new();
    for one in near {
        let day = one
            .received_at
            .as_deref()
            .and_then(|at| DateTime::parse_from_rfc3339(at).ok())
            .map(|at| crate::domain::day(at.to_utc()));
        if let Some((_, known)) = matters.iter_mut().find(|(cluster, _)| cluster.is_some() && *cluster == one.cluster) {
            known.reports += 1;
            known.last_day = known.last_day.clone().max(day);
            continue;
        }
        if matters.len() == MOST {
            break;
        }
        let state = state(&one.ticket);
        let place = one.division.and_then(|d| d.parse().ok()).and_then(|d| District::sample().division(&d));
        let matter = Matter {
            category_name: one.category_name,
            place: place.map(|d| d.short_name.clone()),
            state: state.code(),
            state_zh: state.zh(),
            state_en: state.en(),
            last_day: day,
            reports: 1,
        };
        matters.push((one.cluster, matter));
    }
    matters.into_iter().map(|(_, matter)| matter).collect()
}

fn away(why: &str) -> HttpProblem {
    tracing::warn!(why, "similar matters can't be found");
    let (zh, en) = ("暂时无法查询类似诉求，可以直接提交", "similar matters can't be looked up now; just send the report");
    HttpProblem(StatusCode::SERVICE_UNAVAILABLE, Problem::new("unavailable", zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ticket: &str, cluster: Option<&str>, at: &str) -> Near {
        Near {
            ticket: ticket.into(),
            category: "0203".into(),
            category_name: "路灯照明".into(),
            division: Some("360802001001".into()),
            received_at: Some(at.into()),
            cluster: cluster.map(str::to_owned),
        }
    }

    #[test]
    fn one_matter_of_many_is_shown_once_without_numbers() {
        let near = vec![
            near("a", Some("c"), "2026-03-02T01:00:00Z"),
            near("b", None, "2026-03-01T17:00:00Z"),
            near("d", Some("c"), "2026-03-03T01:00:00Z"),
        ];
        let shown = gathered(near, |t| if t == "a" { TicketState::InProgress } else { TicketState::Received });
        let seen: Vec<_> = shown.iter().map(|m| (m.state, m.reports, m.last_day.as_deref())).collect();
        assert_eq!(seen, [("IN_PROGRESS", 2, Some("20260303")), ("RECEIVED", 1, Some("20260302"))]);
        assert_eq!(shown[0].place.as_deref(), Some("桃树下社区"));
    }
}
