//! Many rows in one statement, of few different texts, so that each is prepared once.
//!
//! On PostgreSQL rows travel column by column, each column one array, and keys as an array. SQLite gets its rows value by
//! value, in groups of few sizes, and its keys as JSON: unfolding JSON costs either of them as much again as writing rows.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Statement,
    Value, sea_query::ArrayType,
};
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
pub async fn write<E: EntityTrait>(tx: &impl ConnectionTrait, rows: &[E::Model], existing: Existing) -> Result<u64, Fault> {
    if rows.is_empty() {
        return Ok(0);
    }
    let written = match tx.get_database_backend() {
        DbBackend::Postgres => write_columns::<E>(tx, rows, existing).await?,
        _ => write_values::<E>(tx, rows, existing).await?,
    };
    if existing == Existing::NextVersion && written != rows.len() as u64 {
        return Err(Fault::Conflict);
    }
    Ok(written)
}

/// The rows travel as arrays, which the database unfolds side by side.
async fn write_columns<E: EntityTrait>(tx: &impl ConnectionTrait, rows: &[E::Model], existing: Existing) -> Result<u64, DbErr> {
    let entity = E::default();
    let table = entity.table_name();
    let (names, conflict) = (columns::<E>(""), on_conflict::<E>(table, existing));
    let arrays = Arrays::of::<E>(E::Column::iter(), rows);
    let sql = format!("INSERT INTO \"{table}\" ({names}) {}{conflict}", arrays.select());
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays.values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// Columns of rows as parameters of one statement of PostgreSQL.
#[derive(Debug, Default)]
pub struct Arrays {
    /// The parameters, in their order.
    pub values: Vec<Value>,
    names: Vec<String>,
    selected: Vec<String>,
}

impl Arrays {
    /// These columns of the rows, of which there is one at least.
    pub fn of<E: EntityTrait>(columns: impl Iterator<Item = E::Column>, rows: &[E::Model]) -> Self {
        let mut arrays = Self::default();
        columns.for_each(|c| arrays.add(c.as_str(), c.def().is_null(), rows.iter().map(|row| row.get(c)).collect()));
        arrays
    }

    /// Arrays hold no null: what is missing stands in a second one.
    fn add(&mut self, name: &str, nullable: bool, mut values: Vec<Value>) {
        let Some(kind) = values.first().map(Value::array_type) else { return };
        if nullable {
            let missing: Vec<bool> = values.iter().map(|v| *v == v.as_null()).collect();
            values.iter_mut().zip(&missing).filter(|(_, missing)| **missing).for_each(|(v, _)| *v = v.dummy_value());
            self.push(format!("no_{name}"), ArrayType::Bool, missing.into_iter().map(Value::from).collect());
            self.selected.push(format!("CASE WHEN \"no_{name}\" THEN NULL ELSE \"{name}\" END AS \"{name}\""));
        } else {
            self.selected.push(format!("\"{name}\""));
        }
        self.push(name.to_owned(), kind, values);
    }

    fn push(&mut self, name: String, kind: ArrayType, values: Vec<Value>) {
        self.names.push(format!("\"{name}\""));
        self.values.push(Value::Array(kind, Some(Box::new(values))));
    }

    /// The query that gives the rows again.
    pub fn select(&self) -> String {
        let parameters: Vec<String> = (1..=self.values.len()).map(|n| format!("${n}")).collect();
        let (parameters, names) = (parameters.join(", "), self.names.join(", "));
        format!("SELECT {} FROM unnest({parameters}) AS given ({names})", self.selected.join(", "))
    }
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
    let (keys, unfolded) = self::keys(backend, keys);
    let among = match backend {
        DbBackend::Postgres => "= ANY($1)".to_owned(),
        _ => format!("IN (SELECT value FROM {unfolded})"),
    };
    let sql = format!("SELECT {} FROM \"{}\" WHERE \"{}\" {among}", columns::<E>(""), table.table_name(), column.as_str());
    E::find().from_raw_sql(Statement::from_sql_and_values(backend, sql, [keys])).all(tx).await
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
    let keys = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let (found, values) = match backend {
        DbBackend::Postgres => {
            let arrays = Arrays::of::<E>(keys, rows);
            (arrays.select(), arrays.values)
        }
        _ => {
            let json = serde_json::to_string(rows).map_err(|e| DbErr::Json(e.to_string()))?;
            let of: Vec<String> = keys.map(|c| format!("value ->> '$.{}'", c.as_str())).collect();
            (format!("SELECT {} FROM json_each($1)", of.join(", ")), vec![json.into()])
        }
    };
    let names: Vec<String> = primary_key::<E>().iter().map(|k| format!("\"{k}\"")).collect();
    let sql = format!("DELETE FROM \"{table}\" WHERE ({}) IN ({found})", names.join(", "));
    Ok(tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected())
}

/// Keys as one parameter, and the table `given` with its column `value` that the database unfolds it to.
pub fn keys(backend: DbBackend, keys: &[String]) -> (Value, &'static str) {
    match backend {
        DbBackend::Postgres => (keys.to_vec().into(), "unnest($1) AS given (value)"),
        _ => (serde_json::to_string(keys).unwrap_or_default().into(), "json_each($1) AS given"),
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
