//! What was told of a ticket's clocks, as the console keeps it, and what a recomputation says of each line.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    family::Family,
    lifecycle::{Change, Clock},
    ticket::TicketFact,
};
use outbox::Db;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use sla::{Calendar, Life, Limit, Policy, Replay, SlaError, Verdict};

use crate::{
    database,
    screen::both,
    settings::{Operator, Service},
};

/// Tickets that are read at once.
const AT_ONCE: u32 = 500;

/// A ticket with its facts, in the order of their places.
#[derive(Debug)]
pub struct History {
    /// Its number for people.
    pub number: String,
    /// What was told.
    pub facts: BTreeMap<u64, TicketFact>,
}

/// A line of the ledger and what a recomputation says of it.
#[derive(Debug)]
pub struct Finding<'a> {
    /// Place of the fact that tells it.
    pub seq: u64,
    /// The fact.
    pub fact: &'a TicketFact,
    /// When.
    pub at: DateTime<Utc>,
    /// The line.
    pub line: &'a ClockTurn,
    /// Whether it is right.
    pub verdict: Verdict,
    /// What the clock had used by then, in the unit of its limit.
    pub used: Option<i64>,
    /// That limit; none for a promised date.
    pub limit: Option<Limit>,
}

impl History {
    /// Recomputes every line.
    ///
    /// # Errors
    /// If no clock can start when the ticket was registered.
    pub fn findings(&self, calendar: &Calendar, policy: &Policy) -> Result<Vec<Finding<'_>>, SlaError> {
        let mut replay = Replay::new(calendar, policy);
        let mut findings = Vec::new();
        for (seq, fact) in &self.facts {
            let head = fact.head();
            let lines = head.by.map_or(&[][..], |by| &by.clocks);
            if let (TicketFact::Received(_), []) = (fact, lines) {
                replay.register(head.at)?;
            }
            for line in lines {
                let verdict = replay.step(line, head.at);
                let used = replay.used(line.order, line.clock, head.at);
                let limit = replay.life(line.order, line.clock).and_then(Life::limit);
                findings.push(Finding { seq: *seq, fact, at: head.at, line, verdict, used, limit });
            }
        }
        Ok(findings)
    }

    /// Places of facts that are missing between the first and the last.
    pub fn missing(&self) -> Vec<u64> {
        let last = self.facts.keys().next_back().copied().unwrap_or(0);
        (1..last).filter(|seq| !self.facts.contains_key(seq)).collect()
    }

    /// Dispatches whose promise is not the deadline that their own ledger line gives the handling clock.
    pub fn broken_promises(&self) -> Vec<u64> {
        let broken = |fact: &TicketFact| {
            let TicketFact::Dispatched(f) = fact else { return false };
            let started = |turn: &&ClockTurn| turn.clock == Clock::K5 && turn.order.is_none() && turn.change == Change::Started;
            f.by.clocks.iter().rev().find(started).is_some_and(|turn| turn.due != Some(f.due) || turn.warn_at != Some(f.warn_at))
        };
        self.facts.iter().filter(|(_, fact)| broken(fact)).map(|(seq, _)| *seq).collect()
    }
}

/// Opens the console's database.
pub async fn open(operator: &Operator) -> anyhow::Result<Db> {
    let url = operator.database(Service::Console).ok_or_else(|| {
        anyhow!("未设置 services.console.database / setting services.console.database is empty; the facts are read there")
    })?;
    database::open(Service::Console, url).await.map_err(|problem| anyhow!(both(&problem)))
}

/// The ticket with this number.
pub async fn of(db: &Db, number: &str) -> anyhow::Result<Option<History>> {
    let ticket = "SELECT ticket_id, number FROM ticket WHERE number = $1";
    let found = db.read().query_one_raw(Statement::from_sql_and_values(db.backend(), ticket, [number.into()])).await?;
    let Some(row) = found else { return Ok(None) };
    let id: String = row.try_get("", "ticket_id")?;
    Ok(between(db, &id, &id).await?.pop())
}

/// The next tickets after `after` in the order of their ids, with the id of the last; none at the end.
pub async fn next(db: &Db, after: &str) -> anyhow::Result<Option<(Vec<History>, String)>> {
    let ids = format!("SELECT ticket_id FROM ticket WHERE ticket_id > $1 ORDER BY ticket_id LIMIT {AT_ONCE}");
    let rows = db.read().query_all_raw(Statement::from_sql_and_values(db.backend(), ids, [after.into()])).await?;
    let ids = rows.iter().map(|row| row.try_get::<String>("", "ticket_id")).collect::<Result<Vec<_>, _>>()?;
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(None) };
    Ok(Some((between(db, first, last).await?, last.clone())))
}

async fn between(db: &Db, first: &str, last: &str) -> anyhow::Result<Vec<History>> {
    let sql = "SELECT t.ticket_id, t.number, e.fact, e.kind, e.body FROM ticket t JOIN event e ON e.ticket_id = t.ticket_id \
               WHERE t.ticket_id >= $1 AND t.ticket_id <= $2 AND e.kind LIKE 'ticket.v1.%'";
    let statement = Statement::from_sql_and_values(db.backend(), sql, [first.into(), last.into()]);
    let mut tickets: BTreeMap<String, History> = BTreeMap::new();
    for row in db.read().query_all_raw(statement).await? {
        let (seq, fact) = fact(&row)?;
        let number = row.try_get("", "number")?;
        let history = tickets.entry(row.try_get("", "ticket_id")?).or_insert_with(|| History { number, facts: BTreeMap::new() });
        history.facts.insert(seq, fact);
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
