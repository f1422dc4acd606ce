//! 控制台: folds facts into pages.
//!
//! Decides nothing: what a clerk does on a ticket's page is sent to dispatch, over HTTP. Hears every fact about
//! tickets and clocks (`ticket.v1.*`, `clock.v1.*`), says nothing. Owns a
//! read model: `ticket`, one row each, for lists and counts; `event`, every fact as it was told, for the page of
//! one ticket. Facts may come twice or in any order; the rows end up the same (see `domain`).
//!
//! Pages: `/tickets`, `/tickets/{number}`, `/units`, `/supervision`, `/catalogue`; tickets and units as JSON under `/api/v1/`. No reporter is known here.

mod acting;
mod api;
mod catalogue;
mod config;
mod decided;
mod domain;
mod entity;
mod filter;
mod forms;
mod handlers;
mod lamp;
mod lang;
mod migration;
mod names;
mod pages;
mod store;
mod supervision;
mod topics;
mod upstream;
mod view;
mod visit;

#[cfg(test)]
mod tests;

use bus::topology;
use chassis::{Context, Settings};
use upstream::Upstream;

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

pub use handlers::Console;

/// Starts the service; returns the public address, if it has one.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<Option<std::net::SocketAddr>> {
    let config = settings.own::<config::Config>("console")?.checked()?;
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(Console, &db, &relay);
    context.listen(topology::CONSOLE, &engine);
    context.listen(topology::CONSOLE_DECIDED, &context.engine(decided::Decided, &db, &relay));
    context.listen(topology::CONSOLE_TOPICS, &context.engine(topics::Topics, &db, &relay));
    let dispatch = Upstream::at(&config.dispatch_url, "console.dispatch_url", ("派单服务", "dispatch"))?;
    let names = ("分类服务", "classification");
    let classification = Upstream::at(&config.classification_url, "console.classification_url", names)?;
    let desk = pages::Desk { db, clock: context.clock.clone(), page_size: config.page_size, dispatch, classification };
    context.serve(&settings, routes(desk)).await
}

/// All pages, and the same for programs.
fn routes(desk: pages::Desk) -> axum::Router {
    pages::router(desk.clone())
        .merge(supervision::router(desk.clone()))
        .merge(topics::router(desk.clone()))
        .merge(api::router(desk))
}
