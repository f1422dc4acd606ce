//! What is said between the services of Gridline, and to the world.
//!
//! Pure values: no runtime, no broker, no database. Read in this order:
//!
//! - [`id`] one type per identity
//! - [`problem`] what is wrong and what to do, in Chinese and English
//! - [`text`] text that a person wrote, checked and with numbers masked
//! - [`envelope`] CloudEvents attributes, message ids, trace context
//! - [`family`] message families: one enum per group of subjects
//! - [`intake`], [`ticket`], [`work`], [`clock`], [`cluster`], [`rules`], [`supervision`] the messages
//! - [`subject`] every subject, stream and durable name, one line each
//! - [`lifecycle`] the ticket's states and transitions; nothing else in the product knows them
//! - [`district`] the divisions and units that can be named
//! - [`duty`] who is told when a clock warns or is over
//!
//! The contract is append-only: a new field has a default, anything else is a new subject version.
//! Frozen samples of every message lie in `golden/` and a test decodes them all.

#[macro_use]
pub mod lifecycle;
pub mod clock;
pub mod cluster;
pub mod district;
pub mod duty;
pub mod envelope;
pub mod family;
pub mod id;
pub mod intake;
pub mod problem;
pub mod rules;
pub mod subject;
pub mod supervision;
pub mod text;
pub mod ticket;
pub mod work;
