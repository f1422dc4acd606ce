//! Looking on: core subscriptions for the operator's tool.
//!
//! Nothing is stored, acknowledged or taken from anybody. What is said while the connection is down is missed, and
//! a reader that falls more than 65,536 messages behind loses the newest; whoever must not miss anything is a
//! consumer.

use bytes::Bytes;
use futures_util::{StreamExt, stream::SelectAll};

use crate::{Bus, BusError};

/// A message as it went by.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where it was published.
    pub subject: String,
    /// The body.
    pub body: Bytes,
    headers: Option<async_nats::HeaderMap>,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
    }
}

/// Everything that is said on some subjects from now on. Dropped, it stops.
#[derive(Debug)]
pub struct Sight {
    subscriptions: SelectAll<async_nats::Subscriber>,
}

impl Sight {
    /// The next message; none once the connection is closed.
    pub async fn next(&mut self) -> Option<Seen> {
        let m = self.subscriptions.next().await?;
        Some(Seen { subject: m.subject.to_string(), body: m.payload, headers: m.headers })
    }
}

impl Bus {
    /// Looks on at `subjects`. What this connection publishes afterwards is seen too.
    pub async fn observe(&self, subjects: &[&str]) -> Result<Sight, BusError> {
        let mut subscriptions = SelectAll::new();
        for &subject in subjects {
            let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("{subject} can't be subscribed to: {e}"));
            subscriptions.push(self.client.subscribe(subject.to_owned()).await.map_err(|e| failed(&e))?);
        }
        self.client.flush().await.map_err(|e| BusError::Topology(format!("subscriptions not sent: {e}")))?;
        Ok(Sight { subscriptions })
    }
}
