//! Acts that leave the state as it is (domain.md 2.2, last paragraph).

use Role::*;
use State::*;

use super::clock::{Change, Clock, ClockEffect};
use super::refusal::{self, Deed, Refusal, Wait};
use super::table::HANDLERS;
use super::{Role, State};

vocabulary! {
    /// An act that is recorded and leaves the state as it is.
    enum Note, "note" {
        Urge                "urge"                 "催办"         "urge";
        Supervise           "supervise"            "督办"         "supervise, with reply due";
        Interview           "interview"            "约谈"         "interview";
        Escalate            "escalate"             "升级"         "escalate to the unit's leader";
        Copy                "copy"                 "抄送"         "copy";
        AddNote             "add_note"             "补记"         "add a note";
        Progress            "progress"             "办理进展"     "report progress";
        FirstContact        "first_contact"        "首次联系"     "first contact with the citizen";
        LogTry              "log_try"              "回访未接通"   "log a callback try";
        ConvenerAgrees      "convener_agrees"      "召集人同意"   "convener agrees with the result";
        AskRequest          "ask_request"          "提出申请"     "make a request";
        WithdrawRequest     "withdraw_request"     "撤回申请"     "withdraw a request";
        DenyRequest         "deny_request"         "申请未通过"   "deny a request";
        AskExclusion        "ask_exclusion"        "申请剔除"     "ask for exclusion from assessment";
        GrantExclusion      "grant_exclusion"      "剔除"         "exclude from assessment";
        DenyExclusion       "deny_exclusion"       "查否"         "deny the exclusion";
        AppealAssessment    "appeal_assessment"    "考核申诉"     "appeal the assessment";
        ReviewAssessment    "review_assessment"    "考核复核"     "review the assessment";
        Whistle             "whistle"              "吹哨"         "call units to the scene";
        Arrive              "arrive"               "报到"         "arrive at the scene";
        EndWhistle          "end_whistle"          "哨声解除"     "end the whistle; who stayed away is listed";
        Reply               "reply"                "督办回复"     "reply to a supervision";
        Attend              "attend"               "会商到会"     "record the attendance of a consultation";
        JudgePart           "judge_part"           "主办确认协办结果" "accept or send back a co-handler's result";
        CallBack            "call_back"            "并案回访"     "call back the reporter of a merged ticket";
        Reclassify          "reclassify"           "重新分类"     "reclassify";
        Succeed             "succeed"              "机构调整承接" "pass to the successor of a reorganised unit";
        Recalculate         "recalculate"          "重算时限"     "compute a provisional deadline anew by a new calendar";
        Hold                "hold"                 "待人工受理"   "wait for a call-taker, who is to accept it in time";
        Inform              "inform"               "告知诉求人"   "tell the reporter what became of the cluster";
        Alarm               "alarm"                "告警"         "raise the alarm: danger to life or limb";
        AnswerAlarm         "answer_alarm"         "告警处置"     "answer the alarm: who has it in hand, or that there is no danger";
    }
}

/// One line of [`NOTES`].
#[derive(Debug, Clone, Copy)]
pub struct NoteRow {
    /// What is done.
    pub note: Note,
    /// In which states.
    pub states: &'static [State],
    /// By whom.
    pub roles: &'static [Role],
    /// What happens to the clocks: the first contact stops K4 (domain.md 2.4), an alarm starts K15, its answer stops it.
    pub clocks: &'static [ClockEffect],
}

/// A note that is allowed; the state stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// What was done.
    pub note: Note,
    /// The state, before and after.
    pub state: State,
    /// What happens to the clocks.
    pub clocks: &'static [ClockEffect],
}

/// Open, or closed, answered, handed over or merged: more may still become known. Adding to a closed
/// ticket never restarts K12 (domain.md 2.4).
const LIVE: &[State] = &[
    Received,
    NeedInfo,
    PendingDispatch,
    Dispatched,
    InProgress,
    ReturnReview,
    Consulting,
    Suspended,
    Deferred,
    FeedbackReview,
    PendingCallback,
    Closed,
    Answered,
    HandedOver,
    Merged,
];

/// Who makes requests: the unit; and the hotline's staff, who may ask to terminate (T30) a ticket
/// that no unit has.
const ASKERS: &[Role] = &[HandlingUnit, GridWorker, CommunityOfficer, CallTaker, Dispatcher];

/// A unit has it in hand.
const HELD: &[State] = &[Dispatched, InProgress, Suspended, Deferred];

/// Where an assessment counts: from the dispatch to the archive.
const ASSESSED: &[State] =
    &[Dispatched, InProgress, ReturnReview, Consulting, Suspended, Deferred, FeedbackReview, PendingCallback, Closed, Terminated];

/// Everybody but the auditor, who only reads, and the administrator, who keeps no cases.
const WRITERS: &[Role] = &[
    Citizen,
    CallTaker,
    Dispatcher,
    Checker,
    GridWorker,
    GridChief,
    GridHead,
    CommunityOfficer,
    HandlingUnit,
    CoHandler,
    SupervisingDepartment,
    Convener,
    Supervisor,
    CallbackClerk,
    Assessor,
    HotlineOffice,
    System,
];

/// Who may see danger, or learn that there is none: the hotline's staff, who has work on it, and the product.
const WATCHFUL: &[Role] = &[CallTaker, HandlingUnit, GridWorker, CommunityOfficer, CoHandler, System];

const fn turns(clock: Clock, change: Change) -> ClockEffect {
    ClockEffect { clock, change }
}

/// `Note, in states, by roles, clocks effects;`
macro_rules! notes {
    ($($note:ident, in $states:expr, by $roles:expr, clocks $clocks:expr;)+) => {
        &[$(NoteRow { note: Note::$note, states: &$states, roles: &$roles, clocks: &$clocks }),+]
    };
}

/// Every act of the last paragraph of domain.md 2.2, and those that feed requests, check and
/// callback (2.3), in the order of [`Note::ALL`].
pub const NOTES: &[NoteRow] = notes! {
    Urge, in *State::OPEN, by [Citizen, Supervisor, SupervisingDepartment, System], clocks [];
    Supervise, in *State::OPEN, by [Supervisor, SupervisingDepartment], clocks [];
    Interview, in *State::OPEN, by [Supervisor, SupervisingDepartment], clocks [];
    Escalate, in *State::OPEN, by [Supervisor, SupervisingDepartment, System], clocks [];
    Copy, in *State::OPEN, by [Dispatcher, Convener, System], clocks [];
    AddNote, in *LIVE, by *WRITERS, clocks [];
    Progress, in [InProgress, Suspended, Deferred], by [HandlingUnit, GridWorker, CommunityOfficer, CoHandler], clocks [];
    FirstContact, in [Dispatched, InProgress], by *HANDLERS, clocks [turns(Clock::K4, Change::Stopped)];
    LogTry, in [PendingCallback, Merged], by [CallbackClerk], clocks [];
    ConvenerAgrees, in [FeedbackReview], by [Convener], clocks [];
    AskRequest, in *State::OPEN, by *ASKERS, clocks [];
    WithdrawRequest, in *State::OPEN, by *ASKERS, clocks [];
    DenyRequest, in *State::OPEN, by [Checker, Supervisor, SupervisingDepartment, HotlineOffice], clocks [];
    AskExclusion, in *ASSESSED, by *HANDLERS, clocks [];
    GrantExclusion, in *ASSESSED, by [Assessor], clocks [];
    DenyExclusion, in *ASSESSED, by [Assessor], clocks [];
    AppealAssessment, in [Closed, Terminated], by *HANDLERS, clocks [];
    ReviewAssessment, in [Closed, Terminated], by [Assessor], clocks [];
    Whistle, in *HELD, by *HANDLERS, clocks [];
    Arrive, in *State::OPEN, by [HandlingUnit, CoHandler, GridWorker], clocks [];
    EndWhistle, in *State::OPEN, by *HANDLERS, clocks [];
    Reply, in *State::OPEN, by *HANDLERS, clocks [];
    Attend, in [Consulting], by [Convener], clocks [];
    JudgePart, in [InProgress], by *HANDLERS, clocks [];
    CallBack, in [Merged], by [CallbackClerk], clocks [];
    Reclassify, in [Received, PendingDispatch, Dispatched, InProgress], by [CallTaker, Dispatcher, HotlineOffice, System],
        clocks [];
    Succeed, in *LIVE, by [Administrator], clocks [];
    Recalculate, in *LIVE, by [Administrator], clocks [];
    Hold, in [Received], by [System], clocks [];
    Inform, in *LIVE, by [Dispatcher], clocks [];
    Alarm, in *LIVE, by *WATCHFUL, clocks [turns(Clock::K15, Change::Started)];
    AnswerAlarm, in *LIVE, by *WATCHFUL, clocks [turns(Clock::K15, Change::Stopped)];
};

impl Note {
    /// The one line that says where and by whom this note may be made.
    #[must_use]
    pub const fn row(self) -> &'static NoteRow {
        &NOTES[self as usize]
    }
}

/// Asks the table whether `role` may make `note` on a ticket in `state`.
///
/// # Errors
/// As [`next`](super::next), without guards.
pub fn note(state: Option<State>, note: Note, role: Role) -> Result<Noted, Refusal> {
    let deed = Deed::Note(note);
    refusal::admit(deed, state, role)?;
    let state = state.ok_or(Refusal::TooEarly(Wait::Registration { deed }))?;
    Ok(Noted { note, state, clocks: note.row().clocks })
}

/// [`Note::row`] reads the table by position, so the lines must stand in the order of the notes.
const _: () = {
    assert!(NOTES.len() == Note::ALL.len());
    let mut at = 0;
    while at < NOTES.len() {
        assert!(NOTES[at].note as usize == at);
        at += 1;
    }
};
