//! The ceilings: the same rows and the same messages with nothing around them.

use std::time::Instant;

use bus::{
    Bus,
    publish::{MAX_BATCH, Parcel},
};
use contracts::subject;
use outbox::{
    Db,
    bulk::{self, Existing},
    entity::dead_letter as row,
};
use sea_orm_migration::prelude::*;

/// Rows that the six services write for one ticket on its way to the queue, counted in their tables; the packets of the
/// outbox are shared by many tickets and not counted.
pub const ROWS: usize = 11;
/// Messages that are published for one ticket on its way to the queue: receipt, received, classified, dispatched,
/// work order, copy.
pub const MESSAGES: usize = 6;

struct Tables;

#[async_trait::async_trait]
impl MigratorTrait for Tables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration()]
    }
}

/// Rows of one commit: as many as a service takes messages at once.
const COMMIT: usize = 256;

/// Rows a second in commits of 256, durable.
pub async fn commits(url: &str, rows: usize) -> anyhow::Result<f64> {
    let db = Db::open::<Tables>(url, "bench").await?;
    let start = Instant::now();
    let mut written = 0;
    while written < rows {
        let batch: Vec<row::Model> = (written..written + COMMIT).map(model).collect();
        let tx = db.write().await?;
        bulk::write::<row::Entity>(&*tx, &batch, Existing::Keep).await?;
        tx.commit().await?;
        written += batch.len();
    }
    Ok(written as f64 / start.elapsed().as_secs_f64())
}

/// Messages a second in the largest batches, stored durably.
pub async fn publishes(url: &str, messages: usize) -> anyhow::Result<f64> {
    let bus = Bus::connect(url, "bench", true).await?;
    let start = Instant::now();
    let mut sent = 0;
    while sent < messages {
        let batch: Vec<Parcel> = (sent..sent + MAX_BATCH).map(parcel).collect();
        bus.publish(subject::RECEIPTS, &batch).await;
        sent += batch.len();
    }
    Ok(sent as f64 / start.elapsed().as_secs_f64())
}

/// A row of the usual size and form; what it is called does not matter.
fn model(i: usize) -> row::Model {
    row::Model {
        msg_id: format!("ceiling-{i:032}"),
        stream: subject::RECEIPTS.to_owned(),
        subject: "receipt.v1.bench".to_owned(),
        headers: "[[\"ce-specversion\",\"1.0\"]]".to_owned(),
        body: "{\"text\":\"路灯不亮\"}".repeat(16),
        code: String::new(),
        reason: String::new(),
        at_ms: 0,
        replayed_ms: None,
        replays: 0,
    }
}

fn parcel(i: usize) -> Parcel {
    let m = model(i);
    Parcel {
        id: m.msg_id,
        subject: m.subject,
        headers: vec![("ce-specversion".to_owned(), "1.0".to_owned())],
        body: m.body.into(),
    }
}
