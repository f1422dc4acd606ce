//! 派单: which unit has the work order.
//!
//! Hears classified tickets, the acts of units (`work.v1.act.<unit>`, or over HTTP) and of citizens, and clocks that ran
//! out. Decides, by the one lifecycle table, who gets a work order, what a return means, what a consultation has
//! decided, whether a request is granted, whether a result passes, and closes after the callback. Owns the state of a
//! ticket from its registration on. Says facts, queue items and answers.
//!
//! Read: `case.rs` one ticket with its work orders and clocks, `opening.rs` from classified to the first queue item,
//! `acts.rs` the list of all acts and who does them; behind it `unit.rs` and `together.rs` what units do, `desk.rs` and
//! `centre.rs` what the district centre does, `requests.rs` what is asked and granted, `merge.rs` one cause with many
//! reporters, `watch.rs` supervision, `alarm.rs` danger to life or limb; `system.rs` what clocks that run out ask for and
//! what citizens do; `register.rs` and `calendar.rs` the rules and who changes them, `supervision.rs` periodic work,
//! `by_itself.rs` what nobody asks for, `clusters/` what belongs together.

mod acts;
mod alarm;
mod api;
mod beside;
mod by_itself;
mod calendar;
mod case;
mod centre;
mod clusters;
mod desk;
mod entity;
mod hand;
mod handlers;
mod heard;
mod in_force;
mod merge;
mod migration;
mod opening;
mod orders;
mod parts;
mod reclass;
mod register;
mod requests;
mod rules;
mod store;
mod supervision;
mod system;
#[cfg(test)]
mod tests;
mod together;
mod unit;
mod watch;

use bus::topology;
use chassis::{Context, Settings};

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

pub use handlers::Dispatch;

/// Starts the service; returns the public address, if it has one.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<Option<std::net::SocketAddr>> {
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(Dispatch::default(), &db, &relay);
    context.listen(topology::DISPATCH, &engine);
    context.listen(topology::DISPATCH_ACTS, &engine);
    let clusters = context.engine(clusters::Clusters::default(), &db, &relay);
    context.listen(topology::DISPATCH_CLUSTERS, &clusters);
    let doors = api::Doors { tickets: context.door(&engine), clusters: context.door(&clusters) };
    let reads = db.clone();
    context.every("reporters told", move || {
        let (engine, db) = (clusters.clone(), reads.clone());
        async move { clusters::tell::round(&engine, &db).await }
    });
    let (teller, reads) = (engine.clone(), db.clone());
    context.every("rules told again", move || {
        let engine = teller.clone();
        async move { by_itself::tell_rules(&engine).await }
    });
    context.every("by itself", move || {
        let (engine, db) = (engine.clone(), reads.clone());
        async move { by_itself::round(&engine, &db).await }
    });
    context.serve(&settings, api::router(doors, db)).await
}
