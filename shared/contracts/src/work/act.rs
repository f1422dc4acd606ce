//! What units do with a ticket.

use serde::{Deserialize, Serialize};

use crate::{
    id::{DivisionCode, OrderId, TicketId, UnitId},
    text::Text,
    ticket::{AlarmAnswer, CallbackAnswers, Class, RefusalReason, RequestKind, ResultForm, SupervisionLevel},
    work::Ask,
};

/// One act of a unit, by a person of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitAct {
    /// The ticket.
    pub ticket: TicketId,
    /// The piece of work, as the queue item named it; none for an act on the ticket as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Staff number of the person who acts; who checks, grants or calls back must not be who handled or asked.
    pub person: Text<40>,
    /// What is done.
    pub act: ActBody,
}

/// What a unit does. The first group is done with one's own work order, the second by the district centre, the third by
/// who supervises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActBody {
    /// 签收: sign for the work order (T10).
    Sign {},
    /// 首次联系: the citizen was contacted (stops K4).
    Contact {
        /// What was said.
        note: Text<2000>,
    },
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
    /// 转派: give it to a unit below, or to a community officer (八员) of the own grid (T16).
    Transfer {
        /// The unit below.
        #[serde(default)]
        to: Option<UnitId>,
        /// Staff number of the officer in the grid's roster.
        #[serde(default)]
        officer: Option<Text<40>>,
        /// Why.
        reason: Text<2000>,
    },
    /// 上报: hand it up the ladder grid, town, district; a simple matter rises to the next class (T16).
    HandUp {
        /// The unit above; none: the next one. Skipping levels is allowed.
        #[serde(default)]
        to: Option<UnitId>,
        /// Why.
        reason: Text<2000>,
    },
    /// 协办: ask other units for a part (T17).
    AskCoHandlers {
        /// Who does what until when.
        tasks: Vec<CoTask>,
    },
    /// 主办确认/退回: accept a co-handler's result or send it back.
    JudgePart {
        /// The co-handler's work order.
        part: OrderId,
        /// Accepted?
        accept: bool,
        /// Why not.
        #[serde(default)]
        reason: Option<Text<2000>>,
    },
    /// 申请: ask for something that another person must grant.
    Ask {
        /// What for.
        request: Ask,
    },
    /// 撤回申请.
    Withdraw {
        /// Which request.
        request: RequestKind,
    },
    /// 考核申诉: appeal the assessment of a closed ticket.
    Appeal {
        /// Why.
        reason: Text<2000>,
    },
    /// 吹哨: call units to the scene.
    Whistle {
        /// Who is called.
        units: Vec<UnitId>,
        /// Where and why.
        reason: Text<2000>,
    },
    /// 报到: a called unit has arrived.
    Arrive {},
    /// 解除: those who did not come are listed.
    EndWhistle {},
    /// 告警: there is danger to life or limb that nobody saw before; the ticket is urgent from now on.
    Alarm {
        /// What the danger is.
        note: Text<2000>,
    },
    /// 告警处置: who has the danger in hand, or that there is none (stops K15).
    AnswerAlarm {
        /// Who, or that there is none.
        answer: AlarmAnswer,
        /// What was told, to whom; the number of their own case.
        note: Text<2000>,
    },
    /// Answer to a supervision notice.
    Reply {
        /// The answer.
        text: Text<2000>,
    },
    /// 自办自结: a grid worker handles a simple matter of the own grid at once (T7).
    SelfHandle {},

    /// 即时答复 (T2).
    AnswerNow {
        /// The knowledge item that the answer rests on.
        knowledge: Text<200>,
        /// The answer.
        reply: Text<2000>,
    },
    /// 不予受理 (T3).
    Refuse {
        /// One of the closed list.
        reason: RefusalReason,
        /// Where the matter belongs.
        way: Text<500>,
    },
    /// 转送 110、119、120 or 信访 (T4).
    HandOver {
        /// To whom.
        to: OutsideDesk,
        /// What was told.
        note: Text<2000>,
    },
    /// 退回补充: ask the citizen (T5).
    AskInfo {
        /// What is missing.
        missing: Text<500>,
    },
    /// 受理 (T6), then dispatched as classified or as said here (T8).
    Accept {
        /// The class, if classification was wrong.
        #[serde(default)]
        class: Option<Class>,
        /// The place.
        #[serde(default)]
        division: Option<DivisionCode>,
        /// The lead.
        #[serde(default)]
        lead: Option<UnitId>,
        /// The category, if classification was wrong or not sure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<Text<8>>,
    },
    /// 派单: from the dispatcher's desk (T8).
    Dispatch {
        /// The unit.
        to: UnitId,
        /// Why.
        reason: Text<2000>,
    },
    /// 撤回 an untouched dispatch (T9).
    Recall {
        /// Why.
        reason: Text<2000>,
    },
    /// District centre: send a returned order to another unit (T13), back (T14), or designate for good (T15).
    Rule {
        /// The ruling.
        ruling: Ruling,
        /// Why.
        reason: Text<2000>,
    },
    /// 启动会商 (T18).
    Convene {
        /// Who is invited.
        units: Vec<UnitId>,
        /// Why.
        reason: Text<2000>,
    },
    /// Attendance of the consultation.
    Attend {
        /// Who came.
        units: Vec<UnitId>,
    },
    /// 会商决定: name lead and responsible units (T19).
    Decide {
        /// 牵头单位.
        lead: UnitId,
        /// 责任单位.
        #[serde(default)]
        responsible: Vec<UnitId>,
        /// Working days of the lead, 10 to 15.
        days: u32,
        /// Working days of each responsible unit, in their order; none: one less than the lead's.
        #[serde(default)]
        each: Vec<u32>,
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
    /// 回访未接通: log a try.
    NoAnswer {},
    /// 回访: close (T27), or redo if not solved (T28).
    CallBack {
        /// What the citizen said.
        answers: CallbackAnswers,
    },
    /// 同意 a request (T20, T21, T22, T30, T31, 剔除).
    Grant {
        /// Which request.
        request: RequestKind,
        /// A word on it.
        #[serde(default)]
        reason: Option<Text<2000>>,
    },
    /// 不同意 a request.
    Deny {
        /// Which request.
        request: RequestKind,
        /// Why.
        reason: Text<2000>,
    },
    /// 恢复办理, 销账 before the time (T20, T23).
    Resume {
        /// Why.
        reason: Text<2000>,
    },
    /// 并案 (T32).
    Merge {
        /// The lead case.
        into: TicketId,
        /// What is the same.
        same: Sameness,
        /// Why.
        reason: Text<2000>,
    },
    /// 拆案 (T32).
    Split {
        /// Why.
        reason: Text<2000>,
    },
    /// 申请重新分类, by the unit that has the work or by the centre: another person of the centre grants it (`grant`),
    /// then the handling clock is computed anew from its start and the work goes to who must act. At least one thing
    /// has to change.
    Reclassify {
        /// The class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<Class>,
        /// The category.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<Text<8>>,
        /// The unit that must act; none: as class and category say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lead: Option<UnitId>,
        /// Why.
        reason: Text<2000>,
    },
    /// 考核复核.
    ReviewAppeal {
        /// The appeal is right.
        upheld: bool,
        /// Why.
        reason: Text<2000>,
    },

    /// 催办.
    Urge {
        /// What is said.
        text: Text<2000>,
    },
    /// 督办.
    Supervise {
        /// How.
        level: SupervisionLevel,
        /// What is asked.
        text: Text<2000>,
        /// Working days until the reply is due.
        reply_days: u32,
    },
    /// 约谈.
    Interview {
        /// What is said.
        text: Text<2000>,
    },
    /// 升级 to the unit's leader.
    Escalate {
        /// What is said.
        text: Text<2000>,
    },
    /// 抄送.
    Copy {
        /// Who gets a copy.
        to: UnitId,
        /// What is said.
        text: Text<2000>,
    },
    /// 补记.
    Note {
        /// The note.
        text: Text<2000>,
    },
}

/// A co-handler's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoTask {
    /// Who.
    pub unit: UnitId,
    /// What is asked.
    pub what: Text<2000>,
    /// Working days, ending before the lead's time.
    pub days: u32,
    /// The lead can't report before this part is done.
    #[serde(default = "yes")]
    pub required: bool,
}

const fn yes() -> bool {
    true
}

/// To whom a matter that is not ours is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideDesk {
    /// 110、119、120, at once.
    Emergency,
    /// 信访.
    Petition,
}

/// What two tickets have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sameness {
    /// The cause.
    pub cause: bool,
    /// The place.
    pub place: bool,
    /// The time.
    pub time: bool,
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
