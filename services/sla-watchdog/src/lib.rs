//! 时限督办: when does a clock start, stop, warn, run out, and who is told then?
//!
//! Hears the facts about a ticket and reads in them what the step did to the ticket's clocks (`by.clocks`). Says
//! `clock.v1.warned`, `overdue` and `escalated` of the handling clock K5 and `clock.v1.expired` of the others, each
//! once. Owns one row a ticket, with the instant of its next alarm; an index over those instants alone is all that is
//! ever looked at.
//!
//! Facts may come late, twice and in any order: the row is the same in the end. The alarms are rows too, so a
//! restart loses none, and any number of replicas may look for them.
//!
//! - `news` what a fact says about clocks
//! - `domain` what that does to the clocks of the ticket
//! - `alarms` which alarms clocks have, and what they say
//! - `roster` who is told
//! - `handlers` facts, batch by batch
//! - `firing` what is due
//! - `rearm` other rules for what is armed
//! - `witness` whether alarms were missed, by the broker's clock
//! - `time`, `guard` which time decides, and whether it can be believed

mod alarms;
mod config;
mod domain;
mod entity;
mod firing;
mod guard;
mod handlers;
mod metrics;
mod migration;
mod news;
mod rearm;
mod roster;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod witness;

use std::sync::Arc;

use bus::topology;
use chassis::{Context, Settings};
use outbox::{Db, Engine};

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

pub use handlers::Watchdog;

/// Starts the service.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<()> {
    let config: config::Config = settings.own("sla")?;
    let batch = config.batch()?;
    let watchdog = Watchdog::new(alarms::Rules::built_in());
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(watchdog, &db, &relay);
    if config.witness {
        let witness = Arc::new(witness::Witness::new(context.bus.clone(), context.clock.clone(), db.clone()));
        let engine = engine.clone();
        context.every("witness", move || {
            let (engine, witness) = (engine.clone(), witness.clone());
            async move { witness.listen(&engine.handler().metrics).await }
        });
    }
    if config.watch {
        watch(&context, engine, db, batch);
    }
    Ok(())
}

/// Hears facts and fires alarms.
fn watch(context: &Context, engine: Engine<Watchdog>, db: Db, batch: u64) {
    context.listen(topology::SLA_WATCHDOG, &engine);
    let (catch_up, time) = (Arc::new(firing::CatchUp::new(context.bus.clone())), Arc::new(time::Time::default()));
    let (setter, stored) = (engine.clone(), db.clone());
    context.every("rules for what is armed", move || {
        let (engine, db) = (setter.clone(), stored.clone());
        async move { rearm::round(&engine, &db, batch).await }
    });
    context.every("alarms", move || {
        let (engine, db, catch_up, time) = (engine.clone(), db.clone(), catch_up.clone(), time.clone());
        async move {
            match catch_up.hold().await {
                Some(wait) => Ok(wait),
                None => firing::round(&engine, &db, &time, batch).await,
            }
        }
    });
}
