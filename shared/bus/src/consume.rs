//! The one consume loop.
//!
//! It takes what is pending, gives it to [`Work`] as a batch, and acknowledges after the work is committed.
//! An acknowledgement that is lost means only that the message comes again and the inbox knows it; so
//! acknowledgements are sent without waiting for an answer.
//!
//! There is no `max_deliver` on the server: a message that was given up there would be skipped in silence and
//! no metric would see it. Giving up is a decision of ours and leaves a row (see crate `outbox`).

use std::{future::Future, pin::pin, time::Duration};

use async_nats::jetstream::{AckKind, Message, consumer::PullConsumer};
use bytes::Bytes;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::{Bus, BusError, topology::Tap};

const EXPIRES: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// A message as it came, unread.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it was published.
    pub subject: String,
    /// Stream and place in it.
    pub stream: String,
    /// Place in the stream.
    pub sequence: u64,
    /// How often it was delivered, from 1.
    pub delivered: u64,
    /// The body.
    pub body: Bytes,
    headers: async_nats::HeaderMap,
}

impl Delivery {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(async_nats::HeaderValue::as_str)
    }

    /// All headers but those that spoke to the broker (dedupe id, batch, expectations): for the dead letter, which
    /// may be sent again.
    pub fn headers(&self) -> Vec<(String, String)> {
        let own = self.headers.iter().filter(|(k, _)| !k.to_string().starts_with("Nats-"));
        own.flat_map(|(k, vs)| vs.iter().map(move |v| (k.to_string(), v.as_str().to_owned()))).collect()
    }
}

/// What to do with a delivery after the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is committed, or it left a dead letter: acknowledge.
    Done,
    /// It came too early: deliver it again after this time.
    Later(Duration),
}

/// What is done with a batch of deliveries.
pub trait Work: Send + Sync + 'static {
    /// Handles a batch in one transaction; the answers are in the order of the deliveries.
    ///
    /// An error means that nothing of the batch took effect; it will be given again. `last_resort` says that a
    /// single delivery failed again and again: then it must be set aside instead of failing.
    fn run(&self, batch: &[Delivery], last_resort: bool) -> impl Future<Output = Result<Vec<Settled>, String>> + Send;
}

impl Bus {
    /// Runs `work` on everything that `tap` delivers, until `stop`. What is in hand then is finished.
    pub async fn consume<W: Work>(&self, tap: &Tap, work: &W, stop: &CancellationToken) {
        let mut wait = FIRST_RETRY;
        while !stop.is_cancelled() {
            match self.consume_once(tap, work, stop).await {
                Ok(()) => wait = FIRST_RETRY,
                Err(e) => {
                    tracing::warn!(consumer = tap.durable, error = %e, "broker: consumer lost; opening it again");
                    wait = (wait * 2).min(LAST_RETRY);
                }
            }
            pause(wait, stop).await;
        }
    }

    /// Until the message stream ends, makes no sense any more, or `stop`.
    async fn consume_once<W: Work>(&self, tap: &Tap, work: &W, stop: &CancellationToken) -> Result<(), BusError> {
        let consumer = self.open(tap).await?;
        let most = tap.pace.batch();
        let messages = consumer.stream().max_messages_per_batch(most * 2).expires(EXPIRES).heartbeat(EXPIRES / 2).messages();
        let messages = messages.await.map_err(|e| BusError::Topology(e.to_string()))?;
        let mut batches = pin!(messages.chunks_timeout(most, tap.pace.linger()));
        let mut errors = 0;
        loop {
            let batch = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                batch = batches.next() => batch,
            };
            let Some(batch) = batch else { return Err(BusError::Topology("the message stream ended".into())) };
            let mut taken = Vec::with_capacity(batch.len());
            for m in batch {
                match m {
                    Ok(m) => taken.push(m),
                    Err(e) => {
                        errors += 1;
                        tracing::debug!(consumer = tap.durable, error = %e, "broker: pull");
                    }
                }
            }
            if !taken.is_empty() {
                errors = 0;
                handle(work, taken, stop).await;
            } else if errors > 5 {
                return Err(BusError::Topology("the consumer answers with errors only".into()));
            }
        }
    }

    async fn open(&self, tap: &Tap) -> Result<PullConsumer, BusError> {
        let missing = |e: &dyn std::fmt::Display| {
            BusError::Topology(format!(
                "consumer {} on {} can't be opened ({e}); run `gridline provision`",
                tap.durable, tap.stream
            ))
        };
        self.js.get_consumer_from_stream(tap.durable, tap.stream).await.map_err(|e| missing(&e))
    }
}

/// A batch is tried until it is done: first whole, then one by one, so that one message that the database
/// refuses does not hold up the others.
async fn handle<W: Work>(work: &W, mut messages: Vec<Message>, stop: &CancellationToken) {
    let deliveries: Vec<Delivery> = messages.iter_mut().map(delivery).collect();
    let mut wait = FIRST_RETRY;
    for _ in 0..3 {
        match work.run(&deliveries, false).await {
            Ok(settled) => return settle(&messages, &settled).await,
            Err(e) => tracing::warn!(error = %e, messages = messages.len(), "batch failed; trying again"),
        }
        if pause(wait, stop).await {
            return;
        }
        wait = (wait * 2).min(LAST_RETRY);
    }
    for (m, d) in messages.iter().zip(&deliveries) {
        handle_one(work, m, d, stop).await;
    }
}

/// Tries one message until it is committed or set aside. While the database is away this waits, and tells the
/// broker that it is still at work.
async fn handle_one<W: Work>(work: &W, message: &Message, delivery: &Delivery, stop: &CancellationToken) {
    let mut wait = FIRST_RETRY;
    for attempt in 0u32.. {
        match work.run(std::slice::from_ref(delivery), attempt >= 3).await {
            Ok(settled) => return settle(std::slice::from_ref(message), &settled).await,
            Err(e) => tracing::warn!(error = %e, attempt, "message failed; trying again"),
        }
        acknowledge(message, AckKind::Progress).await;
        if pause(wait, stop).await {
            return;
        }
        wait = (wait * 2).min(LAST_RETRY);
    }
}

async fn settle(messages: &[Message], settled: &[Settled]) {
    for (m, s) in messages.iter().zip(settled) {
        let kind = match s {
            Settled::Done => AckKind::Ack,
            Settled::Later(after) => AckKind::Nak(Some(*after)),
        };
        acknowledge(m, kind).await;
    }
}

async fn acknowledge(message: &Message, kind: AckKind) {
    if let Err(e) = message.ack_with(kind).await {
        tracing::debug!(error = %e, "broker: not acknowledged; it will come again");
    }
}

/// Takes the headers out of the message: what is left of it is for the acknowledgement.
fn delivery(m: &mut Message) -> Delivery {
    let headers = m.message.headers.take().unwrap_or_default();
    let info = m.info().ok();
    Delivery {
        subject: m.subject.to_string(),
        stream: info.as_ref().map(|i| i.stream.to_owned()).unwrap_or_default(),
        sequence: info.as_ref().map_or(0, |i| i.stream_sequence),
        delivered: info.as_ref().map_or(1, |i| u64::try_from(i.delivered).unwrap_or(1)),
        body: m.payload.clone(),
        headers,
    }
}

/// Waits; true if `stop` came first.
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => true,
        () = tokio::time::sleep(time) => false,
    }
}
