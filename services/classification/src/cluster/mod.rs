//! What belongs together: repeats (重复件), clusters (群体件), hot topics (热点), sensitive words.
//!
//! Hears `ticket.v1.classified` and which tickets are done with, says `cluster.v1.*`. Stands beside a ticket's way and
//! never holds one up: what is heard becomes rows, and a job that takes its time decides what belongs together. Nothing
//! is done to a ticket; a dispatcher merges, or does not.
//!
//! - `sight` what a ticket looks like: rare pairs of characters, kind, place
//! - `index` all tickets that can be found, in bounded memory and time
//! - `groups` which belong together, `profile` what those of a group share
//! - `gather` the job
//! - `handlers` what is heard
//! - `sensitive` words of which leaders hear at once
//! - [`mod@bench`] the index alone, to be measured

mod api;
pub mod bench;
mod config;
mod entity;
mod gather;
mod groups;
mod handlers;
mod index;
mod migration;
mod profile;
mod sensitive;
mod sight;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::Router;
use bus::topology;
use chassis::{Context, Settings};
use contracts::district::District;
use outbox::{Db, Engine, Relay};

use crate::Classification;
use gather::{Gathering, More};

pub use migration::Clusters as Migration;
pub use sight::count_pairs;

/// Tickets of one matter follow each other within so many days; what is done with and older is forgotten.
const WINDOW_DAYS: i64 = 180;
/// While many tickets wait, the job rests so long between two turns: a ticket's way comes first.
const REST: Duration = Duration::from_millis(250);
/// Otherwise it looks this often.
const LOOK: Duration = Duration::from_secs(1);
/// How often what is old is forgotten.
const FORGET: Duration = Duration::from_secs(600);

/// Starts to gather; the routes of what it shows.
pub(crate) fn start(
    context: &Context,
    settings: &Settings,
    classification: &Engine<Classification>,
    (db, relay): (&Db, &Relay),
) -> anyhow::Result<Router> {
    let config = settings.own::<config::Config>("clusters")?.checked()?;
    let eye = sight::Eye::read(classification.handler().deciding().taxonomy(), District::sample())?;
    let gathering = Arc::new(Gathering::new(config, eye));
    let engine = context.engine(handlers::Matters::read()?, db, relay);
    context.listen(topology::CLASSIFICATION_CLUSTERS, &engine);
    let (own, store) = (gathering.clone(), db.clone());
    context.every("clusters", move || {
        let (engine, gathering, db) = (engine.clone(), own.clone(), store.clone());
        async move { turn(&engine, &gathering, &db).await }
    });
    let (own, clock, store) = (gathering.clone(), context.clock.clone(), db.clone());
    context.every("forget clusters", move || {
        let (gathering, clock, db) = (own.clone(), clock.clone(), store.clone());
        async move {
            let before = clock.now().timestamp_millis() - WINDOW_DAYS * 24 * 3_600_000;
            gathering.forget(before);
            store::purge(&db, before).await?;
            Ok(FORGET)
        }
    });
    Ok(api::router(gathering, classification.clone(), db.clone()))
}

async fn turn(engine: &Engine<handlers::Matters>, gathering: &Gathering, db: &Db) -> anyhow::Result<Duration> {
    let mut more = More::No;
    let now = engine.clock().now();
    if !store::waits(db, gathering.place(), now.timestamp_millis()).await? {
        return Ok(LOOK);
    }
    let done = engine.spontaneous(async |tx| {
        let (said, waits) = gathering.turn(tx, now).await?;
        more = waits;
        Ok(said)
    });
    if let Err(e) = done.await {
        gathering.lost();
        return Err(e.into());
    }
    Ok(match more {
        More::Follow => Duration::ZERO,
        More::Wait => REST,
        More::No => LOOK,
    })
}
