//! 派单目录: what rulings and reclassifications propose, what is in force, which models were tried; and a person's yes, no or
//! undo, which classification decides.

use askama::Template;
use axum::{
    extract::{Form, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::{district::District, problem::Problem};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    acting::{broken, foreign, given, own},
    lamp::china_ms,
    lang::Lang,
    names,
    pages::{Desk, no_parameters, render},
    upstream::Upstream,
    visit::{Failure, Frame, Visit, failed, failed_at, remembered},
};

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    frame: Frame,
    version: i64,
    proposals: Vec<ProposalView>,
    entries: Vec<EntryView>,
    models: Vec<ModelView>,
    versions: Vec<VersionView>,
    categories: Vec<CategoryView>,
    /// Makes a decision that is sent twice the same one.
    key: String,
    /// A decision was taken just now.
    done: bool,
}

/// As classification tells it; what it does not say is empty.
#[derive(Deserialize)]
struct Proposal {
    id: String,
    category: String,
    #[serde(default)]
    word: String,
    place: String,
    instead_of: String,
    unit: String,
    source: String,
    reason: String,
    at_ms: i64,
}

#[derive(Deserialize)]
struct Entry {
    since: i64,
    category: String,
    #[serde(default)]
    word: String,
    place: String,
    hours: String,
    instead_of: String,
    unit: String,
    owner: String,
}

#[derive(Deserialize)]
struct Version {
    version: i64,
    what: String,
    model: String,
    undoes: Option<i64>,
    person: String,
    reason: String,
    at_ms: i64,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    report: Report,
    at_ms: i64,
}

/// What a model changes, as it was tried.
#[derive(Deserialize)]
struct Report {
    tried: String,
    tickets: usize,
    category: usize,
    lead: usize,
    class: usize,
    urgent_gained: usize,
    urgent_lost: usize,
    labelled: usize,
    right_before: usize,
    right_after: usize,
    better: Vec<Change>,
    worse: Vec<Change>,
    danger: Vec<Change>,
    open: Vec<Change>,
}

#[derive(Clone, Deserialize)]
struct Change {
    text: String,
    before: String,
    after: String,
    said: String,
}

struct ProposalView {
    id: String,
    what: String,
    /// It can be accepted for its place only.
    local: bool,
    place: String,
    from: String,
    to: String,
    source: &'static str,
    reason: String,
    at: String,
}

struct EntryView {
    since: i64,
    what: String,
    place: String,
    hours: String,
    from: String,
    to: String,
    owner: String,
}

struct VersionView {
    version: i64,
    what: String,
    model: String,
    person: String,
    reason: String,
    at: String,
}

struct ModelView {
    id: String,
    at: String,
    in_force: bool,
    report: Report,
    parts: Vec<(&'static str, Vec<Change>)>,
}

struct CategoryView {
    name: String,
    lead: String,
    standard: String,
}

/// `GET /catalogue`.
pub async fn page(State(desk): State<Desk>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    match Visit::new(query, &headers) {
        Ok(visit) => visit.answer(show(&desk, &visit).await),
        Err(failure) => failed(failure, remembered(&headers)),
    }
}

async fn show(desk: &Desk, visit: &Visit) -> Result<String, Failure> {
    let (done, others): (Vec<_>, Vec<_>) = visit.pairs.iter().cloned().partition(|(k, v)| k == "done" && v == "1");
    no_parameters(&others)?;
    let (service, lang) = (service(desk)?, visit.lang);
    let mut catalogue = service.read("/api/v1/catalogue").await?;
    let mut proposals = service.read("/api/v1/catalogue/proposals").await?;
    let mut models = service.read("/api/v1/models").await?;
    let model = catalogue["model"].as_str().unwrap_or_default().to_owned();
    render(CataloguePage {
        frame: visit.frame(desk, lang.pick("派单目录", "Catalogue").to_owned(), "/catalogue", "catalogue"),
        version: catalogue["version"].as_i64().unwrap_or_default(),
        proposals: list(&mut proposals["proposals"])?.into_iter().map(|p| ProposalView::of(p, lang)).collect(),
        entries: list(&mut catalogue["entries"])?.into_iter().map(|e| EntryView::of(e, lang)).collect(),
        models: list(&mut models["models"])?.into_iter().map(|m| ModelView::of(m, &model, lang)).collect(),
        versions: list(&mut catalogue["versions"])?.into_iter().map(|v| VersionView::of(v, lang)).collect(),
        categories: categories(lang),
        key: uuid::Uuid::new_v4().to_string(),
        done: !done.is_empty(),
    })
}

fn service(desk: &Desk) -> Result<&Upstream, Failure> {
    desk.classification.as_ref().ok_or_else(|| {
        let (zh, en) =
            ("未设置 console.classification_url，没有此页", "console.classification_url is not set; there is no such page");
        (StatusCode::NOT_FOUND, Problem::new("no_catalogue", zh, en))
    })
}

fn list<T: DeserializeOwned>(value: &mut Value) -> Result<Vec<T>, Failure> {
    serde_json::from_value(value.take()).map_err(|_| {
        let (zh, en) = ("分类服务的答复无法识别", "classification's answer can't be read");
        (StatusCode::BAD_GATEWAY, Problem::new("service_answer", zh, en))
    })
}

fn categories(lang: Lang) -> Vec<CategoryView> {
    let view = |c: &contracts::district::Category| CategoryView {
        name: names::category(&c.code),
        lead: unit(&c.lead, lang),
        standard: c.standard.join("；"),
    };
    District::sample().categories().map(view).collect()
}

/// Where an entry holds.
fn place(code: &str, lang: Lang) -> String {
    if code.is_empty() { lang.pick("全区", "everywhere").to_owned() } else { names::division_text(code) }
}

fn unit(id: &str, lang: Lang) -> String {
    match id {
        "" => lang.pick("任何单位", "whichever").to_owned(),
        "GRID" => lang.pick("属地网格", "the place's grid").to_owned(),
        "TOWN" => lang.pick("属地镇街", "the place's town or street").to_owned(),
        unit => names::unit_text(unit),
    }
}

/// What an entry is about, what is so without it, and what with it: another unit, or for a word another category.
fn change(word: &str, category: &str, (from, to): (&str, &str), lang: Lang) -> [String; 3] {
    if word.is_empty() {
        return [names::category(category), unit(from, lang), unit(to, lang)];
    }
    let from = if from.is_empty() { lang.pick("任何类别", "whichever category").to_owned() } else { names::category(from) };
    [format!("{}“{word}”", lang.pick("写到", "texts with ")), from, names::category(category)]
}

impl ProposalView {
    fn of(p: Proposal, lang: Lang) -> Self {
        let [what, from, to] = change(&p.word, &p.category, (&p.instead_of, &p.unit), lang);
        Self {
            what,
            local: !p.place.is_empty(),
            place: place(&p.place, lang),
            from,
            to,
            source: match p.source.as_str() {
                "ruled" => lang.pick("退单裁定", "ruling"),
                "words" => lang.pick("重新分类的工单共有的词", "a word that reclassified tickets share"),
                _ => lang.pick("重新分类", "reclassification"),
            },
            reason: p.reason,
            at: china_ms(p.at_ms),
            id: p.id,
        }
    }
}

impl EntryView {
    fn of(e: Entry, lang: Lang) -> Self {
        let [what, from, to] = change(&e.word, &e.category, (&e.instead_of, &e.unit), lang);
        Self {
            since: e.since,
            what,
            place: place(&e.place, lang),
            hours: if e.hours.is_empty() { lang.pick("全天", "always").to_owned() } else { e.hours },
            from,
            to,
            owner: unit(&e.owner, lang),
        }
    }
}

impl VersionView {
    fn of(v: Version, lang: Lang) -> Self {
        let what = match (v.what.as_str(), v.undoes) {
            ("accept", _) => lang.pick("采纳建议", "proposal accepted").to_owned(),
            ("import", _) => lang.pick("导入目录", "catalogue imported").to_owned(),
            ("model", _) => lang.pick("启用模型", "model accepted").to_owned(),
            (_, Some(n)) => format!("{} {n}", lang.pick("撤销第几版：", "took back version")),
            (other, None) => other.to_owned(),
        };
        let model = if v.model.is_empty() { lang.pick("随附", "shipped").to_owned() } else { v.model };
        Self { version: v.version, what, model, person: v.person, reason: v.reason, at: china_ms(v.at_ms) }
    }
}

impl ModelView {
    fn of(m: Model, in_force: &str, lang: Lang) -> Self {
        let r = &m.report;
        let parts = vec![
            (lang.pick("变差", "Worse"), r.worse.clone()),
            (lang.pick("不再认定的险情", "Danger no longer seen"), r.danger.clone()),
            (lang.pick("变好", "Better"), r.better.clone()),
            (lang.pick("其他变化（无人认定）", "Other changes (nobody judged)"), r.open.clone()),
        ];
        let parts = parts.into_iter().filter(|(_, changes)| !changes.is_empty()).collect();
        Self { in_force: m.id == in_force, at: china_ms(m.at_ms), parts, id: m.id, report: m.report }
    }
}

/// `POST /catalogue`: a person's decision goes to classification.
pub async fn decide(
    State(desk): State<Desk>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let decided = match form {
        Ok(Form(pairs)) => send(&desk, &headers, &pairs).await,
        Err(_) => Err((StatusCode::BAD_REQUEST, broken())),
    };
    match decided {
        Ok(()) => (StatusCode::SEE_OTHER, [(header::LOCATION, "/catalogue?done=1")]).into_response(),
        Err(failure) => failed_at(failure, remembered(&headers), "/catalogue"),
    }
}

async fn send(desk: &Desk, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<(), Failure> {
    let service = service(desk)?;
    if !own(headers) {
        return Err(foreign());
    }
    let (what, id, key) = (given(pairs, "do"), given(pairs, "id"), given(pairs, "key"));
    let plain = |id: &str| !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let path = match what {
        "accept" | "accept_everywhere" if plain(id) => format!("/api/v1/catalogue/proposals/{id}/accept"),
        "refuse" if plain(id) => format!("/api/v1/catalogue/proposals/{id}/refuse"),
        "model" if plain(id) => format!("/api/v1/models/{id}/accept"),
        "undo" => "/api/v1/catalogue/undo".to_owned(),
        _ => return Err((StatusCode::BAD_REQUEST, broken())),
    };
    let mut body = json!({"person": given(pairs, "person"), "reason": given(pairs, "reason")});
    if what == "accept_everywhere" {
        body["everywhere"] = true.into();
    }
    // the same form sent twice is one decision; another decision on the same page is another one
    let (status, answer) = service.ask(&path, &format!("{key} {what} {id}"), &body).await?;
    service.done(status, &answer)
}
