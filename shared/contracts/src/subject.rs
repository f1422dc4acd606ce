//! Every subject, stream and durable name of the system.

use crate::id::{SourceId, UnitId};

/// Submissions from outside. All versions land here, so that a wrong one gets an answer instead of silence.
pub const INTAKE: &str = "INTAKE";
/// Receipts to sources.
pub const RECEIPTS: &str = "RECEIPTS";
/// Facts about tickets, clocks, rules and periodic work, told to everyone.
pub const FACTS: &str = "FACTS";
/// Work queues of units; an item is gone when its unit has acknowledged it.
pub const QUEUES: &str = "QUEUES";
/// Acts of units.
pub const ACTS: &str = "ACTS";
/// Answers to acts.
pub const ANSWERS: &str = "ANSWERS";

/// Acts of citizens, sent by intake after it has checked number and code.
pub const CITIZEN_ACTS: &str = "citizen.v1.act";
/// In place of a unit on `answer.v1.<unit>`: answers to citizens, which intake hears.
pub const CITIZEN: &str = "CITIZEN";

/// What each stream stores.
pub const STREAM_SUBJECTS: [(&str, &[&str]); 6] = [
    (INTAKE, &["intake.*.submit.*"]),
    (RECEIPTS, &["receipt.v1.*"]),
    (FACTS, &["ticket.v1.*", "clock.v1.*", "cluster.v1.*", "rules.v1.*", "supervision.v1.*"]),
    (QUEUES, &["queue.v1.*.*"]),
    (ACTS, &["work.*.act.*", CITIZEN_ACTS]),
    (ANSWERS, &["answer.v1.*"]),
];

/// Where a source sends its reports.
pub fn submit(source: &SourceId) -> String {
    format!("intake.v1.submit.{source}")
}

/// Where a source gets its receipts.
pub fn receipt(source: &SourceId) -> String {
    format!("receipt.v1.{source}")
}

/// A fact of a family: `ticket.v1.received`, `clock.v1.overdue`.
pub fn fact(family: &str, kind: &str) -> String {
    format!("{family}.{kind}")
}

/// An item of a unit's queue.
pub fn queue(unit: &UnitId, kind: &str) -> String {
    format!("queue.v1.{unit}.{kind}")
}

/// All items of a unit's queue.
pub fn queue_of(unit: &UnitId) -> String {
    format!("queue.v1.{unit}.*")
}

/// The durable consumer that a unit pulls its queue from.
pub fn queue_durable(unit: &UnitId) -> String {
    format!("unit-{unit}")
}

/// Where a unit sends its acts.
pub fn act(unit: &UnitId) -> String {
    format!("work.v1.act.{unit}")
}

/// Where a unit hears what became of its acts.
pub fn answer(unit: &UnitId) -> String {
    format!("answer.v1.{unit}")
}

/// `ce-source` of a source.
pub fn source_uri(source: &SourceId) -> String {
    format!("/sources/{source}")
}

/// `ce-source` of a unit.
pub fn unit_uri(unit: &UnitId) -> String {
    format!("/units/{unit}")
}

/// The last token of a subject: source or unit.
pub fn last_token(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or(subject)
}
