//! Scenarios, each readable as the rule that it protects. One binary, so that linking happens once.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that can't go on fails")]

mod deadlines;
mod hotline;
mod kills;
mod lifecycle;
mod outside_programs;
mod races;
mod refusals;
mod replicas;
mod stories;
mod submission;
mod telemetry;
mod whole_way;
