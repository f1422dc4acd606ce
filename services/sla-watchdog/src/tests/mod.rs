//! Decisions as values; rows and alarms on a real database.

mod alarms;
mod decisions;
mod facts;
mod ledger;
mod rows;
