//! One ticket in the list and in the head of its page.

use contracts::lifecycle::{Class, State};

use crate::{
    entity::ticket,
    lamp::{self, Shown, china_ms},
    lang::Lang,
    names,
};

/// One ticket in words.
#[derive(Clone, Debug)]
pub struct RowView {
    /// Number for people.
    pub number: String,
    /// When it was received.
    pub received: String,
    /// Beginning of the text.
    pub excerpt: String,
    /// Category, or nothing yet.
    pub category: String,
    /// Class of difficulty, or nothing yet.
    pub class: &'static str,
    /// Its code, for the page's styles.
    pub class_code: String,
    /// Danger to life or limb.
    pub urgent: bool,
    /// An alarm waits for an answer.
    pub alarmed: bool,
    /// State.
    pub state: String,
    /// Nothing is to be done any more.
    pub settled: bool,
    /// Name of the lead unit, or nothing yet.
    pub unit: String,
    /// Name of the division, or nothing known.
    pub division: String,
    /// Deadline.
    pub due: Option<String>,
    /// The deadline lies beyond the published calendar.
    pub provisional: bool,
    /// Round of handling.
    pub round: i32,
    /// Lamp, once the clock has started.
    pub lamp: Option<Shown>,
}

impl RowView {
    /// A row as people read it.
    pub fn of(row: &ticket::Model, now_ms: i64, lang: Lang) -> Self {
        let state: Option<State> = row.state.parse().ok();
        let class: Option<Class> = row.class.as_deref().and_then(|c| c.parse().ok());
        Self {
            number: row.number.clone(),
            received: china_ms(row.received_ms),
            excerpt: row.excerpt.clone(),
            category: row.category_name.clone().unwrap_or_default(),
            class: class.map_or("", |c| lang.pick(c.zh(), c.en())),
            class_code: class.map_or("", Class::code).to_owned(),
            urgent: row.urgent,
            alarmed: row.alarm_ms.is_some(),
            state: state.map_or_else(|| row.state.clone(), |s| lang.pick(s.zh(), s.en()).to_owned()),
            settled: state.is_some_and(|s| !s.is_open()),
            unit: row.unit.as_deref().map(names::unit_text).unwrap_or_default(),
            division: row.division.as_deref().map(names::division_text).unwrap_or_default(),
            due: row.due_ms.map(china_ms),
            provisional: row.provisional,
            round: row.round,
            lamp: lamp::shown(row, now_ms, lang),
        }
    }
}
