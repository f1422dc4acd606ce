//! The 19 states of a ticket (domain.md 2.1).

use super::clock::{Clock, StateClocks};

vocabulary! {
    /// Where a ticket stands (domain.md 2.1). Class, urgency, round, urges, supervision, copies and
    /// lamp are overlays and not states.
    enum State, "state" {
        Received        "RECEIVED"         "待受理"   "Received";
        NeedInfo        "NEED_INFO"        "待补充"   "Waiting for the citizen's information";
        PendingDispatch "PENDING_DISPATCH" "待派单"   "Accepted, waiting for dispatch";
        Dispatched      "DISPATCHED"       "待签收"   "Dispatched, waiting for sign-for";
        InProgress      "IN_PROGRESS"      "办理中"   "In progress";
        ReturnReview    "RETURN_REVIEW"    "退单待审" "Return under review";
        Consulting      "CONSULTING"       "会商中"   "In consultation";
        Suspended       "SUSPENDED"        "挂起"     "Suspended, cause outside the unit";
        Deferred        "DEFERRED"         "挂账"     "Deferred with promised date";
        FeedbackReview  "FEEDBACK_REVIEW"  "待审核"   "Result under check";
        PendingCallback "PENDING_CALLBACK" "待回访"   "Waiting for callback";
        Closed          "CLOSED"           "结案"     "Closed";
        Archived        "ARCHIVED"         "归档"     "Archived";
        Answered        "ANSWERED"         "即时答复" "Answered at first contact";
        NotAccepted     "NOT_ACCEPTED"     "不予受理" "Not accepted, way told";
        HandedOver      "HANDED_OVER"      "已转送"   "Handed over outside";
        Terminated      "TERMINATED"       "终止办理" "Terminated with approval";
        Voided          "VOIDED"           "作废"     "Voided by two persons";
        Merged          "MERGED"           "并案"     "Merged under a lead case";
    }
}

impl State {
    /// The open states: somebody still has to act. T30, T31 and T32 start from any of them.
    pub const OPEN: &'static [Self] = &[
        Self::Received,
        Self::NeedInfo,
        Self::PendingDispatch,
        Self::Dispatched,
        Self::InProgress,
        Self::ReturnReview,
        Self::Consulting,
        Self::Suspended,
        Self::Deferred,
        Self::FeedbackReview,
        Self::PendingCallback,
    ];

    /// Somebody still has to act on the ticket itself. A merged ticket is carried by its lead case,
    /// an answered or closed one may still be reopened: they are neither open nor final.
    #[must_use]
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// No row of the table leads out: the ticket never changes state again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        use State::{Archived, HandedOver, NotAccepted, Terminated, Voided};
        matches!(self, Archived | NotAccepted | HandedOver | Terminated | Voided)
    }

    /// The clocks of the state, exactly the last column of domain.md 2.1.
    ///
    /// Four remarks on reading it. K15, an alarm's, runs in any state.
    /// K4 ends with the first contact, which is not a change of state,
    /// so in DISPATCHED and IN_PROGRESS it may be over already. In CONSULTING K5 *goes on*: it runs
    /// if it ran before (not when the consultation was opened straight from PENDING_DISPATCH).
    /// K6 in RETURN_REVIEW is the ruling's; while the appeal may still be filed (2.4: from T8) the
    /// unit's K6 runs as a window beside the clocks listed here.
    #[must_use]
    pub const fn running_clocks(self) -> StateClocks {
        use Clock::{K1, K2, K3, K4, K5, K6, K7, K8, K9, K10, K11, K12, K13, K14};
        let (running, paused): (&[Clock], &[Clock]) = match self {
            Self::Received => (&[K1], &[]),
            Self::NeedInfo => (&[K10], &[K1]),
            Self::PendingDispatch => (&[K2], &[]),
            Self::Dispatched => (&[K3, K4, K5], &[]),
            Self::InProgress => (&[K4, K5], &[]),
            Self::ReturnReview => (&[K5, K6], &[]),
            Self::Consulting => (&[K5, K11], &[]),
            Self::Suspended => (&[K10], &[K5]),
            Self::Deferred => (&[K8], &[]),
            Self::FeedbackReview => (&[K9], &[]),
            Self::PendingCallback => (&[K7], &[]),
            Self::Closed | Self::Answered => (&[K12], &[]),
            Self::Archived => (&[K13], &[]),
            Self::HandedOver => (&[K14], &[]),
            Self::NotAccepted | Self::Terminated | Self::Voided | Self::Merged => (&[], &[]),
        };
        StateClocks { running, paused }
    }
}
