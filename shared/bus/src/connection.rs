//! One connection to a server that is new enough.

use std::time::Duration;

use async_nats::{
    ConnectOptions, Event,
    jetstream::{self, context::ContextBuilder},
};

/// Oldest nats-server that has what we use: atomic batches with dedupe (2.12.1), multi-filter consumers,
/// and the durability fixes that `ARCHITECTURE.md` names.
pub const MIN_SERVER: (u64, u64) = (2, 14);

/// Longer than a leader election (4 to 9 s), so that an election is not taken for a failure.
const ACK_TIMEOUT: Duration = Duration::from_secs(15);

/// The broker can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// No connection.
    #[error("nats-server at {url} can't be reached: {why}; is it running, and is `nats.url` right?")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        why: String,
    },
    /// The server is too old.
    #[error("nats-server {found} is too old; {}.{} or newer is needed", MIN_SERVER.0, MIN_SERVER.1)]
    TooOld {
        /// Version that the server told.
        found: String,
    },
    /// The server has no JetStream for this account.
    #[error("nats-server at {url} has no JetStream; start it with `-js` or a `jetstream` block")]
    NoJetStream {
        /// Where.
        url: String,
    },
    /// A stream or consumer is missing or can't be changed.
    #[error("{0}")]
    Topology(String),
}

/// A connection to the broker. Clones share it.
#[derive(Clone, Debug)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    pub(crate) js: jetstream::Context,
    pub(crate) atomic: bool,
}

impl Bus {
    /// Connects and checks that the server is new enough and has JetStream.
    ///
    /// `atomic`: publish in atomic batches, one fsync each; right where the server syncs always.
    /// Afterwards the connection mends itself for ever, with jitter, so that a restarted broker is not stormed.
    pub async fn connect(url: &str, name: &str, atomic: bool) -> Result<Self, BusError> {
        let unreachable = |why: String| BusError::Unreachable { url: without_secret(url), why };
        let client = ConnectOptions::new()
            .name(name)
            .ping_interval(Duration::from_secs(10))
            .request_timeout(Some(Duration::from_secs(10)))
            .client_capacity(8192)
            .reconnect_delay_callback(reconnect_delay)
            .event_callback(|event| async move { log_event(&event) })
            .connect(url)
            .await
            .map_err(|e| unreachable(e.to_string()))?;
        let found = client.server_info().version;
        if !new_enough(&found) {
            return Err(BusError::TooOld { found });
        }
        let js = ContextBuilder::new().timeout(ACK_TIMEOUT).ack_timeout(ACK_TIMEOUT).build(client.clone());
        if js.query_account().await.is_err() {
            return Err(BusError::NoJetStream { url: without_secret(url) });
        }
        Ok(Self { client, js, atomic })
    }

    /// Is the connection up at this moment?
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == async_nats::connection::State::Connected
    }

    /// Version of the server that it is connected to.
    pub fn server_version(&self) -> String {
        self.client.server_info().version
    }

    /// Sends what is still buffered and closes.
    pub async fn close(&self) {
        if tokio::time::timeout(Duration::from_secs(5), self.client.flush()).await.is_err() {
            tracing::warn!("broker: not everything was flushed in 5 s; the outbox sends it after the restart");
        }
        if let Err(e) = self.client.drain().await {
            tracing::debug!(error = %e, "broker: drain");
        }
    }
}

/// 50 ms to 4 s, the attempts of many clients spread by their process ids and times.
fn reconnect_delay(attempt: usize) -> Duration {
    let base = 50u64.saturating_mul(1 << attempt.min(6)).min(3200);
    let spread = u64::from(std::process::id()).wrapping_mul(attempt as u64 + 7) % (base / 4 + 1);
    Duration::from_millis(base + spread)
}

fn log_event(event: &Event) {
    match event {
        Event::Connected => tracing::info!("broker: connected"),
        Event::Disconnected => tracing::warn!("broker: disconnected; trying again"),
        Event::SlowConsumer(_) => tracing::warn!("broker: slow consumer; messages will be delivered again"),
        Event::ServerError(e) => tracing::error!(error = %e, "broker: server error"),
        other => tracing::debug!(event = %other, "broker"),
    }
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map(|p| p.parse::<u64>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= MIN_SERVER
}

/// The URL without user and password: it goes into messages.
fn without_secret(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_told_from_new_ones() {
        for (version, ok) in
            [("2.14.0", true), ("2.15.1", true), ("3.0.0-beta.1", true), ("2.9.10", false), ("2.13.9", false), ("", false)]
        {
            assert_eq!(new_enough(version), ok, "{version}");
        }
    }

    #[test]
    fn secrets_stay_out_of_messages() {
        assert_eq!(without_secret("nats://u:p@host:4222"), "nats://host:4222");
        assert_eq!(without_secret("nats://host:4222"), "nats://host:4222");
    }
}
