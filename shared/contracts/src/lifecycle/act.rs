//! What is asked: the acts, and the transition of domain.md 2.2 that each one is.

use super::table::{Row, TABLE};

vocabulary! {
    /// An act that moves a ticket. Each has exactly one row in [`TABLE`]; T5, T16, T20 and T32 go
    /// both ways and are two acts each. Where a unit asks and somebody else grants (T20, T21, T22, T30),
    /// the act is the grant; the asking is [`Note::AskRequest`](super::Note::AskRequest).
    enum Act, "act" {
        Register           "register"            "登记"     "register";
        AnswerNow          "answer_now"          "即时答复" "answer now";
        Refuse             "refuse"              "不予受理" "refuse";
        HandOver           "hand_over"           "转送"     "hand over";
        AskInfo            "ask_info"            "退回补充" "ask for information";
        SupplyInfo         "supply_info"         "补充"     "supply information";
        Accept             "accept"              "受理"     "accept";
        SelfHandle         "self_handle"         "自办自结" "self-handle";
        Dispatch           "dispatch"            "派单"     "dispatch";
        Recall             "recall"              "撤回"     "recall";
        Sign               "sign"                "签收"     "sign for";
        DeemSigned         "deem_signed"         "视为签收" "deem signed";
        AppealJurisdiction "appeal_jurisdiction" "申请退单" "appeal jurisdiction";
        GrantReturn        "grant_return"        "同意退单" "grant the return";
        RefuseReturn       "refuse_return"       "不同意退单" "refuse the return";
        Designate          "designate"           "指定承办" "designate";
        Transfer           "transfer"            "转派"     "transfer inside the unit";
        HandUp             "hand_up"             "上报"     "hand up the ladder";
        Reroute            "reroute"             "改派"     "reroute after a reclassification";
        AskCoHandlers      "ask_co_handlers"     "协办"     "ask co-handlers";
        OpenConsultation   "open_consultation"   "启动会商" "open consultation";
        DecideConsultation "decide_consultation" "会商决定" "decide consultation";
        Suspend            "suspend"             "挂起"     "suspend";
        Resume             "resume"              "恢复办理" "resume";
        Extend             "extend"              "延期"     "extend";
        Defer              "defer"               "挂账"     "defer";
        ResumeDeferred     "resume_deferred"     "销账"     "resume a deferred ticket";
        ReportResult       "report_result"       "反馈"     "report the result";
        SendBack           "send_back"           "审核退回" "send back";
        PassCheck          "pass_check"          "审核通过" "pass the check";
        Close              "close"               "回访办结" "close";
        Redo               "redo"                "二次派单" "redo";
        Reopen             "reopen"              "重新办理" "reopen";
        Terminate          "terminate"           "终止办理" "terminate";
        Void               "void"                "作废"     "void";
        Merge              "merge"               "并案"     "merge";
        Split              "split"               "拆案"     "split";
        Archive            "archive"             "归档"     "archive";
    }
}

impl Act {
    /// The one row of the table that says when and by whom this act may be done.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        // `table.rs` proves at compile time that the rows stand in the order of the acts.
        &TABLE[self as usize]
    }

    /// Its number in domain.md 2.2.
    #[must_use]
    pub const fn transition(self) -> Transition {
        self.row().transition
    }
}

vocabulary! {
    /// The numbers of domain.md 2.2.
    enum Transition, "transition" {
        T1  "T1"  "登记"       "register";
        T2  "T2"  "即时答复"   "answer now";
        T3  "T3"  "不予受理"   "refuse";
        T4  "T4"  "转送"       "hand over";
        T5  "T5"  "退回补充、补充" "ask for and supply information";
        T6  "T6"  "受理、立案" "accept";
        T7  "T7"  "自办自结"   "self-handle";
        T8  "T8"  "派单"       "dispatch";
        T9  "T9"  "撤回"       "recall";
        T10 "T10" "签收"       "sign for";
        T11 "T11" "视为签收"   "deemed signed";
        T12 "T12" "申请退单、管辖申述" "appeal jurisdiction";
        T13 "T13" "同意退单"   "grant the return";
        T14 "T14" "不同意退单" "refuse the return";
        T15 "T15" "指定承办"   "designate";
        T16 "T16" "转派、上报、改派" "transfer down, hand up and reroute";
        T17 "T17" "协办"       "ask co-handlers";
        T18 "T18" "启动会商"   "open consultation";
        T19 "T19" "会商决定"   "decide consultation";
        T20 "T20" "挂起、恢复" "suspend and resume";
        T21 "T21" "延期"       "extend";
        T22 "T22" "挂账"       "defer";
        T23 "T23" "销账、恢复" "resume a deferred ticket";
        T24 "T24" "反馈"       "report the result";
        T25 "T25" "审核退回"   "send back";
        T26 "T26" "审核通过"   "pass the check";
        T27 "T27" "回访办结"   "close";
        T28 "T28" "二次派单"   "redo";
        T29 "T29" "重新办理"   "reopen";
        T30 "T30" "终止办理"   "terminate";
        T31 "T31" "作废"       "void";
        T32 "T32" "并案、拆案" "merge and split";
        T33 "T33" "归档"       "archive";
    }
}
