//! 受理: is this a new ticket, the same one again, or not one at all?
//!
//! Hears submissions (`intake.v1.submit.<source>` and `POST /api/v1/reports`) and, to tell the reporter how it
//! goes, the facts of tickets. Says `ticket.v1.received` and receipts. Owns registration, number and reporter:
//! name, phone and address never leave this database, and numbers in the text are masked in what is sent on.
//!
//! Takes what citizens do with their tickets (supply, urge, reopen), after it has checked number and code, says
//! `citizen.v1.act`, and hears from dispatch what became of it.

mod api;
mod citizen;
mod config;
mod domain;
mod entity;
mod handlers;
mod migration;
mod place;
mod progress;
mod repeats;
mod shown;
mod similar;
mod store;
#[cfg(test)]
mod tests;

use bus::topology;
use chassis::{Context, Settings};
use contracts::district::District;

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

pub use handlers::Intake;

/// Starts the service; returns the public address, if it has one.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<Option<std::net::SocketAddr>> {
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let ground = place::Ground::read(&settings.own("places")?, District::sample())?;
    let engine = context.engine(Intake::new(settings.own("intake")?).on(ground), &db, &relay);
    context.listen(topology::INTAKE, &engine);
    context.listen(topology::INTAKE_PROGRESS, &engine);
    context.listen(topology::INTAKE_ANSWERS, &engine);
    context.listen(topology::INTAKE_REPEATS, &context.engine(repeats::Repeats, &db, &relay));
    let similar = similar::router(settings.own("similar")?, db.clone())?;
    let door = context.door(&engine);
    context.serve(&settings, api::router(door, db, context.clock.clone()).merge(similar)).await
}
