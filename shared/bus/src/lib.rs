//! How it is carried: NATS JetStream as transport, never as authority.
//!
//! - [`connection`] one connection to a server that is new enough
//! - [`topology`] every stream and consumer, declared once, provisioned idempotently
//! - [`publish`] many messages in one go; a timeout is *unknown*, never *failed*
//! - [`consume`] the one consume loop: batches, retries, acknowledgements
//! - [`observe`] looking on without taking part, for the operator's tool
//! - [`trace`] W3C trace context in headers
//! - [`clock`] the only clock that is read
//! - [`witness`] the broker's own clock, as a second one

pub mod clock;
pub mod connection;
pub mod consume;
pub mod observe;
pub mod publish;
pub mod topology;
pub mod trace;
pub mod witness;

pub use clock::Clock;
pub use connection::{Bus, BusError};
