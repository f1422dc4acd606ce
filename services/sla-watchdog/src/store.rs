//! The only queries of the watchdog, and the step between row and clocks.

use chrono::{DateTime, Utc};
use contracts::rules::Changed;
use outbox::{
    Db, Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
    sea_query::{Expr, LockBehavior, LockType},
};

use crate::{
    domain::Watch,
    entity::{Column, Entity, Model, rules},
    handlers::NewRules,
    rearm::UnderWay,
    witness::Missed,
};

/// The newest version of the rules; 0 if the register told none.
pub async fn rules_version(tx: &Tx) -> Result<u64, DbErr> {
    let newest = rules::Entity::find().select_only().column(rules::Column::Version).order_by_desc(rules::Column::Version);
    Ok(newest.into_tuple::<i64>().one(&**tx).await?.unwrap_or(0).unsigned_abs())
}

/// A version of the rules; none if it can't be read.
pub async fn rules(tx: &Tx, version: u64) -> Result<Option<Changed>, DbErr> {
    let row = rules::Entity::find_by_id(version.cast_signed()).one(&**tx).await?;
    Ok(row.and_then(|row| serde_json::from_str(&row.told).ok()))
}

/// Keeps versions of the rules. Where one rings otherwise the alarms are set by it from the first ticket on, and no longer
/// by the one of before.
pub async fn add_rules(tx: &Tx, new: &[NewRules]) -> Result<(), Fault> {
    if let Some(newest) = new.iter().filter(|rules| rules.rings_otherwise).map(|rules| rules.told.version).max() {
        rules::Entity::update_many()
            .col_expr(rules::Column::After, Expr::value(None::<String>))
            .filter(rules::Column::After.is_not_null())
            .filter(rules::Column::Version.lt(newest.cast_signed()))
            .exec(&**tx)
            .await?;
    }
    let row = |NewRules { told, heard, rings_otherwise }: &NewRules| {
        let text = serde_json::to_string(told).map_err(|e| DbErr::Json(e.to_string()))?;
        let (version, heard_ms) = (told.version.cast_signed(), heard.timestamp_millis());
        Ok(rules::Model { version, heard_ms, after: rings_otherwise.then(String::new), moved: 0, told: text })
    };
    let rows = new.iter().map(row).collect::<Result<Vec<_>, DbErr>>()?;
    bulk::write::<rules::Entity>(&**tx, &rows, Existing::Keep).await?;
    Ok(())
}

/// The rules that were heard before `before` and that not all alarms are set by yet. On PostgreSQL none, if another replica
/// is at it.
pub async fn under_way(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<Option<UnderWay>, DbErr> {
    let columns = [rules::Column::Version, rules::Column::After, rules::Column::Moved];
    let row = rules::Entity::find()
        .select_only()
        .columns(columns)
        .filter(rules::Column::After.is_not_null())
        .filter(rules::Column::HeardMs.lte(before.timestamp_millis()))
        .order_by_desc(rules::Column::Version)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple::<(i64, String, i64)>()
        .one(db)
        .await?;
    Ok(row.map(|(version, after, moved)| UnderWay { version: version.unsigned_abs(), after: Some(after), moved }))
}

/// Keeps how far rules came.
pub async fn came_to(tx: &Tx, rules: &UnderWay) -> Result<(), DbErr> {
    rules::Entity::update_many()
        .col_expr(rules::Column::After, Expr::value(rules.after.clone()))
        .col_expr(rules::Column::Moved, Expr::value(rules.moved))
        .filter(rules::Column::Version.eq(rules.version.cast_signed()))
        .exec(&**tx)
        .await
        .map(drop)
}

/// The clocks of the tickets after `after`, of at most `most`, and the last of these tickets; none if there are no more.
pub async fn following(tx: &Tx, after: &str, most: u64) -> Result<(Vec<Watch>, Option<String>), DbErr> {
    let rows = Entity::find().filter(Column::TicketId.gt(after)).order_by_asc(Column::TicketId).limit(most).all(&**tx).await?;
    let last = rows.last().filter(|_| rows.len() as u64 == most).map(|row| row.ticket_id.clone());
    Ok((rows.iter().filter_map(readable).collect(), last))
}

/// The clocks of `tickets`.
pub async fn watches(tx: &Tx, tickets: &[String]) -> Result<Vec<Watch>, DbErr> {
    let rows = bulk::find_in::<Entity>(&**tx, Column::TicketId, tickets).await?;
    rows.into_iter().map(|row| watch(&row).ok_or_else(|| DbErr::Custom(broken(&row)))).collect()
}

/// Tickets with an alarm due at `now`, at most `most`: urgent ones first, then the oldest. On PostgreSQL those that
/// another replica has in hand are left to it; on SQLite a write transaction is alone anyway.
pub async fn due(tx: &Tx, now: DateTime<Utc>, most: u64) -> Result<Vec<Watch>, DbErr> {
    let mut rows = due_query(true, now, most).all(&**tx).await?;
    let rest = most.saturating_sub(rows.len() as u64);
    if rest > 0 {
        rows.extend(due_query(false, now, rest).all(&**tx).await?);
    }
    Ok(rows.iter().filter_map(readable).collect())
}

/// When the next alarm of all is due.
pub async fn next(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let next = next_query().into_tuple::<i64>().one(db).await?;
    Ok(next.and_then(DateTime::from_timestamp_millis))
}

/// Tickets that are counted at most when alarms were missed.
pub const MISSED_MOST: u64 = 1000;

/// Tickets with an alarm that was due before `before` and was not fired.
pub async fn missed(db: &Db, before: DateTime<Utc>) -> Result<Option<Missed>, DbErr> {
    let sql = format!(
        "SELECT count(*) AS n, min(next_ms) AS oldest FROM \
         (SELECT next_ms FROM clock WHERE next_ms IS NOT NULL AND next_ms < $1 ORDER BY next_ms LIMIT {MISSED_MOST}) late"
    );
    let statement = Statement::from_sql_and_values(db.backend(), sql, [before.timestamp_millis().into()]);
    let Some(row) = db.read().query_one_raw(statement).await? else { return Ok(None) };
    let (n, oldest) = (row.try_get::<i64>("", "n")?, row.try_get::<Option<i64>>("", "oldest")?);
    let oldest = oldest.and_then(DateTime::from_timestamp_millis);
    Ok(oldest.map(|oldest| Missed { tickets: n.unsigned_abs(), oldest }))
}

/// What the database's own clock shows; none on SQLite, which has that of the process.
pub async fn time(db: &Db) -> Result<Option<DateTime<Utc>>, DbErr> {
    if db.backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms";
    let row = db.read().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let ms = row.map(|row| row.try_get::<i64>("", "ms")).transpose()?;
    Ok(ms.and_then(DateTime::from_timestamp_millis))
}

/// Writes clocks that were changed. A conflict if another replica changed one of them since they were read.
pub async fn save(tx: &Tx, watches: &[Watch]) -> Result<(), Fault> {
    let mut rows = watches.iter().map(row).collect::<Result<Vec<Model>, DbErr>>()?;
    // always in the same order, so that two replicas wait for each other and don't lock each other out
    rows.sort_by(|a, b| a.ticket_id.cmp(&b.ticket_id));
    bulk::write::<Entity>(&**tx, &rows, Existing::NextVersion).await?;
    Ok(())
}

/// Writes what firing changes, of rows that are there: cheaper than [`save`], because a burst is thousands of them.
pub async fn move_on(tx: &Tx, watches: &[Watch]) -> Result<(), Fault> {
    let written = move_unchanged(tx, watches).await?;
    if written == watches.len() as u64 { Ok(()) } else { Err(Fault::Conflict) }
}

/// The same, without those that another replica changed since they were read; how many were left to write.
pub async fn move_unchanged(tx: &Tx, watches: &[Watch]) -> Result<u64, DbErr> {
    if watches.is_empty() {
        return Ok(0);
    }
    let rows = watches.iter().map(moved).collect::<Result<Vec<Model>, DbErr>>()?;
    let backend = tx.get_database_backend();
    let (given, values) = match backend {
        DbBackend::Postgres => {
            let columns = [Column::TicketId, Column::Clocks, Column::NextMs, Column::Version];
            let arrays = bulk::Arrays::of::<Entity>(columns.into_iter(), &rows);
            (arrays.select(), arrays.values)
        }
        _ => {
            let json = serde_json::to_string(&rows).map_err(|e| DbErr::Json(e.to_string()))?;
            let given = "WITH given(v) AS MATERIALIZED (SELECT value FROM json_each($1)) SELECT v ->> '$.ticket_id' AS ticket_id, \
                         v ->> '$.clocks' AS clocks, v ->> '$.next_ms' AS next_ms, v ->> '$.version' AS version FROM given";
            (given.to_owned(), vec![json.into()])
        }
    };
    let sql = format!(
        "UPDATE clock SET clocks = r.clocks, next_ms = r.next_ms, version = r.version FROM ({given}) r \
         WHERE clock.ticket_id = r.ticket_id AND clock.version = r.version - 1"
    );
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected())
}

pub(crate) fn due_query(urgent: bool, now: DateTime<Utc>, most: u64) -> Select<Entity> {
    Entity::find()
        // as text, because SQLite takes a partial index only for what it sees
        .filter(Expr::cust(if urgent { "\"urgent\" = 1" } else { "\"urgent\" = 0" }))
        .filter(Column::NextMs.is_not_null())
        .filter(Column::NextMs.lte(now.timestamp_millis()))
        .order_by_asc(Column::NextMs)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

pub(crate) fn next_query() -> Select<Entity> {
    Entity::find().select_only().column(Column::NextMs).filter(Column::NextMs.is_not_null()).order_by_asc(Column::NextMs).limit(1)
}

fn row(watch: &Watch) -> Result<Model, DbErr> {
    let failed = |e: serde_json::Error| DbErr::Json(e.to_string());
    Ok(Model {
        promise: watch.promise.as_ref().map(serde_json::to_string).transpose().map_err(failed)?,
        risen: watch.risen.as_ref().map(serde_json::to_string).transpose().map_err(failed)?,
        ..moved(watch)?
    })
}

/// The row without what firing leaves as it is.
fn moved(watch: &Watch) -> Result<Model, DbErr> {
    Ok(Model {
        ticket_id: watch.ticket.to_string(),
        urgent: watch.urgent.into(),
        promise: None,
        risen: None,
        clocks: serde_json::to_string(&watch.settings).map_err(|e| DbErr::Json(e.to_string()))?,
        next_ms: watch.next.map(|t| t.timestamp_millis()),
        version: watch.version + 1,
    })
}

/// What can't be read is told of, and must not hold up the others.
fn readable(row: &Model) -> Option<Watch> {
    let read = watch(row);
    if read.is_none() {
        tracing::error!("{}", broken(row));
    }
    read
}

/// None if the row can't be read: somebody else has written it.
fn watch(row: &Model) -> Option<Watch> {
    Some(Watch {
        ticket: row.ticket_id.parse().ok()?,
        urgent: row.urgent == 1,
        promise: row.promise.as_deref().map(serde_json::from_str).transpose().ok()?,
        risen: row.risen.as_deref().map(serde_json::from_str).transpose().ok()?,
        settings: serde_json::from_str(&row.clocks).ok()?,
        next: match row.next_ms {
            Some(ms) => Some(DateTime::from_timestamp_millis(ms)?),
            None => None,
        },
        version: row.version,
    })
}

fn broken(row: &Model) -> String {
    format!("the clocks of ticket {} can't be read; was the row written by a newer version?", row.ticket_id)
}
