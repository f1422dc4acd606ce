//! Every stream and consumer, declared once.
//!
//! Provisioning is idempotent and never deletes: it creates what is missing, changes what may be changed, and
//! says in one sentence what it may not change.

use std::time::Duration;

use async_nats::jetstream::{
    consumer::{AckPolicy, DeliverPolicy, pull},
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType},
};
use contracts::{district::District, subject};

use crate::{Bus, BusError};

/// A service's durable consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    /// The stream.
    pub stream: &'static str,
    /// Name of the consumer; all replicas of a service share it.
    pub durable: &'static str,
    /// What it hears.
    pub filters: &'static [&'static str],
    /// Whether it stands on a ticket's way.
    pub pace: Pace,
}

/// How a reader takes what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// On a ticket's way to its queue.
    AtOnce,
    /// Beside it, where a page or a promise may be a moment late: it gathers, so that the facts of one ticket meet in
    /// one batch and cost one row, and its commits do not stand before those that a ticket waits for.
    Gather,
}

impl Pace {
    /// Most messages that are taken at once: a batch is one transaction.
    pub const fn batch(self) -> usize {
        match self {
            Self::AtOnce => 256,
            Self::Gather => 1024,
        }
    }

    /// How long a batch that is not full waits for more after its first message.
    pub const fn linger(self) -> Duration {
        match self {
            Self::AtOnce => Duration::from_millis(20),
            Self::Gather => Duration::from_millis(500),
        }
    }
}

/// Submissions to intake.
pub const INTAKE: Tap = Tap { stream: subject::INTAKE, durable: "intake", filters: &["intake.*.submit.*"], pace: Pace::AtOnce };
/// How tickets go, to intake, which tells the reporter.
pub const INTAKE_PROGRESS: Tap = Tap {
    stream: subject::FACTS,
    durable: "intake-progress",
    filters: &[
        "ticket.v1.dispatched",
        "ticket.v1.consultation_opened",
        "ticket.v1.signed",
        "ticket.v1.return_asked",
        "ticket.v1.return_ruled",
        "ticket.v1.reported",
        "ticket.v1.checked",
        "ticket.v1.closed",
        "ticket.v1.moved",
        "ticket.v1.noted",
    ],
    pace: Pace::Gather,
};
/// What became of citizens' acts, to intake.
pub const INTAKE_ANSWERS: Tap =
    Tap { stream: subject::ANSWERS, durable: "intake-answers", filters: &["answer.v1.CITIZEN"], pace: Pace::Gather };
/// New tickets to classification.
pub const CLASSIFICATION: Tap =
    Tap { stream: subject::FACTS, durable: "classification", filters: &["ticket.v1.received"], pace: Pace::AtOnce };
/// Classified tickets and clocks that ask for an act of the system, to dispatch.
pub const DISPATCH: Tap = Tap {
    stream: subject::FACTS,
    durable: "dispatch",
    filters: &["ticket.v1.classified", "clock.v1.expired", "clock.v1.warned", "clock.v1.overdue"],
    pace: Pace::AtOnce,
};
/// Acts of units and citizens to dispatch.
pub const DISPATCH_ACTS: Tap = Tap {
    stream: subject::ACTS,
    durable: "dispatch-acts",
    filters: &["work.*.act.*", subject::CITIZEN_ACTS],
    pace: Pace::AtOnce,
};
/// What is done to clocks, to the watchdog; and the rules that it rings by. Registration and classification leave the
/// clocks to the facts that follow.
pub const SLA_WATCHDOG: Tap = Tap {
    stream: subject::FACTS,
    durable: "sla-watchdog",
    filters: &[
        "ticket.v1.dispatched",
        "ticket.v1.consultation_opened",
        "ticket.v1.signed",
        "ticket.v1.progressed",
        "ticket.v1.return_asked",
        "ticket.v1.return_ruled",
        "ticket.v1.co_reported",
        "ticket.v1.reported",
        "ticket.v1.checked",
        "ticket.v1.closed",
        "ticket.v1.moved",
        "ticket.v1.noted",
        "rules.v1.changed",
    ],
    pace: Pace::Gather,
};
/// Rulings and reclassifications, to classification: what they teach is proposed for the catalogue.
pub const CLASSIFICATION_RULINGS: Tap = Tap {
    stream: subject::FACTS,
    durable: "classification-rulings",
    filters: &["ticket.v1.return_ruled", "ticket.v1.noted"],
    pace: Pace::Gather,
};
/// What a hotline platform wants to know, to the bridge.
pub const HOTLINE_BRIDGE: Tap = Tap {
    stream: subject::FACTS,
    durable: "hotline-bridge",
    filters: &[
        "ticket.v1.signed",
        "ticket.v1.progressed",
        "ticket.v1.reported",
        "ticket.v1.closed",
        "ticket.v1.moved",
        "ticket.v1.noted",
    ],
    pace: Pace::Gather,
};
/// Receipts, to the bridge: a platform hears of an order that intake refused.
pub const HOTLINE_RECEIPTS: Tap =
    Tap { stream: subject::RECEIPTS, durable: "hotline-receipts", filters: &["receipt.v1.*"], pace: Pace::Gather };
/// Everything, to the console.
pub const CONSOLE: Tap =
    Tap { stream: subject::FACTS, durable: "console", filters: &["ticket.v1.*", "clock.v1.*"], pace: Pace::Gather };

/// Tickets as they come, end and are reopened, to classification, which looks what belongs together.
pub const CLASSIFICATION_CLUSTERS: Tap = Tap {
    stream: subject::FACTS,
    durable: "classification-clusters",
    filters: &["ticket.v1.classified", "ticket.v1.dispatched", "ticket.v1.closed", "ticket.v1.moved", "cluster.v1.repeated"],
    pace: Pace::Gather,
};
/// Tickets that say nearly the same, to intake, which knows whether one person reported them.
pub const INTAKE_REPEATS: Tap =
    Tap { stream: subject::FACTS, durable: "intake-repeats", filters: &["cluster.v1.similar"], pace: Pace::Gather };
/// What a dispatcher or a leader is to see of clusters, to dispatch.
pub const DISPATCH_CLUSTERS: Tap = Tap {
    stream: subject::FACTS,
    durable: "dispatch-clusters",
    filters: &["cluster.v1.repeated", "cluster.v1.proposed", "cluster.v1.grown", "cluster.v1.heated", "cluster.v1.sensitive"],
    pace: Pace::Gather,
};
/// All of clusters, to the console.
pub const CONSOLE_TOPICS: Tap =
    Tap { stream: subject::FACTS, durable: "console-topics", filters: &["cluster.v1.*"], pace: Pace::Gather };

/// Rules and periodic work, to the console.
pub const CONSOLE_DECIDED: Tap =
    Tap { stream: subject::FACTS, durable: "console-decided", filters: &["rules.v1.*", "supervision.v1.*"], pace: Pace::Gather };

/// All consumers of services.
pub const TAPS: [Tap; 16] = [
    INTAKE,
    INTAKE_PROGRESS,
    INTAKE_ANSWERS,
    CLASSIFICATION,
    CLASSIFICATION_RULINGS,
    DISPATCH,
    DISPATCH_ACTS,
    SLA_WATCHDOG,
    HOTLINE_BRIDGE,
    HOTLINE_RECEIPTS,
    CONSOLE,
    CONSOLE_DECIDED,
    CLASSIFICATION_CLUSTERS,
    INTAKE_REPEATS,
    DISPATCH_CLUSTERS,
    CONSOLE_TOPICS,
];

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How the streams are laid out on the servers.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Copies of each stream: 1 on a single server, 3 in a cluster.
    pub replicas: usize,
    /// Upper bound of each stream in bytes; a full stream refuses, it does not forget.
    pub max_bytes: i64,
}

impl Default for Layout {
    fn default() -> Self {
        Self { replicas: 1, max_bytes: 1 << 30 }
    }
}

/// One thing that provisioning did or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was as declared.
    Same(String),
    /// It was missing and was made (or would be, in a check).
    Missing(String),
    /// It differed and was changed (or would be, in a check).
    Changed(String),
}

impl Bus {
    /// Makes streams and consumers as declared. With `check` it only looks.
    pub async fn provision(&self, layout: &Layout, district: &District, check: bool) -> Result<Vec<Finding>, BusError> {
        let mut findings = Vec::new();
        for (name, subjects) in subject::STREAM_SUBJECTS {
            findings.push(self.provision_stream(stream_config(name, subjects, layout), check).await?);
        }
        for tap in TAPS {
            findings.push(self.provision_consumer(tap.stream, service_consumer(&tap), check).await?);
        }
        for unit in district.units() {
            let config = unit_consumer(&subject::queue_durable(&unit.id), subject::queue_of(&unit.id));
            findings.push(self.provision_consumer(subject::QUEUES, config, check).await?);
        }
        Ok(findings)
    }

    async fn provision_stream(&self, want: Config, check: bool) -> Result<Finding, BusError> {
        let name = want.name.clone();
        let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("stream {name}: {e}"));
        let Ok(found) = self.js.get_stream(&name).await else {
            if !check {
                self.js.create_stream(want).await.map_err(|e| failed(&e))?;
            }
            return Ok(Finding::Missing(format!("stream {name}")));
        };
        let have = &found.cached_info().config;
        if have.retention != want.retention {
            let why = format!(
                "its retention is {:?}, declared is {:?}; that can't be changed in place",
                have.retention, want.retention
            );
            return Err(failed(&why));
        }
        if have.persist_mode == Some(PersistenceMode::Async) {
            return Err(failed(&"persist_mode async acknowledges before it writes; delete that setting"));
        }
        if same(have, &want) {
            return Ok(Finding::Same(format!("stream {name}")));
        }
        if !check {
            self.js.update_stream(want).await.map_err(|e| failed(&e))?;
        }
        Ok(Finding::Changed(format!("stream {name}")))
    }

    async fn provision_consumer(&self, stream: &str, want: pull::Config, check: bool) -> Result<Finding, BusError> {
        let name = want.durable_name.clone().unwrap_or_default();
        let label = format!("consumer {name} on {stream}");
        let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("{label}: {e}"));
        let Ok(s) = self.js.get_stream_no_info(stream).await else {
            return Ok(Finding::Missing(label.clone()));
        };
        let info = s.consumer_info(&name).await.ok();
        let finding = match &info {
            None => Finding::Missing(label.clone()),
            Some(i)
                if filters(&i.config.filter_subject, &i.config.filter_subjects)
                    == filters(&want.filter_subject, &want.filter_subjects)
                    && i.config.ack_wait == want.ack_wait
                    && i.config.max_deliver == want.max_deliver
                    && i.config.max_ack_pending == want.max_ack_pending =>
            {
                Finding::Same(label.clone())
            }
            Some(_) => Finding::Changed(label.clone()),
        };
        if !check && !matches!(finding, Finding::Same(_)) {
            s.create_consumer(want).await.map_err(|e| failed(&e))?;
        }
        Ok(finding)
    }

    /// Messages that wait in a consumer: not delivered yet, and delivered but not acknowledged.
    pub async fn backlog(&self, stream: &str, durable: &str) -> Result<(u64, usize), BusError> {
        let failed = |e: &dyn std::fmt::Display| BusError::Topology(format!("consumer {durable} on {stream}: {e}"));
        let s = self.js.get_stream_no_info(stream).await.map_err(|e| failed(&e))?;
        let info = s.consumer_info(durable).await.map_err(|e| failed(&e))?;
        Ok((info.num_pending, info.num_ack_pending))
    }
}

fn stream_config(name: &str, subjects: &[&str], layout: &Layout) -> Config {
    let queue = name == subject::QUEUES;
    Config {
        name: name.into(),
        subjects: subjects.iter().map(|&s| s.to_owned()).collect(),
        // a unit's queue empties as the unit works; everything else is kept for replay
        retention: if queue { RetentionPolicy::WorkQueue } else { RetentionPolicy::Limits },
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: layout.replicas,
        max_bytes: layout.max_bytes,
        // submissions hold personal data: no longer than a restore needs
        max_age: if queue {
            Duration::ZERO
        } else if name == subject::INTAKE {
            7 * DAY
        } else {
            30 * DAY
        },
        duplicate_window: Duration::from_secs(120),
        // our relays send batches, and so may a hotline platform or a department with much to say
        allow_atomic_publish: true,
        allow_direct: true,
        deny_delete: true,
        ..Config::default()
    }
}

fn same(have: &Config, want: &Config) -> bool {
    have.subjects == want.subjects
        && have.num_replicas == want.num_replicas
        && have.max_bytes == want.max_bytes
        && have.max_age == want.max_age
        && have.discard == want.discard
        && have.duplicate_window == want.duplicate_window
        && have.allow_atomic_publish == want.allow_atomic_publish
}

fn service_consumer(tap: &Tap) -> pull::Config {
    let (one, many) = match tap.filters {
        [one] => ((*one).to_owned(), Vec::new()),
        many => (String::new(), many.iter().map(|&f| f.to_owned()).collect()),
    };
    pull::Config {
        durable_name: Some(tap.durable.to_owned()),
        filter_subject: one,
        filter_subjects: many,
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        // what a killed replica had in hand comes to another after this; a batch takes milliseconds
        ack_wait: Duration::from_secs(15),
        max_deliver: -1,
        max_ack_pending: 4096,
        ..pull::Config::default()
    }
}

fn unit_consumer(durable: &str, filter: String) -> pull::Config {
    pull::Config {
        durable_name: Some(durable.to_owned()),
        filter_subject: filter,
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30),
        max_deliver: -1,
        max_ack_pending: 1000,
        ..pull::Config::default()
    }
}

fn filters(one: &str, many: &[String]) -> Vec<String> {
    let mut all: Vec<String> = many.to_vec();
    if !one.is_empty() {
        all.push(one.to_owned());
    }
    all.sort();
    all
}
