//! Outbox to broker.
//!
//! Two ways, both safe with several replicas. The quick one: what this process has just committed is published
//! from memory, in order, without asking the database. The sure one: every half second each replica looks for
//! packets that stayed behind (broker away, process killed, queue full) and publishes them too. Two replicas may
//! publish the same message; it has one id, and the readers' inboxes drop the second.

use std::{collections::BTreeMap, time::Duration};

use bus::{
    Bus, Clock,
    publish::{Parcel, Sent},
};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QuerySelect, Statement};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Db, Fault,
    bulk::{self, Existing},
    entity::unsent,
    packet::{Message, Packet},
};

#[cfg(test)]
mod tests;

/// Commits whose messages wait in memory; more wait in the database only.
const QUEUE: usize = 64;
/// Packets that are looked at in one go.
const SWEEP: usize = 32;
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// Every mark is a commit that a ticket's own may have to wait for, so there are few.
const MARK_EVERY: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Sent rows are kept for a look back.
const KEEP_SENT_MS: i64 = 7 * DAY_MS;
/// Longer than any stream keeps its messages.
const KEEP_INBOX_MS: i64 = 45 * DAY_MS;
/// Younger packets are still on the quick way, or sent and waiting for their mark.
const GRACE_MS: i64 = 4_000;
/// Packets that one statement forgets.
const FORGET: u64 = 500;

/// The way to the relay. Clones share it.
#[derive(Clone, Debug)]
pub struct Relay {
    queue: mpsc::Sender<Vec<Packet>>,
}

impl Relay {
    /// Starts publishing what `db` has to say; ends after `stop`, when what is in memory is sent.
    pub fn start(db: Db, bus: Bus, clock: Clock, stop: CancellationToken) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, fresh) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(Sender { db, bus, clock, sent: Vec::new(), cut: Vec::new() }, fresh, stop));
        (Self { queue }, task)
    }

    /// A relay that sends nothing: rows wait in the database. For tests without a broker.
    pub fn silent() -> Self {
        let (queue, _) = mpsc::channel(1);
        Self { queue }
    }

    /// Offers packets that were just committed. If the queue is full they are found in the database later.
    pub(crate) fn offer(&self, packets: Vec<Packet>) {
        if !packets.is_empty() && self.queue.try_send(packets).is_err() {
            tracing::debug!("relay: queue full; packets are sent by the sweep");
        }
    }
}

/// Messages that are to be sent, those on the quick way included.
pub async fn unsent(db: &Db) -> Result<u64, DbErr> {
    // a sum of integers is wider than an integer on PostgreSQL
    let all = unsent::Entity::find().select_only().column_as(unsent::Column::Messages.sum(), "n");
    let n: Option<Option<i64>> = all.into_tuple().one(db.read()).await?;
    Ok(n.flatten().unwrap_or(0).unsigned_abs())
}

struct Sender {
    db: Db,
    bus: Bus,
    clock: Clock,
    /// Packets that the broker stored, not yet marked so. Marking is not urgent: what a crash leaves unmarked is sent
    /// again under its ids. So it waits for company and costs one small commit now and then.
    sent: Vec<unsent::Model>,
    /// Packets of which the broker stored a part only.
    cut: Vec<unsent::Model>,
}

/// A packet on its way: its mark, its stream, and what is to be sent of it with the places in the packet.
struct Load {
    key: unsent::Model,
    stream: String,
    messages: Vec<(usize, Message)>,
}

impl From<Packet> for Load {
    fn from(packet: Packet) -> Self {
        Self { key: packet.unsent(), stream: packet.stream, messages: packet.messages.into_iter().enumerate().collect() }
    }
}

async fn run(mut sender: Sender, mut fresh: mpsc::Receiver<Vec<Packet>>, stop: CancellationToken) {
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
            // what waits in memory is not read from the database as well
            _ = sweep.tick(), if fresh.is_empty() => sender.sweep().await,
            n = fresh.recv_many(&mut taken, QUEUE) => {
                if n == 0 {
                    return;
                }
                sender.send(taken.drain(..).flatten().map(Load::from).collect()).await;
            }
            () = stop.cancelled() => {
                fresh.close();
                while let Some(packets) = fresh.recv().await {
                    sender.send(packets.into_iter().map(Load::from).collect()).await;
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
            let mut loads = match left_behind(&self.db, self.clock.now().timestamp_millis()).await {
                Ok(loads) => loads,
                Err(e) => return tracing::warn!(error = %e, "relay: outbox can't be read"),
            };
            let full = loads.len() == SWEEP;
            loads.retain(|load| !self.sent.contains(&load.key));
            if loads.is_empty() || self.send(loads).await == 0 || !full {
                return;
            }
            self.mark().await;
        }
    }

    /// Publishes packets, each stream's in order. Returns how many messages the broker stored.
    async fn send(&mut self, loads: Vec<Load>) -> usize {
        let mut streams: BTreeMap<String, Vec<Parcel>> = BTreeMap::new();
        let mut keys: Vec<(unsent::Model, String, Vec<usize>)> = Vec::with_capacity(loads.len());
        for Load { key, stream, messages } in loads {
            let (places, messages): (Vec<usize>, Vec<Message>) = messages.into_iter().unzip();
            streams.entry(stream.clone()).or_default().extend(messages.into_iter().map(Parcel::from));
            keys.push((key, stream, places));
        }
        let mut outcomes = publish(&self.bus, streams).await;
        let mut stored = 0;
        for (mut key, stream, places) in keys {
            let Some(outcomes) = outcomes.get_mut(&stream) else { continue };
            let rest: Vec<usize> =
                places.iter().zip(outcomes).filter(|(_, sent)| !taken(&stream, sent)).map(|(place, _)| *place).collect();
            stored += places.len() - rest.len();
            if rest.is_empty() {
                self.sent.push(key);
            } else if rest.len() < places.len() {
                // what was stored is not sent with the rest again: the broker knows its ids for two minutes only
                key.messages = i32::try_from(rest.len()).unwrap_or(i32::MAX);
                key.rest = serde_json::to_string(&rest).ok();
                self.cut.push(key);
            }
        }
        stored
    }

    async fn mark(&mut self) {
        match mark(&self.db, &self.sent, &self.cut).await {
            Ok(()) => {
                self.sent.clear();
                self.cut.clear();
            }
            Err(e) => tracing::warn!(error = %e, "relay: sent but not marked; trying again"),
        }
    }
}

/// Whether the broker has it.
fn taken(stream: &str, sent: &Sent) -> bool {
    match sent {
        Sent::Stored => return true,
        Sent::Unknown(why) => tracing::debug!(stream, why, "relay: outcome unknown; sending again later"),
        Sent::Refused(why) => tracing::error!(stream, why, "relay: the broker refuses a message; run `gridline doctor`"),
    }
    false
}

#[derive(FromQueryResult)]
struct Left {
    created_ms: i64,
    msg_id: String,
    stream: String,
    messages: String,
    rest: Option<String>,
}

/// The oldest packets that were not sent, in order; not the young ones. What lies in the future was decided before our
/// clock was set back, or by a clock that is ahead.
async fn left_behind(db: &Db, now: i64) -> Result<Vec<Load>, DbErr> {
    let sql = format!(
        "SELECT o.created_ms, o.msg_id, o.stream, o.messages, u.rest FROM unsent u \
         JOIN outbox o ON o.created_ms = u.created_ms AND o.msg_id = u.msg_id \
         WHERE u.created_ms NOT BETWEEN $1 AND $2 ORDER BY u.created_ms, u.msg_id LIMIT {SWEEP}"
    );
    let young = [(now - GRACE_MS).into(), (now + GRACE_MS).into()];
    let rows = Left::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, young)).all(db.read()).await?;
    Ok(rows.into_iter().filter_map(load).collect())
}

/// None if a newer version wrote it: it waits for that one, and holds up no other.
fn load(left: Left) -> Option<Load> {
    let read = || -> Result<_, serde_json::Error> {
        let rest: Option<Vec<usize>> = left.rest.as_deref().map(serde_json::from_str).transpose()?;
        Ok((serde_json::from_str::<Vec<Message>>(&left.messages)?, rest))
    };
    let (messages, rest) =
        read().inspect_err(|e| tracing::error!(error = %e, first = left.msg_id, "relay: a packet can't be read")).ok()?;
    let packet = Packet { created_ms: left.created_ms, stream: left.stream, messages };
    let mut load = Load::from(packet);
    if let Some(rest) = rest {
        load.messages.retain(|(place, _)| rest.contains(place));
    }
    Some(load)
}

async fn mark(db: &Db, sent: &[unsent::Model], cut: &[unsent::Model]) -> Result<(), Fault> {
    if sent.is_empty() && cut.is_empty() {
        return Ok(());
    }
    let tx = db.write().await?;
    bulk::delete::<unsent::Entity>(&*tx, sent).await?;
    bulk::write::<unsent::Entity>(&*tx, cut, Existing::Replace).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets what is no longer needed, a piece at a time: messages that were sent long ago, submissions that were
/// sent at all (they carry a reporter), and ids of messages that no stream holds any more.
pub async fn purge(db: &Db, clock: &Clock) -> Result<(), DbErr> {
    let now = clock.now().timestamp_millis();
    let packets = |before: i64, and: &str| {
        format!(
            "DELETE FROM outbox WHERE (created_ms, msg_id) IN (SELECT created_ms, msg_id FROM outbox o \
             WHERE created_ms < {before} {and} AND NOT EXISTS (SELECT 1 FROM unsent u \
             WHERE u.created_ms = o.created_ms AND u.msg_id = o.msg_id) ORDER BY created_ms LIMIT {FORGET})"
        )
    };
    let inbox = format!(
        "DELETE FROM inbox WHERE msg_id IN (SELECT msg_id FROM inbox WHERE at_ms < {} ORDER BY at_ms LIMIT {FORGET})",
        now - KEEP_INBOX_MS
    );
    for sql in [packets(now - KEEP_SENT_MS, ""), packets(now, "AND stream = 'INTAKE'"), inbox] {
        loop {
            let tx = db.write().await?;
            let gone = tx.execute_unprepared(&sql).await?.rows_affected();
            tx.commit().await?;
            if gone < FORGET {
                break;
            }
        }
    }
    Ok(())
}

/// Streams at the same time, each stream's parcels in order; so are the outcomes.
async fn publish(bus: &Bus, streams: BTreeMap<String, Vec<Parcel>>) -> BTreeMap<String, std::vec::IntoIter<Sent>> {
    let each = streams.into_iter().map(|(stream, parcels)| async move {
        let sent = bus.publish(&stream, &parcels).await;
        (stream, sent.into_iter())
    });
    join_all(each).await.into_iter().collect()
}
