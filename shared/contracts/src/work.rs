//! What a unit reads from its queue, what it answers, and what it hears of its answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::family,
    id::{DivisionCode, OrderId, TicketId, UnitId},
    lifecycle::{Note, State},
    problem::Problem,
    ticket::{Class, Part, RequestKind, ResultForm},
};

mod act;
mod ask;
mod citizen;

pub use act::{ActBody, CoTask, OutsideDesk, Ruling, Sameness, UnitAct};
pub use ask::Ask;
pub use citizen::{CitizenAct, CitizenDo};

family! {
    /// Subject `queue.v1.<unit>.<kind>`: a unit's own durable queue.
    pub enum QueueItem: "queue.v1" {
        /// A work order: sign, work, report.
        WorkOrder = "order",
        /// For the supervising department: it may watch and urge.
        Copy = "copy",
        /// For the convener: name lead and responsible units.
        Consultation = "consultation",
        /// For the district centre: rule on a return.
        Review = "review",
        /// For the checker: pass the result or send it back.
        Check = "check",
        /// For the callback clerk: ask the citizen.
        Callback = "callback",
        /// For the call-taker or the dispatcher: accept, refuse or dispatch what waits.
        Triage = "triage",
        /// For who may grant it: extension, suspension …
        Request = "request",
        /// To be read, and where it asks for one, answered: urge, supervision, whistle, emergency.
        Notice = "notice",
    }
}

impl QueueItem {
    /// What every item tells about its ticket.
    #[must_use]
    pub const fn task(&self) -> &Task {
        match self {
            Self::WorkOrder(i) => &i.task,
            Self::Copy(i) => &i.task,
            Self::Consultation(i) => &i.task,
            Self::Review(i) => &i.task,
            Self::Check(i) => &i.task,
            Self::Callback(i) => &i.task,
            Self::Triage(i) => &i.task,
            Self::Request(i) => &i.task,
            Self::Notice(i) => &i.task,
        }
    }
}

family! {
    /// Subject `work.v1.act.<unit>`: what a unit does with its queue.
    pub enum UnitWork: "work.v1" {
        /// An act.
        UnitAct = "act",
    }
}

family! {
    /// Subject `citizen.v1.act`: what a citizen does with a ticket, after intake has checked the code.
    pub enum CitizenWork: "citizen.v1" {
        /// An act.
        CitizenAct = "act",
    }
}

family! {
    /// Subject `answer.v1.<unit>`: what became of an act.
    pub enum Answers: "answer.v1" {
        /// The answer to one act.
        UnitAnswer = "answer",
    }
}

/// What every item of a queue tells about its ticket. No reporter, and numbers masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number for people.
    pub number: String,
    /// The piece of work; an act names it.
    pub order: OrderId,
    /// Difficulty class.
    pub class: Class,
    /// Danger to life or limb now.
    pub urgent: bool,
    /// Category code.
    pub category: String,
    /// Category name.
    pub category_name: String,
    /// Where the matter belongs.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// What was reported.
    pub text: String,
    /// Round of handling, from 1.
    pub round: u32,
    /// When the work is due; none for items without a clock yet.
    #[serde(default)]
    pub due: Option<DateTime<Utc>>,
    /// When it was put into the queue.
    pub at: DateTime<Utc>,
}

/// A work order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// Lead or responsible.
    pub part: Part,
    /// All other units with a work order of this dispatch.
    #[serde(default)]
    pub with: Vec<UnitId>,
    /// What a co-handler is asked to do; none for the whole matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// A copy for the supervising department.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// The task as the handling unit has it.
    #[serde(flatten)]
    pub task: Task,
    /// The unit that handles it.
    pub unit: UnitId,
}

/// A consultation to convene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consultation {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The lead that classification names.
    pub lead: UnitId,
    /// Further units that classification names.
    #[serde(default)]
    pub others: Vec<UnitId>,
}

/// A return to rule on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The task; its `order` is the work order that the unit returns.
    #[serde(flatten)]
    pub task: Task,
    /// The unit that returns it.
    pub unit: UnitId,
    /// Why.
    pub reason: String,
    /// The rule it rests on.
    pub legal_basis: String,
    /// The unit that it names instead.
    pub propose: UnitId,
}

/// A result to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The task; its `order` is the work order whose result is checked.
    #[serde(flatten)]
    pub task: Task,
    /// The unit that handled it.
    pub unit: UnitId,
    /// The result.
    pub result: ResultForm,
}

/// A citizen to call back. The clerk gets the phone number from intake, not from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The unit that handled it.
    pub unit: UnitId,
    /// The result.
    pub result: ResultForm,
}

/// A ticket that waits for a person before it goes to a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Triage {
    /// The task; its `order` names nothing yet.
    #[serde(flatten)]
    pub task: Task,
    /// Where it waits: to be accepted, or to be dispatched.
    pub waiting: State,
    /// The lead that classification or the last ruling names.
    pub lead: UnitId,
    /// Further units.
    #[serde(default)]
    pub others: Vec<UnitId>,
}

/// A request to decide, by another person than the asker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// The unit that asks.
    pub unit: UnitId,
    /// What for.
    pub request: RequestKind,
    /// Why, numbers masked.
    pub reason: String,
    /// The new deadline or the promised date that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// Something to be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// What it is: urge, supervise, whistle …
    pub note: Note,
    /// The unit that says it; none for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// What is said, numbers masked.
    pub said: String,
    /// When an answer is due; none if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_due: Option<DateTime<Utc>>,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitAnswer {
    /// `ce-id` of the act as the unit sent it; empty if it had none.
    pub act: String,
    /// The ticket; none if the act could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The piece of work; none if the act could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// Done, or refused with the reason.
    #[serde(flatten)]
    pub outcome: AnswerOutcome,
}

/// Done or refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AnswerOutcome {
    /// The act took effect.
    Done,
    /// It did not.
    Refused {
        /// What is wrong and what to do.
        problem: Problem,
    },
}
