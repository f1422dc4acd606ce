//! Counts per unit.

use std::collections::BTreeMap;

use contracts::{
    district::{District, UnitKind},
    id::UnitId,
    lifecycle::State,
};
use serde::Serialize;

use crate::{
    filter::{Filter, Page, Pick},
    lamp::Lamp,
    names,
    store::UnitState,
};

/// Counts of one unit. The first seven add up to the total; the last three look at the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitCounts {
    /// Not with the unit yet: received, waiting for dispatch, in consultation.
    pub before: i64,
    /// Waiting for sign.
    pub waiting: i64,
    /// In progress.
    pub in_progress: i64,
    /// Return under review.
    pub review: i64,
    /// Result told: under check, or waiting for callback.
    pub checking: i64,
    /// Closed.
    pub closed: i64,
    /// In any other state.
    pub other: i64,
    /// All.
    pub total: i64,
    /// Yellow now.
    pub warned: i64,
    /// Red now.
    pub overdue: i64,
    /// Handling clock stopped.
    pub done: i64,
}

const BEFORE: &[State] = &[State::Received, State::NeedInfo, State::PendingDispatch, State::Consulting];
const WAITING: &[State] = &[State::Dispatched];
const IN_PROGRESS: &[State] = &[State::InProgress];
const REVIEW: &[State] = &[State::ReturnReview];
const CHECKING: &[State] = &[State::FeedbackReview, State::PendingCallback];
const CLOSED: &[State] = &[State::Closed, State::Archived];

impl UnitCounts {
    fn add(&mut self, row: &UnitState) {
        let state: Option<State> = row.state.parse().ok();
        let among = |states: &[State]| state.is_some_and(|s| states.contains(&s));
        let place = if among(BEFORE) {
            &mut self.before
        } else if among(WAITING) {
            &mut self.waiting
        } else if among(IN_PROGRESS) {
            &mut self.in_progress
        } else if among(REVIEW) {
            &mut self.review
        } else if among(CHECKING) {
            &mut self.checking
        } else if among(CLOSED) {
            &mut self.closed
        } else {
            &mut self.other
        };
        *place += row.n;
        self.total += row.n;
        self.warned += row.warned;
        self.overdue += row.overdue;
        self.done += row.done;
    }
}

/// Sums what the database grouped, by unit.
pub fn count_units(rows: &[UnitState]) -> BTreeMap<Option<String>, UnitCounts> {
    let mut counts: BTreeMap<Option<String>, UnitCounts> = BTreeMap::new();
    for row in rows {
        counts.entry(row.unit.clone()).or_default().add(row);
    }
    counts
}

/// A number that leads to the list of just these tickets.
#[derive(Clone, Debug)]
pub struct Counted {
    /// How many.
    pub n: i64,
    /// Where they are listed.
    pub href: String,
    /// Class on the page.
    pub code: &'static str,
}

/// A line of the page of units.
#[derive(Clone, Debug)]
pub struct UnitView {
    /// Name; empty for the tickets that no unit has yet.
    pub name: String,
    /// The counts, in the order of the columns.
    pub counts: Vec<Counted>,
}

/// The lines of the page: what burns first.
pub fn unit_views(counts: &BTreeMap<Option<String>, UnitCounts>) -> Vec<UnitView> {
    let mut lines: Vec<(&Option<String>, &UnitCounts)> = counts.iter().collect();
    lines.sort_by_key(|(unit, c)| (unit.is_none(), -c.overdue, -c.warned, kind(unit.as_deref()), unit.as_deref()));
    lines
        .into_iter()
        .map(|(unit, counts)| UnitView {
            name: unit.as_deref().map(names::unit_text).unwrap_or_default(),
            counts: cells(unit, counts),
        })
        .collect()
}

/// Centre, departments, towns, grids.
fn kind(unit: Option<&str>) -> u8 {
    let unit = unit.and_then(|u| u.parse::<UnitId>().ok());
    match unit.and_then(|id| District::sample().unit(&id)).map(|u| u.kind) {
        Some(UnitKind::Centre) => 0,
        Some(UnitKind::Department) => 1,
        Some(UnitKind::Town) => 2,
        Some(UnitKind::Grid) => 3,
        None => 4,
    }
}

fn cells(unit: &Option<String>, c: &UnitCounts) -> Vec<Counted> {
    let unit = unit.as_ref().map_or(Some(Pick::Nothing), |u| u.parse().ok().map(Pick::Is));
    let states = |n, states: &[State]| {
        let filter = Filter { unit: unit.clone(), states: states.to_vec(), ..Filter::default() };
        Counted { n, href: filter.link(Page::Newest), code: "" }
    };
    let lamp = |n, lamp: Lamp| {
        let filter = Filter { unit: unit.clone(), lamp: Some(lamp), ..Filter::default() };
        Counted { n, href: filter.link(Page::Newest), code: lamp.code() }
    };
    let grouped: Vec<State> = [BEFORE, WAITING, IN_PROGRESS, REVIEW, CHECKING, CLOSED].concat();
    let others: Vec<State> = State::ALL.iter().copied().filter(|s| !grouped.contains(s)).collect();
    vec![
        lamp(c.overdue, Lamp::Red),
        lamp(c.warned, Lamp::Yellow),
        states(c.before, BEFORE),
        states(c.waiting, WAITING),
        states(c.in_progress, IN_PROGRESS),
        states(c.review, REVIEW),
        states(c.checking, CHECKING),
        states(c.closed, CLOSED),
        states(c.other, &others),
        states(c.total, &[]),
        lamp(c.done, Lamp::Done),
    ]
}
