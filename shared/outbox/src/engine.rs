//! Runs a handler on a batch in one transaction.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bus::{
    Clock,
    consume::{Delivery, Settled, Work},
    trace,
};
use contracts::{
    envelope::{Envelope, Inbound, Outbound},
    problem::Problem,
};
use sea_orm::DbErr;
use tracing::Span;

use crate::{
    Db, Decision, Fault, Handler, Heard, Refusal, Relay, Said, Tx,
    bulk::{self, Existing},
    dead_letter,
    entity::{dead_letter as dead, inbox},
    metrics::Metrics,
    packet::{Message, Packets},
};

/// After so many deliveries a message that still comes too early is given up: about ten minutes.
const MAX_EARLY: u64 = 25;

/// A handler with its database, its clock and its relay. Clones share all of them.
#[derive(Debug)]
pub struct Engine<H> {
    handler: Arc<H>,
    db: Db,
    clock: Clock,
    relay: Relay,
    metrics: Arc<Metrics>,
}

impl<H> Clone for Engine<H> {
    fn clone(&self) -> Self {
        Self {
            handler: self.handler.clone(),
            db: self.db.clone(),
            clock: self.clock.clone(),
            relay: self.relay.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

/// Messages of one transaction, each with the span that it is handled in and the trace context that it came with.
pub(crate) struct Batch<B> {
    messages: Vec<Inbound<B>>,
    spans: Vec<(Span, Option<String>)>,
}

impl<B> Batch<B> {
    pub(crate) fn with_capacity(n: usize) -> Self {
        Self { messages: Vec::with_capacity(n), spans: Vec::with_capacity(n) }
    }

    pub(crate) fn push(&mut self, message: Inbound<B>, span: Span, trace: Option<String>) {
        self.messages.push(message);
        self.spans.push((span, trace));
    }
}

/// What became of one message of a batch.
pub(crate) enum Verdict<A> {
    Said(A),
    Duplicate,
    Refused(Refusal),
}

/// What a batch writes besides the service's own rows.
#[derive(Default)]
struct Ledger {
    handled: usize,
    inbox: Vec<inbox::Model>,
    said: Packets,
    dead: Vec<dead::Model>,
}

impl<H: Handler> Engine<H> {
    /// A handler at work.
    pub fn new(handler: H, db: Db, clock: Clock, relay: Relay) -> Self {
        Self { handler: Arc::new(handler), db, clock, relay, metrics: Arc::new(Metrics::new(H::SERVICE)) }
    }

    /// The clock that messages are stamped with.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The handler itself.
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Handles messages that came in directly; the answers are in their order.
    pub(crate) async fn run_direct(&self, batch: &Batch<H::Heard>) -> Result<Vec<Verdict<H::Answer>>, Fault> {
        let tx = self.db.write().await?;
        let mut ledger = Ledger::default();
        let verdicts = self.decide_all(&tx, batch, &mut ledger).await?;
        self.finish(tx, ledger).await?;
        Ok(verdicts)
    }

    /// Load, decide, save; the ledger gets what goes beside.
    async fn decide_all(&self, tx: &Tx, batch: &Batch<H::Heard>, ledger: &mut Ledger) -> Result<Vec<Verdict<H::Answer>>, Fault> {
        let Batch { messages, spans } = batch;
        let ids: Vec<Option<String>> = messages.iter().map(|m| m.body.remembered().then(|| m.id.to_string())).collect();
        let mut seen = known(tx, &ids.iter().flatten().cloned().collect::<Vec<_>>()).await?;
        let mut desk = self.handler.load(tx, messages).await?;
        let mut verdicts = Vec::with_capacity(messages.len());
        for ((message, id), (span, trace)) in messages.iter().zip(ids).zip(spans) {
            if id.as_ref().is_some_and(|id| seen.contains(id)) {
                verdicts.push(Verdict::Duplicate);
                continue;
            }
            let decision: Decision<H::Answer> = span.in_scope(|| self.handler.decide(&mut desk, message));
            verdicts.push(match decision {
                Ok(Said { outbound, answer }) => {
                    let trace = trace::outgoing(span, trace.as_deref());
                    ledger.say(H::SERVICE, outbound, trace.as_deref());
                    ledger.handled += 1;
                    if let Some(id) = id {
                        ledger.inbox.push(inbox::Model { msg_id: id.clone(), at_ms: message.now.timestamp_millis() });
                        seen.insert(id);
                    }
                    Verdict::Said(answer)
                }
                Err(refusal) => Verdict::Refused(refusal),
            });
        }
        self.handler.save(tx, desk).await?;
        Ok(verdicts)
    }

    async fn finish(&self, tx: Tx, ledger: Ledger) -> Result<(), Fault> {
        // a replica that handled the same message at the same time makes this fail, and the batch runs again
        bulk::write::<inbox::Entity>(&*tx, &ledger.inbox, Existing::Fail).await?;
        let said = ledger.said.messages();
        let packets = ledger.said.save(&tx).await?;
        let dead = ledger.dead.len();
        dead_letter::keep(&tx, ledger.dead).await?;
        tx.commit().await?;
        self.metrics.committed(ledger.handled, said, dead);
        self.relay.offer(packets);
        Ok(())
    }

    /// Decides something that no message asked for (a timer), in the same kind of transaction: `decide` gets the
    /// transaction and gives what to say.
    pub async fn spontaneous<F>(&self, decide: F) -> Result<usize, Fault>
    where
        F: AsyncFnOnce(&Tx) -> Result<Vec<Outbound>, Fault>,
    {
        let tx = self.db.write().await?;
        let mut ledger = Ledger::default();
        let outbound = decide(&tx).await?;
        let said = outbound.len();
        ledger.say(H::SERVICE, outbound, None);
        self.finish(tx, ledger).await?;
        Ok(said)
    }
}

impl Ledger {
    fn say(&mut self, service: &str, outbound: Vec<Outbound>, trace: Option<&str>) {
        for mut o in outbound {
            let stream = std::mem::take(&mut o.stream);
            self.said.add(&stream, o.time.timestamp_millis(), Message::new(o, service, trace));
        }
    }
}

impl<H: Handler> Work for Engine<H> {
    async fn run(&self, batch: &[Delivery], last_resort: bool) -> Result<Vec<Settled>, String> {
        match self.run_deliveries(batch).await {
            // one message that the database refuses for what it holds, not because the database is away
            Err(Fault::Db(e)) if last_resort && !is_connection(&e) => {
                let problem = Problem::new(
                    "database_refused",
                    "数据库多次拒绝保存此消息，详见服务日志",
                    "the database refused this message again and again; see the service's log",
                );
                tracing::error!(error = %e, "a message is set aside as a dead letter");
                self.set_aside(batch, &problem).await.map_err(|e| e.to_string())
            }
            other => other.map_err(|e| e.to_string()),
        }
    }
}

impl<H: Handler> Engine<H> {
    async fn run_deliveries(&self, batch: &[Delivery]) -> Result<Vec<Settled>, Fault> {
        let now = self.clock.now();
        let mut ledger = Ledger::default();
        let mut settled = vec![Settled::Done; batch.len()];
        let mut readable = Batch::with_capacity(batch.len());
        let mut places = Vec::with_capacity(batch.len());
        for (i, d) in batch.iter().enumerate() {
            match read::<H::Heard>(d) {
                Ok((envelope, body)) => {
                    let span = trace::process_span(H::SERVICE, &envelope.kind, envelope.trace.as_deref());
                    let id = H::Heard::identity(&envelope, d);
                    readable.push(Inbound { id, seq: envelope.seq, now, body }, span, envelope.trace);
                    places.push((i, id));
                }
                Err(problem) => {
                    ledger.say(H::SERVICE, self.handler.unreadable(d, &problem, now), None);
                    ledger.dead.push(dead_letter::row(d, None, &problem, now));
                }
            }
        }
        let tx = self.db.write().await?;
        let verdicts = self.decide_all(&tx, &readable, &mut ledger).await?;
        for (verdict, (i, id)) in verdicts.into_iter().zip(places) {
            let delivery = &batch[i];
            match verdict {
                Verdict::Said(_) => {}
                Verdict::Duplicate => self.metrics.duplicate(),
                Verdict::Refused(Refusal::TooEarly(why)) if delivery.delivered < MAX_EARLY => {
                    tracing::debug!(why, delivered = delivery.delivered, subject = delivery.subject, "too early");
                    settled[i] = Settled::Later(early_delay(delivery));
                }
                Verdict::Refused(Refusal::TooEarly(why)) => {
                    let problem =
                        Problem::new("too_early", format!("等待前序消息超时：{why}"), format!("waited too long: {why}"));
                    ledger.dead.push(dead_letter::row(delivery, Some(id), &problem, now));
                }
                Verdict::Refused(Refusal::Illegal(problem)) => {
                    ledger.dead.push(dead_letter::row(delivery, Some(id), &problem, now))
                }
            }
        }
        self.finish(tx, ledger).await?;
        Ok(settled)
    }

    async fn set_aside(&self, batch: &[Delivery], problem: &Problem) -> Result<Vec<Settled>, Fault> {
        let now = self.clock.now();
        let dead = batch.iter().map(|d| dead_letter::row(d, None, problem, now)).collect();
        self.finish(self.db.write().await?, Ledger { dead, ..Ledger::default() }).await?;
        Ok(vec![Settled::Done; batch.len()])
    }
}

/// The ids among these that took effect before.
async fn known(tx: &Tx, ids: &[String]) -> Result<HashSet<String>, DbErr> {
    let rows = bulk::find_in::<inbox::Entity>(&**tx, inbox::Column::MsgId, ids).await?;
    Ok(rows.into_iter().map(|row| row.msg_id).collect())
}

fn read<B: Heard>(d: &Delivery) -> Result<(Envelope, B), Problem> {
    let envelope = Envelope::read(|name| d.header(name))?;
    let body = B::read(&d.subject, &envelope, &d.body)?;
    Ok((envelope, body))
}

/// 0.2 s, then longer, to 30 s; spread by the message's place so that a crowd does not come back at once.
fn early_delay(d: &Delivery) -> Duration {
    let base = 200u64.saturating_mul(1 << d.delivered.min(8)).min(30_000) / 2;
    Duration::from_millis(base + (d.sequence % 64) * base / 64)
}

fn is_connection(e: &DbErr) -> bool {
    matches!(e, DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
}
