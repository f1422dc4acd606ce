//! All units of the district as one outside program: each item is worked once, whatever is killed meanwhile.
//!
//! It is what the contract asks of a department: an act has an id that is derived from its work order, so that it
//! can be sent again until it is answered; a ledger knows what was delivered before; an item is acknowledged when it
//! is worked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::jetstream::{AckKind, Message, consumer::pull};
use contracts::{
    district::District,
    family::Family,
    id::{OrderId, TicketId, UnitId},
    lifecycle::Note,
    problem::Problem,
    subject,
    work::{AnswerOutcome, QueueItem, Task, UnitAnswer},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::outside::{Letter, Outside};

/// An answer that does not come in this time is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// What a unit has on its desk.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose desk.
    pub unit: UnitId,
    /// The ticket.
    pub ticket: TicketId,
    /// How often it was delivered.
    pub delivered: u32,
    /// It is worked.
    pub done: bool,
}

/// What was delivered: by work order and kind of item.
pub type Ledger = HashMap<(OrderId, String), Entry>;

/// The units at work.
#[derive(Clone, Debug)]
pub struct Crew {
    outside: Outside,
    ledger: Arc<Mutex<Ledger>>,
    refused: Arc<Mutex<Vec<(String, Problem)>>>,
}

impl Crew {
    /// Every unit of the sample district starts to work its queue.
    pub fn start(outside: &Outside) -> Self {
        let crew = Self { outside: outside.clone(), ledger: Arc::default(), refused: Arc::default() };
        for unit in District::sample().units() {
            tokio::spawn(crew.clone().serve(unit.id.clone()));
        }
        crew
    }

    /// What was delivered so far.
    pub fn ledger(&self) -> Ledger {
        self.ledger.lock().unwrap().clone()
    }

    /// Acts that were refused, which none should be.
    pub fn refused(&self) -> Vec<(String, Problem)> {
        self.refused.lock().unwrap().clone()
    }

    async fn serve(self, unit: UnitId) {
        loop {
            if let Err(e) = self.serve_once(&unit).await {
                tracing::debug!(%unit, error = %e, "the queue is opened again");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn serve_once(&self, unit: &UnitId) -> Result<(), async_nats::Error> {
        let queue = self.outside.js().get_stream_no_info(subject::QUEUES).await?;
        let consumer = queue.get_consumer::<pull::Config>(&subject::queue_durable(unit)).await?;
        let pulling = consumer.stream().max_messages_per_batch(32).expires(Duration::from_secs(20));
        let mut messages = pulling.heartbeat(Duration::from_secs(2)).messages().await?;
        while let Some(message) = messages.next().await {
            tokio::spawn(self.clone().take(unit.clone(), message?));
        }
        Ok(())
    }

    async fn take(self, unit: UnitId, message: Message) {
        let kind = subject::last_token(&message.subject).to_owned();
        let item = QueueItem::decode(&kind, &message.payload).unwrap_or_else(|e| panic!("{}: {e}", message.subject));
        let task = item.task().clone();
        let key = (task.order, kind);
        let known = {
            let mut ledger = self.ledger.lock().unwrap();
            let fresh = Entry { unit: unit.clone(), ticket: task.ticket, delivered: 0, done: false };
            let entry = ledger.entry(key.clone()).or_insert(fresh);
            entry.delivered += 1;
            (entry.delivered > 1).then_some(entry.done)
        };
        match known {
            // still in hand: it is acknowledged when it is done, or comes again
            Some(false) => return,
            Some(true) => {}
            None => {
                let trace = message.headers.as_ref().and_then(|h| h.get("traceparent")).map(|t| t.as_str().to_owned());
                Desk { crew: &self, unit, task, trace }.work(&item).await;
                self.ledger.lock().unwrap().get_mut(&key).unwrap().done = true;
            }
        }
        // lost only means that it comes again
        let _ = message.ack_with(AckKind::Ack).await;
    }
}

/// One item in hand.
struct Desk<'a> {
    crew: &'a Crew,
    unit: UnitId,
    task: Task,
    trace: Option<String>,
}

impl Desk<'_> {
    async fn work(&self, item: &QueueItem) {
        match item {
            QueueItem::WorkOrder(_) => {
                self.does("sign", "handler", json!({"do": "sign"})).await;
                self.does("progress", "handler", json!({"do": "progress", "note": "已到现场"})).await;
                let result = json!({"factual": true, "solved": true, "contacted_at": self.task.at, "public_reply": "已处理完毕"});
                self.does("report", "handler", json!({"do": "report", "result": result})).await;
            }
            QueueItem::Consultation(i) => {
                let decision =
                    json!({"do": "decide", "lead": i.lead, "responsible": i.others, "days": 12, "minutes": "会商纪要"});
                self.does("decide", "convener", decision).await;
            }
            QueueItem::Check(_) => self.does("check", "checker", json!({"do": "check", "pass": true})).await,
            QueueItem::Callback(_) => {
                let answers = json!({"contacted": true, "solved": true, "satisfied": true, "tries": 1});
                self.does("call_back", "callback", json!({"do": "call_back", "answers": answers})).await;
            }
            // what classification is not sure of is accepted as it proposes
            QueueItem::Triage(_) => self.does("accept", "taker", json!({"do": "accept"})).await,
            QueueItem::Notice(i) if i.note == Note::Alarm => {
                self.does("answer_alarm", "taker", json!({"do": "answer_alarm", "answer": "110", "note": "已转110"})).await;
            }
            QueueItem::Copy(_) | QueueItem::Review(_) | QueueItem::Request(_) | QueueItem::Notice(_) => {}
        }
    }

    /// Does an act until it is answered. Who has to wait for another unit (a lead for the results of the responsible,
    /// these for the lead's signature) tries again, as a new act.
    async fn does(&self, step: &str, who: &str, act: Value) {
        let Task { ticket, order, .. } = self.task;
        let body = json!({"ticket": ticket, "order": order, "person": format!("{}-{who}", self.unit), "act": act}).to_string();
        for n in 1.. {
            let id = format!("{order} {step} {n}");
            let letter = Letter::act(&self.unit, &id, body.clone()).header("traceparent", self.trace.as_deref());
            match self.asks(&letter, &id).await {
                AnswerOutcome::Done => return,
                AnswerOutcome::Refused { problem } if matches!(problem.code.as_str(), "co_handlers_done" | "not_yet") => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                AnswerOutcome::Refused { problem } => {
                    self.crew.refused.lock().unwrap().push((id, problem));
                    return;
                }
            }
        }
    }

    async fn asks(&self, letter: &Letter, id: &str) -> AnswerOutcome {
        let ticket = Some(self.task.ticket);
        let answered = |said: &crate::ear::Said| {
            let near = said.subject.starts_with("answer.") && said.ticket() == ticket;
            let answer = near.then(|| serde_json::from_slice::<UnitAnswer>(&said.body).ok())??;
            (answer.act == id).then_some(answer.outcome)
        };
        loop {
            if self.crew.outside.try_send(letter).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let ear = self.crew.outside.ear();
            if let Some(outcome) = ear.listen_for(ASK_AGAIN, |heard, from| heard[from..].iter().find_map(answered)).await {
                return outcome;
            }
        }
    }
}
