//! Takes the callbacks of one connection out, at least once each, under a key that stays the same.
//!
//! A round claims what is due, sends it, and writes down what became of it. Between claim and writing down the
//! callback is leased: another replica leaves it alone until the lease is over. If the process dies in between,
//! the platform may get the same callback twice; its idempotency key tells it so. A platform that answers
//! nothing gets one callback at a time until it does again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bus::Clock;
use futures_util::future::join_all;
use outbox::Db;
use reqwest::{Client, StatusCode, Url, header::CONTENT_TYPE};

use crate::{
    config::{Config, Secret},
    domain::{self, DELIVERED, FAILED, WAITING},
    entity::{attempt, callback},
    handlers::unknown_connection,
    metrics::Metrics,
    seal,
    store::{self, Outcome},
};

/// Time to write down what became of the attempts of a round, on top of the attempts themselves.
const LEASE_SPARE_MS: i64 = 15_000;
/// Of an answer so much is read, so that the connection can be used again; what it says is not looked at.
const ANSWER_BYTES: usize = 16 * 1024;

/// Takes the callbacks of one connection out.
#[derive(Debug)]
pub struct Courier {
    connection: String,
    url: Url,
    secret: Secret,
    client: Client,
    db: Db,
    clock: Clock,
    metrics: Arc<Metrics>,
    concurrency: u64,
    lease_ms: i64,
    poll: Duration,
    retry_first_ms: i64,
    give_up_ms: i64,
    down: AtomicBool,
}

impl Courier {
    /// For the connection `id`, which has a callback address.
    pub fn new(id: &str, config: &Config, db: Db, clock: Clock, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let connection = config.connections.get(id).ok_or_else(unknown_connection)?;
        let client = chassis::http::client(Duration::from_millis(config.timeout_ms))?;
        Ok(Self {
            connection: id.to_owned(),
            url: connection.callback_url.parse()?,
            secret: connection.secret.clone(),
            client,
            db,
            clock,
            metrics,
            concurrency: config.concurrency,
            lease_ms: i64::try_from(config.timeout_ms)?.saturating_add(LEASE_SPARE_MS),
            poll: Duration::from_millis(config.poll_ms),
            retry_first_ms: config.retry_first_ms,
            give_up_ms: config.give_up_days.saturating_mul(24 * 3_600_000),
            down: AtomicBool::new(false),
        })
    }

    /// Sends what is due. Tells how long to wait for the next round.
    pub async fn round(&self) -> anyhow::Result<Duration> {
        let limit = if self.down.load(Ordering::Relaxed) { 1 } else { self.concurrency };
        let now_ms = self.clock.now().timestamp_millis();
        let due = store::claim(&self.db, &self.connection, now_ms, self.lease_ms, limit).await?;
        if due.is_empty() {
            return Ok(self.poll);
        }
        let attempts = join_all(due.iter().map(|c| self.attempt(c))).await;
        let now_ms = self.clock.now().timestamp_millis();
        let outcomes: Vec<Outcome> = due.iter().zip(&attempts).map(|(c, a)| self.outcome(c, a, now_ms)).collect();
        store::settle(&self.db, &attempts, &outcomes).await?;
        let delivered = self.count(&due, &attempts, &outcomes);
        self.down.store(delivered == 0, Ordering::Relaxed);
        // what waited behind the delivered ones is due now
        Ok(if delivered > 0 { Duration::ZERO } else { self.poll })
    }

    /// One attempt, for the ledger.
    async fn attempt(&self, c: &callback::Model) -> attempt::Model {
        let at = self.clock.now();
        let begun = Instant::now();
        let sent = self.send(c, at.timestamp()).await;
        let (http_status, error) = match sent {
            Ok(status) => (Some(i32::from(status.as_u16())), None),
            Err(e) if e.is_timeout() => (None, Some("timeout")),
            Err(e) if e.is_connect() => (None, Some("connect")),
            Err(_) => (None, Some("broken")),
        };
        attempt::Model {
            callback_id: c.callback_id.clone(),
            n: c.attempts,
            at_ms: at.timestamp_millis(),
            http_status,
            error: error.map(str::to_owned),
            duration_ms: Some(i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX)),
        }
    }

    async fn send(&self, c: &callback::Model, unix: i64) -> reqwest::Result<StatusCode> {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(seal::SIGNATURE, seal::sign(self.secret.expose(), unix, c.body.as_bytes()))
            .header("idempotency-key", &c.callback_id)
            .header("x-gridline-connection", &self.connection)
            .body(c.body.clone());
        let mut response = request.send().await?;
        let mut read = 0;
        // the status has decided; an answer that breaks off changes nothing
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > ANSWER_BYTES {
                break;
            }
        }
        Ok(response.status())
    }

    fn outcome(&self, c: &callback::Model, a: &attempt::Model, now_ms: i64) -> Outcome {
        let taken = a.http_status.is_some_and(|s| (200..300).contains(&s));
        let (status, next_ms) = if taken {
            (DELIVERED, c.next_ms)
        } else if now_ms.saturating_sub(c.created_ms) >= self.give_up_ms {
            (FAILED, c.next_ms)
        } else {
            (WAITING, now_ms + domain::retry_wait_ms(&c.callback_id, c.attempts, self.retry_first_ms))
        };
        Outcome {
            callback_id: c.callback_id.clone(),
            ticket_id: c.ticket_id.clone(),
            seq: c.seq,
            n: c.attempts,
            status,
            next_ms,
            done_ms: (status != WAITING).then_some(now_ms),
        }
    }

    /// Counts and logs; returns how many were delivered.
    fn count(&self, due: &[callback::Model], attempts: &[attempt::Model], outcomes: &[Outcome]) -> usize {
        let connection = self.connection.as_str();
        for ((c, a), o) in due.iter().zip(attempts).zip(outcomes) {
            let (callback, kind, n) = (&c.callback_id, &c.kind, c.attempts);
            let (status, error) = (a.http_status, a.error.as_deref());
            match o.status {
                FAILED => {
                    tracing::error!(connection, callback, kind, n, status, error, "callback given up; the platform was not told")
                }
                WAITING => tracing::debug!(connection, callback, kind, n, status, error, "callback failed; trying again"),
                _ => {}
            }
        }
        for (status, outcome) in [(DELIVERED, "delivered"), (WAITING, "retried"), (FAILED, "failed")] {
            let n = outcomes.iter().filter(|o| o.status == status).count();
            if n > 0 {
                self.metrics.attempted(connection, outcome, n);
            }
        }
        let delivered = outcomes.iter().filter(|o| o.status == DELIVERED).count();
        if delivered == 0 && !self.down.load(Ordering::Relaxed) {
            tracing::warn!(connection, "the platform takes no callback; they wait");
        } else if delivered > 0 && self.down.load(Ordering::Relaxed) {
            tracing::info!(connection, "the platform takes callbacks again");
        }
        delivered
    }
}
