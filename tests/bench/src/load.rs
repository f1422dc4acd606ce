//! Submissions, as an outside program sends them.

use std::{collections::HashMap, time::Duration};

use async_nats::{HeaderMap, jetstream};
use contracts::id::{SourceId, TicketId};

/// Publishes that wait for their acknowledgement at once.
const IN_FLIGHT: usize = 512;

/// The texts are the sample reports, again and again under new ids.
const REPORTS: &str = include_str!("../../../services/classification/tests/data/reports.jsonl");

/// Submits `tickets` reports, at `pace` a second or as fast as they are taken. Returns when each was sent, in ns
/// since 1970.
pub async fn submit(url: &str, label: &str, tickets: usize, pace: Option<f64>) -> anyhow::Result<HashMap<TicketId, i64>> {
    let js = jetstream::new(async_nats::connect(url).await?);
    let source: SourceId = "web".parse()?;
    let bodies = bodies(label, tickets)?;
    let mut sent = HashMap::with_capacity(tickets);
    let mut acks = Vec::with_capacity(IN_FLIGHT);
    let start = tokio::time::Instant::now();
    for (i, (id, body)) in bodies.into_iter().enumerate() {
        if let Some(pace) = pace {
            let due = start + Duration::from_secs_f64(i as f64 / pace);
            if due > tokio::time::Instant::now() {
                tokio::time::sleep_until(due).await;
            }
        }
        sent.insert(TicketId::derive(&source, &id), now_ns());
        acks.push(js.publish_with_headers("intake.v1.submit.web", headers(&id), body.into()).await?);
        // without a pace: a program that keeps a window of unacknowledged reports
        if acks.len() == IN_FLIGHT {
            for ack in acks.drain(..) {
                ack.await?;
            }
        }
    }
    for ack in acks {
        ack.await?;
    }
    Ok(sent)
}

fn bodies(label: &str, tickets: usize) -> anyhow::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for line in REPORTS.lines() {
        let report: serde_json::Value = serde_json::from_str(line)?;
        texts.push(report["text"].clone());
    }
    let one = |i: usize| {
        let id = format!("bench-{label}-{i}");
        let body = serde_json::json!({
            "external_id": id, "channel": "web", "text": texts[i % texts.len()],
            "reporter": { "name": "测试", "phone": "13800000000", "address": null },
        });
        (id, body.to_string())
    };
    Ok((0..tickets).map(one).collect())
}

fn headers(id: &str) -> HeaderMap {
    let mut h = HeaderMap::new();
    h.insert("ce-specversion", "1.0");
    h.insert("ce-id", id);
    h.insert("ce-source", "/sources/web");
    h.insert("ce-type", "io.gridline.intake.v1.submit");
    h.insert("content-type", "application/json");
    h
}

fn now_ns() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a measurement of the real machine")]
    chrono::Utc::now().timestamp_nanos_opt().unwrap_or_default()
}
