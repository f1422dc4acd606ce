//! The pages. No script, no outside resource; everything works with the keyboard alone.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bus::Clock;
use contracts::{lifecycle, lifecycle::Class, problem::Problem, rules::Changed};
use outbox::Db;
use sla::{Books, Explanation};

use crate::{
    acting, catalogue,
    entity::{event, ticket},
    filter::{Filter, Page},
    forms::{self, FormView},
    lamp::Lamp,
    lang::Lang,
    names::{self, Choice},
    store,
    upstream::Upstream,
    view::{self, Dossier, Line, RowView, UnitView},
    visit::{Failure, Frame, Visit, failed, remembered},
};

const CSS: &str = include_str!("../assets/console.css");
const ICON: &str = include_str!("../assets/icon.svg");

/// What the pages work with.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The read model.
    pub db: Db,
    /// Lamps are seen against this clock.
    pub clock: Clock,
    /// Tickets on one page of the list.
    pub page_size: u64,
    /// Where acts go; none: no forms.
    pub dispatch: Option<Upstream>,
    /// Where the catalogue is decided on; none: it is not shown.
    pub classification: Option<Upstream>,
}

/// Routes of the pages.
pub fn router(desk: Desk) -> Router {
    let asset =
        |kind, body| move || async move { ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], body) };
    Router::new()
        .route("/", get(tickets))
        .route("/tickets", get(tickets))
        .route("/tickets/{number}", get(ticket))
        .route("/tickets/{number}/acts", post(acting::act))
        .route("/units", get(units))
        .route("/catalogue", get(catalogue::page).post(catalogue::decide))
        .route("/assets/console.css", get(asset("text/css; charset=utf-8", CSS)))
        .route("/assets/icon.svg", get(asset("image/svg+xml", ICON)))
        .route("/{*other}", get(nowhere))
        .with_state(desk)
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<RowView>,
    running: store::Running,
    /// The lists of green, yellow and red, and of alarms that wait.
    burning: [String; 4],
    choices: Choices,
    narrow: bool,
    older: Option<String>,
    newer: Option<String>,
    newest: String,
}

/// What the form offers.
struct Choices {
    states: Vec<Choice>,
    lamps: Vec<Choice>,
    classes: Vec<Choice>,
    units: Vec<names::Group>,
    divisions: Vec<names::Group>,
    number: String,
}

impl Choices {
    fn of(filter: &Filter, lang: Lang) -> Self {
        let asked = filter.lamp.map_or("", Lamp::code);
        let lamps = Lamp::ALL.map(|l| Choice::new(l.code(), format!("{} {}", l.shape(), l.label(lang)), asked));
        let asked = filter.class.map_or("", Class::code);
        let classes = Class::ALL.iter().map(|c| Choice::new(c.code(), lang.pick(c.zh(), c.en()), asked));
        Self {
            states: states(filter, lang),
            lamps: lamps.to_vec(),
            classes: classes.collect(),
            units: names::unit_choices(&filter.unit_value().unwrap_or_default(), lang),
            divisions: names::division_choices(&filter.division_value().unwrap_or_default(), lang),
            number: filter.number.clone().unwrap_or_default(),
        }
    }
}

/// Each state, and the several that a link asked for as one more choice.
fn states(filter: &Filter, lang: Lang) -> Vec<Choice> {
    let asked = filter.state_value();
    let name = |s: &lifecycle::State| lang.pick(s.zh(), s.en());
    let mut choices: Vec<Choice> = lifecycle::State::ALL.iter().map(|s| Choice::new(s.code(), name(s), &asked)).collect();
    if filter.states.len() > 1 {
        let label = filter.states.iter().map(name).collect::<Vec<_>>().join(lang.pick("、", ", "));
        choices.insert(0, Choice::new(&asked, label, &asked));
    }
    choices
}

async fn tickets(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(list(&desk, &visit).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn list(desk: &Desk, visit: &Visit) -> Result<String, Failure> {
    let filter = Filter::read(&visit.pairs).map_err(|p| (StatusCode::BAD_REQUEST, p))?;
    let lang = visit.lang;
    let now = desk.clock.now().timestamp_millis();
    let limit = filter.limit.unwrap_or(desk.page_size);
    let found = store::list(&desk.db, &filter, limit, now).await.map_err(|e| unavailable(&e))?;
    let running = store::running(&desk.db, now).await.map_err(|e| unavailable(&e))?;
    let only = |lamp| Filter { lamp: Some(lamp), ..Filter::default() }.link(Page::Newest);
    let alarms = Filter { alarm: true, ..Filter::default() }.link(Page::Newest);
    render(ListPage {
        frame: visit.frame(desk, lang.pick("工单", "Tickets").to_owned(), &filter.link(filter.page), "tickets"),
        rows: found.rows.iter().map(|r| RowView::of(r, now, lang)).collect(),
        running,
        burning: [only(Lamp::Green), only(Lamp::Yellow), only(Lamp::Red), alarms],
        choices: Choices::of(&filter, lang),
        narrow: filter.is_narrow(),
        older: found.older.map(|p| filter.link(p)),
        newer: found.newer.map(|p| filter.link(p)),
        newest: filter.link(Page::Newest),
    })
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage {
    frame: Frame,
    row: RowView,
    dossier: Dossier,
    /// How the deadlines came about.
    explanation: Explanation,
    /// The case that this ticket is merged under.
    lead: Option<Line>,
    /// The tickets that are merged under this one.
    merged: Vec<RowView>,
    forms: Vec<FormView>,
    units: Vec<Choice>,
    /// Makes an act that is sent twice the same act.
    key: String,
    /// An act was done just now.
    done: bool,
}

async fn ticket(
    State(desk): State<Desk>,
    number: Result<Path<String>, PathRejection>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(show(&desk, &visit, number.map(|Path(n)| n).ok()).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn show(desk: &Desk, visit: &Visit, number: Option<String>) -> Result<String, Failure> {
    let (done, others): (Vec<_>, Vec<_>) = visit.pairs.iter().cloned().partition(|(k, v)| k == "done" && v == "1");
    no_parameters(&others)?;
    let (row, events) = find(desk, number.as_deref().unwrap_or_default()).await?;
    let numbers = store::numbers(&desk.db, &view::leads(&events)).await.map_err(|e| unavailable(&e))?;
    let merged = store::merged(&desk.db, &row.ticket_id).await.map_err(|e| unavailable(&e))?;
    let (now, lang) = (desk.clock.now().timestamp_millis(), visit.lang);
    let here = format!("/tickets/{}", row.number);
    let state = row.state.parse().ok();
    let explanation = explanation(desk, &events, lang).await?;
    let dossier = Dossier::of(events, &numbers, lang);
    let forms = desk
        .dispatch
        .as_ref()
        .map(|_| forms::offered(state, (&dossier.waiting, row.alarm_ms.is_some()), lang))
        .unwrap_or_default();
    render(TicketPage {
        frame: visit.frame(desk, row.number.clone(), &here, "tickets"),
        lead: row.lead.as_ref().map(|lead| view::case(lead, &numbers, lang)),
        merged: merged.iter().map(|row| RowView::of(row, now, lang)).collect(),
        units: if forms.is_empty() { Vec::new() } else { names::all_units() },
        forms,
        key: uuid::Uuid::new_v4().to_string(),
        done: !done.is_empty(),
        row: RowView::of(&row, now, lang),
        dossier,
        explanation,
    })
}

/// How the deadlines came about; rules that this program can't read leave it empty, and the log says why.
async fn explanation(desk: &Desk, events: &[event::Model], lang: Lang) -> Result<Explanation, Failure> {
    let rows = store::rules(&desk.db).await.map_err(|e| unavailable(&e))?;
    let told: Vec<Changed> = rows.iter().filter_map(|row| serde_json::from_str(&row.body).ok()).collect();
    let explained = Books::of(&told).map_err(|e| e.to_string());
    let explained = explained.and_then(|books| view::explained(events, &books, lang).map_err(|e| e.to_string()));
    Ok(explained.unwrap_or_else(|error| {
        tracing::error!(error, "deadlines can't be explained");
        Explanation::default()
    }))
}

/// A ticket by its number; what can't be a number is not found, like a number that nobody has.
pub async fn find(desk: &Desk, number: &str) -> Result<(ticket::Model, Vec<event::Model>), Failure> {
    let unknown = || {
        let p = Problem::new("unknown_ticket", "没有这个单号的工单，请核对", "no ticket has this number; check it");
        (StatusCode::NOT_FOUND, p)
    };
    let filter = Filter::read(&[("number".to_owned(), number.to_owned())]).map_err(|_| unknown())?;
    let number = filter.number.ok_or_else(unknown)?;
    store::by_number(&desk.db, &number).await.map_err(|e| unavailable(&e))?.ok_or_else(unknown)
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    frame: Frame,
    heads: [&'static str; 11],
    units: Vec<UnitView>,
    states: Vec<(String, i64)>,
    people: i64,
    causes: i64,
}

async fn units(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(count(&desk, &visit).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn count(desk: &Desk, visit: &Visit) -> Result<String, Failure> {
    no_parameters(&visit.pairs)?;
    let lang = visit.lang;
    let now = desk.clock.now().timestamp_millis();
    let grouped = store::units(&desk.db, now).await.map_err(|e| unavailable(&e))?;
    let per_state = |s: &lifecycle::State| {
        let n = grouped.iter().filter(|row| row.state == s.code()).map(|row| row.n).sum();
        (lang.pick(s.zh(), s.en()).to_owned(), n)
    };
    render(UnitsPage {
        frame: visit.frame(desk, lang.pick("单位", "Units").to_owned(), "/units", "units"),
        heads: heads(lang),
        units: view::unit_views(&view::count_units(&grouped)),
        states: lifecycle::State::ALL.iter().map(per_state).filter(|(_, n)| *n > 0).collect(),
        people: grouped.iter().map(|row| row.n).sum(),
        causes: grouped.iter().filter(|row| row.state != lifecycle::State::Merged.code()).map(|row| row.n).sum(),
    })
}

/// In the order of [`UnitView::counts`].
fn heads(lang: Lang) -> [&'static str; 11] {
    [
        lang.pick("超期", "overdue"),
        lang.pick("预警", "warned"),
        lang.pick("派单前", "before dispatch"),
        lang.pick("待签收", "to sign"),
        lang.pick("办理中", "in progress"),
        lang.pick("退单待审", "return asked"),
        lang.pick("审核回访", "in check"),
        lang.pick("结案", "closed"),
        lang.pick("其他", "other"),
        lang.pick("合计", "total"),
        lang.pick("已停表", "clock stopped"),
    ]
}

async fn nowhere(uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::new("not_found", "没有这个地址", "there is nothing at this address");
    if uri.path().starts_with("/api/") {
        return chassis::http::HttpProblem(StatusCode::NOT_FOUND, problem).into_response();
    }
    failed((StatusCode::NOT_FOUND, problem), remembered(&headers))
}

/// Refuses parameters where none are taken.
pub fn no_parameters(pairs: &[(String, String)]) -> Result<(), Failure> {
    let problem = || Problem::new("unknown_parameter", "此页没有参数", "this page takes no parameters");
    if pairs.is_empty() { Ok(()) } else { Err((StatusCode::BAD_REQUEST, problem())) }
}

/// The database is away. Its words are for the log.
pub fn unavailable(e: &sea_orm::DbErr) -> Failure {
    tracing::error!(error = %e, "the read model can't be read");
    let p = Problem::new("unavailable", "暂时无法查询，请稍后再试", "try again in a moment");
    (StatusCode::SERVICE_UNAVAILABLE, p)
}

/// A template as HTML.
pub fn render(page: impl Template) -> Result<String, Failure> {
    page.render().map_err(|e| {
        tracing::error!(error = %e, "a page can't be made");
        (StatusCode::INTERNAL_SERVER_ERROR, Problem::new("page", "页面生成失败", "the page can't be made"))
    })
}
