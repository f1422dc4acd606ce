//! All that is said on the bus, kept in the order in which the streams hold it.
//!
//! It reads the streams, not the wire: what the broker dropped as a duplicate was not said. It survives a killed
//! broker by reading on after the last place it has seen.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::{
    HeaderMap,
    jetstream::{
        self,
        consumer::{AckPolicy, DeliverPolicy, pull},
    },
};
use bytes::Bytes;
use contracts::{
    family::Family,
    id::TicketId,
    subject, supervision,
    ticket::{self, TicketFact},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::PATIENCE;

/// One message.
#[derive(Clone, Debug)]
pub struct Said {
    /// The stream that holds it.
    pub stream: &'static str,
    /// Its place there.
    pub place: u64,
    /// Where it was published.
    pub subject: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Said {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(async_nats::HeaderValue::as_str)
    }

    /// The ticket it is about.
    pub fn ticket(&self) -> Option<TicketId> {
        self.header("ce-subject").and_then(|t| t.parse().ok())
    }

    /// Its place in the ticket's history.
    pub fn seq(&self) -> Option<u64> {
        self.header("ce-ticketseq").and_then(|n| n.parse().ok())
    }

    /// It as a fact of a ticket, if it is one.
    pub fn fact(&self) -> Option<TicketFact> {
        let kind = self.subject.strip_prefix(TicketFact::FAMILY)?.strip_prefix('.')?;
        Some(TicketFact::decode(kind, &self.body).unwrap_or_else(|e| panic!("{} can't be read: {e}", self.subject)))
    }

    /// It as an `F`, if it is one.
    pub fn read<F: Fact>(&self) -> Option<F> {
        let read = |body| serde_json::from_slice(body).unwrap_or_else(|e| panic!("{} can't be read: {e}", self.subject));
        (self.subject == F::SUBJECT).then(|| read(&self.body))
    }

    /// Headers and body as one text, for tests that look for what must not be there.
    pub fn everything(&self) -> String {
        format!("{} {:?} {}", self.subject, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// A kind of fact, by its type.
pub trait Fact: DeserializeOwned {
    /// Where it is said.
    const SUBJECT: &'static str;
}

macro_rules! facts {
    ($($family:literal { $($kind:ty = $name:literal),+ $(,)? })+) => {
        $($(impl Fact for $kind { const SUBJECT: &'static str = concat!($family, ".", $name); })+)+
    };
}

facts! {
    "ticket.v1" {
        ticket::Received = "received",
        ticket::Classified = "classified",
        ticket::Dispatched = "dispatched",
        ticket::ConsultationOpened = "consultation_opened",
        ticket::Signed = "signed",
        ticket::Progressed = "progressed",
        ticket::ReturnAsked = "return_asked",
        ticket::ReturnRuled = "return_ruled",
        ticket::CoReported = "co_reported",
        ticket::Reported = "reported",
        ticket::Checked = "checked",
        ticket::Closed = "closed",
        ticket::Moved = "moved",
        ticket::Noted = "noted",
    }
    "clock.v1" {
        contracts::clock::Warned = "warned",
        contracts::clock::Overdue = "overdue",
        contracts::clock::Escalated = "escalated",
        contracts::clock::Expired = "expired",
    }
    "cluster.v1" {
        contracts::cluster::Repeated = "repeated",
        contracts::cluster::Proposed = "proposed",
        contracts::cluster::Grown = "grown",
        contracts::cluster::Moved = "moved",
        contracts::cluster::Sensitive = "sensitive",
    }
    "supervision.v1" {
        supervision::Opened = "opened",
        supervision::Closed = "closed",
    }
}

/// Hears facts, receipts and answers.
#[derive(Clone, Debug)]
pub struct Ear {
    heard: Arc<Mutex<Vec<Said>>>,
    count: watch::Sender<usize>,
}

impl Ear {
    /// Starts listening, from the beginning.
    pub fn open(js: &jetstream::Context) -> Self {
        let ear = Self { heard: Arc::default(), count: watch::Sender::new(0) };
        for stream in [subject::FACTS, subject::RECEIPTS, subject::ANSWERS] {
            tokio::spawn(ear.clone().listen(js.clone(), stream));
        }
        ear
    }

    /// All that was said so far.
    pub fn heard(&self) -> Vec<Said> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits for the first message, past or to come, that `pick` takes.
    ///
    /// # Panics
    /// After [`PATIENCE`], with `what` and the subjects of what was said instead.
    pub async fn wait<T>(&self, what: impl fmt::Display, pick: impl Fn(&Said) -> Option<T>) -> T {
        self.wait_for(PATIENCE, what, |heard, from| heard[from..].iter().find_map(&pick)).await
    }

    /// Waits until `found` says so; it gets all that was said and the number that it has seen before.
    ///
    /// # Panics
    /// After `patience`, with `what` and the subjects of what was said last.
    pub async fn wait_for<T>(
        &self,
        patience: Duration,
        what: impl fmt::Display,
        found: impl FnMut(&[Said], usize) -> Option<T>,
    ) -> T {
        self.listen_for(patience, found).await.unwrap_or_else(|| {
            let heard = self.heard();
            let last = heard.iter().rev().take(12).map(|s| s.subject.as_str()).collect::<Vec<_>>();
            panic!("{what}: not said in {patience:?}; {} messages were, the last first: {last:?}", heard.len());
        })
    }

    /// The same; none after `patience`.
    pub async fn listen_for<T>(&self, patience: Duration, mut found: impl FnMut(&[Said], usize) -> Option<T>) -> Option<T> {
        let mut count = self.count.subscribe();
        let mut seen = 0;
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            {
                let heard = self.heard.lock().unwrap();
                if let Some(t) = found(&heard, seen) {
                    return Some(t);
                }
                seen = heard.len();
            }
            tokio::time::timeout_at(deadline, count.changed()).await.ok()?.ok()?;
        }
    }

    async fn listen(self, js: jetstream::Context, stream: &'static str) {
        let mut next = 1;
        loop {
            let why = self.listen_once(&js, stream, &mut next).await.err();
            tracing::debug!(stream, ?why, "the ear listens again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn listen_once(&self, js: &jetstream::Context, stream: &'static str, next: &mut u64) -> Result<(), async_nats::Error> {
        let from_next = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: *next },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            inactive_threshold: Duration::from_secs(60),
            ..pull::Config::default()
        };
        let consumer = js.get_stream_no_info(stream).await?.create_consumer(from_next).await?;
        let pulling = consumer.stream().expires(Duration::from_secs(4)).heartbeat(Duration::from_secs(1));
        let mut messages = pulling.messages().await?;
        while let Some(message) = messages.next().await {
            let message = message?;
            let place = message.info()?.stream_sequence;
            if place < *next {
                continue;
            }
            *next = place + 1;
            let (message, _) = message.split();
            let (subject, headers) = (message.subject.to_string(), message.headers.unwrap_or_default());
            let mut heard = self.heard.lock().unwrap();
            heard.push(Said { stream, place, subject, headers, body: message.payload });
            self.count.send_replace(heard.len());
        }
        Ok(())
    }
}
