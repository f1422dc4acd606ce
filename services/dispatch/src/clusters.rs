//! What a dispatcher or a leader is to see of repeats, clusters, hot topics and sensitive words: a notice on the
//! district centre's desk. Nothing is done to a ticket; a dispatcher merges (并案), or does not.

use std::collections::HashMap;

use contracts::{
    cluster::{ClusterFact, Topic},
    district::centre,
    envelope::{Envelope, Inbound, Outbound},
    family::Family,
    id::{MessageId, OrderId},
    lifecycle::Note,
    problem::Problem,
    subject,
    work::{Notice, QueueItem},
};
use outbox::{Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx};

use crate::{case::Case, store};

/// Numbers that one notice names.
const NAMED: usize = 20;

/// A fact that asks somebody to look.
#[derive(Clone, Debug)]
pub struct Told(ClusterFact);

impl HeardTrait for Told {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        envelope.open(body).map(Self)
    }
}

/// Puts notices on the desk.
#[derive(Clone, Copy, Debug)]
pub struct Notices;

impl Handler for Notices {
    const SERVICE: &'static str = "dispatch";
    /// A notice has the id that its fact gives it; made twice it is sent once.
    const INBOX: bool = false;
    type Heard = Told;
    type Desk = HashMap<String, Case>;
    type Answer = ();

    async fn load(&self, tx: &Tx, batch: &[Inbound<Told>]) -> Result<Self::Desk, Fault> {
        let tickets: Vec<String> = batch.iter().filter_map(|m| m.body.0.ticket()).map(|t| t.to_string()).collect();
        Ok(store::cases(tx, &tickets).await?)
    }

    fn decide(&self, desk: &mut Self::Desk, message: &Inbound<Told>) -> Decision<()> {
        let nothing = Said { outbound: Vec::new(), answer: () };
        let Some((ticket, said)) = message.body.0.ticket().zip(words(&message.body.0)) else { return Ok(nothing) };
        let case = desk.get(&ticket.to_string()).ok_or(Refusal::TooEarly("the ticket is not classified yet"))?;
        let notice = notice(case, said, message).map_err(Refusal::Illegal)?;
        Ok(Said { outbound: vec![notice], answer: () })
    }

    async fn save(&self, _tx: &Tx, _desk: Self::Desk) -> Result<(), Fault> {
        Ok(())
    }
}

fn notice(case: &Case, said: String, message: &Inbound<Told>) -> Result<Outbound, Problem> {
    let (ticket, now) = (case.id()?, message.now);
    let task = case.task(OrderId::derive(ticket, 0), now)?;
    let item = QueueItem::from(Notice { task, note: Note::AddNote, unit: None, said, reply_due: None });
    let to = subject::queue(&centre(), item.kind());
    Ok(Outbound::new(MessageId::derive(message.id.0, "notice"), subject::QUEUES, to, &item, now).about(ticket))
}

/// What the notice says; nothing for facts that ask nobody to look.
fn words(fact: &ClusterFact) -> Option<String> {
    Some(match fact {
        ClusterFact::Similar(_) | ClusterFact::Grown(_) => return None,
        ClusterFact::Repeated(f) => {
            format!("疑似重复件：同一诉求人此前已反映类似事项（{}），请核实后合并或一并答复", f.of_number)
        }
        ClusterFact::Proposed(f) => format!("疑似群体件：{}，请核实，属同一事项的可并案办理", tickets(&f.topic)),
        ClusterFact::Heated(f) => {
            format!("热点：{} 小时内 {} 人反映同一事项，共 {} 件，请领导关注并研究处置", f.hours, f.recent, f.topic.tickets)
        }
        ClusterFact::Sensitive(f) => {
            format!("敏感事项（{}）：文中有“{}”，请领导即时关注", f.kinds.join("、"), f.words.join("”“"))
        }
    })
}

fn tickets(topic: &Topic) -> String {
    let numbers: Vec<&str> = topic.members.iter().take(NAMED).map(|m| m.number.as_str()).collect();
    let more = if topic.members.len() > NAMED { "等" } else { "" };
    format!("{} 人反映同一事项（{}{more}）", topic.people, numbers.join("、"))
}
