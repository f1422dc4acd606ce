//! The 14 clocks of domain.md 2.4, one of ours (K15), and what a step does to them. How long a clock is, and in which
//! calendar, belongs to the crate `sla`.

vocabulary! {
    /// A time limit (domain.md 2.4; K15 is ours).
    enum Clock, "clock" {
        K1  "K1"  "受理时限"     "time to accept";
        K2  "K2"  "派单时限"     "time to dispatch";
        K3  "K3"  "签收时限"     "time to sign for";
        K4  "K4"  "首次联系时限" "time to first contact";
        K5  "K5"  "办理时限"     "time to handle";
        K6  "K6"  "退单时限"     "time to return";
        K7  "K7"  "回访时限"     "time to call back";
        K8  "K8"  "挂账承诺日"   "promised date of a deferral";
        K9  "K9"  "审核时限"     "time to check";
        K10 "K10" "挂起上限"     "cap of a pause";
        K11 "K11" "会商时限"     "time to consult";
        K12 "K12" "重办窗口"     "reopen window";
        K13 "K13" "保存期限"     "retention";
        K14 "K14" "转送回执"     "time for the outside result";
        // not in domain.md: danger to life or limb is watched from the first minute, in whatever state the ticket is
        K15 "K15" "告警处置时限" "time to answer an alarm";
    }
}

/// The clocks of one state (domain.md 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateClocks {
    /// Clocks that run.
    pub running: &'static [Clock],
    /// Clocks that are paused and keep what is left.
    pub paused: &'static [Clock],
}

vocabulary! {
    /// What happens to a clock (domain.md 2.2, last column).
    ///
    /// A change that finds the clock in another condition does nothing: stopping one that doesn't
    /// run, or resuming one that isn't paused. Only `started` always acts: it closes an older clock
    /// of the same name, whose deadline stays in the ledger, and starts a new one from zero.
    enum Change, "clock change" {
        Started  "started"  "开始"     "starts from zero; an older one stays in the ledger";
        Stopped  "stopped"  "停止"     "stops";
        Paused   "paused"   "暂停"     "pauses and keeps what is left";
        Resumed  "resumed"  "继续"     "goes on after a pause";
        Reopened "reopened" "恢复计时" "goes on after a stop, with the rest of its time";
        Moved    "moved"    "延后"     "deadline moves, both are kept";
        Voided   "voided"   "作废"     "void: counts for nobody";
        Returned "returned" "退单结束" "closed as returned: counts for the dispute";
        Held     "held"     "随主案"   "held while the lead case runs";
        Restored "restored" "还原"     "back to what it was before the merge";
        Recounted "recounted" "重算"   "computed anew: another class, or a new calendar year";
    }
}

/// One entry of the last column of domain.md 2.2: a clock and what happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ClockEffect {
    /// Which clock.
    pub clock: Clock,
    /// What happens to it.
    pub change: Change,
}
