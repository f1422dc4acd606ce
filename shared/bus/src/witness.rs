//! A second clock: the broker knocks at fixed times by its own clock, whoever else is asleep.
//!
//! A message schedule in a stream of its own, which holds nothing but the request and the last knock. Everybody who
//! asks under the same name shares one schedule, and everybody hears every knock.

use std::time::{Duration, Instant};

use async_nats::{
    HeaderMap,
    header::{NATS_SCHEDULE, NATS_SCHEDULE_TARGET},
    jetstream::{
        consumer::{DeliverPolicy, pull},
        stream::Config,
    },
};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;

use crate::{Bus, BusError};

/// The stream of schedules and knocks.
const STREAM: &str = "WITNESS";
/// After so many knocks that did not come the schedule is asked for again: the broker may have lost it.
const PATIENCE: u32 = 3;

/// Knocks of the broker. Dropped, they are not heard any more.
pub struct Knocks {
    messages: pull::Ordered,
    patience: Duration,
    heard: Instant,
}

impl std::fmt::Debug for Knocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Knocks").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Bus {
    /// Asks the broker to knock under `name` once in `every` (whole seconds), and listens.
    pub async fn knocks(&self, name: &str, every: Duration) -> Result<Knocks, BusError> {
        let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("stream {STREAM}: {e}"));
        let config = Config {
            name: STREAM.to_owned(),
            subjects: vec!["witness.v1.>".to_owned()],
            max_messages_per_subject: 1,
            allow_message_schedules: true,
            ..Config::default()
        };
        let stream = self.js.get_or_create_stream(config).await.map_err(|e| failed(&e))?;
        let knock = format!("witness.v1.knock.{name}");
        let consumer = pull::OrderedConfig {
            filter_subject: knock.clone(),
            deliver_policy: DeliverPolicy::New,
            ..pull::OrderedConfig::default()
        };
        let consumer = stream.create_consumer(consumer).await.map_err(|e| failed(&e))?;
        let messages = consumer.messages().await.map_err(|e| failed(&e))?;
        let mut request = HeaderMap::new();
        request.insert(NATS_SCHEDULE, format!("@every {}s", every.as_secs()));
        request.insert(NATS_SCHEDULE_TARGET, knock);
        let asked = self.js.publish_with_headers(format!("witness.v1.ask.{name}"), request, "".into()).await;
        asked.map_err(|e| failed(&e))?.await.map_err(|e| failed(&e))?;
        Ok(Knocks { messages, patience: every * PATIENCE, heard: Instant::now() })
    }
}

impl Knocks {
    /// Waits for the next knock, at most `most`; what time it was then by the broker's clock, none if there was no
    /// knock. An error means: ask again.
    pub async fn next(&mut self, most: Duration) -> Result<Option<DateTime<Utc>>, BusError> {
        let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("stream {STREAM}: {e}"));
        let Ok(heard) = tokio::time::timeout(most, self.messages.next()).await else {
            let silent = self.heard.elapsed() > self.patience;
            return if silent { Err(failed(&"the broker does not knock")) } else { Ok(None) };
        };
        self.heard = Instant::now();
        let message = heard.ok_or_else(|| failed(&"closed"))?.map_err(|e| failed(&e))?;
        let at = message.info().map_err(|e| failed(&e))?.published;
        DateTime::from_timestamp(at.unix_timestamp(), at.nanosecond())
            .map(Some)
            .ok_or_else(|| failed(&"the broker's time can't be read"))
    }
}
