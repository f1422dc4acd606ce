//! The only queries of the console.

use std::collections::HashMap;

use outbox::{Db, Tx, bulk};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    entity::{event, rules, supervision_task, ticket},
    filter::{Cursor, Filter, Page, Pick, Place},
    lamp::Lamp,
};

/// The rows of `tickets` that are known.
pub async fn rows(tx: &Tx, tickets: &[String]) -> Result<Vec<ticket::Model>, DbErr> {
    bulk::find_in::<ticket::Entity>(&**tx, ticket::Column::TicketId, tickets).await
}

/// One page of the list, newest first, and where the pages beside it begin.
#[derive(Debug)]
pub struct Listing {
    /// The tickets.
    pub rows: Vec<ticket::Model>,
    /// The page of older tickets, if there are any.
    pub older: Option<Page>,
    /// The page of newer tickets, if there may be any.
    pub newer: Option<Page>,
}

/// One page of the list.
pub async fn list(db: &Db, filter: &Filter, limit: u64, now_ms: i64) -> Result<Listing, DbErr> {
    let mut rows = select(filter, now_ms).limit(limit + 1).all(db.read()).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if matches!(filter.page, Page::After(_)) {
        rows.reverse();
    }
    let before = rows.last().and_then(Cursor::of).map(Page::Before);
    let after = rows.first().and_then(Cursor::of).map(Page::After);
    let (older, newer) = match filter.page {
        Page::Newest => (before.filter(|_| more), None),
        // we came from a newer page, or an older one, so it is there
        Page::Before(_) => (before.filter(|_| more), after),
        Page::After(_) => (before, after.filter(|_| more)),
    };
    Ok(Listing { rows, older, newer })
}

/// The list's query: the filter, then the keyset.
pub fn select(filter: &Filter, now_ms: i64) -> Select<ticket::Entity> {
    use ticket::Column as C;
    let mut q = ticket::Entity::find();
    match &filter.states[..] {
        [] => {}
        [one] => q = q.filter(C::State.eq(one.code())),
        many => q = q.filter(C::State.is_in(many.iter().map(|s| s.code()))),
    }
    q = match &filter.unit {
        None => q,
        Some(Pick::Nothing) => q.filter(C::Unit.is_null()),
        Some(Pick::Is(unit)) => q.filter(C::Unit.eq(unit.as_str())),
    };
    q = match &filter.division {
        None => q,
        Some(Pick::Nothing) => q.filter(C::Division.is_null()),
        Some(Pick::Is(Place::Town(town))) => q.filter(C::Town.eq(town.as_str())),
        Some(Pick::Is(Place::Village { code, town })) => {
            q.filter(C::Town.eq(town.as_str())).filter(C::Division.eq(code.as_str()))
        }
        Some(Pick::Is(Place::Exactly(code))) => q.filter(C::Division.eq(code.as_str())),
    };
    q = match filter.lamp {
        None => q,
        Some(Lamp::Done) => q.filter(C::DoneMs.is_not_null()).filter(C::DueMs.is_not_null()),
        Some(Lamp::Red) => q.filter(C::DoneMs.is_null()).filter(C::DueMs.lt(now_ms)),
        Some(Lamp::Yellow) => q.filter(C::DoneMs.is_null()).filter(C::DueMs.gte(now_ms)).filter(C::WarnMs.lte(now_ms)),
        Some(Lamp::Green) => q.filter(C::DoneMs.is_null()).filter(C::DueMs.gte(now_ms)).filter(C::WarnMs.gt(now_ms)),
    };
    if filter.alarm {
        q = q.filter(C::AlarmMs.is_not_null());
    }
    if let Some(class) = filter.class {
        q = q.filter(C::Class.eq(class.code()));
    }
    if let Some(number) = &filter.number {
        q = q.filter(C::Number.eq(number));
    }
    page(q, filter.page)
}

/// Newest first, from the keyset on.
fn page(q: Select<ticket::Entity>, page: Page) -> Select<ticket::Entity> {
    use ticket::Column as C;
    let place = || Expr::tuple([Expr::col(C::ReceivedMs), Expr::col(C::TicketId)]);
    let of = |c: Cursor| Expr::tuple([Expr::val(c.received_ms), Expr::val(c.ticket.to_string())]);
    let (q, order) = match page {
        Page::Newest => (q, Order::Desc),
        Page::Before(c) => (q.filter(place().lt(of(c))), Order::Desc),
        Page::After(c) => (q.filter(place().gt(of(c))), Order::Asc),
    };
    q.order_by(C::ReceivedMs, order.clone()).order_by(C::TicketId, order)
}

/// A ticket with all its facts, by the number for people.
pub async fn by_number(db: &Db, number: &str) -> Result<Option<(ticket::Model, Vec<event::Model>)>, DbErr> {
    let Some(row) = ticket::Entity::find().filter(ticket::Column::Number.eq(number)).one(db.read()).await? else {
        return Ok(None);
    };
    let events = event::Entity::find().filter(event::Column::TicketId.eq(&row.ticket_id)).all(db.read()).await?;
    Ok(Some((row, events)))
}

/// The id of a ticket by the number for people.
pub async fn id_of(db: &Db, number: &str) -> Result<Option<String>, DbErr> {
    let number = number.to_ascii_uppercase();
    let row = ticket::Entity::find().filter(ticket::Column::Number.eq(number)).one(db.read()).await?;
    Ok(row.map(|row| row.ticket_id))
}

/// Numbers of `tickets` that are known, by id.
pub async fn numbers(db: &Db, tickets: &[String]) -> Result<HashMap<String, String>, DbErr> {
    let rows = bulk::find_in::<ticket::Entity>(db.read(), ticket::Column::TicketId, tickets).await?;
    Ok(rows.into_iter().map(|row| (row.ticket_id, row.number)).collect())
}

/// The tickets that are merged under `lead`, oldest first.
pub async fn merged(db: &Db, lead: &str) -> Result<Vec<ticket::Model>, DbErr> {
    let under = ticket::Entity::find().filter(ticket::Column::Lead.eq(lead));
    under.order_by_asc(ticket::Column::ReceivedMs).order_by_asc(ticket::Column::TicketId).all(db.read()).await
}

/// Counts of one unit in one state.
#[derive(Clone, Debug, FromQueryResult)]
pub struct UnitState {
    /// Unit; none if none is named yet.
    pub unit: Option<String>,
    /// State code.
    pub state: String,
    /// Tickets.
    pub n: i64,
    /// Of these, yellow.
    pub warned: i64,
    /// Of these, red.
    pub overdue: i64,
    /// Of these, with the handling clock stopped.
    pub done: i64,
}

/// Counts per unit and state.
pub async fn units(db: &Db, now_ms: i64) -> Result<Vec<UnitState>, DbErr> {
    let sql = "SELECT unit, state, COUNT(*) AS n, \
        COUNT(CASE WHEN done_ms IS NULL AND warn_ms <= $1 AND due_ms >= $1 THEN 1 END) AS warned, \
        COUNT(CASE WHEN done_ms IS NULL AND due_ms < $1 THEN 1 END) AS overdue, \
        COUNT(CASE WHEN done_ms IS NOT NULL AND due_ms IS NOT NULL THEN 1 END) AS done \
        FROM ticket GROUP BY unit, state";
    UnitState::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, [now_ms.into()])).all(db.read()).await
}

/// Running clocks by lamp.
#[derive(Clone, Copy, Debug, Default, FromQueryResult)]
pub struct Running {
    /// Before the warning.
    pub green: i64,
    /// From the warning to the deadline.
    pub yellow: i64,
    /// After the deadline.
    pub red: i64,
    /// Alarms that wait for an answer.
    pub alarms: i64,
}

/// Counts running clocks by lamp, and alarms; looks at these only, not at all tickets.
pub async fn running(db: &Db, now_ms: i64) -> Result<Running, DbErr> {
    let sql = "SELECT COUNT(CASE WHEN due_ms >= $1 AND warn_ms > $1 THEN 1 END) AS green, \
        COUNT(CASE WHEN due_ms >= $1 AND warn_ms <= $1 THEN 1 END) AS yellow, \
        COUNT(CASE WHEN due_ms < $1 THEN 1 END) AS red, \
        (SELECT COUNT(*) FROM ticket WHERE alarm_ms IS NOT NULL) AS alarms \
        FROM ticket WHERE done_ms IS NULL AND due_ms IS NOT NULL";
    let found = Running::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, [now_ms.into()]));
    Ok(found.one(db.read()).await?.unwrap_or_default())
}

/// Tickets in one state.
#[derive(Clone, Debug, FromQueryResult)]
pub struct InState {
    /// State code.
    pub state: String,
    /// Tickets.
    pub n: i64,
}

/// Counts per state.
pub async fn states(db: &Db) -> Result<Vec<InState>, DbErr> {
    let sql = "SELECT state, COUNT(*) AS n FROM ticket GROUP BY state";
    InState::find_by_statement(Statement::from_string(db.backend(), sql)).all(db.read()).await
}

/// All rules that were ever in force; tens of versions.
pub async fn rules(db: &Db) -> Result<Vec<rules::Model>, DbErr> {
    rules::Entity::find().all(db.read()).await
}

/// Periodic work, the newest first; eighteen a year.
pub async fn supervision(db: &Db) -> Result<Vec<supervision_task::Model>, DbErr> {
    supervision_task::Entity::find().order_by_desc(supervision_task::Column::OpenedMs).limit(200).all(db.read()).await
}

/// A task.
pub async fn supervision_task(db: &Db, task: &str) -> Result<Option<supervision_task::Model>, DbErr> {
    supervision_task::Entity::find_by_id(task).one(db.read()).await
}

/// What a unit had of the tickets that were received in a period.
#[derive(Clone, Debug, FromQueryResult)]
pub struct UnitPeriod {
    /// Unit; none if none is named yet.
    pub unit: Option<String>,
    /// Tickets.
    pub received: i64,
    /// Of these, voided.
    pub voided: i64,
    /// Of these, merged.
    pub merged: i64,
    /// Of the others, excluded from the assessment.
    pub excluded: i64,
    /// Of what is left, with a result.
    pub done: i64,
    /// Of these, in time.
    pub in_time: i64,
    /// Of what is left, without a result and over.
    pub overdue: i64,
    /// With a result, in round 2 or later.
    pub redone: i64,
}

/// Counts per unit of the tickets that were received from an instant to another, not included.
pub async fn period(db: &Db, (from_ms, to_ms): (i64, i64), now_ms: i64) -> Result<Vec<UnitPeriod>, DbErr> {
    let sql = "SELECT unit, COUNT(*) AS received, \
        COUNT(CASE WHEN state = 'VOIDED' THEN 1 END) AS voided, \
        COUNT(CASE WHEN state = 'MERGED' THEN 1 END) AS merged, \
        COUNT(CASE WHEN state NOT IN ('VOIDED', 'MERGED') AND excluded THEN 1 END) AS excluded, \
        COUNT(CASE WHEN state NOT IN ('VOIDED', 'MERGED') AND NOT excluded AND done_ms IS NOT NULL THEN 1 END) AS done, \
        COUNT(CASE WHEN state NOT IN ('VOIDED', 'MERGED') AND NOT excluded AND done_ms <= due_ms THEN 1 END) AS in_time, \
        COUNT(CASE WHEN state NOT IN ('VOIDED', 'MERGED') AND NOT excluded AND done_ms IS NULL AND due_ms < $3 THEN 1 END) \
        AS overdue, \
        COUNT(CASE WHEN state NOT IN ('VOIDED', 'MERGED') AND NOT excluded AND done_ms IS NOT NULL AND round > 1 THEN 1 END) \
        AS redone \
        FROM ticket WHERE received_ms >= $1 AND received_ms < $2 GROUP BY unit";
    let values = [from_ms.into(), to_ms.into(), now_ms.into()];
    UnitPeriod::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, values)).all(db.read()).await
}
