//! The only queries of the watchdog, and the step between row and clock.

use chrono::{DateTime, Utc};
use outbox::{
    Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{LockBehavior, LockType},
};

use crate::{
    domain::{Clock, Promise},
    entity::{Column, Entity, Model},
};

/// The clocks of `tickets`.
pub async fn clocks(tx: &Tx, tickets: &[String]) -> Result<Vec<Clock>, DbErr> {
    let rows = bulk::find_in::<Entity>(&**tx, Column::TicketId, tickets).await?;
    rows.into_iter().map(|row| clock(&row).ok_or_else(|| DbErr::Custom(broken(&row)))).collect()
}

/// Clocks with an alarm due at `now`, the oldest first, at most `most`. On PostgreSQL those that another replica
/// has in hand are left to it; on SQLite a write transaction is alone anyway.
pub async fn due(tx: &Tx, now: DateTime<Utc>, most: u64) -> Result<Vec<Clock>, DbErr> {
    let rows = due_query(now, most).all(&**tx).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let read = clock(row);
            if read.is_none() {
                // it must not hold up the others
                tracing::error!("{}", broken(row));
            }
            read
        })
        .collect())
}

/// When the next alarm of all is due.
pub async fn next(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let next = next_query().into_tuple::<i64>().one(db).await?;
    Ok(next.and_then(DateTime::from_timestamp_millis))
}

/// Writes clocks that were changed. A conflict if another replica changed one of them since they were read.
pub async fn save(tx: &Tx, clocks: &[Clock]) -> Result<(), Fault> {
    let mut rows: Vec<Model> = clocks.iter().map(row).collect();
    // always in the same order, so that two replicas wait for each other and don't lock each other out
    rows.sort_by(|a, b| a.ticket_id.cmp(&b.ticket_id));
    bulk::write::<Entity>(&**tx, &rows, Existing::NextVersion).await?;
    Ok(())
}

pub(crate) fn due_query(now: DateTime<Utc>, most: u64) -> Select<Entity> {
    Entity::find()
        .filter(Column::NextMs.is_not_null())
        .filter(Column::NextMs.lte(now.timestamp_millis()))
        .order_by_asc(Column::NextMs)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

pub(crate) fn next_query() -> Select<Entity> {
    Entity::find().select_only().column(Column::NextMs).filter(Column::NextMs.is_not_null()).order_by_asc(Column::NextMs).limit(1)
}

fn row(c: &Clock) -> Model {
    let p = c.promise.as_ref();
    Model {
        ticket_id: c.ticket.to_string(),
        seq: c.seq,
        since_ms: c.since.map(|t| t.timestamp_millis()),
        promise_seq: p.map(|p| p.seq),
        order_id: p.map(|p| p.order.to_string()),
        unit: p.map(|p| p.unit.to_string()),
        division: p.and_then(|p| p.division.as_ref()).map(ToString::to_string),
        round: p.map(|p| p.round.into()),
        class: p.map(|p| p.class.code().to_owned()),
        started_ms: p.map(|p| p.start.timestamp_millis()),
        warn_ms: p.map(|p| p.warn.timestamp_millis()),
        due_ms: p.map(|p| p.due.timestamp_millis()),
        reached: c.reached.map(|s| s.to_string()),
        next_ms: c.next.map(|t| t.timestamp_millis()),
        version: c.version + 1,
    }
}

/// None if the row can't be read: somebody else has written it.
fn clock(row: &Model) -> Option<Clock> {
    Some(Clock {
        ticket: row.ticket_id.parse().ok()?,
        seq: row.seq,
        since: instant(row.since_ms)?,
        promise: match row.promise_seq {
            Some(seq) => Some(promise(row, seq)?),
            None => None,
        },
        reached: row.reached.as_deref().map(str::parse).transpose().ok()?,
        next: instant(row.next_ms)?,
        version: row.version,
    })
}

fn promise(row: &Model, seq: i64) -> Option<Promise> {
    Some(Promise {
        seq,
        order: row.order_id.as_deref()?.parse().ok()?,
        unit: row.unit.as_deref()?.parse().ok()?,
        division: row.division.as_deref().map(str::parse).transpose().ok()?,
        round: u32::try_from(row.round?).ok()?,
        class: row.class.as_deref()?.parse().ok()?,
        start: instant(row.started_ms)??,
        warn: instant(row.warn_ms)??,
        due: instant(row.due_ms)??,
    })
}

/// The outer `None`: no instant at all.
fn instant(ms: Option<i64>) -> Option<Option<DateTime<Utc>>> {
    ms.map(DateTime::from_timestamp_millis).map_or(Some(None), |t| t.map(Some))
}

fn broken(row: &Model) -> String {
    format!("the clock of ticket {} can't be read; was its row written by a newer version?", row.ticket_id)
}
