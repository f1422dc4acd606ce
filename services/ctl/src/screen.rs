//! What people see: answers on stdout, notes on stderr, and the exit code.

use std::io::{self, Write};

use chrono::DateTime;
use contracts::problem::Problem;

/// How a command ended that could be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Good,
    /// Exit code 1: something was found or refused; it was told on the way.
    Bad,
}

impl Outcome {
    /// Good if `good`.
    pub fn of(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

/// One line of the answer. An error is for the caller to pass on: `println!` would panic on a closed pipe.
pub fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// One line about the answer. That nobody can read it is no reason to stop.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Both sentences of a problem.
pub fn both(problem: &Problem) -> String {
    format!("{} / {}", problem.zh, problem.en)
}

/// Milliseconds since 1970 as date and time in China.
pub fn china(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map_or_else(|| ms.to_string(), |at| at.with_timezone(&sla::CHINA).format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Did it end because the reader of our output is gone?
pub fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.chain().any(|c| c.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
