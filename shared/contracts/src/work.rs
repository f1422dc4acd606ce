//! What a unit reads from its queue, what it answers, and what it hears of its answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::family,
    id::{DivisionCode, OrderId, TicketId, UnitId},
    problem::Problem,
    text::Text,
    ticket::{CallbackAnswers, Class, Part, ResultForm},
};

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

/// One act of a unit, by a person of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitAct {
    /// The ticket.
    pub ticket: TicketId,
    /// The piece of work, as the queue item named it.
    pub order: OrderId,
    /// Staff number of the person who acts; who checks or calls back must not be who handled.
    pub person: Text<40>,
    /// What is done.
    pub act: ActBody,
}

/// What a unit does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActBody {
    /// 签收: sign for the work order (T10).
    Sign {},
    /// Note progress.
    Progress {
        /// The note.
        note: Text<2000>,
    },
    /// 反馈: report the result (T24).
    Report {
        /// The structured form.
        result: ResultForm,
    },
    /// 退单/管辖申述: say that another unit must act (T12).
    Return {
        /// Why.
        reason: Text<2000>,
        /// The rule it rests on.
        legal_basis: Text<500>,
        /// The unit that should act.
        propose: UnitId,
    },
    /// District centre: send a returned order to another unit (T13), back (T14), or designate for good (T15).
    Rule {
        /// The ruling.
        ruling: Ruling,
        /// Why.
        reason: Text<2000>,
    },
    /// 会商决定: name lead and responsible units (T19).
    Decide {
        /// 牵头单位.
        lead: UnitId,
        /// 责任单位.
        #[serde(default)]
        responsible: Vec<UnitId>,
        /// Working days, 10 to 15.
        days: u32,
        /// 会商纪要.
        minutes: Text<5000>,
    },
    /// 审核: pass (T26) or send back (T25).
    Check {
        /// Passed?
        pass: bool,
        /// Why it is sent back.
        #[serde(default)]
        reason: Option<Text<2000>>,
    },
    /// 回访: close (T27), or redo if not solved (T28).
    CallBack {
        /// What the citizen said.
        answers: CallbackAnswers,
    },
}

/// What the district centre rules on a return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ruling {
    /// Granted: the order goes to this unit.
    Grant {
        /// The unit that must act now.
        to: UnitId,
    },
    /// Refused: the unit keeps it.
    Refuse {},
    /// 指定承办: final, may not be returned.
    Designate {
        /// The unit that must act.
        to: UnitId,
    },
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
