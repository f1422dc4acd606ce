//! What dispatch hears, and how it is read.

use contracts::{
    clock::{ClockAt, ClockFact, Expired},
    district::District,
    envelope::Envelope,
    id::UnitId,
    problem::Problem,
    subject,
    supervision::TaskId,
    text::Text,
    ticket::{Classified, TicketFact},
    work::{ActBody, CitizenAct, CitizenWork, UnitAct, UnitWork},
};
use outbox::Heard as HeardTrait;

use crate::{calendar::NewDays, rules::RuleBook, supervision::Minutes};

/// What dispatch hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A ticket was classified.
    Classified(Box<Classified>),
    /// A unit acts: the unit, the `ce-id` of its message, the act.
    Act(UnitId, String, Box<UnitAct>),
    /// A citizen acts: the `ce-id` of the message, the act.
    Citizen(String, Box<CitizenAct>),
    /// A clock ran out.
    Expired(Box<Expired>),
    /// 80 % of the time to handle is used.
    Warned(Box<ClockAt>),
    /// The time to handle is over.
    Overdue(Box<ClockAt>),
    /// A person changes the rules; over HTTP only.
    Rules(Box<NewRules>),
    /// A person puts days of the calendar in force; over HTTP only.
    Days(Box<NewDays>),
    /// A person closes periodic work; over HTTP only.
    Close(TaskId, Box<Minutes>),
}

/// A new version of the rules.
#[derive(Clone, Debug)]
pub struct NewRules {
    /// The whole book.
    pub book: RuleBook,
    /// The version that it was made from: somebody else's change is not overwritten.
    pub from: i64,
    /// Staff number.
    pub person: Text<40>,
    /// Why.
    pub reason: Text<2000>,
    /// A unit whose open work passes to its successor.
    pub succeeded: Option<UnitId>,
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if subject.starts_with("clock.") {
            return match envelope.open::<ClockFact>(body)? {
                ClockFact::Expired(e) => Ok(Self::Expired(Box::new(e))),
                ClockFact::Warned(w) => Ok(Self::Warned(Box::new(w.clock))),
                ClockFact::Overdue(o) => Ok(Self::Overdue(Box::new(o.clock))),
                _ => Err(not_heard()),
            };
        }
        if subject == subject::CITIZEN_ACTS {
            let CitizenWork::CitizenAct(act) = envelope.open(body)?;
            return Ok(Self::Citizen(envelope.id.clone(), Box::new(act)));
        }
        if !subject.starts_with("work.") {
            return match envelope.open::<TicketFact>(body)? {
                TicketFact::Classified(c) => Ok(Self::Classified(Box::new(c))),
                _ => Err(not_heard()),
            };
        }
        let unit: UnitId = subject::last_token(subject).parse()?;
        if subject != subject::act(&unit) {
            return Err(Problem::new("wrong_version", "只支持 work.v1.act.<单位>", "only work.v1.act.<unit> is spoken here"));
        }
        if District::sample().unit(&unit).is_none() {
            return Err(Problem::new("unknown_unit", "没有这个单位，请核对主题", "there is no such unit; check the subject"));
        }
        if envelope.source != subject::unit_uri(&unit) {
            let (zh, en) = (
                format!("ce-source 应为 /units/{unit}，与主题一致"),
                format!("ce-source must be /units/{unit}, as the subject says"),
            );
            return Err(Problem::new("subject_disagrees", zh, en));
        }
        let UnitWork::UnitAct(act) = envelope.open(body)?;
        Ok(Self::Act(unit, envelope.id.clone(), Box::new(act)))
    }

    /// A ticket that was opened is known by its row.
    fn remembered(&self) -> bool {
        !matches!(self, Self::Classified(_))
    }
}

fn not_heard() -> Problem {
    Problem::new("not_heard", "派单服务不处理此消息", "dispatch does not hear this message")
}

impl Heard {
    /// The tickets that it is about; a merge is about two.
    pub fn tickets(&self) -> Vec<String> {
        match self {
            Self::Classified(c) => vec![c.ticket.to_string()],
            Self::Act(_, _, a) => match &a.act {
                ActBody::Merge { into, .. } => vec![a.ticket.to_string(), into.to_string()],
                _ => vec![a.ticket.to_string()],
            },
            Self::Citizen(_, a) => vec![a.ticket.to_string()],
            Self::Expired(e) => vec![e.ticket.to_string()],
            Self::Warned(c) | Self::Overdue(c) => vec![c.ticket.to_string()],
            Self::Rules(_) | Self::Days(_) | Self::Close(..) => Vec::new(),
        }
    }

    /// The periodic work that it is about.
    pub fn task(&self) -> Option<String> {
        match self {
            Self::Close(task, _) => Some(task.to_string()),
            _ => None,
        }
    }

    /// Whether tickets that are merged into it may be touched.
    pub fn touches_followers(&self) -> bool {
        matches!(self, Self::Act(_, _, a) if matches!(a.act, ActBody::Check { pass: true, .. }))
    }
}
