//! The one transition table: domain.md 2.2 line by line.

use Clock::{K1, K2, K3, K4, K5, K6, K7, K8, K9, K10, K11, K12, K13, K14, K15};
use Guard::*;
use Role::*;
use State::*;

use super::clock::{Change, Clock, ClockEffect};
use super::{Act, Guard, Role, State, Transition};

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number in domain.md 2.2.
    pub transition: Transition,
    /// What is done.
    pub act: Act,
    /// Where it may start.
    pub from: Source,
    /// Where it leads.
    pub to: Target,
    /// Who may do it.
    pub roles: &'static [Role],
    /// What must hold, in the order in which it is looked at.
    pub guards: &'static [Guard],
    /// What happens to the clocks.
    pub clocks: &'static [ClockEffect],
}

/// Where a row starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// There is no ticket yet.
    Nothing,
    /// The ticket is in one of these states.
    In(&'static [State]),
}

/// Where a row leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To this state.
    State(State),
    /// Back to the state before the merge, kept in [`History`](super::History).
    BeforeMerge,
}

/// 承办单位: whoever acts for the unit that holds the work order. In class simple that is the grid
/// worker (domain.md 2.5), between grid and village one of the eight officers (1.2).
pub const HANDLERS: &[Role] = &[HandlingUnit, GridWorker, CommunityOfficer];

const fn to(state: State) -> Target {
    Target::State(state)
}

/// `table! { T1 Register: from, to, by roles, if guards, clocks effects; … }`
macro_rules! table {
    ($($t:ident $act:ident: $from:expr => $to:expr, by $roles:expr, if $guards:tt, clocks [$($change:ident $clock:ident),*];)+) => {
        &[$(Row {
            transition: Transition::$t,
            act: Act::$act,
            from: $from,
            to: $to,
            roles: &$roles,
            guards: &$guards,
            clocks: &[$(ClockEffect { clock: $clock, change: Change::$change }),*],
        }),+]
    };
}

/// Every transition of domain.md 2.2, one row an act, in the order of [`Act::ALL`].
pub const TABLE: &[Row] = table! {
    T1 Register: Source::Nothing => to(Received),
        by [CallTaker, GridWorker, Citizen, System], if [NumberIsNew],
        clocks [Started K1];
    T2 AnswerNow: Source::In(&[Received]) => to(Answered),
        by [CallTaker], if [KnowledgeCited],
        clocks [Stopped K1, Started K12];
    T3 Refuse: Source::In(&[Received]) => to(NotAccepted),
        by [CallTaker], if [ReasonListed, WayTold],
        clocks [Stopped K1, Stopped K15];
    T4 HandOver: Source::In(&[Received]) => to(HandedOver),
        by [CallTaker, System], if [OutsideMatter],
        clocks [Stopped K1, Started K14];
    T5 AskInfo: Source::In(&[Received]) => to(NeedInfo),
        by [CallTaker], if [MissingNamed],
        clocks [Paused K1, Started K10];
    T5 SupplyInfo: Source::In(&[NeedInfo]) => to(Received),
        by [Citizen, System], if [PauseCapOver],
        clocks [Stopped K10, Resumed K1];
    T6 Accept: Source::In(&[Received]) => to(PendingDispatch),
        by [CallTaker, GridWorker, System], if [CategorySet, PlaceSet, ClassSet],
        clocks [Stopped K1, Started K2];
    T7 SelfHandle: Source::In(&[Received]) => to(InProgress),
        by [GridWorker], if [SimpleClass, OwnGrid],
        clocks [Stopped K1, Started K5];
    T8 Dispatch: Source::In(&[PendingDispatch]) => to(Dispatched),
        by [Dispatcher, System], if [UnitNamed, CopiesNamed],
        clocks [Stopped K2, Started K3, Started K4, Started K5, Started K6];
    T9 Recall: Source::In(&[Dispatched]) => to(PendingDispatch),
        by [Dispatcher], if [Untouched],
        clocks [Voided K3, Voided K4, Voided K5, Voided K6, Started K2];
    T10 Sign: Source::In(&[Dispatched]) => to(InProgress),
        by *HANDLERS, if [],
        clocks [Stopped K3];
    T11 DeemSigned: Source::In(&[Dispatched]) => to(InProgress),
        by [System], if [SignTimeOver],
        clocks [Stopped K3];
    T12 AppealJurisdiction: Source::In(&[Dispatched, InProgress]) => to(ReturnReview),
        by *HANDLERS,
        if [ClassReturnable, NotConsulted, NotDesignated, InsideReturnTime, ReturnsLeft, ReasonGiven, LegalBasisGiven, UnitProposed],
        // K6: the unit's ends here (2.4), the ruling's begins (2.1).
        clocks [Stopped K3, Paused K4, Started K6];
    T13 GrantReturn: Source::In(&[ReturnReview]) => to(PendingDispatch),
        by [Dispatcher, Checker], if [DecidedByAnother],
        clocks [Stopped K6, Returned K4, Returned K5, Started K2];
    T14 RefuseReturn: Source::In(&[ReturnReview]) => to(InProgress),
        by [Dispatcher, Checker], if [DecidedByAnother, ReasonGiven],
        clocks [Stopped K6, Resumed K4];
    T15 Designate: Source::In(&[ReturnReview]) => to(Dispatched),
        by [Convener, HotlineOffice], if [DecidedByAnother, UnitNamed],
        clocks [Stopped K6, Started K3, Started K4, Started K5];
    T16 Transfer: Source::In(&[InProgress]) => to(Dispatched),
        by *HANDLERS, if [Downward],
        clocks [Started K3];
    // Not in domain.md 2.2: without it a grid could not hand up what it can't do (domain.md 3.3, 2.5). K5 goes on.
    T16 HandUp: Source::In(&[Dispatched, InProgress]) => to(Dispatched),
        by *HANDLERS, if [Upward, NotConsulted, NotDesignated, ReasonGiven],
        clocks [Started K3];
    // Not in domain.md 2.2: a reclassification that another person granted goes to another unit (domain.md 5, 2.8). The
    // citizen's clocks, K4 and K5, go on; the new unit may sign and return as the first one might.
    T16 Reroute: Source::In(&[Dispatched, InProgress]) => to(Dispatched),
        by [Dispatcher, HotlineOffice], if [RequestPending, DecidedByAnother, UnitNamed],
        clocks [Started K3, Started K6];
    T17 AskCoHandlers: Source::In(&[InProgress]) => to(InProgress),
        by *HANDLERS, if [SubTimesShorter],
        clocks [];
    T18 OpenConsultation: Source::In(&[PendingDispatch, InProgress, ReturnReview]) => to(Consulting),
        by [Convener], if [ConsultationDue],
        clocks [Stopped K2, Paused K4, Stopped K6, Started K11];
    T19 DecideConsultation: Source::In(&[Consulting]) => to(Dispatched),
        by [Convener], if [LeadNamed, ResponsibleNamed, MinutesAttached],
        clocks [Stopped K11, Started K3, Started K4, Started K5];
    T20 Suspend: Source::In(&[InProgress]) => to(Suspended),
        by [Checker], if [RequestPending, DecidedByAnother, CauseOutside, EvidenceAttached],
        clocks [Paused K4, Paused K5, Paused K6, Started K10];
    T20 Resume: Source::In(&[Suspended]) => to(InProgress),
        by [Checker, System], if [PauseCapOver],
        clocks [Stopped K10, Resumed K4, Resumed K5, Resumed K6];
    T21 Extend: Source::In(&[InProgress]) => to(InProgress),
        by [Supervisor, HotlineOffice],
        if [RequestPending, DecidedByAnother, BeforeExpiry, ExtensionsLeft, CitizenTold],
        clocks [Moved K5];
    T22 Defer: Source::In(&[InProgress]) => to(Deferred),
        by [SupervisingDepartment, Supervisor],
        if [RequestPending, DecidedByAnother, MeasureNamed, DatePromised],
        clocks [Paused K4, Stopped K5, Stopped K6, Started K8];
    T23 ResumeDeferred: Source::In(&[Deferred]) => to(InProgress),
        by [System, Supervisor], if [PromiseDue],
        clocks [Stopped K8, Resumed K4, Started K5];
    T24 ReportResult: Source::In(&[InProgress]) => to(FeedbackReview),
        by *HANDLERS, if [FormComplete, CoHandlersDone],
        clocks [Stopped K4, Stopped K5, Stopped K6, Started K9];
    T25 SendBack: Source::In(&[FeedbackReview]) => to(InProgress),
        by [Checker, GridChief], if [ChiefChecksSimple, ReasonGiven],
        clocks [Stopped K9, Reopened K5];
    T26 PassCheck: Source::In(&[FeedbackReview]) => to(PendingCallback),
        by [Checker, GridChief], if [ChiefChecksSimple, NotTheHandler, ConvenerAgrees],
        clocks [Stopped K9, Started K7];
    T27 Close: Source::In(&[PendingCallback]) => to(Closed),
        by [CallbackClerk], if [NotTheHandler, CallbackDone, NoRedoOwed],
        clocks [Stopped K7, Started K12];
    T28 Redo: Source::In(&[PendingCallback]) => to(Dispatched),
        by [CallbackClerk], if [NotTheHandler, RedoOwed],
        clocks [Stopped K7, Started K3, Started K4, Started K5, Started K6];
    T29 Reopen: Source::In(&[Closed, Answered]) => to(Dispatched),
        by [Citizen], if [InsideReopenWindow],
        clocks [Stopped K12, Started K3, Started K4, Started K5, Started K6];
    T30 Terminate: Source::In(State::OPEN) => to(Terminated),
        by [HotlineOffice], if [RequestPending, DecidedByAnother, ReasonListed],
        clocks [Stopped K1, Stopped K2, Stopped K3, Stopped K4, Stopped K5, Stopped K6, Stopped K7,
            Stopped K8, Stopped K9, Stopped K10, Stopped K11, Stopped K15];
    T31 Void: Source::In(State::OPEN) => to(Voided),
        by [CallTaker, Dispatcher, Checker, HotlineOffice], if [SecondPerson, ReasonGiven],
        clocks [Stopped K1, Stopped K2, Stopped K3, Stopped K4, Stopped K5, Stopped K6, Stopped K7,
            Stopped K8, Stopped K9, Stopped K10, Stopped K11, Stopped K15];
    T32 Merge: Source::In(State::OPEN) => to(Merged),
        by [Dispatcher], if [SameMatter, CallbacksKept],
        clocks [Held K1, Held K2, Held K3, Held K4, Held K5, Held K6, Held K7, Held K8, Held K9,
            Held K10, Held K11];
    T32 Split: Source::In(&[Merged]) => Target::BeforeMerge,
        by [Dispatcher], if [StateBeforeMergeKnown],
        clocks [Restored K1, Restored K2, Restored K3, Restored K4, Restored K5, Restored K6,
            Restored K7, Restored K8, Restored K9, Restored K10, Restored K11];
    T33 Archive: Source::In(&[Closed]) => to(Archived),
        by [System], if [ReopenWindowOver, NoAppealOpen],
        clocks [Stopped K12, Started K13];
};

/// [`Act::row`] reads the table by position, so the rows must stand in the order of the acts.
const _: () = {
    assert!(TABLE.len() == Act::ALL.len());
    let mut at = 0;
    while at < TABLE.len() {
        assert!(TABLE[at].act as usize == at);
        at += 1;
    }
};
