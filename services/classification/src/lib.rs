//! Classification 分类: what a report is, where it belongs and who must act, with the reasons.
//!
//! Hears `ticket.v1.received` and says `ticket.v1.classified`; hears rulings on returns and reclassifications, keeps what
//! people said as samples and proposes what it teaches. Owns its decisions with the versions that made them, the catalogue
//! (派单目录) and the models: what a person accepted is in force.
//!
//! The deciding part is pure: a [`Classifier`] is a value built from data, carries the version of that data, and
//! turns a [`Report`] into a [`Verdict`].
//!
//! - [`taxonomy`] the categories and departments that a verdict can name
//! - [`rules`] the rule data that clerks edit (`rules/*.csv`), read and versioned
//! - [`classifier`] the verdict, put together from the rules and a trained model
//! - [`train`] the model from labelled reports, and how good it is
//! - [`place`] the division, from names in the text
//! - [`offline`] reports from a file, verdicts to a file
//! - [`samples`] what people said, to train from; [`shadow`] a new model tried on past tickets

mod api;
mod catalogue;
pub mod classifier;
pub mod cluster;
mod config;
mod decide;
mod entity;
mod explain;
mod features;
mod handlers;
mod heard;
mod judge;
mod knowledge;
mod learning;
mod lexicon;
mod migration;
mod model;
mod names;
pub mod offline;
mod opinion;
pub mod place;
mod register;
pub mod rules;
pub mod samples;
pub mod shadow;
mod store;
pub mod taxonomy;
#[cfg(test)]
mod tests;
mod text;
pub mod train;
mod units;

use std::{sync::Arc, time::Duration};

use bus::topology;
use chassis::{Context, Settings};

pub use catalogue::{Worded, Written};
pub use classifier::{Classifier, ClassifierError, Report, Verdict};
pub use handlers::Classification;
pub use model::ModelError;
pub use rules::{RuleTexts, RulesError};

/// Default settings, explained.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// How often people's reclassifications are looked through for words that they share.
const WORDS_EVERY: Duration = Duration::from_secs(3_600);

/// Starts the service; returns the public address, if it has one.
pub async fn start(context: Context, settings: Settings) -> anyhow::Result<Option<std::net::SocketAddr>> {
    let config = settings.own::<config::Config>("classification")?.checked()?;
    let adviser = opinion::Adviser::at(settings.own("opinion")?)?.map(Arc::new);
    let (db, relay) = context.store::<migration::Migrator>().await?;
    let engine = context.engine(Classification::new(Classifier::sample(), config).advised(adviser.clone()), &db, &relay);
    context.listen(topology::CLASSIFICATION, &engine);
    context.listen(topology::CLASSIFICATION_RULINGS, &engine);
    if let Some(adviser) = adviser {
        let (engine, clock) = (engine.clone(), context.clock.clone());
        context.every("second opinion", move || {
            let (adviser, engine, clock) = (adviser.clone(), engine.clone(), clock.clone());
            async move {
                let (noted, rest) = adviser.round(&clock).await;
                if let Some(noted) = noted {
                    engine.spontaneous(async |_| Ok(vec![noted])).await?;
                }
                Ok(rest)
            }
        });
    }
    if config.words_from > 0 {
        let (engine, db, clock) = (engine.clone(), db.clone(), context.clock.clone());
        context.every("words", move || {
            let (engine, db, now_ms) = (engine.clone(), db.clone(), clock.now().timestamp_millis());
            async move {
                let classifier = engine.handler().deciding();
                learning::words::propose(&db, classifier, config.words_from, now_ms).await?;
                Ok(WORDS_EVERY)
            }
        });
    }
    let clusters = cluster::start(&context, &settings, &engine, (&db, &relay))?;
    let door = context.door(&engine);
    context.serve(&settings, api::router(door, db).merge(clusters)).await
}
