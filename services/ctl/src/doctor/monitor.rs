//! What only nats-server's monitoring address tells: how it syncs, what time it has.

use std::time::Duration;

use bus::Clock;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::finding::{Finding, skew_ms};

const SYNC: &str = "nats-server sync policy";
const CLOCK: &str = "nats-server clock";

#[derive(Deserialize)]
struct Varz {
    now: DateTime<Utc>,
    #[serde(default)]
    jetstream: JetStream,
}

#[derive(Default, Deserialize)]
struct JetStream {
    /// Absent on a server without JetStream, which is told elsewhere.
    config: Option<Config>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    sync_always: bool,
    /// Nanoseconds.
    #[serde(default)]
    sync_interval: i64,
}

/// Asks `/varz` of the monitoring address.
pub async fn check(monitor: &str, clock: &Clock) -> Vec<Finding> {
    if monitor.is_empty() {
        return vec![not_known("未设置 nats.monitor", "the setting `nats.monitor` is empty")];
    }
    let before = clock.now().timestamp_millis();
    let asked = ask(monitor).await;
    let after = clock.now().timestamp_millis();
    match asked {
        Ok(varz) => {
            let skew = skew_ms(varz.now.timestamp_millis(), before, after);
            varz.jetstream.config.iter().map(sync).chain([Finding::skew(CLOCK, skew)]).collect()
        }
        Err(why) => vec![not_known(&format!("{monitor}/varz 读不出"), &format!("{monitor}/varz can't be read ({why})"))],
    }
}

/// One HTTP request on the operator's network: short, and never through a proxy.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()
}

async fn ask(monitor: &str) -> reqwest::Result<Varz> {
    let url = format!("{}/varz", monitor.trim_end_matches('/'));
    client()?.get(url).send().await?.error_for_status()?.json().await
}

fn sync(config: &Config) -> Finding {
    if config.sync_always {
        return Finding::ok(SYNC, "先落盘再确认", "written to disk before it is acknowledged");
    }
    let seconds = config.sync_interval / 1_000_000_000;
    Finding::warn(
        SYNC,
        format!("每 {seconds} 秒才落盘，断电可能丢失已确认的消息；请在 jetstream 中设置 sync_interval: always"),
        format!(
            "every {seconds} s: a power failure may lose what was acknowledged; set `sync_interval: always` in its `jetstream` block"
        ),
    )
}

fn not_known(zh: &str, en: &str) -> Finding {
    Finding::warn(
        "nats-server sync policy and clock",
        format!("{zh}，无法检查；请以 -m 8222 启动监控端口，或修改设置 nats.monitor"),
        format!("not known: {en}; start it with `-m 8222`, or change the setting `nats.monitor`"),
    )
}
