//! What a dispatcher, a leader or a unit is to see of a cluster: an item of a queue. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    cluster::{ClusterFact, Topic},
    district::centre,
    envelope::Outbound,
    family::Family,
    id::{MessageId, OrderId, UnitId},
    lifecycle::Note,
    problem::Problem,
    subject,
    work::{Notice, QueueItem},
};

use crate::case::Case;

/// Numbers that one notice names.
const NAMED: usize = 20;

/// A notice on the district centre's desk.
pub fn to_centre(case: &Case, said: String, cause: (MessageId, DateTime<Utc>)) -> Result<Outbound, Problem> {
    to(&centre(), case, said, cause)
}

/// A notice in a unit's queue, with the ticket that it is about. `cause` is the message that it follows from.
pub fn to(unit: &UnitId, case: &Case, said: String, (cause, now): (MessageId, DateTime<Utc>)) -> Result<Outbound, Problem> {
    let ticket = case.id()?;
    let task = case.task(OrderId::derive(ticket, 0), now)?;
    let item = QueueItem::from(Notice { task, note: Note::AddNote, unit: None, said, reply_due: None });
    let to = subject::queue(unit, item.kind());
    Ok(Outbound::new(MessageId::derive(cause.0, "notice"), subject::QUEUES, to, &item, now).about(ticket))
}

/// What the notice says; nothing for facts that ask nobody to look.
pub fn words(fact: &ClusterFact) -> Option<String> {
    Some(match fact {
        ClusterFact::Similar(_) | ClusterFact::Grown(_) | ClusterFact::Moved(_) => return None,
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
