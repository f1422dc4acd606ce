//! The direct way in: requests over HTTP, grouped so that one commit serves many.

use std::time::Duration;

use bus::{topology::Pace, trace};
use contracts::{envelope::Inbound, id::MessageId, problem::Problem};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::{
    Engine, Fault, Handler, Refusal,
    engine::{Batch, Verdict},
};

/// Requests that may wait; more are told that the service is busy.
const QUEUE: usize = 2048;

/// A batch that meets another replica's changes is decided again so often.
const TRIES: u32 = 5;

/// Requests that one commit serves at most.
const MAX_BATCH: usize = Pace::AtOnce.batch();

type Reply<A> = oneshot::Sender<Result<A, Problem>>;

struct Request<H: Handler> {
    message: Inbound<H::Heard>,
    span: Span,
    trace: Option<String>,
    reply: Reply<H::Answer>,
}

/// Takes requests to a handler. Clones share the queue.
#[derive(Debug)]
pub struct Door<H: Handler> {
    queue: mpsc::Sender<Request<H>>,
    engine: Engine<H>,
}

impl<H: Handler> Clone for Door<H> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), engine: self.engine.clone() }
    }
}

impl<H: Handler> Door<H> {
    /// Opens the door; a task of its own works the queue until `stop`.
    pub fn open(engine: Engine<H>, stop: CancellationToken) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(work(engine.clone(), waiting, stop));
        Self { queue, engine }
    }

    /// Hands a message in and waits for the commit. `id` is its key in the inbox.
    pub async fn ask(&self, id: MessageId, body: H::Heard, traceparent: Option<String>) -> Result<H::Answer, Problem> {
        let span = Span::current();
        let message = Inbound { id, seq: None, now: self.engine.clock().now(), body };
        let trace = trace::outgoing(&span, traceparent.as_deref());
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Request { message, span, trace, reply }).map_err(|_| busy())?;
        answer.await.map_err(|_| unavailable())?
    }
}

async fn work<H: Handler>(engine: Engine<H>, mut waiting: mpsc::Receiver<Request<H>>, stop: CancellationToken) {
    let mut taken = Vec::with_capacity(MAX_BATCH);
    loop {
        let n = tokio::select! {
            n = waiting.recv_many(&mut taken, MAX_BATCH) => n,
            () = stop.cancelled() => {
                waiting.close();
                waiting.recv_many(&mut taken, MAX_BATCH).await
            }
        };
        if n == 0 {
            return;
        }
        let mut batch = Batch::with_capacity(n);
        let mut replies = Vec::with_capacity(n);
        for r in taken.drain(..) {
            batch.push(r.message, r.span, r.trace);
            replies.push(r.reply);
        }
        let answers = match decide(&engine, &batch).await {
            Ok(verdicts) => verdicts.into_iter().map(answer).collect(),
            Err(problem) => replies.iter().map(|_| Err(problem.clone())).collect::<Vec<_>>(),
        };
        for (answer, reply) in answers.into_iter().zip(replies) {
            // who asked may have gone; what was decided stands
            let _ = reply.send(answer);
        }
    }
}

async fn decide<H: Handler>(engine: &Engine<H>, batch: &Batch<H::Heard>) -> Result<Vec<Verdict<H::Answer>>, Problem> {
    let mut attempt = 1;
    loop {
        match engine.run_direct(batch).await {
            Ok(verdicts) => return Ok(verdicts),
            Err(fault) if attempt == TRIES => {
                tracing::warn!(error = %fault, "requests failed");
                return Err(failed(&fault));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20 * u64::from(attempt))).await,
        }
        attempt += 1;
    }
}

fn answer<A>(verdict: Verdict<A>) -> Result<A, Problem> {
    match verdict {
        Verdict::Said(a) => Ok(a),
        Verdict::Duplicate => Err(Problem::new("repeated", "同一请求已经处理", "this very request was handled already")),
        Verdict::Refused(Refusal::Illegal(problem)) => Err(problem),
        Verdict::Refused(Refusal::TooEarly(why)) => {
            Err(Problem::new("too_early", format!("请稍后再试：{why}"), format!("try again later: {why}")))
        }
    }
}

fn failed(fault: &Fault) -> Problem {
    match fault {
        Fault::Conflict => {
            Problem::new("conflict", "同时有其他修改，请重试", "something else changed at the same time; send it again")
        }
        Fault::Db(_) => unavailable(),
    }
}

fn busy() -> Problem {
    Problem::new("busy", "系统繁忙，请稍后用同一编号重发", "the service is busy; send it again with the same id in a moment")
}

/// Also when the commit's outcome is unknown: sending again under the same id is safe.
fn unavailable() -> Problem {
    Problem::new(
        "unavailable",
        "暂时无法确认是否保存，请用同一编号重发",
        "it is not certain that this was saved; send it again with the same id",
    )
}
