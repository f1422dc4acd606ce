//! How a change and its messages become one.
//!
//! The database commit is the acceptance. In one transaction: the ids of the messages that were read go to the
//! inbox, the service's rows change, and what it has to say goes to the outbox. After the commit the [`relay`]
//! publishes the outbox rows under derived ids; the readers' inboxes drop what comes twice. A crash anywhere
//! leaves nothing before the commit and is finished by the relay after it.
//!
//! - [`db`] SQLite and PostgreSQL behind one door, chosen by URL
//! - [`bulk`] many rows in one statement whose text is always the same
//! - [`entity`] inbox, outbox and dead letters as tables
//! - [`handler`] what a service is: load, decide, save
//! - [`engine`] runs a handler on a batch in one transaction
//! - [`door`] the same for requests over HTTP: grouped, one commit for many
//! - [`packet`] what one transaction says to one stream: one row of the outbox
//! - [`relay`] outbox to broker
//! - [`dead_letter`] list and replay
//! - [`metrics`] what can be measured of it

pub mod bulk;
pub mod db;
pub mod dead_letter;
pub mod door;
pub mod engine;
pub mod entity;
pub mod handler;
pub mod metrics;
mod migration;
pub mod packet;
pub mod relay;

pub use db::{Db, Fault, Tx};
pub use door::Door;
pub use engine::Engine;
pub use handler::{Decision, Handler, Heard, Refusal, Said};
pub use migration::tables as migration;
pub use relay::Relay;
