//! 热线对接: decides nothing; translates the words of a hotline platform (12345, 12343, any number) into ours
//! and back.
//!
//! In: `POST /hotlines/{connection}/orders` becomes a submission to intake, and the answer comes after the
//! commit. Out: what happens to a ticket that came in here (signed for, progress, result, closed, and the steps beside
//! the main way that the platform has words for) becomes a callback, which is sent until the platform takes it; so
//! does a refusal by intake. Owns outside numbers, callbacks and their attempts; who
//! reported what only passes through and is not kept.
//!
//! - [`config`] connections: number, words and address as data
//! - [`mapping`] the platform's order into a submission
//! - [`outward`] a fact into the platform's words
//! - [`seal`] signatures and tokens
//! - [`domain`] same order or another, when to try again; pure
//! - [`handlers`] load, decide, save
//! - [`courier`] takes the callbacks out; [`metrics`] of it
//! - [`store`], [`entity`], [`migration`] the database

mod api;
pub mod config;
pub mod courier;
pub mod domain;
pub mod entity;
pub mod handlers;
pub mod mapping;
pub mod metrics;
pub mod migration;
pub mod outward;
pub mod seal;
pub mod store;

use std::{sync::Arc, time::Duration};

use bus::topology;
use chassis::{Context, Settings};

use crate::{config::Config, courier::Courier, handlers::Bridge, metrics::Metrics};

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// Starts the service; returns the public address, if it has one.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<Option<std::net::SocketAddr>> {
    let config = Arc::new(settings.own::<Config>("hotline")?.checked()?);
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(Bridge::new(config.clone()), &db, &relay);
    context.listen(topology::HOTLINE_BRIDGE, &engine);
    context.listen(topology::HOTLINE_RECEIPTS, &engine);
    let metrics = Arc::<Metrics>::default();
    // a courier for each connection: a platform that is down holds up nobody else
    for (id, connection) in &config.connections {
        if connection.inbound_token.is_empty() && connection.inbound_secret.is_empty() {
            tracing::warn!(connection = id, "orders are taken from anybody; set inbound_token or inbound_secret");
        }
        if connection.callback_url.is_empty() {
            tracing::info!(connection = id, number = connection.number, "no callback_url: callbacks are kept, not sent");
            continue;
        }
        let courier = Arc::new(Courier::new(id, &config, db.clone(), context.clock.clone(), metrics.clone())?);
        context.every("callbacks", move || {
            let courier = courier.clone();
            async move { courier.round().await }
        });
    }
    watch_age(&context, &config, db.clone(), metrics);
    let door = context.door(&engine);
    context.serve(&settings, api::router(door, db, context.clock.clone(), config)).await
}

/// Tells how old the oldest callback is that waits, for each connection.
fn watch_age(context: &Context, config: &Arc<Config>, db: outbox::Db, metrics: Arc<Metrics>) {
    let (config, clock) = (config.clone(), context.clock.clone());
    context.every("callback age", move || {
        let (config, clock, db, metrics) = (config.clone(), clock.clone(), db.clone(), metrics.clone());
        async move {
            let oldest = store::oldest_waiting(&db).await?;
            for id in config.connections.keys() {
                let since = oldest.get(id).map_or(0, |ms| clock.now().timestamp_millis() - ms);
                metrics.oldest(id, since);
            }
            Ok(Duration::from_secs(10))
        }
    });
}
