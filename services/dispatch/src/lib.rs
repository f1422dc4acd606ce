//! 派单: which unit has the work order.
//!
//! Hears classified tickets and the acts of units (`work.v1.act.<unit>`). Decides, by the one lifecycle table, who
//! gets a work order, what a return means, what a consultation has decided, whether a result passes, and closes
//! after the callback. Owns the state of a ticket from acceptance on. Says facts, queue items and answers.
//!
//! Read: `case.rs` one ticket with its work orders, `opening.rs` from classified to the first queue item, `unit.rs`
//! what handling units do, `centre.rs` what the district centre does.

mod case;
mod centre;
mod config;
mod entity;
mod handlers;
mod migration;
mod opening;
mod orders;
mod store;
#[cfg(test)]
mod tests;
mod unit;

use bus::topology;
use chassis::{Context, Settings};

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

pub use handlers::Dispatch;

/// Starts the service.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<()> {
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(Dispatch::new(settings.own("dispatch")?)?, &db, &relay);
    context.listen(topology::DISPATCH, &engine);
    context.listen(topology::DISPATCH_ACTS, &engine);
    Ok(())
}
