//! What the watchdog does with the facts that it hears: load, decide, save.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use contracts::{
    envelope::{Envelope, Inbound},
    id::TicketId,
    problem::Problem,
    rules::{Changed, RulesFact},
    ticket::TicketFact,
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx};
use sla::{RulesError, SlaError};

use crate::{
    alarms::Rules,
    domain::Watch,
    metrics::Metrics,
    news::{News, news},
    store,
};

/// What the watchdog hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// What a fact says about clocks; nothing, if it leaves them alone.
    Ticket(Option<News>),
    /// Another version of the district's rules.
    Rules(Box<Changed>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if subject.starts_with("rules.") {
            let RulesFact::Changed(told) = envelope.open(body)?;
            return Ok(Self::Rules(Box::new(told)));
        }
        let fact: TicketFact = envelope.open(body)?;
        // without its place a fact can't be told from one that is out of date
        let seq = envelope.seq.and_then(|n| i64::try_from(n).ok()).filter(|n| *n > 0).ok_or_else(|| {
            Problem::new(
                "missing_header",
                "缺少消息头 ce-ticketseq，或不是正整数",
                "header ce-ticketseq is missing or not positive",
            )
        })?;
        news(&fact, seq).map(Self::Ticket)
    }

    fn remembered(&self) -> bool {
        false
    }
}

impl Heard {
    /// What it says about clocks.
    pub(crate) fn news(&self) -> Option<&News> {
        match self {
            Self::Ticket(news) => news.as_ref(),
            Self::Rules(_) => None,
        }
    }
}

/// Watches clocks.
#[derive(Debug)]
pub struct Watchdog {
    /// As they were last read; the database has the version in force.
    rules: RwLock<Arc<Rules>>,
    pub(crate) metrics: Metrics,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug)]
pub struct Desk {
    rules: Arc<Rules>,
    pub(crate) watches: HashMap<TicketId, Watch>,
    changed: HashSet<TicketId>,
    new_rules: Vec<NewRules>,
}

/// Rules that the register told.
#[derive(Debug)]
pub(crate) struct NewRules {
    pub told: Changed,
    pub heard: DateTime<Utc>,
    /// They are in force and ring at other instants, so the alarms that are armed must be set anew.
    pub rings_otherwise: bool,
}

impl Desk {
    /// With these rules, and tickets.
    pub(crate) fn new(rules: Arc<Rules>, watches: Vec<Watch>) -> Self {
        let watches = watches.into_iter().map(|w| (w.ticket, w)).collect();
        Self { rules, watches, changed: HashSet::new(), new_rules: Vec::new() }
    }
}

impl Watchdog {
    /// With these rules, until the register tells others.
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules: RwLock::new(Arc::new(rules)), metrics: Metrics::new() }
    }

    /// The rules as they were last read.
    fn last_read(&self) -> Arc<Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The rules in force; read again only if their version changed.
    pub(crate) async fn rules(&self, tx: &Tx) -> Result<Arc<Rules>, Fault> {
        let known = self.last_read();
        let version = store::rules_version(tx).await?;
        if known.version >= version {
            return Ok(known);
        }
        let rules = match store::rules(tx, version).await?.map(|told| Rules::told(&told)) {
            Some(Ok(rules)) => Arc::new(rules),
            // a newer program wrote them; to ring by the last ones is better than not to ring
            other => {
                let error = other.and_then(Result::err).map(|e| e.to_string());
                tracing::error!(version, error, "these rules can't be read; alarms go on by those of before");
                return Ok(known);
            }
        };
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules.clone();
        Ok(rules)
    }
}

impl Handler for Watchdog {
    const SERVICE: &'static str = "sla-watchdog";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let tickets: HashSet<TicketId> = batch.iter().filter_map(|m| m.body.news()).map(|t| t.ticket).collect();
        let tickets: Vec<String> = tickets.into_iter().map(|t| t.to_string()).collect();
        Ok(Desk::new(self.rules(tx).await?, store::watches(tx, &tickets).await?))
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        match &message.body {
            Heard::Ticket(Some(news)) => arm(desk, news)?,
            Heard::Ticket(None) => {}
            Heard::Rules(told) => {
                let rules = Rules::told(told).map_err(|e| Refusal::Illegal(bad_rules(&e)))?;
                let rings_otherwise = rules.version > desk.rules.version && !rules.rings_like(&desk.rules);
                desk.new_rules.push(NewRules { told: (**told).clone(), heard: message.now, rings_otherwise });
            }
        }
        Ok(Said { outbound: Vec::new(), answer: () })
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        store::add_rules(tx, &desk.new_rules).await?;
        let changed: Vec<Watch> = desk.changed.iter().filter_map(|t| desk.watches.remove(t)).collect();
        store::save(tx, &changed).await?;
        self.metrics.armed(changed.iter().filter(|w| w.next.is_some()).count());
        Ok(())
    }
}

/// Sets the clocks that a fact speaks of.
fn arm(desk: &mut Desk, news: &News) -> Result<(), Refusal> {
    let mut watch = desk.watches.get(&news.ticket).cloned().unwrap_or_else(|| Watch::unheard(news.ticket));
    if watch.take(news) {
        desk.rules.wind(&mut watch).map_err(|e| Refusal::Illegal(no_deadline(&e)))?;
        desk.changed.insert(news.ticket);
        desk.watches.insert(news.ticket, watch);
    }
    Ok(())
}

fn bad_rules(e: &RulesError) -> Problem {
    Problem::new("bad_rules", format!("此版规则无法用于计时：{e}"), format!("no clock can run by these rules: {e}"))
}

fn no_deadline(e: &SlaError) -> Problem {
    Problem::new(
        "bad_deadline",
        format!("派单的时限无法计时：{e}"),
        format!("no clock can run to the deadline of this dispatch: {e}"),
    )
}
