//! Facts beside the main way, and the closed lists that they use.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Assigned, By, CallbackAnswers, Class};
use crate::{
    id::{OrderId, TicketId, UnitId},
    lifecycle::{Act, Note},
};

vocabulary! {
    /// 不予受理理由: the closed list of reasons not to accept a report (T3).
    enum RefusalReason, "reason of refusal" {
        NotOurs     "not_ours"     "不属于本级职权"     "not within this district's powers";
        Court       "court"        "应由诉讼、仲裁、行政复议解决" "belongs to court, arbitration or administrative review";
        Decided     "decided"      "已有终结性结论"     "was decided for good before";
        Petition    "petition"     "属信访事项"         "a petition matter";
        Commercial  "commercial"   "商业或个人服务请求" "a commercial or private service";
        Secret      "secret"       "涉及国家秘密、商业秘密、个人隐私" "concerns secrets or another's privacy";
        NoContent   "no_content"   "骚扰、恶意或无实际内容" "harassment, malice or no content";
    }
}

vocabulary! {
    /// Who has taken the danger in hand, or that there is none: the answer to an alarm. Source: label rule "urgent" of
    /// the taxonomy, "须立即转 110/119/120/抢修".
    enum AlarmAnswer, "answer to an alarm" {
        Police   "110"       "110 已接警"       "110 (police) has it";
        Fire     "119"       "119 已接警"       "119 (fire) has it";
        Medical  "120"       "120 已出车"       "120 (ambulance) has it";
        Repair   "repair"    "抢修单位已出动"   "the repair crew of the utility is on its way";
        HandedOver "handed_over" "已转送 110、119、120" "handed over to 110, 119 or 120";
        OnScene  "on_scene"  "已到现场并排除"   "whoever answers is there and has removed it";
        NoDanger "no_danger" "经核实没有危险"   "looked into: there is no danger";
    }
}

vocabulary! {
    /// 终止办理理由: the closed list of reasons to terminate (T30).
    enum TerminationReason, "reason of termination" {
        Withdrawn    "withdrawn"     "诉求人撤回"         "the citizen withdrew it";
        Court        "court"         "已进入诉讼、仲裁、复议程序" "it went to court, arbitration or review";
        Impossible   "impossible"    "客观上无法办理"     "it can't be done for reasons that nobody can change";
        Unreasonable "unreasonable"  "诉求于法无据"       "the request has no basis in law";
        Unreachable  "unreachable"   "多次无法联系且信息不足" "the citizen can't be reached and too little is known";
    }
}

vocabulary! {
    /// 申请 that another person decides (domain.md 2.3). A return is not among them: it is an act of its own (T12).
    enum RequestKind, "kind of request" {
        Suspend   "suspend"   "挂起"     "suspension";
        Extend    "extend"    "延期"     "extension";
        Defer     "defer"     "挂账"     "deferral";
        Terminate "terminate" "终止办理" "termination";
        Void      "void"      "作废"     "voiding";
        Exclude   "exclude"   "剔除"     "exclusion from the assessment";
        Reclassify "reclassify" "重新分类" "reclassification";
    }
}

vocabulary! {
    /// 督办级别 (domain.md 2.1, overlays).
    enum SupervisionLevel, "level of supervision" {
        Daily     "daily"     "日常督办" "daily";
        Listed    "listed"    "挂牌督办" "listed";
        Interview "interview" "约谈督办" "with an interview";
    }
}

/// A step of the lifecycle that no other fact tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The ticket.
    pub ticket: TicketId,
    /// What was done.
    pub act: Act,
    /// The work order that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The unit that has the work from now on, for a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UnitId>,
    /// The lead case of a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<TicketId>,
    /// The class from now on, if it rose with a hand-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Work orders of co-handlers that were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<Assigned>,
    /// Why, in words; numbers masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: By,
}

/// An act that leaves the state as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// The ticket.
    pub ticket: TicketId,
    /// What was done.
    pub note: Note,
    /// The work order that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The units that it is said to, that are called, came, or stayed away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// The request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestKind>,
    /// The class from now on, if it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The category code from now on, if it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The unit that must act from now on, if it was changed with the classification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<UnitId>,
    /// The level of a supervision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<SupervisionLevel>,
    /// What became of an alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<AlarmAnswer>,
    /// When an answer is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_due: Option<DateTime<Utc>>,
    /// What a merged ticket's reporter answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<CallbackAnswers>,
    /// What was said; numbers masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: By,
}

impl Noted {
    /// A note that says nothing yet.
    #[must_use]
    pub const fn new(ticket: TicketId, note: Note, at: DateTime<Utc>, by: By) -> Self {
        Self {
            ticket,
            note,
            order: None,
            units: Vec::new(),
            request: None,
            class: None,
            category: None,
            lead: None,
            level: None,
            alarm: None,
            reply_due: None,
            answers: None,
            text: None,
            at,
            by,
        }
    }
}
