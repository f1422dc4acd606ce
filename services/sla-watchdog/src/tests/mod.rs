//! Decisions as values; rows and alarms on a real database.

mod alarms;
mod decisions;
mod facts;
mod ladder;
mod ledger;
mod rearm;
mod rows;
