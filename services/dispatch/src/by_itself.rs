//! What is done without being asked: deadlines that wait for a calendar, periodic work whose date has come. Any replica
//! may do it, and does each once: rows say what is done.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use contracts::{envelope::Outbound, supervision::Opened};
use outbox::{Db, Engine, Fault, Tx};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    Dispatch, calendar,
    case::Case,
    register,
    rules::{At, Rules},
    store, supervision,
};

/// Pause between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Facts are kept for thirty days.
const TOLD_AGAIN: Duration = Duration::from_secs(20 * 24 * 3600);
/// Tickets that one transaction computes anew at most.
const BATCH: u64 = 200;

/// One look; tells when to look again.
pub async fn round(engine: &Engine<Dispatch>, db: &Db) -> anyhow::Result<Duration> {
    let rules = engine.handler().rules.read(db.read()).await?;
    let now = engine.clock().now();
    let first = store::first_run(db.read()).await?;
    if first.is_none() {
        engine.spontaneous(async |tx| store::add_first_run(tx, now).await.map(|()| Vec::new())).await?;
    }
    let since = first.unwrap_or(now);
    if !due(db.read(), &rules, (since, now)).await?.is_empty() {
        engine.spontaneous(async |tx| open_tasks(engine, tx, since).await).await?;
    }
    let waiting = store::computed_otherwise(db.read(), rules.calendar.version(), 1).await?;
    if waiting.is_empty() {
        return Ok(LOOK);
    }
    engine.spontaneous(async |tx| recalculate(engine, tx).await).await?;
    Ok(Duration::ZERO)
}

/// Tells the rules in force again, before the stream forgets them: whoever begins with an empty database hears them.
pub async fn tell_rules(engine: &Engine<Dispatch>) -> anyhow::Result<Duration> {
    let tell = async |tx: &Tx| {
        let rules = engine.handler().rules.read(&**tx).await?;
        let row = store::rules(&**tx, rules.version).await?;
        let told = row.map(|row| register::told(&row, &rules, engine.clock().now()));
        told.transpose().map(|told| told.into_iter().collect()).map_err(|p| Fault::Db(DbErr::Custom(p.en)))
    };
    engine.spontaneous(tell).await?;
    Ok(TOLD_AGAIN)
}

/// Periodic work whose date has come, since the program is here and until now.
async fn due(db: &impl ConnectionTrait, rules: &Rules, times: (DateTime<Utc>, DateTime<Utc>)) -> Result<Vec<Opened>, DbErr> {
    Ok(supervision::due(rules, times, &store::newest_tasks(db).await?))
}

async fn open_tasks(engine: &Engine<Dispatch>, tx: &Tx, since: DateTime<Utc>) -> Result<Vec<Outbound>, Fault> {
    let rules = engine.handler().rules.read(&**tx).await?;
    let mut said = Vec::new();
    for opened in due(&**tx, &rules, (since, engine.clock().now())).await? {
        // another replica may have opened it since
        if store::add_task(tx, supervision::row(&opened)).await? {
            said.push(supervision::opened(&opened));
        }
    }
    Ok(said)
}

async fn recalculate(engine: &Engine<Dispatch>, tx: &Tx) -> Result<Vec<Outbound>, Fault> {
    let rules = engine.handler().rules.read(&**tx).await?;
    let ids = store::computed_otherwise(&**tx, rules.calendar.version(), BATCH).await?;
    let cases: HashMap<String, Case> = store::cases(tx, &ids).await?;
    let at = At { rules: &rules, now: engine.clock().now() };
    let (mut said, mut changed) = (Vec::new(), Vec::new());
    for mut case in cases.into_values() {
        if let Err(problem) = calendar::recalculate(&mut case, at) {
            // it would be met again and again; what it was promised stands
            tracing::error!(ticket = case.ticket.ticket_id, code = problem.code, "no deadline by the new calendar");
            case = Case::stored(case.ticket);
            case.ticket.provisional = Some(rules.calendar.version().to_owned());
        }
        said.extend(case.said());
        changed.push(case);
    }
    store::save(tx, changed).await?;
    Ok(said)
}
