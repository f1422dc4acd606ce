//! Outbox to broker.
//!
//! Two ways, both safe with several replicas. The quick one: what this process has just committed is published
//! from memory, in order, without asking the database. The sure one: every half second each replica looks for
//! rows that stayed behind (broker away, process killed, queue full) and publishes them too. Two replicas may
//! publish the same row; it has one id, and the readers' inboxes drop the second.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use bus::{
    Bus, Clock,
    publish::{Parcel, Sent},
};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Db, Fault, Tx,
    bulk::{self, Existing},
    entity::{outbox, unsent},
};

/// Commits whose messages wait in memory; more wait in the database only.
const QUEUE: usize = 64;
/// Rows that are looked at in one go.
const SWEEP: u64 = 512;
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// Every mark is a commit that a ticket's own may have to wait for, so there are few.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// Rows that are marked at the latest together.
const MARK_AT: usize = 2048;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Sent rows are kept for a look back.
const KEEP_SENT_MS: i64 = 7 * DAY_MS;
/// Longer than any stream keeps its messages.
const KEEP_INBOX_MS: i64 = 45 * DAY_MS;
/// Younger rows are still on the quick way, or sent and waiting for their mark.
const GRACE_MS: i64 = 4_000;

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

    /// A relay that sends nothing: rows wait in the database. For tests without a broker.
    pub fn silent() -> Self {
        let (queue, _) = mpsc::channel(1);
        Self { queue }
    }

    /// Offers rows that were just committed. If the queue is full they are found in the database later.
    pub(crate) fn offer(&self, rows: Vec<outbox::Model>) {
        if !rows.is_empty() && self.queue.try_send(rows).is_err() {
            tracing::debug!("relay: queue full; rows are sent by the sweep");
        }
    }
}

/// Writes what is said, and that it is to be sent.
pub(crate) async fn say(tx: &Tx, rows: &[outbox::Model], existing: Existing) -> Result<(), Fault> {
    bulk::write::<outbox::Entity>(&**tx, rows, existing).await?;
    bulk::write::<unsent::Entity>(&**tx, &rows.iter().map(unsent::Model::from).collect::<Vec<_>>(), existing).await?;
    Ok(())
}

/// Rows that are to be sent, those on the quick way included.
pub async fn unsent(db: &Db) -> Result<u64, DbErr> {
    unsent::Entity::find().count(db.read()).await
}

struct Sender {
    db: Db,
    bus: Bus,
    clock: Clock,
    /// Stored by the broker, not yet marked so. Marking is not urgent: what a crash leaves unmarked is sent again
    /// under its id. So it waits for company and costs one small commit now and then.
    stored: Vec<unsent::Model>,
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
                sender.send(taken.drain(..).flatten().map(keyed).collect()).await;
                if sender.stored.len() >= MARK_AT {
                    sender.mark().await;
                }
            }
            () = stop.cancelled() => {
                fresh.close();
                while let Some(rows) = fresh.recv().await {
                    sender.send(rows.into_iter().map(keyed).collect()).await;
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
            let rows = match left_behind(&self.db, old).await {
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
    async fn send(&mut self, rows: Vec<(unsent::Model, outbox::Model)>) -> usize {
        let mut streams: BTreeMap<String, Vec<Parcel>> = BTreeMap::new();
        let mut keys: BTreeMap<String, Vec<unsent::Model>> = BTreeMap::new();
        for (key, row) in rows {
            keys.entry(row.stream.clone()).or_default().push(key);
            streams.entry(row.stream.clone()).or_default().push(parcel(row));
        }
        let before = self.stored.len();
        for ((stream, sent), (_, keys)) in publish(&self.bus, streams).await.into_iter().zip(keys) {
            for (sent, key) in sent.into_iter().zip(keys) {
                match sent {
                    Sent::Stored => self.stored.push(key),
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
        match mark(&self.db, &self.stored).await {
            Ok(()) => self.stored.clear(),
            Err(e) => tracing::warn!(error = %e, "relay: sent but not marked; trying again"),
        }
    }
}

/// A row that was just committed, with its key among the unsent.
fn keyed(row: outbox::Model) -> (unsent::Model, outbox::Model) {
    (unsent::Model::from(&row), row)
}

/// The oldest rows that were decided before `old` and not sent, in order.
async fn left_behind(db: &Db, old: i64) -> Result<Vec<(unsent::Model, outbox::Model)>, DbErr> {
    let left = unsent::Entity::find()
        .filter(unsent::Column::CreatedMs.lte(old))
        .order_by_asc(unsent::Column::CreatedMs)
        .order_by_asc(unsent::Column::Ord)
        .limit(SWEEP)
        .all(db.read())
        .await?;
    let ids: Vec<String> = left.iter().map(|u| u.msg_id.clone()).collect();
    let rows = bulk::find_in::<outbox::Entity>(db.read(), outbox::Column::MsgId, &ids).await?;
    let mut rows: HashMap<String, outbox::Model> = rows.into_iter().map(|r| (r.msg_id.clone(), r)).collect();
    Ok(left.into_iter().filter_map(|key| rows.remove(&key.msg_id).map(|row| (key, row))).collect())
}

async fn mark(db: &Db, stored: &[unsent::Model]) -> Result<(), DbErr> {
    if stored.is_empty() {
        return Ok(());
    }
    let tx = db.write().await?;
    bulk::delete::<unsent::Entity>(&*tx, stored).await?;
    tx.commit().await
}

/// Forgets what is no longer needed, a piece at a time: messages that were sent long ago, submissions that were
/// sent at all (they carry a reporter), and ids of messages that no stream holds any more.
pub async fn purge(db: &Db, clock: &Clock) -> Result<(), DbErr> {
    let now = clock.now().timestamp_millis();
    let sent = "msg_id NOT IN (SELECT msg_id FROM unsent)";
    let oldest = |table: &str, time: &str, before: i64, and: &str| {
        format!(
            "DELETE FROM {table} WHERE msg_id IN (SELECT msg_id FROM {table} WHERE {time} < {before} {and} ORDER BY {time} LIMIT 5000)"
        )
    };
    for sql in [
        oldest("outbox", "created_ms", now - KEEP_SENT_MS, &format!("AND {sent}")),
        oldest("outbox", "created_ms", now, &format!("AND stream = 'INTAKE' AND {sent}")),
        oldest("inbox", "at_ms", now - KEEP_INBOX_MS, ""),
    ] {
        loop {
            let tx = db.write().await?;
            let gone = tx.execute_unprepared(&sql).await?.rows_affected();
            tx.commit().await?;
            if gone < 5000 {
                break;
            }
        }
    }
    Ok(())
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
