//! What was told of a ticket's clocks, and of the rules, as the console keeps it.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use contracts::{family::Family, rules::Changed, ticket::TicketFact};
use outbox::Db;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use sla::{Books, History};

use crate::{
    database,
    screen::both,
    settings::{Operator, Service},
};

/// Tickets that are read at once.
const AT_ONCE: u32 = 500;

/// A ticket by its number for people.
#[derive(Debug)]
pub struct Numbered {
    /// The number.
    pub number: String,
    /// Its facts.
    pub history: History,
}

/// Opens the console's database.
pub async fn open(operator: &Operator) -> anyhow::Result<Db> {
    let url = operator.database(Service::Console).ok_or_else(|| {
        anyhow!("未设置 services.console.database / setting services.console.database is empty; the facts are read there")
    })?;
    database::open(Service::Console, url).await.map_err(|problem| anyhow!(both(&problem)))
}

/// All rules that were ever in force.
pub async fn books(db: &Db) -> anyhow::Result<Books> {
    let rows = db.read().query_all_raw(Statement::from_string(db.backend(), "SELECT body FROM rules")).await?;
    let told = rows.iter().map(|row| Ok(serde_json::from_str(&row.try_get::<String>("", "body")?)?));
    let told = told.collect::<anyhow::Result<Vec<Changed>>>().context("console: rules")?;
    Ok(Books::of(&told)?)
}

/// The ticket with this number.
pub async fn of(db: &Db, number: &str) -> anyhow::Result<Option<Numbered>> {
    let ticket = "SELECT ticket_id, number FROM ticket WHERE number = $1";
    let found = db.read().query_one_raw(Statement::from_sql_and_values(db.backend(), ticket, [number.into()])).await?;
    let Some(row) = found else { return Ok(None) };
    let id: String = row.try_get("", "ticket_id")?;
    Ok(between(db, &id, &id).await?.pop())
}

/// The next tickets after `after` in the order of their ids, with the id of the last; none at the end.
pub async fn next(db: &Db, after: &str) -> anyhow::Result<Option<(Vec<Numbered>, String)>> {
    let ids = format!("SELECT ticket_id FROM ticket WHERE ticket_id > $1 ORDER BY ticket_id LIMIT {AT_ONCE}");
    let rows = db.read().query_all_raw(Statement::from_sql_and_values(db.backend(), ids, [after.into()])).await?;
    let ids = rows.iter().map(|row| row.try_get::<String>("", "ticket_id")).collect::<Result<Vec<_>, _>>()?;
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(None) };
    Ok(Some((between(db, first, last).await?, last.clone())))
}

async fn between(db: &Db, first: &str, last: &str) -> anyhow::Result<Vec<Numbered>> {
    let sql = "SELECT t.ticket_id, t.number, e.fact, e.kind, e.body FROM ticket t JOIN event e ON e.ticket_id = t.ticket_id \
               WHERE t.ticket_id >= $1 AND t.ticket_id <= $2 AND e.kind LIKE 'ticket.v1.%'";
    let statement = Statement::from_sql_and_values(db.backend(), sql, [first.into(), last.into()]);
    let mut tickets: BTreeMap<String, Numbered> = BTreeMap::new();
    for row in db.read().query_all_raw(statement).await? {
        let (seq, fact) = fact(&row)?;
        let number = row.try_get("", "number")?;
        let fresh = || Numbered { number, history: History::default() };
        let ticket = tickets.entry(row.try_get("", "ticket_id")?).or_insert_with(fresh);
        ticket.history.facts.insert(seq, fact);
    }
    Ok(tickets.into_values().collect())
}

fn fact(row: &QueryResult) -> anyhow::Result<(u64, TicketFact)> {
    let (place, kind, body): (String, String, String) =
        (row.try_get("", "fact")?, row.try_get("", "kind")?, row.try_get("", "body")?);
    let seq = place.parse().with_context(|| format!("console: {place:?} is no place of a fact"))?;
    let kind = kind.strip_prefix("ticket.v1.").unwrap_or(&kind);
    let fact =
        TicketFact::decode(kind, body.as_bytes()).map_err(|problem| anyhow!("console, {kind} {seq}: {}", both(&problem)))?;
    Ok((seq, fact))
}
