//! A unit with its queue, as a program of that unit would work it: pull, act, hear what became of the act.

use std::collections::VecDeque;

use async_nats::jetstream::{consumer::pull, message::Acker};
use chrono::{DateTime, Utc};
use contracts::{
    family::Family,
    id::{OrderId, TicketId, UnitId},
    problem::Problem,
    subject,
    work::{AnswerOutcome, QueueItem, Task as Item},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{
    PATIENCE,
    outside::{Letter, Outside},
};

/// A unit at its desk.
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    outside: Outside,
    queue: pull::Stream,
    /// Items that came while another was waited for.
    aside: VecDeque<Task>,
}

/// An item of the queue; it is not acknowledged until [`Task::taken`].
pub struct Task {
    /// What the unit reads.
    pub item: QueueItem,
    acker: Acker,
}

impl Task {
    /// What every item tells.
    pub fn task(&self) -> &Item {
        self.item.task()
    }

    /// The piece of work that an act names.
    pub fn order(&self) -> OrderId {
        self.task().order
    }

    /// The unit has it; the broker forgets it.
    ///
    /// # Panics
    /// If the broker is away.
    pub async fn taken(&self) {
        self.acker.ack().await.expect("the broker is up");
    }
}

impl Unit {
    pub(super) async fn open(outside: Outside, id: &str) -> Self {
        let id: UnitId = id.parse().expect("a unit id");
        let durable = subject::queue_durable(&id);
        let consumer = outside.js().get_consumer_from_stream::<pull::Config, _, _>(durable, subject::QUEUES);
        let consumer = consumer.await.unwrap_or_else(|e| panic!("{id} has no queue: {e}"));
        let queue = consumer.messages().await.expect("the broker is up");
        Self { id, outside, queue, aside: VecDeque::new() }
    }

    /// Waits for the next item of this kind (`order`, `copy`, `check` …) about a ticket, and takes it.
    ///
    /// # Panics
    /// After [`PATIENCE`].
    pub async fn takes(&mut self, kind: &str, ticket: impl Into<TicketId>) -> Task {
        let ticket = ticket.into();
        let is_it = |t: &Task| t.item.kind() == kind && t.task().ticket == ticket;
        if let Some(at) = self.aside.iter().position(is_it) {
            return self.aside.remove(at).expect("it was found");
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(deadline, self.next()).await;
            let task = next.unwrap_or_else(|_| panic!("{}: no {kind} about {ticket} in its queue in {PATIENCE:?}", self.id));
            task.taken().await;
            if is_it(&task) {
                return task;
            }
            self.aside.push_back(task);
        }
    }

    async fn next(&mut self) -> Task {
        let message = self.queue.next().await.expect("the queue does not end").expect("the broker is up");
        let (message, acker) = message.split();
        let kind = subject::last_token(&message.subject).to_owned();
        let item = QueueItem::decode(&kind, &message.payload).unwrap_or_else(|e| panic!("{}: {e}", message.subject));
        Task { item, acker }
    }

    /// 签收.
    pub async fn signs(&self, task: &Task) -> Result<(), Problem> {
        self.does(task, "handler", json!({"do": "sign"})).await
    }

    /// Notes progress.
    pub async fn notes(&self, task: &Task, note: &str) -> Result<(), Problem> {
        self.does(task, "handler", json!({"do": "progress", "note": note})).await
    }

    /// 反馈: it is done and solved.
    pub async fn reports(&self, task: &Task, reply: &str) -> Result<(), Problem> {
        let at: DateTime<Utc> = task.task().at;
        let result = json!({"factual": true, "solved": true, "contacted_at": at, "public_reply": reply});
        self.does(task, "handler", json!({"do": "report", "result": result})).await
    }

    /// 退单: another unit must act.
    pub async fn returns(&self, task: &Task, propose: &str) -> Result<(), Problem> {
        let basis = "《吉州区权责清单》";
        let act = json!({"do": "return", "reason": "不属本单位职责", "legal_basis": basis, "propose": propose});
        self.does(task, "handler", act).await
    }

    /// The centre grants a return: the order goes to `to`.
    pub async fn grants(&self, task: &Task, to: &str) -> Result<(), Problem> {
        let act = json!({"do": "rule", "ruling": {"kind": "grant", "to": to}, "reason": "同意退单"});
        self.does(task, "dispatcher", act).await
    }

    /// The centre decides a consultation.
    pub async fn decides(&self, task: &Task, lead: &str, responsible: &[&str], days: u32) -> Result<(), Problem> {
        let act = json!({"do": "decide", "lead": lead, "responsible": responsible, "days": days, "minutes": "会商纪要"});
        self.does(task, "convener", act).await
    }

    /// The centre passes a result.
    pub async fn passes(&self, task: &Task) -> Result<(), Problem> {
        self.does(task, "checker", json!({"do": "check", "pass": true})).await
    }

    /// The centre calls the citizen, who is content.
    pub async fn calls_back(&self, task: &Task) -> Result<(), Problem> {
        let answers = json!({"contacted": true, "solved": true, "satisfied": true, "tries": 1});
        self.does(task, "callback", json!({"do": "call_back", "answers": answers})).await
    }

    /// Does an act as the person `who` of this unit; what was refused comes back as the problem.
    pub async fn does(&self, task: &Task, who: &str, act: Value) -> Result<(), Problem> {
        let (ticket, order) = (task.task().ticket, task.order());
        // an act of a person is its own even if it says the same again
        let id = uuid::Uuid::new_v4().to_string();
        let body = json!({"ticket": ticket, "order": order, "person": format!("{}-{who}", self.id), "act": act});
        let answer = self.outside.act(&Letter::act(&self.id, &id, body.to_string())).await;
        match answer.outcome {
            AnswerOutcome::Done => Ok(()),
            AnswerOutcome::Refused { problem } => Err(problem),
        }
    }
}
