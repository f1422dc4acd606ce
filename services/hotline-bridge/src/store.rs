//! The only queries of the bridge, but for its handler's bulk reads and writes.

use std::collections::HashMap;

use outbox::{
    Db, Fault,
    bulk::{self, Existing},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use serde::Serialize;

use crate::{
    domain::WAITING,
    entity::{attempt, callback},
};

/// What became of an attempt, for the callback's row.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Callback.
    pub callback_id: String,
    /// Its ticket.
    pub ticket_id: String,
    /// Its place.
    pub seq: i64,
    /// Which attempt.
    pub n: i32,
    /// Status from now on.
    pub status: &'static str,
    /// When it is due again, ms.
    pub next_ms: i64,
    /// When it was delivered or given up, ms.
    pub done_ms: Option<i64>,
}

/// Takes up to `limit` callbacks of a connection that are due, each the earliest of its ticket that waits, and
/// begins an attempt for each. Nobody else gets them for `lease_ms`; who dies meanwhile leaves an attempt
/// without an end.
pub async fn claim(db: &Db, connection: &str, now_ms: i64, lease_ms: i64, limit: u64) -> Result<Vec<callback::Model>, Fault> {
    let tx = db.write().await?;
    // on SQLite the write transaction alone keeps the others out
    let skip = if db.backend() == DbBackend::Postgres { " FOR UPDATE OF c SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT c.* FROM callback c WHERE c.connection = $1 AND c.status = 'waiting' AND c.next_ms <= $2 \
         AND c.claim_until_ms <= $2 AND NOT EXISTS (SELECT 1 FROM callback e WHERE e.ticket_id = c.ticket_id \
         AND e.seq < c.seq AND e.status = 'waiting') ORDER BY c.next_ms, c.seq LIMIT {limit}{skip}"
    );
    let statement = Statement::from_sql_and_values(db.backend(), sql, [connection.into(), now_ms.into()]);
    let mut rows = callback::Entity::find().from_raw_sql(statement).all(&*tx).await?;
    let mut begun = Vec::with_capacity(rows.len());
    for row in &mut rows {
        row.attempts += 1;
        row.claim_until_ms = now_ms + lease_ms;
        begun.push(attempt::Model {
            callback_id: row.callback_id.clone(),
            n: row.attempts,
            at_ms: now_ms,
            http_status: None,
            error: None,
            duration_ms: None,
        });
    }
    bulk::write::<callback::Entity>(&*tx, &rows, Existing::Replace).await?;
    bulk::write::<attempt::Entity>(&*tx, &begun, Existing::Fail).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Writes what became of attempts. Who comes after their lease was over changes nothing that another has begun;
/// but delivered is delivered.
pub async fn settle(db: &Db, attempts: &[attempt::Model], outcomes: &[Outcome]) -> Result<(), Fault> {
    let tx = db.write().await?;
    bulk::write::<attempt::Entity>(&*tx, attempts, Existing::Replace).await?;
    let json = serde_json::to_string(outcomes).map_err(|e| DbErr::Json(e.to_string()))?;
    let rows = match db.backend() {
        DbBackend::Postgres => {
            "json_to_recordset($1::json) AS v(callback_id text, ticket_id text, seq bigint, n integer, status text, \
             next_ms bigint, done_ms bigint)"
        }
        _ => {
            "(SELECT value ->> '$.callback_id' AS callback_id, value ->> '$.ticket_id' AS ticket_id, \
             value ->> '$.seq' AS seq, value ->> '$.n' AS n, value ->> '$.status' AS status, \
             value ->> '$.next_ms' AS next_ms, value ->> '$.done_ms' AS done_ms FROM json_each($1)) AS v"
        }
    };
    let own = format!(
        "UPDATE callback SET status = v.status, next_ms = v.next_ms, done_ms = v.done_ms, claim_until_ms = 0 FROM {rows} \
         WHERE callback.callback_id = v.callback_id AND callback.status = 'waiting' \
         AND (callback.attempts = v.n OR v.status = 'delivered')"
    );
    // those behind one that waits wait as long: else each look for due ones would pass all of them
    let behind = format!(
        "UPDATE callback SET next_ms = v.next_ms FROM {rows} WHERE callback.ticket_id = v.ticket_id AND callback.seq > v.seq \
         AND callback.status = 'waiting' AND v.status = 'waiting' AND callback.next_ms < v.next_ms"
    );
    for sql in [own, behind] {
        tx.execute_raw(Statement::from_sql_and_values(db.backend(), sql, [json.as_str().into()])).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// When the oldest callback that waits was heard, by connection.
pub async fn oldest_waiting(db: &Db) -> Result<HashMap<String, i64>, DbErr> {
    let oldest = callback::Entity::find()
        .select_only()
        .column(callback::Column::Connection)
        .column_as(callback::Column::CreatedMs.min(), "oldest")
        .filter(callback::Column::Status.eq(WAITING))
        .group_by(callback::Column::Connection);
    Ok(oldest.into_tuple::<(String, i64)>().all(db.read()).await?.into_iter().collect())
}

/// The newest callbacks of a connection, of one ticket or with one status if so asked, with their attempts in
/// order.
pub async fn ledger(
    db: &Db,
    connection: &str,
    ticket: Option<&str>,
    status: Option<&str>,
) -> Result<Vec<(callback::Model, Vec<attempt::Model>)>, DbErr> {
    let mut found = callback::Entity::find().filter(callback::Column::Connection.eq(connection));
    if let Some(ticket) = ticket {
        found = found.filter(callback::Column::TicketId.eq(ticket));
    }
    if let Some(status) = status {
        found = found.filter(callback::Column::Status.eq(status));
    }
    let newest = found.order_by_desc(callback::Column::CreatedMs).order_by_desc(callback::Column::Seq).limit(100);
    let callbacks = newest.all(db.read()).await?;
    let ids: Vec<String> = callbacks.iter().map(|c| c.callback_id.clone()).collect();
    let mut attempts: HashMap<String, Vec<attempt::Model>> = HashMap::new();
    for a in bulk::find_in::<attempt::Entity>(db.read(), attempt::Column::CallbackId, &ids).await? {
        attempts.entry(a.callback_id.clone()).or_default().push(a);
    }
    let with_attempts = callbacks.into_iter().map(|c| {
        let mut of = attempts.remove(&c.callback_id).unwrap_or_default();
        of.sort_by_key(|a| a.n);
        (c, of)
    });
    Ok(with_attempts.collect())
}
