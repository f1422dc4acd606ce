//! Publishing many messages in one go.
//!
//! Every message has an id, and the broker drops a second one with the same id for two minutes. That makes
//! *unknown* harmless: what timed out is sent again under its id. What comes later than two minutes is caught by
//! the readers' inboxes.

use std::{collections::VecDeque, time::Duration};

use async_nats::{
    HeaderMap, Subscriber,
    header::{
        NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE, NATS_EXPECTED_STREAM, NATS_MESSAGE_ID,
    },
    jetstream::{context::PublishErrorKind, publish::PublishAck, response::Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all};

use crate::Bus;

/// Largest batch, which is what the server takes in an atomic one: each costs it a sync and us a round trip.
/// Acknowledgements in flight stay bounded by it too.
pub const MAX_BATCH: usize = 1000;

/// Batches whose answer is awaited while further ones are sent.
const IN_FLIGHT: usize = 4;

/// How long the server may take for a batch.
const ANSWER: Duration = Duration::from_secs(15);

/// Under this size an atomic batch costs more than it saves.
const MIN_ATOMIC: usize = 4;

/// A message ready to go.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Broker-side dedupe id (`Nats-Msg-Id`).
    pub id: String,
    /// Where it goes.
    pub subject: String,
    /// Headers, without the dedupe id.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What became of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Stored by the broker, with its place in the stream where that is known.
    Stored,
    /// The broker said no; sending again will not help until somebody acts.
    Refused(String),
    /// No answer: it may be stored or not. Send again under the same id.
    Unknown(String),
}

impl Bus {
    /// Publishes parcels of one stream; the answers are in the order of the parcels. While the server stores a batch the
    /// next ones are on their way to it; they are stored in order unless it refuses one.
    pub async fn publish(&self, stream: &str, parcels: &[Parcel]) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(parcels.len());
        let mut flying = VecDeque::with_capacity(IN_FLIGHT);
        for chunk in parcels.chunks(MAX_BATCH) {
            if flying.len() == IN_FLIGHT
                && let Some((chunk, commit)) = flying.pop_front()
            {
                sent.extend(self.outcome(stream, chunk, commit).await);
            }
            let batch = self.atomic && chunk.len() >= MIN_ATOMIC;
            flying.push_back((chunk, if batch { self.send_batch(stream, chunk).await } else { None }));
        }
        for (chunk, commit) in flying {
            sent.extend(self.outcome(stream, chunk, commit).await);
        }
        sent
    }

    /// What became of a batch, which is sent singly if it was not taken: a message of it may be stored already.
    async fn outcome(&self, stream: &str, parcels: &[Parcel], commit: Option<Subscriber>) -> Vec<Sent> {
        if let Some(commit) = commit
            && committed(commit).await
        {
            return vec![Sent::Stored; parcels.len()];
        }
        self.publish_singly(stream, parcels).await
    }

    /// One after the other, answers awaited together.
    async fn publish_singly(&self, stream: &str, parcels: &[Parcel]) -> Vec<Sent> {
        let mut acks = Vec::with_capacity(parcels.len());
        for p in parcels {
            acks.push(self.js.publish_with_headers(p.subject.clone(), headers(stream, p), p.body.clone()).await);
        }
        let acks = acks.into_iter().map(|ack| async move {
            match ack {
                Err(e) => Sent::Unknown(e.to_string()),
                Ok(ack) => match ack.await {
                    Ok(_) => Sent::Stored,
                    Err(e) => match e.kind() {
                        PublishErrorKind::StreamNotFound
                        | PublishErrorKind::WrongLastMessageId
                        | PublishErrorKind::WrongLastSequence => Sent::Refused(e.to_string()),
                        _ => Sent::Unknown(e.to_string()),
                    },
                },
            }
        });
        join_all(acks).await
    }

    /// All or nothing, one sync. Gives where the answer comes to; none if it could not be sent.
    async fn send_batch(&self, stream: &str, parcels: &[Parcel]) -> Option<Subscriber> {
        let batch = uuid::Uuid::new_v4().simple().to_string();
        let (last, first) = parcels.split_last()?;
        let inbox = self.client.new_inbox();
        let commit = self.client.subscribe(inbox.clone()).await.ok()?;
        for (i, p) in first.iter().enumerate() {
            let h = batch_headers(stream, p, &batch, i + 1);
            self.client.publish_with_headers(p.subject.clone(), h, p.body.clone()).await.ok()?;
        }
        let mut h = batch_headers(stream, last, &batch, parcels.len());
        h.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
        self.client.publish_with_reply_and_headers(last.subject.clone(), inbox, h, last.body.clone()).await.ok()?;
        Some(commit)
    }
}

/// Whether the server took a batch.
async fn committed(mut commit: Subscriber) -> bool {
    match tokio::time::timeout(ANSWER, commit.next()).await {
        Ok(Some(answer)) => matches!(serde_json::from_slice::<Response<PublishAck>>(&answer.payload), Ok(Response::Ok(_))),
        _ => false,
    }
}

fn headers(stream: &str, p: &Parcel) -> HeaderMap {
    let mut h = HeaderMap::new();
    for (k, v) in &p.headers {
        h.insert(k.as_str(), v.as_str());
    }
    h.insert(NATS_MESSAGE_ID, p.id.as_str());
    h.insert(NATS_EXPECTED_STREAM, stream);
    h
}

fn batch_headers(stream: &str, p: &Parcel, batch: &str, n: usize) -> HeaderMap {
    let mut h = headers(stream, p);
    h.insert(NATS_BATCH_ID, batch);
    h.insert(NATS_BATCH_SEQUENCE, n.to_string());
    h
}
