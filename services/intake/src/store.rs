//! The only queries of intake.

use std::collections::HashMap;

use contracts::{id::DivisionCode, lifecycle::State};
use outbox::{Db, Fault, Tx, bulk};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, Statement};

use crate::{
    entity::{citizen_act, progress, registration},
    progress::Told,
};

/// Divisions of a reporter's record that are told, and the newest tickets that they are looked for in.
const LATELY: usize = 3;
const LATELY_TICKETS: usize = 20;

/// Reports among `tickets` that are known.
pub async fn registrations(tx: &Tx, tickets: &[String]) -> Result<HashMap<String, registration::Model>, DbErr> {
    let rows = bulk::find_in::<registration::Entity>(&**tx, registration::Column::TicketId, tickets).await?;
    Ok(rows.into_iter().map(|r| (r.ticket_id.clone(), r)).collect())
}

/// How far `tickets` are.
pub async fn progress_of(tx: &Tx, tickets: &[String]) -> Result<HashMap<String, progress::Model>, DbErr> {
    let rows = bulk::find_in::<progress::Entity>(&**tx, progress::Column::TicketId, tickets).await?;
    Ok(rows.into_iter().map(|r| (r.ticket_id.clone(), r)).collect())
}

/// Where tickets of these phones that came after `since_ms` were dispatched to: of each phone the newest distinct divisions.
/// One query; the index on phone and time bounds what is read of each phone.
pub async fn lately(tx: &Tx, phones: &[String], since_ms: i64) -> Result<HashMap<String, Vec<DivisionCode>>, DbErr> {
    let mut found: HashMap<String, Vec<DivisionCode>> = HashMap::new();
    if phones.is_empty() {
        return Ok(found);
    }
    for row in tx.query_all_raw(lately_query(tx.get_database_backend(), phones, since_ms)).await? {
        let listed = found.entry(row.try_get("", "phone")?).or_default();
        if let Ok(division) = row.try_get::<String>("", "division")?.parse()
            && listed.len() < LATELY
            && !listed.contains(&division)
        {
            listed.push(division);
        }
    }
    Ok(found)
}

/// The newest first.
pub fn lately_query(backend: DbBackend, phones: &[String], since_ms: i64) -> Statement {
    let (phones, unfolded) = bulk::keys(backend, phones);
    let sql = format!(
        "WITH asked AS MATERIALIZED (SELECT given.value AS phone, COALESCE((SELECT n.received_ms FROM registration n \
         WHERE n.phone = given.value AND n.received_ms >= $2 ORDER BY n.received_ms DESC LIMIT 1 OFFSET {}), $2) AS ms \
         FROM {unfolded}) \
         SELECT a.phone, p.division FROM asked a JOIN registration r ON r.phone = a.phone AND r.received_ms >= a.ms \
         JOIN progress p ON p.ticket_id = r.ticket_id WHERE p.division IS NOT NULL ORDER BY r.received_ms DESC, r.ticket_id",
        LATELY_TICKETS - 1
    );
    Statement::from_sql_and_values(backend, sql, [phones, since_ms.into()])
}

/// Takes `n` numbers of a day; returns the one before the first. The row stays locked until the commit, so two
/// replicas never give the same number.
pub async fn take_numbers(tx: &Tx, day: &str, n: i64) -> Result<i64, Fault> {
    let (a, b) = match tx.get_database_backend() {
        DbBackend::Postgres => ("$1", "$2"),
        _ => ("?", "?"),
    };
    let sql = format!(
        "INSERT INTO counter (day, last) VALUES ({a}, {b}) ON CONFLICT (day) DO UPDATE SET last = counter.last + excluded.last RETURNING last"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [day.into(), n.into()]);
    let row = tx.query_one_raw(statement).await?.ok_or_else(|| DbErr::RecordNotFound("counter".into()))?;
    Ok(row.try_get::<i64>("", "last")? - n)
}

/// All acts of citizens on `tickets`.
pub async fn acts_on(tx: &Tx, tickets: &[String]) -> Result<Vec<citizen_act::Model>, DbErr> {
    bulk::find_in::<citizen_act::Entity>(&**tx, citizen_act::Column::TicketId, tickets).await
}

/// The acts among `ids` that are known.
pub async fn acts(tx: &Tx, ids: &[String]) -> Result<Vec<citizen_act::Model>, DbErr> {
    bulk::find_in::<citizen_act::Entity>(&**tx, citizen_act::Column::ActId, ids).await
}

/// The states of tickets, as far as they are known.
pub async fn states(db: &Db, tickets: &[String]) -> Result<HashMap<String, State>, DbErr> {
    let rows = bulk::find_in::<progress::Entity>(db.read(), progress::Column::TicketId, tickets).await?;
    Ok(rows.into_iter().filter_map(|p| Some((p.ticket_id, p.state.parse().ok()?))).collect())
}

/// What a reporter may see of a report.
#[derive(Debug)]
pub struct Seen {
    /// The report.
    pub registration: registration::Model,
    /// How far it is; none before anything was decided.
    pub progress: Option<progress::Model>,
    /// How far the case is that it is merged under.
    pub lead: Option<progress::Model>,
    /// What citizens did with it, oldest first.
    pub acts: Vec<citizen_act::Model>,
}

/// A report by the number for people.
pub async fn registration(db: &Db, number: &str) -> Result<Option<registration::Model>, DbErr> {
    registration::Entity::find().filter(registration::Column::Number.eq(number)).one(db.read()).await
}

/// What a reporter may see of this report.
pub async fn seen(db: &Db, registration: registration::Model) -> Result<Seen, DbErr> {
    let progress = progress::Entity::find_by_id(registration.ticket_id.clone()).one(db.read()).await?;
    let lead = match progress.as_ref().and_then(|p| Told::of(p).lead.1) {
        Some(lead) => progress::Entity::find_by_id(lead).one(db.read()).await?,
        None => None,
    };
    let acts = citizen_act::Entity::find().filter(citizen_act::Column::TicketId.eq(&registration.ticket_id));
    let acts = acts.order_by_asc(citizen_act::Column::AtMs).order_by_asc(citizen_act::Column::ActId).all(db.read()).await?;
    Ok(Seen { registration, progress, lead, acts })
}
