//! Dead letters: messages that could not take effect, kept with the reason, listed and replayed by the operator.

use std::collections::BTreeMap;

use bus::consume::Delivery;
use chrono::{DateTime, Utc};
use contracts::{id::MessageId, problem::Problem};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    Db, Fault, Tx,
    bulk::{self, Existing},
    entity::dead_letter as dead,
    packet::{Message, Packets},
};

/// The row of a delivery that can't take effect. `id` is its key in the inbox if it could be read; else it is known
/// by its place in the stream, since nothing that it says of itself is believed.
pub(crate) fn row(d: &Delivery, id: Option<MessageId>, problem: &Problem, now: DateTime<Utc>) -> dead::Model {
    let id = id.unwrap_or_else(|| MessageId::of_delivery(&d.stream, d.sequence));
    dead::Model {
        msg_id: id.to_string(),
        stream: d.stream.clone(),
        subject: d.subject.clone(),
        headers: serde_json::to_string(&d.headers()).unwrap_or_default(),
        body: printable(&d.body),
        code: problem.code.clone(),
        reason: format!("{} / {}", problem.zh, problem.en),
        at_ms: now.timestamp_millis(),
        replayed_ms: None,
        replays: 0,
    }
}

/// Keeps letters. One that was replayed and is refused again waits again; how often it was replayed stays known,
/// because that is part of its next dedupe id.
pub(crate) async fn keep(tx: &Tx, letters: Vec<dead::Model>) -> Result<(), Fault> {
    if letters.is_empty() {
        return Ok(());
    }
    let mut by_id: BTreeMap<String, dead::Model> = letters.into_iter().map(|l| (l.msg_id.clone(), l)).collect();
    let ids: Vec<String> = by_id.keys().cloned().collect();
    for known in bulk::find_in::<dead::Entity>(&**tx, dead::Column::MsgId, &ids).await? {
        by_id.entry(known.msg_id).and_modify(|l| l.replays = known.replays);
    }
    bulk::write::<dead::Entity>(&**tx, &by_id.into_values().collect::<Vec<_>>(), Existing::Replace).await?;
    Ok(())
}

/// How many wait that were not replayed since they were set aside.
pub async fn count(db: &Db) -> Result<u64, DbErr> {
    dead::Entity::find().filter(dead::Column::ReplayedMs.is_null()).count(db.read()).await
}

/// The newest, at most `limit`.
pub async fn list(db: &Db, limit: u64) -> Result<Vec<dead::Model>, DbErr> {
    dead::Entity::find().order_by_desc(dead::Column::AtMs).limit(limit).all(db.read()).await
}

/// Puts messages into the service's outbox again, to the subject they came from; the relay of the running
/// service sends them. All readers but the one that refused know them already and drop them.
pub async fn replay(db: &Db, ids: &[String], now: DateTime<Utc>) -> Result<usize, Fault> {
    let tx = db.write().await?;
    let mut letters = bulk::find_in::<dead::Entity>(&*tx, dead::Column::MsgId, ids).await?;
    for letter in &mut letters {
        letter.replays += 1;
        letter.replayed_ms = Some(now.timestamp_millis());
    }
    let mut again = Packets::default();
    for letter in &letters {
        again.add(&letter.stream, now.timestamp_millis(), message(letter));
    }
    again.save(&tx).await?;
    bulk::write::<dead::Entity>(&*tx, &letters, Existing::Replace).await?;
    tx.commit().await?;
    Ok(letters.len())
}

fn message(l: &dead::Model) -> Message {
    Message {
        id: format!("{}#{}", l.msg_id, l.replays),
        subject: l.subject.clone(),
        headers: serde_json::from_str(&l.headers).unwrap_or_default(),
        body: l.body.clone(),
    }
}

/// Text that both databases store: no NUL, no broken UTF-8.
fn printable(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(s) if !s.contains('\0') => s.to_owned(),
        _ => body.escape_ascii().to_string(),
    }
}
