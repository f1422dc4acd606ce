//! Submissions, as a hotline platform sends them: in batches.

use std::{collections::HashMap, fs, io, time::Duration};

use bus::{
    Bus,
    publish::{Parcel, Sent},
};
use contracts::{
    id::{SourceId, TicketId},
    subject,
};

/// Reports that the platform sends together: one fsync of the broker for each such batch.
const BATCH: usize = 64;

/// The texts are the labelled ones, again and again under new ids, each of another reporter.
const REPORTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../services/classification/data/texts");

/// Submits `tickets` reports, at `pace` a second or as fast as the broker takes them. Returns when each was sent, in
/// ns since 1970.
pub async fn submit(url: &str, label: &str, tickets: usize, pace: Option<f64>) -> anyhow::Result<HashMap<TicketId, i64>> {
    let bus = Bus::connect(url, "platform", true).await?;
    let source: SourceId = "web".parse()?;
    let mut sent = HashMap::with_capacity(tickets);
    let start = tokio::time::Instant::now();
    let parcels = parcels(label, tickets)?;
    // with a pace, batches of what comes in 20 ms
    let batch = pace.map_or(BATCH, |p| ((p / 50.0) as usize).clamp(1, BATCH));
    for chunk in parcels.chunks(batch) {
        if let Some(pace) = pace {
            tokio::time::sleep_until(start + Duration::from_secs_f64(sent.len() as f64 / pace)).await;
        }
        let now = now_ns();
        sent.extend(chunk.iter().map(|p| (TicketId::derive(&source, &p.id), now)));
        for outcome in bus.publish(subject::INTAKE, chunk).await {
            anyhow::ensure!(outcome == Sent::Stored, "{outcome:?}");
        }
    }
    Ok(sent)
}

fn parcels(label: &str, tickets: usize) -> anyhow::Result<Vec<Parcel>> {
    let mut texts = Vec::new();
    let mut files = fs::read_dir(REPORTS)?.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    for file in files {
        for line in fs::read_to_string(file)?.lines() {
            let report: serde_json::Value = serde_json::from_str(line)?;
            texts.push(report["text"].clone());
        }
    }
    let one = |i: usize| {
        let id = format!("bench-{label}-{i}");
        let body = serde_json::json!({
            "external_id": id, "channel": "web", "text": texts[i % texts.len()],
            "reporter": { "name": "测试", "phone": (13_800_000_000 + i as u64).to_string(), "address": null },
        });
        Parcel { headers: headers(&id), id, subject: "intake.v1.submit.web".to_owned(), body: body.to_string().into() }
    };
    Ok((0..tickets).map(one).collect())
}

fn headers(id: &str) -> Vec<(String, String)> {
    let pairs = [
        ("ce-specversion", "1.0"),
        ("ce-id", id),
        ("ce-source", "/sources/web"),
        ("ce-type", "io.gridline.intake.v1.submit"),
        ("content-type", "application/json"),
    ];
    pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec()
}

fn now_ns() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a measurement of the real machine")]
    chrono::Utc::now().timestamp_nanos_opt().unwrap_or_default()
}
