//! The only queries of dispatch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contracts::supervision::TaskId;
use outbox::{
    Db, Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    case::Case,
    entity::{first_run, register, task, ticket, work_order},
    rules::RuleBook,
};

/// The tickets among `ids` that are known, each with its work orders.
pub async fn cases(tx: &Tx, ids: &[String]) -> Result<HashMap<String, Case>, DbErr> {
    let tickets = bulk::find_in::<ticket::Entity>(&**tx, ticket::Column::TicketId, ids).await?;
    with_orders(tx, tickets).await
}

/// All tickets that are merged into those of `leads`.
pub async fn followers(tx: &Tx, leads: &[String]) -> Result<HashMap<String, Case>, DbErr> {
    let tickets = bulk::find_in::<ticket::Entity>(&**tx, ticket::Column::LeadTicket, leads).await?;
    with_orders(tx, tickets).await
}

/// The tickets of which `unit` has work in effect.
pub async fn of_unit(tx: &Tx, unit: &str) -> Result<HashMap<String, Case>, DbErr> {
    let orders = work_order::Entity::find()
        .filter(work_order::Column::Unit.eq(unit))
        .filter(work_order::Column::Active.eq(1))
        .all(&**tx)
        .await?;
    let mut ids: Vec<String> = orders.into_iter().map(|o| o.ticket_id).collect();
    ids.sort_unstable();
    ids.dedup();
    cases(tx, &ids).await
}

async fn with_orders(tx: &Tx, tickets: Vec<ticket::Model>) -> Result<HashMap<String, Case>, DbErr> {
    if tickets.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = tickets.iter().map(|t| t.ticket_id.clone()).collect();
    let orders = bulk::find_in::<work_order::Entity>(&**tx, work_order::Column::TicketId, &ids).await?;
    let mut cases: HashMap<String, Case> = tickets.into_iter().map(|t| (t.ticket_id.clone(), Case::stored(t))).collect();
    for order in orders {
        if let Some(case) = cases.get_mut(&order.ticket_id) {
            case.orders.push(order);
        }
    }
    for case in cases.values_mut() {
        case.orders.sort_by_key(|o| o.n);
    }
    Ok(cases)
}

/// Saves what changed. A ticket that another replica changed first is a conflict.
pub async fn save(tx: &Tx, cases: Vec<Case>) -> Result<(), Fault> {
    let mut tickets = Vec::with_capacity(cases.len());
    let mut ended = Vec::new();
    let mut current = Vec::new();
    for case in cases {
        tickets.push(ticket::Model { version: case.ticket.version + 1, ..case.ticket });
        for order in case.orders.into_iter().filter(|o| case.changed.contains(&o.order_id)) {
            if order.active == 0 { ended.push(order) } else { current.push(order) }
        }
    }
    // two replicas that write the same rows take them in the same order and never deadlock
    tickets.sort_by(|a, b| a.ticket_id.cmp(&b.ticket_id));
    bulk::write::<ticket::Entity>(&**tx, &tickets, Existing::NextVersion).await?;
    // the old lead ends before the new one begins: at most one is in effect at any moment
    bulk::write::<work_order::Entity>(&**tx, &ended, Existing::Replace).await?;
    bulk::write::<work_order::Entity>(&**tx, &current, Existing::Replace).await?;
    Ok(())
}

/// Version of the rules in force; 0 if nobody changed what was shipped.
pub async fn rules_version(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let newest = register::Entity::find().select_only().column_as(register::Column::Version.max(), "version");
    Ok(newest.into_tuple::<Option<i64>>().one(db).await?.flatten().unwrap_or(0))
}

/// The rules of a version.
pub async fn rules(db: &impl ConnectionTrait, version: i64) -> Result<Option<register::Model>, DbErr> {
    register::Entity::find_by_id(version).one(db).await
}

/// All versions of the rules, the newest first.
pub async fn all_rules(db: &Db) -> Result<Vec<register::Model>, DbErr> {
    register::Entity::find().order_by_desc(register::Column::Version).limit(100).all(db.read()).await
}

/// The rule books of all versions that this program can read.
pub async fn books(tx: &Tx) -> Result<Vec<RuleBook>, DbErr> {
    let rows = register::Entity::find().all(&**tx).await?;
    Ok(rows.iter().filter_map(|row| serde_json::from_str(&row.book).ok()).collect())
}

/// Adds a version; two at the same time are a conflict.
pub async fn add_rules(tx: &Tx, row: register::Model) -> Result<(), Fault> {
    match bulk::write::<register::Entity>(&**tx, &[row], Existing::Keep).await? {
        0 => Err(Fault::Conflict),
        _ => Ok(()),
    }
}

/// Some tickets whose deadline counts unknown days and that were last looked at with another calendar.
pub async fn computed_otherwise(db: &impl ConnectionTrait, calendar: &str, most: u64) -> Result<Vec<String>, DbErr> {
    // two ends of the index: what has this version is not even read
    let other = Condition::any().add(ticket::Column::Provisional.lt(calendar)).add(ticket::Column::Provisional.gt(calendar));
    let found = ticket::Entity::find().select_only().column(ticket::Column::TicketId);
    found.filter(ticket::Column::Provisional.is_not_null()).filter(other).limit(most).into_tuple().all(db).await
}

/// When the program was first run on this database; none before that is written down.
pub async fn first_run(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let row = first_run::Entity::find().one(db).await?;
    Ok(row.and_then(|row| DateTime::from_timestamp_millis(row.at_ms)))
}

/// Writes down that the program is run; only the first time counts.
pub async fn add_first_run(tx: &Tx, now: DateTime<Utc>) -> Result<(), Fault> {
    let row = first_run::Model { id: 1, at_ms: now.timestamp_millis() };
    bulk::write::<first_run::Entity>(&**tx, &[row], Existing::Keep).await.map(drop)
}

/// The newest task of each kind.
pub async fn newest_tasks(db: &impl ConnectionTrait) -> Result<Vec<TaskId>, DbErr> {
    let mut newest = Vec::new();
    // one look a kind at a table of a few rows a year
    for kind in contracts::supervision::Periodic::ALL {
        let of = task::Entity::find().select_only().column(task::Column::Task).filter(task::Column::Kind.eq(kind.code()));
        let found: Option<String> = of.order_by_desc(task::Column::FromMs).into_tuple().one(db).await?;
        newest.extend(found.and_then(|task| task.parse::<TaskId>().ok()));
    }
    Ok(newest)
}

/// The tasks among `ids` that are known.
pub async fn tasks(tx: &Tx, ids: &[String]) -> Result<HashMap<String, task::Model>, DbErr> {
    let rows = bulk::find_in::<task::Entity>(&**tx, task::Column::Task, ids).await?;
    Ok(rows.into_iter().map(|row| (row.task.clone(), row)).collect())
}

/// Opens a task; false if it is open already.
pub async fn add_task(tx: &Tx, row: task::Model) -> Result<bool, Fault> {
    Ok(bulk::write::<task::Entity>(&**tx, &[row], Existing::Keep).await? == 1)
}

/// Closes tasks; one that was closed meanwhile is a conflict.
pub async fn close_tasks(tx: &Tx, rows: &[task::Model]) -> Result<(), Fault> {
    bulk::write::<task::Entity>(&**tx, rows, Existing::NextVersion).await.map(drop)
}
