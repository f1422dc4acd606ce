//! 热点专题: what many people report, what grows, what comes back (每月一题, 未诉先办), and what leaders are to see; as pages
//! and as JSON. A clerk finds here what is like a report, and takes a proposed cluster further: its cause, what was done.

mod entity;
pub mod fold;
mod migration;
mod steps;
mod store;

use askama::Template;
use axum::{
    Json, Router,
    extract::{Form, Path, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chassis::http::HttpProblem;
use contracts::{cluster::ClusterState, problem::Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use fold::Topics;
pub use migration::Topics as Migration;

use crate::{
    acting::{broken, given},
    lamp::{china_ms, rfc3339_ms},
    names,
    pages::{Desk, no_parameters, render, unavailable},
    view::RowView,
    visit::{Failure, Frame, Visit, failed, remembered},
};
use entity::{attention, topic};
use steps::{FormView, Step, StepView};
use store::Counted;

const DAY_MS: i64 = 24 * 3_600_000;
/// A list is of the last week, month or quarter.
const SPANS: [i64; 3] = [7, 30, 90];
/// What comes back is looked for in so many weeks, and comes back if there is some in so many of them.
const WEEKS: i64 = 12;
const RECURRENT: i64 = 4;
/// Similar tickets that a clerk sees.
const SIMILAR: usize = 10;

/// Its routes.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/topics", get(list).post(seek))
        .route("/topics/{topic}", get(one))
        .route("/topics/{topic}/acts", post(steps::act))
        .route("/api/v1/topics", get(list_json))
        .route("/api/v1/topics/{topic}", get(one_json))
        .with_state(desk)
}

/// A topic in the list, for people and for programs.
#[derive(Serialize)]
struct TopicView {
    topic: String,
    /// Beginning of what was reported first.
    text: String,
    category: String,
    division: Option<String>,
    division_name: Option<String>,
    /// Tickets in this time, and in as long a time before.
    now: i64,
    before: i64,
    /// All tickets, all people.
    tickets: i64,
    people: i64,
    open: i64,
    merged: i64,
    /// Weeks of the last twelve with some.
    weeks: i64,
    /// It keeps coming back: a matter to be governed before anybody complains.
    recurrent: bool,
    hot: bool,
    /// How far the centre is with it.
    state: ClusterState,
}

impl TopicView {
    fn of(counted: &Counted, topic: &topic::Model, since: i64, state: ClusterState) -> Self {
        Self {
            topic: topic.topic_id.clone(),
            text: topic.text.clone(),
            category: topic.category.clone(),
            division_name: topic.division.as_deref().map(names::division_text),
            division: topic.division.clone(),
            now: counted.now,
            before: counted.before,
            tickets: topic.tickets,
            people: topic.people,
            open: counted.open,
            merged: counted.merged,
            weeks: counted.weeks,
            recurrent: counted.weeks >= RECURRENT,
            hot: topic.heated_ms.is_some_and(|t| t >= since),
            state,
        }
    }
}

/// A ticket that people were called to look at.
#[derive(Serialize)]
struct Attention {
    number: String,
    kind: String,
    what: String,
    at: String,
}

/// All that the list shows.
#[derive(Serialize)]
struct Listed {
    days: i64,
    at: String,
    topics: Vec<TopicView>,
    attention: Vec<Attention>,
}

async fn listed(desk: &Desk, days: i64) -> Result<Listed, Failure> {
    let now = desk.clock.now().timestamp_millis();
    let (since, before) = (now - days * DAY_MS, now - 2 * days * DAY_MS);
    let looked = before.min(now - WEEKS * 7 * DAY_MS);
    let counted = store::most(&desk.db, since, before, looked).await.map_err(|e| unavailable(&e))?;
    let ids: Vec<String> = counted.iter().map(|c| c.topic_id.clone()).collect();
    let known = store::topics(desk.db.read(), &ids).await.map_err(|e| unavailable(&e))?;
    let find = |id: &str| known.iter().find(|t| t.topic_id == id);
    let steps = store::steps(&desk.db, &ids).await.map_err(|e| unavailable(&e))?;
    let view = |c: &Counted| Some(TopicView::of(c, find(&c.topic_id)?, since, steps::state(&steps, &c.topic_id)));
    let topics = counted.iter().filter_map(view).collect();
    let attention = store::attention(&desk.db, since).await.map_err(|e| unavailable(&e))?;
    let shown = |a: attention::Model| Attention { number: a.number, kind: a.kind, what: a.what, at: rfc3339_ms(a.at_ms) };
    Ok(Listed { days, at: rfc3339_ms(now), topics, attention: attention.into_iter().map(shown).collect() })
}

/// `?days=7`, `30` or `90`.
fn days(pairs: &[(String, String)]) -> Result<i64, Failure> {
    let wrong = || (StatusCode::BAD_REQUEST, Problem::field("days", "应为 7、30 或 90", "takes 7, 30 or 90"));
    match pairs {
        [] => Ok(SPANS[0]),
        [(key, value)] if key == "days" => value.parse().ok().filter(|d| SPANS.contains(d)).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[derive(Template)]
#[template(path = "topics.html")]
struct ListPage {
    frame: Frame,
    listed: Listed,
    spans: [i64; 3],
    /// Classification can be asked what is alike.
    can_seek: bool,
    sought: String,
    found: Vec<Near>,
}

/// An open ticket that is like a text.
#[derive(Deserialize)]
struct Near {
    number: String,
    category_name: String,
    text: String,
}

#[derive(Deserialize)]
struct Found {
    similar: Vec<Near>,
}

async fn list(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(shown(&desk, &visit, String::new()).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

/// A clerk looks for what is like a report: the text is in the body, so that it stands in no address and no log.
async fn seek(
    State(desk): State<Desk>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(Form(pairs)) = form else { return failed((StatusCode::BAD_REQUEST, broken()), remembered(&headers)) };
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(shown(&desk, &visit, given(&pairs, "text").to_owned()).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn shown(desk: &Desk, visit: &Visit, sought: String) -> Result<String, Failure> {
    let days = days(&visit.pairs)?;
    let found = match &desk.classification {
        Some(classification) if !sought.is_empty() => {
            let asked = json!({"text": sought, "most": SIMILAR});
            let (status, body) = classification.ask("/api/v1/similar", "similar", &asked).await?;
            match serde_json::from_slice::<Found>(&body) {
                Ok(found) if status.is_success() => found.similar,
                _ => return Err(classification.refusal(status, &body)),
            }
        }
        _ => Vec::new(),
    };
    render(ListPage {
        frame: visit.frame(desk, visit.lang.pick("热点专题", "Topics").to_owned(), &format!("/topics?days={days}"), "topics"),
        listed: listed(desk, days).await?,
        spans: SPANS,
        can_seek: desk.classification.is_some(),
        sought,
        found,
    })
}

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    frame: Frame,
    text: String,
    people: i64,
    division: String,
    heated: Option<String>,
    rows: Vec<RowView>,
    topic: String,
    state: ClusterState,
    steps: Vec<StepView>,
    /// None without an address of dispatch.
    forms: Vec<FormView>,
    units: Vec<names::Choice>,
    /// Makes an act that is sent twice the same one.
    key: String,
    /// An act was done just now.
    done: bool,
}

async fn one(
    State(desk): State<Desk>,
    Path(topic): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(whole(&desk, &visit, &topic).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn whole(desk: &Desk, visit: &Visit, id: &str) -> Result<String, Failure> {
    let (done, others): (Vec<_>, Vec<_>) = visit.pairs.iter().cloned().partition(|(k, v)| k == "done" && v == "1");
    no_parameters(&others)?;
    let topic = find(desk, id).await?;
    let steps = store::steps(&desk.db, std::slice::from_ref(&topic.topic_id)).await.map_err(|e| unavailable(&e))?;
    let state = steps::state(&steps, &topic.topic_id);
    let (now, lang) = (desk.clock.now().timestamp_millis(), visit.lang);
    let rows = store::tickets(&desk.db, &topic.topic_id).await.map_err(|e| unavailable(&e))?;
    let (title, here) = (lang.pick("热点专题", "Topic").to_owned(), format!("/topics/{}", topic.topic_id));
    render(TopicPage {
        frame: visit.frame(desk, title, &here, "topics"),
        text: topic.text,
        people: topic.people,
        division: topic.division.as_deref().map(names::division_text).unwrap_or_default(),
        heated: topic.heated_ms.map(china_ms),
        rows: rows.iter().map(|r| RowView::of(r, now, lang)).collect(),
        state,
        steps: steps.iter().map(|s| StepView::of(s, lang)).collect(),
        forms: if desk.dispatch.is_some() { steps::forms(state, lang) } else { Vec::new() },
        units: names::all_units(),
        key: uuid::Uuid::new_v4().to_string(),
        done: !done.is_empty(),
        topic: topic.topic_id,
    })
}

async fn find(desk: &Desk, id: &str) -> Result<topic::Model, Failure> {
    let found = store::topics(desk.db.read(), &[id.to_owned()]).await.map_err(|e| unavailable(&e))?;
    found.into_iter().next().ok_or_else(|| {
        let p = Problem::new("unknown_topic", "没有这个专题，请核对编号", "there is no such topic; check its id");
        (StatusCode::NOT_FOUND, p)
    })
}

async fn list_json(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>) -> Result<Response, HttpProblem> {
    let problem = |(status, problem)| HttpProblem(status, problem);
    Ok(fresh(listed(&desk, days(&query).map_err(problem)?).await.map_err(problem)?))
}

async fn one_json(State(desk): State<Desk>, Path(topic): Path<String>) -> Result<Response, HttpProblem> {
    let problem = |(status, problem)| HttpProblem(status, problem);
    let topic = find(&desk, &topic).await.map_err(problem)?;
    let rows = store::tickets(&desk.db, &topic.topic_id).await.map_err(|e| problem(unavailable(&e)))?;
    let numbers: Vec<String> = rows.into_iter().map(|r| r.number).collect();
    let steps = store::steps(&desk.db, std::slice::from_ref(&topic.topic_id)).await.map_err(|e| problem(unavailable(&e)))?;
    let state = steps::state(&steps, &topic.topic_id);
    Ok(fresh(json!({
        "topic": topic.topic_id, "text": topic.text, "category": topic.category, "division": topic.division,
        "people": topic.people, "heated_at": topic.heated_ms.map(rfc3339_ms), "tickets": numbers,
        "state": state, "steps": steps.into_iter().map(Step::of).collect::<Vec<_>>(),
    })))
}

fn fresh(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
