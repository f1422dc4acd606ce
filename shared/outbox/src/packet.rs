//! What one transaction says to one stream: one row of the outbox, however many messages it holds.

use bus::publish::Parcel;
use contracts::envelope::Outbound;
use sea_orm::{DbErr, EntityTrait};
use serde::{Deserialize, Serialize};

use crate::{
    Tx,
    entity::{outbox, unsent},
};

/// A message as it is kept: ready to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Broker-side dedupe id: the message id, with `#n` if it is sent again on purpose for the n-th time.
    pub id: String,
    /// Subject.
    pub subject: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: String,
}

/// Messages of one transaction to one stream, in order. It is known by the time and the id of its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it was decided, ms.
    pub created_ms: i64,
    /// Stream that stores the messages.
    pub stream: String,
    /// The messages; there is one at least.
    pub messages: Vec<Message>,
}

/// All packets of a transaction, one a stream.
#[derive(Debug, Default)]
pub(crate) struct Packets(Vec<Packet>);

impl Message {
    /// What `service` says, in the trace context `trace`.
    pub(crate) fn new(said: Outbound, service: &str, trace: Option<&str>) -> Self {
        Self { id: said.id.to_string(), headers: said.headers(service, trace), subject: said.subject, body: said.body }
    }
}

impl From<Message> for Parcel {
    fn from(message: Message) -> Self {
        Self { id: message.id, subject: message.subject, headers: message.headers, body: message.body.into() }
    }
}

impl Packets {
    /// Puts a message to the others of its stream.
    pub(crate) fn add(&mut self, stream: &str, created_ms: i64, message: Message) {
        match self.0.iter_mut().find(|packet| packet.stream == stream) {
            Some(packet) => packet.messages.push(message),
            None => self.0.push(Packet { created_ms, stream: stream.to_owned(), messages: vec![message] }),
        }
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> usize {
        self.0.iter().map(|packet| packet.messages.len()).sum()
    }

    /// Writes what is said, and that it is to be sent. The packets come back, for the relay.
    pub(crate) async fn save(self, tx: &Tx) -> Result<Vec<Packet>, DbErr> {
        if !self.0.is_empty() {
            let rows = self.0.iter().map(Packet::row).collect::<Result<Vec<_>, _>>()?;
            outbox::Entity::insert_many(rows.into_iter().map(outbox::ActiveModel::from)).exec_without_returning(&**tx).await?;
            let keys = self.0.iter().map(|packet| unsent::ActiveModel::from(packet.unsent()));
            unsent::Entity::insert_many(keys).exec_without_returning(&**tx).await?;
        }
        Ok(self.0)
    }
}

impl Packet {
    /// The mark that it is to be sent.
    pub(crate) fn unsent(&self) -> unsent::Model {
        let first = self.messages.first().map(|message| message.id.clone()).unwrap_or_default();
        let messages = i32::try_from(self.messages.len()).unwrap_or(i32::MAX);
        unsent::Model { created_ms: self.created_ms, msg_id: first, messages, rest: None }
    }

    fn row(&self) -> Result<outbox::Model, DbErr> {
        let unsent::Model { created_ms, msg_id, .. } = self.unsent();
        let messages = serde_json::to_string(&self.messages).map_err(|e| DbErr::Json(e.to_string()))?;
        Ok(outbox::Model { created_ms, msg_id, stream: self.stream.clone(), messages })
    }
}

impl outbox::Model {
    /// The messages of this row.
    ///
    /// # Errors
    ///
    /// A newer version wrote it in a form that this one does not know.
    pub fn read(&self) -> Result<Vec<Message>, serde_json::Error> {
        serde_json::from_str(&self.messages)
    }
}
