//! What the watchdog does with the facts that it hears: load, decide, save.

use std::collections::{HashMap, HashSet};

use contracts::{
    envelope::{Envelope, Inbound},
    id::TicketId,
    problem::Problem,
    ticket::TicketFact,
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx};
use sla::SlaError;

use crate::{
    alarms::Rules,
    domain::Watch,
    metrics::Metrics,
    news::{News, news},
    store,
};

/// What a fact says about clocks; nothing, if it leaves them alone.
#[derive(Clone, Debug)]
pub struct Heard(pub Option<News>);

impl HeardTrait for Heard {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        let fact: TicketFact = envelope.open(body)?;
        // without its place a fact can't be told from one that is out of date
        let seq = envelope.seq.and_then(|n| i64::try_from(n).ok()).filter(|n| *n > 0).ok_or_else(|| {
            Problem::new(
                "missing_header",
                "缺少消息头 ce-ticketseq，或不是正整数",
                "header ce-ticketseq is missing or not positive",
            )
        })?;
        news(&fact, seq).map(Self)
    }
}

/// Watches clocks.
#[derive(Debug)]
pub struct Watchdog {
    pub(crate) rules: Rules,
    pub(crate) metrics: Metrics,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    pub(crate) watches: HashMap<TicketId, Watch>,
    changed: HashSet<TicketId>,
}

impl Watchdog {
    /// With these rules.
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, metrics: Metrics::new() }
    }
}

impl Handler for Watchdog {
    const SERVICE: &'static str = "sla-watchdog";
    const INBOX: bool = false;
    type Heard = Heard;
    type Desk = Desk;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let tickets: HashSet<TicketId> = batch.iter().filter_map(|m| m.body.0.as_ref()).map(|t| t.ticket).collect();
        let tickets: Vec<String> = tickets.into_iter().map(|t| t.to_string()).collect();
        let watches = store::watches(tx, &tickets).await?;
        Ok(Desk { watches: watches.into_iter().map(|w| (w.ticket, w)).collect(), ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<()> {
        let nothing = Said { outbound: Vec::new(), answer: () };
        let Some(news) = &message.body.0 else { return Ok(nothing) };
        let mut watch = desk.watches.get(&news.ticket).cloned().unwrap_or_else(|| Watch::unheard(news.ticket));
        if watch.take(news) {
            self.rules.wind(&mut watch).map_err(|e| Refusal::Illegal(no_deadline(&e)))?;
            desk.changed.insert(news.ticket);
            desk.watches.insert(news.ticket, watch);
        }
        Ok(nothing)
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        let changed: Vec<Watch> = desk.changed.iter().filter_map(|t| desk.watches.remove(t)).collect();
        store::save(tx, &changed).await?;
        self.metrics.armed(changed.iter().filter(|w| w.next.is_some()).count());
        Ok(())
    }
}

fn no_deadline(e: &SlaError) -> Problem {
    Problem::new(
        "bad_deadline",
        format!("派单的时限无法计时：{e}"),
        format!("no clock can run to the deadline of this dispatch: {e}"),
    )
}
