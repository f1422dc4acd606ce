//! What people said of tickets, as reports to train from.

use contracts::{
    district::{District, UnitKind},
    ticket::Class,
};
use outbox::Db;
use sea_orm::DbErr;
use serde_json::{Value, json};

use crate::{
    entity::{classification, sample},
    store,
};

/// Samples that are exported at most, the newest.
const MOST: u64 = 100_000;

/// What was exported, and what could not be.
#[derive(Debug, Default)]
pub struct Exported {
    /// Labelled reports, one JSON object each, as `gridline train` reads them; numbers are masked.
    pub reports: Vec<Value>,
    /// Tickets of which people said the unit only: no model can be trained from them, a new one is judged by them.
    pub units_only: usize,
}

/// Everything that people said, the newest first.
///
/// # Errors
/// The database is away.
pub async fn export(db: &Db) -> Result<Exported, DbErr> {
    let mut exported = Exported::default();
    for (said, decided) in store::samples(db, MOST).await? {
        match labelled(&said, &decided) {
            Some(report) => exported.reports.push(report),
            None => exported.units_only += 1,
        }
    }
    Ok(exported)
}

fn labelled(said: &sample::Model, decided: &classification::Model) -> Option<Value> {
    let district = District::sample();
    // who only said whether there is danger let the rest stand
    let category = said.category.as_ref().or(said.urgent.and(Some(&decided.category)))?;
    let category = district.category(category)?;
    let class = said.class.as_deref().unwrap_or(&decided.class);
    let lead = said.lead.as_deref().and_then(|l| l.parse().ok()).and_then(|l| district.unit(&l));
    let lead = match lead.map(|u| u.kind) {
        Some(UnitKind::Grid) => "GRID",
        Some(UnitKind::Town) => "TOWN",
        Some(_) => said.lead.as_deref()?,
        None if class == Class::Simple.code() => "GRID",
        None => &category.lead,
    };
    Some(json!({
        "id": said.ticket_id, "text": decided.text, "category": category.code, "also": [], "class": class,
        "nature": category.nature, "lead": lead, "others": [], "urgent": said.urgent.unwrap_or(decided.urgent) == 1,
        "route_division": decided.division,
    }))
}
