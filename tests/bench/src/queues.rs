//! When each ticket came to its unit's queue, by the broker's own clock on this machine.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, consumer::PullConsumer};
use contracts::{district::District, id::TicketId, subject};
use futures_util::{StreamExt, future::try_join_all};

/// How long a run may go on after the last ticket was sent.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until every ticket of `sent` has an item in a queue; returns when it was stored there, in ns since 1970.
/// Nothing is read while the services work: only the number of items is watched.
pub async fn wait(url: &str, sent: &HashMap<TicketId, i64>) -> anyhow::Result<HashMap<TicketId, i64>> {
    let js = jetstream::new(async_nats::connect(url).await?);
    let facts = js.get_stream(subject::FACTS).await?;
    let start = Instant::now();
    let mut before = (0, Instant::now());
    loop {
        let found = facts.get_info().await?.state.messages;
        if found != before.0 {
            before = (found, Instant::now());
        }
        // quiet for two seconds: everything that was sent on the way has arrived
        if before.1.elapsed() > Duration::from_secs(2) || start.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let units = District::sample().units();
    let each = units.iter().map(|unit| drain(&js, subject::queue_durable(&unit.id)));
    let mut queued = HashMap::with_capacity(sent.len());
    for (ticket, at) in try_join_all(each).await?.into_iter().flatten() {
        let first = queued.entry(ticket).or_insert(at);
        *first = at.min(*first);
    }
    queued.retain(|t, _| sent.contains_key(t));
    Ok(queued)
}

async fn drain(js: &jetstream::Context, durable: String) -> anyhow::Result<Vec<(TicketId, i64)>> {
    let consumer: PullConsumer = js.get_consumer_from_stream(durable, subject::QUEUES).await?;
    let mut found = Vec::new();
    loop {
        let mut batch = consumer.fetch().max_messages(500).messages().await?;
        let before = found.len();
        while let Some(Ok(m)) = batch.next().await {
            let at = m.info().map(|i| i.published.unix_timestamp_nanos()).unwrap_or_default();
            let ticket = m.headers.as_ref().and_then(|h| h.get("ce-subject")).and_then(|t| t.as_str().parse().ok());
            if let Some(ticket) = ticket.filter(|_| !m.subject.ends_with(".copy")) {
                found.push((ticket, i64::try_from(at).unwrap_or_default()));
            }
            m.ack().await.map_err(|e| anyhow::anyhow!("{e}"))?;
        }
        if found.len() == before {
            return Ok(found);
        }
    }
}
