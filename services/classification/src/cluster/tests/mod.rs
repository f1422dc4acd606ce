//! What belongs together: a year of messages in memory, and facts in, rows and facts out on a real database.

mod rows;
mod year;
