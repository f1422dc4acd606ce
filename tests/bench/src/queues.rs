//! When each ticket came to its unit's queue, by the broker's own clock on this machine.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, message::StreamMessage};
use contracts::{id::TicketId, subject};
use futures_util::{StreamExt, TryStreamExt, stream};

/// How long a run may go on after the last ticket was sent.
const PATIENCE: Duration = Duration::from_secs(300);
const READ_AT_ONCE: usize = 64;

/// Waits until nothing more comes to `stream`; returns when each ticket of `sent` was stored in a queue, in ns since
/// 1970. Nothing is read while the services work: only the number of messages is watched.
pub async fn wait(url: &str, stream: &str, sent: &HashMap<TicketId, i64>) -> anyhow::Result<HashMap<TicketId, i64>> {
    let js = jetstream::new(async_nats::connect(url).await?);
    let watched = js.get_stream(stream).await?;
    let start = Instant::now();
    let mut before = (0, Instant::now());
    loop {
        let found = watched.get_info().await?.state.messages;
        if found != before.0 {
            before = (found, Instant::now());
        }
        // quiet for two seconds: everything that was on the way has arrived
        if before.1.elapsed() > Duration::from_secs(2) || start.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let queues = js.get_stream(subject::QUEUES).await?;
    let state = queues.get_info().await?.state;
    // read as they lie there: an acknowledgement is a deletion, which the broker syncs
    let items = stream::iter(state.first_sequence..=state.last_sequence).map(|place| queues.direct_get(place));
    let items: Vec<StreamMessage> = items.buffered(READ_AT_ONCE).try_collect().await?;
    let mut queued = HashMap::with_capacity(sent.len());
    for item in items.iter().filter(|item| !item.subject.ends_with(".copy")) {
        let ticket = item.headers.get("ce-subject").and_then(|t| t.as_str().parse().ok());
        if let Some(ticket) = ticket.filter(|t| sent.contains_key(t)) {
            let at = i64::try_from(item.time.unix_timestamp_nanos())?;
            queued.entry(ticket).and_modify(|first: &mut i64| *first = at.min(*first)).or_insert(at);
        }
    }
    Ok(queued)
}
