//! Outbox to broker.
//!
//! Two ways, both safe with several replicas. The quick one: what this process has just committed is published
//! from memory, in order, without asking the database. The sure one: every half second each replica looks for
//! rows that stayed behind (broker away, process killed, queue full) and publishes them too. Two replicas may
//! publish the same row; it has one id, and the readers' inboxes drop the second.

use std::{collections::BTreeMap, time::Duration};

use bus::{
    Bus, Clock,
    publish::{Parcel, Sent},
};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Db, bulk,
    entity::{inbox, outbox},
};

/// Commits whose messages wait in memory; more wait in the database only.
const QUEUE: usize = 64;
/// Rows that are looked at in one go.
const SWEEP: u64 = 512;
const SWEEP_EVERY: Duration = Duration::from_millis(500);
const MARK_EVERY: Duration = Duration::from_millis(200);
/// Rows that are marked at the latest together.
const MARK_AT: usize = 2048;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Sent rows are kept for a look back.
const KEEP_SENT_MS: i64 = 7 * DAY_MS;
/// Longer than any stream keeps its messages.
const KEEP_INBOX_MS: i64 = 45 * DAY_MS;
/// Younger rows are still on the quick way.
const GRACE_MS: i64 = 2_000;

/// The way to the relay. Clones share it.
#[derive(Clone, Debug)]
pub struct Relay {
    queue: mpsc::Sender<Vec<outbox::Model>>,
}

impl Relay {
    /// Starts publishing what `db` has to say; ends after `stop`, when what is in memory is sent.
    pub fn start(db: Db, bus: Bus, clock: Clock, stop: CancellationToken) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, fresh) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(Sender { db, bus, clock, stored: Vec::new() }, fresh, stop));
        (Self { queue }, task)
    }

    /// Offers rows that were just committed. If the queue is full they are found in the database later.
    pub(crate) fn offer(&self, rows: Vec<outbox::Model>) {
        if !rows.is_empty() && self.queue.try_send(rows).is_err() {
            tracing::debug!("relay: queue full; rows are sent by the sweep");
        }
    }
}

/// Rows that are to be sent, those on the quick way included.
pub async fn unsent(db: &Db) -> Result<u64, sea_orm::DbErr> {
    outbox::Entity::find().filter(outbox::Column::PublishedMs.is_null()).count(db.read()).await
}

struct Sender {
    db: Db,
    bus: Bus,
    clock: Clock,
    /// Stored by the broker, not yet marked so. Marking is not urgent: what a crash leaves unmarked is sent again
    /// under its id. So it waits for company and costs one small commit now and then.
    stored: Vec<String>,
}

async fn run(mut sender: Sender, mut fresh: mpsc::Receiver<Vec<outbox::Model>>, stop: CancellationToken) {
    let every = |period| {
        let mut timer = tokio::time::interval(period);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        timer
    };
    let (mut sweep, mut mark) = (every(SWEEP_EVERY), every(MARK_EVERY));
    let mut taken = Vec::new();
    loop {
        tokio::select! {
            _ = mark.tick() => sender.mark().await,
            _ = sweep.tick() => sender.sweep().await,
            n = fresh.recv_many(&mut taken, QUEUE) => {
                if n == 0 {
                    return;
                }
                sender.send(taken.drain(..).flatten().collect()).await;
                if sender.stored.len() >= MARK_AT {
                    sender.mark().await;
                }
            }
            () = stop.cancelled() => {
                fresh.close();
                while let Some(rows) = fresh.recv().await {
                    sender.send(rows).await;
                }
                return sender.mark().await;
            }
        }
    }
}

impl Sender {
    /// Sends what stayed behind, until nothing does or the broker takes nothing.
    async fn sweep(&mut self) {
        while self.bus.is_connected() {
            let old = self.clock.now().timestamp_millis() - GRACE_MS;
            let rows = outbox::Entity::find()
                .filter(outbox::Column::PublishedMs.is_null())
                .filter(outbox::Column::CreatedMs.lte(old))
                .order_by_asc(outbox::Column::CreatedMs)
                .order_by_asc(outbox::Column::Ord)
                .limit(SWEEP);
            let rows = match rows.all(self.db.read()).await {
                Ok(rows) => rows,
                Err(e) => return tracing::warn!(error = %e, "relay: outbox can't be read"),
            };
            let full = rows.len() as u64 == SWEEP;
            if rows.is_empty() || self.send(rows).await == 0 || !full {
                return;
            }
            self.mark().await;
        }
    }

    /// Publishes rows, each stream's in order. Returns how many the broker stored.
    async fn send(&mut self, rows: Vec<outbox::Model>) -> usize {
        let mut streams: BTreeMap<String, Vec<Parcel>> = BTreeMap::new();
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            ids.entry(row.stream.clone()).or_default().push(row.msg_id.clone());
            streams.entry(row.stream.clone()).or_default().push(parcel(row));
        }
        let before = self.stored.len();
        for ((stream, sent), (_, ids)) in publish(&self.bus, streams).await.into_iter().zip(ids) {
            for (sent, id) in sent.into_iter().zip(ids) {
                match sent {
                    Sent::Stored => self.stored.push(id),
                    Sent::Unknown(why) => tracing::debug!(stream, why, "relay: outcome unknown; sending again later"),
                    Sent::Refused(why) => {
                        tracing::error!(stream, why, "relay: the broker refuses a message; run `gridline doctor`")
                    }
                }
            }
        }
        self.stored.len() - before
    }

    async fn mark(&mut self) {
        match mark(&self.db, &self.stored, self.clock.now().timestamp_millis()).await {
            Ok(()) => self.stored.clear(),
            Err(e) => tracing::warn!(error = %e, "relay: sent but not marked; trying again"),
        }
    }
}

async fn mark(db: &Db, stored: &[String], now: i64) -> Result<(), sea_orm::DbErr> {
    if stored.is_empty() {
        return Ok(());
    }
    let tx = db.write().await?;
    bulk::set_in::<outbox::Entity>(&*tx, outbox::Column::MsgId, stored, outbox::Column::PublishedMs, now).await?;
    tx.commit().await
}

/// Forgets what is no longer needed: rows that were sent long ago, and ids of messages that no stream holds any
/// more. Submissions carry a reporter and go as soon as the broker has them.
pub async fn purge(db: &Db, clock: &Clock) -> Result<(), sea_orm::DbErr> {
    let now = clock.now().timestamp_millis();
    let tx = db.write().await?;
    outbox::Entity::delete_many().filter(outbox::Column::PublishedMs.lt(now - KEEP_SENT_MS)).exec(&*tx).await?;
    outbox::Entity::delete_many()
        .filter(outbox::Column::PublishedMs.is_not_null())
        .filter(outbox::Column::Stream.eq(contracts::subject::INTAKE))
        .exec(&*tx)
        .await?;
    inbox::Entity::delete_many().filter(inbox::Column::AtMs.lt(now - KEEP_INBOX_MS)).exec(&*tx).await?;
    tx.commit().await
}

/// Streams at the same time, each stream's parcels in order.
async fn publish(bus: &Bus, streams: BTreeMap<String, Vec<Parcel>>) -> Vec<(String, Vec<Sent>)> {
    let each = streams.into_iter().map(|(stream, parcels)| async move {
        let sent = bus.publish(&stream, &parcels).await;
        (stream, sent)
    });
    join_all(each).await
}

fn parcel(row: outbox::Model) -> Parcel {
    let id = if row.epoch == 0 { row.msg_id } else { format!("{}#{}", row.msg_id, row.epoch) };
    Parcel { id, subject: row.subject, headers: serde_json::from_str(&row.headers).unwrap_or_default(), body: row.body.into() }
}
