//! What the centre does with a proposed cluster: the steps so far, and the forms for the next; dispatch decides.

use axum::{
    extract::{Form, Path, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use contracts::{
    cluster::{ClusterState, ClusterStep},
    id::ClusterId,
    problem::Problem,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::entity::topic_step;
use crate::{
    acting::{back, decider, given, key, pairs},
    lamp::{china_ms, rfc3339_ms},
    lang::Lang,
    names,
    pages::Desk,
    visit::Failure,
};

/// One form: one act. Its fields are asked for, none may be empty.
#[derive(Debug)]
struct Act {
    /// As in `do`.
    act: &'static str,
    step: ClusterStep,
    /// Where it is offered.
    states: &'static [ClusterState],
    /// The words: name, Chinese, English.
    words: (&'static str, &'static str, &'static str),
    /// The responsible unit is asked for.
    unit: bool,
}

const ACTS: [Act; 4] = [
    Act {
        act: "confirm",
        step: ClusterStep::Confirm,
        states: &[ClusterState::Open],
        words: ("cause", "原因（将告知每位诉求人）", "Cause (each reporter will be told)"),
        unit: true,
    },
    Act {
        act: "refuse",
        step: ClusterStep::Refuse,
        states: &[ClusterState::Open, ClusterState::Confirmed],
        words: ("reason", "理由", "Reason"),
        unit: false,
    },
    Act {
        act: "handle",
        step: ClusterStep::Handle,
        states: &[ClusterState::Confirmed],
        words: ("done", "处置情况（将告知每位诉求人）", "What was done (each reporter will be told)"),
        unit: false,
    },
    Act {
        act: "close",
        step: ClusterStep::Close,
        states: &[ClusterState::Told],
        words: ("note", "办结意见", "Closing word"),
        unit: false,
    },
];

/// A form for the page.
pub(super) struct FormView {
    pub(super) act: &'static str,
    pub(super) title: &'static str,
    pub(super) words: &'static str,
    pub(super) label: &'static str,
    pub(super) unit: bool,
}

/// The forms of a state.
pub(super) fn forms(state: ClusterState, lang: Lang) -> Vec<FormView> {
    let view = |a: &Act| FormView {
        act: a.act,
        title: lang.pick(a.step.zh(), a.step.en()),
        words: a.words.0,
        label: lang.pick(a.words.1, a.words.2),
        unit: a.unit,
    };
    ACTS.iter().filter(|a| a.states.contains(&state)).map(view).collect()
}

/// How far a topic is: as its last step left it.
pub(super) fn state(steps: &[topic_step::Model], topic: &str) -> ClusterState {
    let last = steps.iter().filter(|s| s.topic_id == topic).max_by_key(|s| s.seq);
    last.and_then(|s| s.state.parse().ok()).unwrap_or(ClusterState::Open)
}

/// A step for the page.
pub(super) struct StepView {
    pub(super) at: String,
    pub(super) step: &'static str,
    pub(super) unit: String,
    pub(super) person: String,
    pub(super) text: String,
}

impl StepView {
    pub(super) fn of(row: &topic_step::Model, lang: Lang) -> Self {
        let step = row.step.parse::<ClusterStep>().ok();
        let confirmed = step == Some(ClusterStep::Confirm);
        Self {
            at: china_ms(row.at_ms),
            step: step.map(|s| lang.pick(s.zh(), s.en())).unwrap_or_default(),
            unit: row.unit.as_deref().filter(|_| confirmed).map(names::unit_text).unwrap_or_default(),
            person: row.person.clone().unwrap_or_default(),
            text: row.text.clone().unwrap_or_default(),
        }
    }
}

/// A step for programs. Times are RFC 3339 in UTC.
#[derive(Serialize)]
pub(super) struct Step {
    step: String,
    state: String,
    unit: Option<String>,
    text: Option<String>,
    person: Option<String>,
    at: String,
}

impl Step {
    pub(super) fn of(row: topic_step::Model) -> Self {
        Self { step: row.step, state: row.state, unit: row.unit, text: row.text, person: row.person, at: rfc3339_ms(row.at_ms) }
    }
}

/// `POST /topics/{topic}/acts`.
pub(super) async fn act(
    State(desk): State<Desk>,
    Path(topic): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let Ok(topic) = topic.parse::<ClusterId>() else { return StatusCode::NOT_FOUND.into_response() };
    let acted = match pairs(form) {
        Ok(pairs) => done(&desk, topic, &headers, &pairs).await,
        Err(failure) => Err(failure),
    };
    back(acted, &headers, &format!("/topics/{topic}"))
}

async fn done(desk: &Desk, topic: ClusterId, headers: &HeaderMap, pairs: &[(String, String)]) -> Result<(), Failure> {
    let (dispatch, key) = (decider(desk, headers)?, key(pairs)?);
    let body = json!({"person": given(pairs, "person"), "act": read(pairs)?});
    let (status, body) = dispatch.ask(&format!("/api/v1/clusters/{topic}/acts"), key, &body).await?;
    dispatch.done(status, &body)
}

/// The act that a form means.
fn read(pairs: &[(String, String)]) -> Result<Value, Failure> {
    let unknown = || (StatusCode::BAD_REQUEST, Problem::new("unknown_act", "没有这个操作", "there is no such act"));
    let act = ACTS.iter().find(|a| a.act == given(pairs, "do")).ok_or_else(unknown)?;
    let fields = std::iter::once(act.words.0).chain(act.unit.then_some("unit"));
    let mut body = Map::from_iter([("do".to_owned(), Value::from(act.act))]);
    body.extend(fields.map(|name| (name.to_owned(), Value::from(given(pairs, name)))));
    Ok(Value::Object(body))
}
