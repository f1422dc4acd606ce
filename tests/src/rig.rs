//! The machines that tests run on: real ones, private to the test process, gone when it ends.

mod leash;
pub mod logs;
mod nats;
mod otlp;
mod postgres;

pub use leash::Leashed;
pub use nats::Nats;
pub use otlp::Collector;
pub use postgres::Postgres;
