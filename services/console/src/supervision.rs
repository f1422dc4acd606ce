//! 一月一调度、一季一督查、半年一通报: the tasks with their material, as page and as JSON; a task is closed with minutes, which
//! dispatch decides.

use askama::Template;
use axum::{
    Json, Router,
    extract::{Form, Path, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chassis::http::HttpProblem;
use contracts::{problem::Problem, supervision::TaskId};
use serde::Serialize;
use serde_json::json;

use crate::{
    acting::{back, decider, given, key, pairs},
    entity::supervision_task,
    lamp::{china_ms, rfc3339_ms},
    lang::Lang,
    pages::{Desk, no_parameters, render, unavailable},
    store,
    view::{UnitMaterial, material},
    visit::{Failure, Frame, Visit, failed, remembered},
};

/// Its routes.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/supervision", get(list))
        .route("/supervision/{task}", get(one))
        .route("/supervision/{task}/close", post(close))
        .route("/api/v1/supervision", get(list_json))
        .route("/api/v1/supervision/{task}", get(one_json))
        .with_state(desk)
}

/// A task in words.
struct TaskView {
    id: String,
    kind: &'static str,
    period: String,
    opened: String,
    due: String,
    closed: Option<String>,
    late: bool,
    person: String,
    minutes: String,
}

impl TaskView {
    fn of(row: &supervision_task::Model, now_ms: i64, lang: Lang) -> Self {
        let kind = row.task.parse::<TaskId>().map(|task| lang.pick(task.kind.zh(), task.kind.en()));
        // a period is told by its first and its last day
        let day = |ms| china_ms(ms).chars().take(10).collect::<String>();
        Self {
            id: row.task.clone(),
            kind: kind.unwrap_or_default(),
            period: format!("{} – {}", day(row.from_ms), day(row.to_ms - 1)),
            opened: china_ms(row.opened_ms),
            due: china_ms(row.due_ms),
            closed: row.closed_ms.map(china_ms),
            late: row.closed_ms.unwrap_or(now_ms) > row.due_ms,
            person: row.person.clone().unwrap_or_default(),
            minutes: row.minutes.clone().unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "supervision.html")]
struct ListPage {
    frame: Frame,
    tasks: Vec<TaskView>,
}

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    frame: Frame,
    task: TaskView,
    units: Vec<UnitMaterial>,
    all: UnitMaterial,
    /// Dispatch can be reached, so it can be closed here.
    can_close: bool,
    /// Makes a closing that is sent twice the same one.
    key: String,
    /// It was closed just now.
    done: bool,
}

async fn list(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(shown(&desk, &visit).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn shown(desk: &Desk, visit: &Visit) -> Result<String, Failure> {
    no_parameters(&visit.pairs)?;
    let (now, lang) = (desk.clock.now().timestamp_millis(), visit.lang);
    let tasks = store::supervision(&desk.db).await.map_err(|e| unavailable(&e))?;
    render(ListPage {
        frame: visit.frame(desk, lang.pick("定期督办", "Periodic work").to_owned(), "/supervision", "supervision"),
        tasks: tasks.iter().map(|row| TaskView::of(row, now, lang)).collect(),
    })
}

async fn one(
    State(desk): State<Desk>,
    Path(task): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(whole(&desk, &visit, &task).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn whole(desk: &Desk, visit: &Visit, task: &str) -> Result<String, Failure> {
    let (done, others): (Vec<_>, Vec<_>) = visit.pairs.iter().cloned().partition(|(k, v)| k == "done" && v == "1");
    no_parameters(&others)?;
    let (now, lang) = (desk.clock.now().timestamp_millis(), visit.lang);
    let (row, units, all) = find(desk, task, now).await?;
    let task = TaskView::of(&row, now, lang);
    let (title, here) = (format!("{} {}", task.kind, task.period), format!("/supervision/{}", row.task));
    render(TaskPage {
        frame: visit.frame(desk, title, &here, "supervision"),
        can_close: desk.dispatch.is_some() && task.closed.is_none(),
        task,
        units,
        all,
        key: uuid::Uuid::new_v4().to_string(),
        done: !done.is_empty(),
    })
}

/// A task with its material as it is now.
async fn find(desk: &Desk, task: &str, now: i64) -> Result<(supervision_task::Model, Vec<UnitMaterial>, UnitMaterial), Failure> {
    let task: TaskId = task.parse().map_err(|p| (StatusCode::NOT_FOUND, p))?;
    let row = store::supervision_task(&desk.db, &task.to_string()).await.map_err(|e| unavailable(&e))?;
    let row = row.ok_or_else(|| {
        let p = Problem::new("unknown_task", "没有这项督办任务，请核对编号", "there is no such task; check its id");
        (StatusCode::NOT_FOUND, p)
    })?;
    let counted = store::period(&desk.db, (row.from_ms, row.to_ms), now).await.map_err(|e| unavailable(&e))?;
    let (units, all) = material(&counted);
    Ok((row, units, all))
}

async fn close(
    State(desk): State<Desk>,
    Path(task): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(task) = task.parse::<TaskId>() else { return StatusCode::NOT_FOUND.into_response() };
    let closed = match pairs(form) {
        Ok(pairs) => closed(&desk, task, &headers, &pairs).await,
        Err(failure) => Err(failure),
    };
    back(closed, &headers, &format!("/supervision/{task}"))
}

async fn closed(desk: &Desk, task: TaskId, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<(), Failure> {
    let (dispatch, key) = (decider(desk, headers)?, key(pairs)?);
    let minutes = json!({"person": given(pairs, "person"), "minutes": given(pairs, "minutes")});
    let (status, body) = dispatch.ask(&format!("/api/v1/supervision/{task}/close"), key, &minutes).await?;
    dispatch.done(status, &body)
}

/// A task for programs. Times are RFC 3339 in UTC.
#[derive(Serialize)]
struct Task {
    task: String,
    from: String,
    to: String,
    opened_at: String,
    due: String,
    closed_at: Option<String>,
    person: Option<String>,
    minutes: Option<String>,
}

impl Task {
    fn of(row: supervision_task::Model) -> Self {
        Self {
            task: row.task,
            from: rfc3339_ms(row.from_ms),
            to: rfc3339_ms(row.to_ms),
            opened_at: rfc3339_ms(row.opened_ms),
            due: rfc3339_ms(row.due_ms),
            closed_at: row.closed_ms.map(rfc3339_ms),
            person: row.person,
            minutes: row.minutes,
        }
    }
}

async fn list_json(State(desk): State<Desk>) -> Result<Response, HttpProblem> {
    let tasks = store::supervision(&desk.db).await.map_err(|e| problem(unavailable(&e)))?;
    Ok(fresh(json!({"tasks": tasks.into_iter().map(Task::of).collect::<Vec<_>>()})))
}

async fn one_json(State(desk): State<Desk>, Path(task): Path<String>) -> Result<Response, HttpProblem> {
    let now = desk.clock.now().timestamp_millis();
    let (row, units, all) = find(&desk, &task, now).await.map_err(problem)?;
    Ok(fresh(json!({"at": rfc3339_ms(now), "task": Task::of(row), "units": units, "all": all})))
}

fn problem((status, problem): Failure) -> HttpProblem {
    HttpProblem(status, problem)
}

fn fresh(body: serde_json::Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
