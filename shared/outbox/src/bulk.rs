//! Many rows in one statement, of few different texts, so that each is prepared once.
//!
//! On PostgreSQL rows travel as one JSON parameter and the database unfolds them; keys do on both. SQLite gets its rows
//! value by value, in groups of few sizes: unfolding JSON costs it as much again as writing the rows.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Statement};
use serde::Serialize;

use crate::Fault;

/// What to do with a row whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    Fail,
    /// It stays as it is.
    Keep,
    /// It is replaced.
    Replace,
    /// It is replaced if its `version` is one less than the new row's; else the call is a [`Fault::Conflict`].
    NextVersion,
}

/// Rows that one statement of SQLite writes: as many of the first as there are, then of the next.
const GROUPS: [usize; 4] = [64, 16, 4, 1];

/// Writes rows. Returns how many were written.
pub async fn write<E>(tx: &impl ConnectionTrait, rows: &[E::Model], existing: Existing) -> Result<u64, Fault>
where
    E: EntityTrait,
    E::Model: Serialize,
{
    if rows.is_empty() {
        return Ok(0);
    }
    let written = match tx.get_database_backend() {
        DbBackend::Postgres => write_json::<E>(tx, rows, existing).await?,
        _ => write_values::<E>(tx, rows, existing).await?,
    };
    if existing == Existing::NextVersion && written != rows.len() as u64 {
        return Err(Fault::Conflict);
    }
    Ok(written)
}

/// The rows travel as one JSON parameter, which the database unfolds.
async fn write_json<E>(tx: &impl ConnectionTrait, rows: &[E::Model], existing: Existing) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: Serialize,
{
    let entity = E::default();
    let table = entity.table_name();
    let names = columns::<E>("");
    let json = serde_json::to_string(rows).map_err(|e| DbErr::Json(e.to_string()))?;
    let sql = format!(
        "INSERT INTO \"{table}\" ({names}) SELECT {names} FROM json_populate_recordset(NULL::\"{table}\", $1::json){}",
        on_conflict::<E>(table, existing)
    );
    Ok(tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [json.into()])).await?.rows_affected())
}

async fn write_values<E: EntityTrait>(tx: &impl ConnectionTrait, rows: &[E::Model], existing: Existing) -> Result<u64, DbErr> {
    let entity = E::default();
    let table = entity.table_name();
    let row = format!("({})", vec!["?"; E::Column::iter().count()].join(", "));
    let (names, conflict) = (columns::<E>(""), on_conflict::<E>(table, existing));
    let (mut left, mut written) = (rows, 0);
    for size in GROUPS {
        let (now, later) = left.split_at(left.len() - left.len() % size);
        left = later;
        if now.is_empty() {
            continue;
        }
        let of_rows = vec![row.as_str(); size].join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({names}) VALUES {of_rows}{conflict}");
        for group in now.chunks(size) {
            let values = group.iter().flat_map(|row| E::Column::iter().map(|c| row.get(c)));
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, &sql, values);
            written += tx.execute_raw(statement).await?.rows_affected();
        }
    }
    Ok(written)
}

/// Reads the rows whose `column` (text) is one of `keys`, in no order.
pub async fn find_in<E: EntityTrait>(
    tx: &impl ConnectionTrait,
    column: E::Column,
    keys: &[String],
) -> Result<Vec<E::Model>, DbErr> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let backend = tx.get_database_backend();
    let table = E::default();
    let sql =
        format!("SELECT {} FROM \"{}\" WHERE \"{}\" {}", columns::<E>(""), table.table_name(), column.as_str(), in_keys(backend));
    E::find().from_raw_sql(Statement::from_sql_and_values(backend, sql, [keys_json(keys)])).all(tx).await
}

/// Deletes the rows that have the primary keys of `rows`.
pub async fn delete<E>(tx: &impl ConnectionTrait, rows: &[E::Model]) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: Serialize,
{
    if rows.is_empty() {
        return Ok(0);
    }
    let backend = tx.get_database_backend();
    let entity = E::default();
    let table = entity.table_name();
    let keys = primary_key::<E>();
    let of = |prefix: &str, suffix: &str| keys.iter().map(|k| format!("{prefix}{k}{suffix}")).collect::<Vec<_>>().join(", ");
    let found = match backend {
        DbBackend::Postgres => format!("SELECT {} FROM json_populate_recordset(NULL::\"{table}\", $1::json)", of("\"", "\"")),
        _ => format!("SELECT {} FROM json_each($1)", of("value ->> '$.", "'")),
    };
    let sql = format!("DELETE FROM \"{table}\" WHERE ({}) IN ({found})", of("\"", "\""));
    let json = serde_json::to_string(rows).map_err(|e| DbErr::Json(e.to_string()))?;
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, [json.into()])).await?.rows_affected())
}

fn keys_json(keys: &[String]) -> sea_orm::Value {
    serde_json::to_string(keys).unwrap_or_default().into()
}

fn in_keys(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "= ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
        _ => "IN (SELECT value FROM json_each($1))",
    }
}

fn primary_key<E: EntityTrait>() -> Vec<String> {
    E::PrimaryKey::iter().map(|k| k.into_column().as_str().to_owned()).collect()
}

fn columns<E: EntityTrait>(prefix: &str) -> String {
    let names = E::Column::iter().map(|c| format!("{prefix}\"{}\"", c.as_str()));
    names.collect::<Vec<_>>().join(", ")
}

fn on_conflict<E: EntityTrait>(table: &str, existing: Existing) -> String {
    let keys = primary_key::<E>();
    let target = keys.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ");
    let update = || {
        let set = E::Column::iter().map(|c| c.as_str().to_owned()).filter(|c| !keys.contains(c));
        set.map(|c| format!("\"{c}\" = excluded.\"{c}\"")).collect::<Vec<_>>().join(", ")
    };
    match existing {
        Existing::Fail => String::new(),
        Existing::Keep => " ON CONFLICT DO NOTHING".to_owned(),
        // a table that is all key has nothing to replace
        Existing::Replace if update().is_empty() => " ON CONFLICT DO NOTHING".to_owned(),
        Existing::Replace => format!(" ON CONFLICT ({target}) DO UPDATE SET {}", update()),
        Existing::NextVersion => {
            format!(" ON CONFLICT ({target}) DO UPDATE SET {} WHERE \"{table}\".\"version\" = excluded.\"version\" - 1", update())
        }
    }
}
