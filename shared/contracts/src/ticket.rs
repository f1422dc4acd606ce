//! Facts about a ticket: past tense, told to everyone, in the order of their sequence numbers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    clock::ClockTurn,
    family::family,
    id::{DivisionCode, OrderId, SourceId, TicketId, UnitId},
    intake::Channel,
    lifecycle::{Role, State, Transition},
};

pub use crate::lifecycle::Class;

family! {
    /// Subject `ticket.v1.<kind>`. No fact carries a reporter's name, phone or address.
    pub enum TicketFact: "ticket.v1" {
        /// T1, by intake.
        Received = "received",
        /// By classification.
        Classified = "classified",
        /// T6 with T8, or T15, T19, T28: work orders go out, the handling clock starts.
        Dispatched = "dispatched",
        /// T18.
        ConsultationOpened = "consultation_opened",
        /// T10.
        Signed = "signed",
        /// A progress note; no change of state.
        Progressed = "progressed",
        /// T12.
        ReturnAsked = "return_asked",
        /// T13 (followed by a new dispatch) or T14.
        ReturnRuled = "return_ruled",
        /// A co-handler's result; no change of the ticket's state.
        CoReported = "co_reported",
        /// T24: the handling clock stops.
        Reported = "reported",
        /// T25 or T26.
        Checked = "checked",
        /// T27.
        Closed = "closed",
        /// A step that no other fact tells: refused, recalled, suspended, merged …
        Moved = "moved",
        /// An act that leaves the state as it is: urged, asked, whistled, called back …
        Noted = "noted",
    }
}

mod beside;
mod head;
mod likely;
mod replay;

pub use beside::{AlarmAnswer, Moved, Noted, RefusalReason, RequestKind, SupervisionLevel, TerminationReason};
pub use head::Head;
pub use likely::Likely;
pub use replay::replay;

/// By which place a matter belongs (domain.md 1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// 服务类: by place of residence or of the event.
    Service,
    /// 权益类: by household registration.
    Rights,
}

/// Who did it, as what, for which unit, by which steps of the lifecycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct By {
    /// The role it was done in.
    pub role: Role,
    /// The unit that acted; none for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Staff number of the person; never a citizen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The transitions that this fact records, in order; none if the state stayed.
    #[serde(default)]
    pub steps: Vec<Transition>,
    /// The state after the fact.
    pub state: State,
    /// What the steps did to the ticket's clocks, in order: the ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockTurn>,
}

/// A report was registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// Where it came from.
    pub source: SourceId,
    /// How it came in.
    pub channel: Channel,
    /// What was reported, numbers masked.
    pub text: String,
    /// Where, if the source knew.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// If nothing but the text can say where: where matters of the same reporter were within a year, the newest first, at
    /// most three. Who asks may begin with them; they are never the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lately: Vec<DivisionCode>,
    /// The class that the source set.
    #[serde(default)]
    pub class: Option<Class>,
    /// A call-taker accepts or refuses it; nothing is dispatched before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// When it was registered.
    pub at: DateTime<Utc>,
    /// Who registered it.
    pub by: By,
}

/// A report was classified, with reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classified {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// What was reported, numbers masked; carried on so that the unit's queue can show it.
    pub text: String,
    /// Where it came from.
    pub source: SourceId,
    /// Second-level category code of the taxonomy.
    pub category: String,
    /// Its name.
    pub category_name: String,
    /// Further matters in the same report, category codes.
    #[serde(default)]
    pub also: Vec<String>,
    /// Categories that it may be of as well, the most probable first: by them like reports are known that classification
    /// puts into different categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perhaps: Vec<Likely>,
    /// Difficulty class.
    pub class: Class,
    /// By which place it belongs.
    pub nature: Nature,
    /// Danger to life or limb now.
    pub urgent: bool,
    /// The unit that must act, or leads.
    pub lead: UnitId,
    /// Further units, the most concerned first.
    #[serde(default)]
    pub others: Vec<UnitId>,
    /// The division that owns the matter, if known.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// A person accepts or refuses it first: the source asked for that, or classification is not sure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// How sure classification is of the category, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The categories that a person may choose from, best first, if it is not sure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Why, in words for a clerk (Chinese).
    pub reasons: Vec<String>,
    /// Version of rules and catalogue that decided.
    pub rules_version: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who registered it and when it was received, for those who did not hear of it before.
    pub received_at: DateTime<Utc>,
}

/// A unit's part in a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 主办: leads, reports the result.
    Lead,
    /// 责任单位/协办: has its own work order, reports to the lead.
    Responsible,
}

/// One work order of a dispatch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// The work order.
    pub order: OrderId,
    /// The unit that has it.
    pub unit: UnitId,
    /// Its part.
    pub part: Part,
    /// When a responsible unit's part is due; none: with the lead's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
}

/// Work orders went out; the handling clock (K5) runs from `at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispatched {
    /// The ticket.
    pub ticket: TicketId,
    /// Lead first.
    pub orders: Vec<Assigned>,
    /// Units that got a copy (抄送主管部门).
    #[serde(default)]
    pub copies: Vec<UnitId>,
    /// Class that set the limit.
    pub class: Class,
    /// Danger to life or limb now.
    pub urgent: bool,
    /// The division that owns the matter.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// Round of handling, from 1.
    pub round: u32,
    /// When 80 % of the time is used.
    pub warn_at: DateTime<Utc>,
    /// The deadline.
    pub due: DateTime<Utc>,
    /// The deadline lies beyond the published calendar.
    pub provisional: bool,
    /// Calendar that the deadline was computed with.
    pub calendar_version: String,
    /// Why these units (Chinese).
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: By,
}

/// Departments were called to consult.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsultationOpened {
    /// The ticket.
    pub ticket: TicketId,
    /// The convener's task.
    pub order: OrderId,
    /// Units invited.
    pub invited: Vec<UnitId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: By,
}

/// What every act of a unit on its work order tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderFact {
    /// The ticket.
    pub ticket: TicketId,
    /// The work order.
    pub order: OrderId,
    /// The unit that acted.
    pub unit: UnitId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: By,
}

/// The unit signed for its work order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signed {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
}

/// The unit noted progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progressed {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
    /// The note, numbers masked.
    pub note: String,
}

/// The unit says that the matter is not its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnAsked {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
    /// Why, numbers masked.
    pub reason: String,
    /// The rule it rests on.
    pub legal_basis: String,
    /// The unit that it names instead.
    pub propose: UnitId,
}

/// The district ruled on a return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnRuled {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
    /// Granted (a new dispatch follows) or refused.
    pub granted: bool,
    /// The unit that must act now, if it was granted or designated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UnitId>,
    /// The time that the dispute took, in milliseconds: charged to it, while the citizen's clock went on.
    #[serde(default)]
    pub lost_ms: i64,
    /// Why.
    pub reason: String,
}

/// The structured form of a result (domain.md 2.2 T24).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultForm {
    /// 属实? Is the report true?
    pub factual: bool,
    /// 解决? Is the matter solved?
    pub solved: bool,
    /// 未解决原因: must be given if not solved.
    #[serde(default)]
    pub unsolved_reason: Option<String>,
    /// 联系时间: when the citizen was contacted; none if the report was anonymous.
    #[serde(default)]
    pub contacted_at: Option<DateTime<Utc>>,
    /// 公开答复: what may be published.
    pub public_reply: String,
}

/// A responsible unit finished its part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoReported {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
    /// The result.
    pub result: ResultForm,
}

/// The lead finished; the handling clock stops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Order and actor.
    #[serde(flatten)]
    pub of: OrderFact,
    /// The result.
    pub result: ResultForm,
}

/// The result was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The work order that was checked and who checked it.
    #[serde(flatten)]
    pub of: OrderFact,
    /// Passed, or sent back.
    pub passed: bool,
    /// Why it was sent back.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What the citizen said (domain.md 2.3): two separate questions, never answered by the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackAnswers {
    /// 联系? Did the unit contact the citizen?
    pub contacted: bool,
    /// 解决? none if the citizen could not be reached after all tries (无法回访).
    pub solved: Option<bool>,
    /// 满意? none if the citizen could not be reached.
    pub satisfied: Option<bool>,
    /// 不满意已查实: the dissatisfaction was looked into and upheld, so the matter is done again (T28).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub upheld: bool,
    /// Calls made, as dispatch counted them: this one and the tries logged before it.
    pub tries: u8,
}

/// The ticket was closed after the callback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// The callback and who made it.
    #[serde(flatten)]
    pub of: OrderFact,
    /// What the citizen said.
    pub answers: CallbackAnswers,
    /// The reply that may be published.
    pub public_reply: String,
}
