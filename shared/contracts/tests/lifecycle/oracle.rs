//! domain.md section 2 typed a second time, as text, so that a slip in the table shows.

use std::str::FromStr;

use contracts::lifecycle::{Act, Note, Role, State, UnknownCode};

/// 2.1: code, Chinese, running clocks, paused clocks after `|`.
pub const STATES: &str = "
RECEIVED         待受理   K1
NEED_INFO        待补充   K10 | K1
PENDING_DISPATCH 待派单   K2
DISPATCHED       待签收   K3 K4 K5
IN_PROGRESS      办理中   K4 K5
RETURN_REVIEW    退单待审 K5 K6
CONSULTING       会商中   K5 K11
SUSPENDED        挂起     K10 | K5
DEFERRED         挂账     K8
FEEDBACK_REVIEW  待审核   K9
PENDING_CALLBACK 待回访   K7
CLOSED           结案     K12
ARCHIVED         归档     K13
ANSWERED         即时答复 K12
NOT_ACCEPTED     不予受理
HANDED_OVER      已转送   K14
TERMINATED       终止办理
VOIDED           作废
MERGED           并案
";

/// 2.2, with the classes of 2.5 and the roles of 2.7. Columns: number, act, from, to, roles,
/// guards in order, clocks. `guard@role` binds only in that role. Clocks: `+` starts, `-` stops,
/// `~` pauses, `>` goes on, `^` goes on after a stop, `=` moves, `x` void, `r` closed as returned,
/// `h` held by the lead case, `<` restored.
pub const TRANSITIONS: &str = "
T1  | register            | nothing | RECEIVED | call_taker grid_worker citizen system | number_is_new | +K1
T2  | answer_now          | RECEIVED | ANSWERED | call_taker | knowledge_cited | -K1 +K12
T3  | refuse              | RECEIVED | NOT_ACCEPTED | call_taker | reason_listed way_told | -K1 -K15
T4  | hand_over           | RECEIVED | HANDED_OVER | call_taker system | outside_matter | -K1 +K14
T5  | ask_info            | RECEIVED | NEED_INFO | call_taker | missing_named | ~K1 +K10
T5  | supply_info         | NEED_INFO | RECEIVED | citizen system | pause_cap_over@system | -K10 >K1
T6  | accept              | RECEIVED | PENDING_DISPATCH | call_taker grid_worker system | category_set place_set class_set | -K1 +K2
T7  | self_handle         | RECEIVED | IN_PROGRESS | grid_worker | simple_class own_grid | -K1 +K5
T8  | dispatch            | PENDING_DISPATCH | DISPATCHED | dispatcher system | unit_named copies_named | -K2 +K3 +K4 +K5 +K6
T9  | recall              | DISPATCHED | PENDING_DISPATCH | dispatcher | untouched | xK3 xK4 xK5 xK6 +K2
T10 | sign                | DISPATCHED | IN_PROGRESS | UNIT | | -K3
T11 | deem_signed         | DISPATCHED | IN_PROGRESS | system | sign_time_over | -K3
T12 | appeal_jurisdiction | DISPATCHED IN_PROGRESS | RETURN_REVIEW | UNIT | class_returnable not_consulted not_designated inside_return_time returns_left reason_given legal_basis_given unit_proposed | -K3 ~K4 +K6
T13 | grant_return        | RETURN_REVIEW | PENDING_DISPATCH | dispatcher checker | decided_by_another | -K6 rK4 rK5 +K2
T14 | refuse_return       | RETURN_REVIEW | IN_PROGRESS | dispatcher checker | decided_by_another reason_given | -K6 >K4
T15 | designate           | RETURN_REVIEW | DISPATCHED | convener hotline_office | decided_by_another unit_named | -K6 +K3 +K4 +K5
T16 | transfer            | IN_PROGRESS | DISPATCHED | UNIT | downward | +K3
T16 | hand_up             | DISPATCHED IN_PROGRESS | DISPATCHED | UNIT | upward not_consulted not_designated reason_given | +K3
T16 | reroute             | DISPATCHED IN_PROGRESS | DISPATCHED | dispatcher hotline_office | request_pending decided_by_another unit_named | +K3 +K6
T17 | ask_co_handlers     | IN_PROGRESS | IN_PROGRESS | UNIT | sub_times_shorter |
T18 | open_consultation   | PENDING_DISPATCH IN_PROGRESS RETURN_REVIEW | CONSULTING | convener | consultation_due | -K2 ~K4 -K6 +K11
T19 | decide_consultation | CONSULTING | DISPATCHED | convener | lead_named responsible_named minutes_attached | -K11 +K3 +K4 +K5
T20 | suspend             | IN_PROGRESS | SUSPENDED | checker | request_pending decided_by_another cause_outside evidence_attached | ~K4 ~K5 ~K6 +K10
T20 | resume              | SUSPENDED | IN_PROGRESS | checker system | pause_cap_over@system | -K10 >K4 >K5 >K6
T21 | extend              | IN_PROGRESS | IN_PROGRESS | supervisor hotline_office | request_pending decided_by_another before_expiry extensions_left citizen_told | =K5
T22 | defer               | IN_PROGRESS | DEFERRED | supervising_department supervisor | request_pending decided_by_another measure_named date_promised | ~K4 -K5 -K6 +K8
T23 | resume_deferred     | DEFERRED | IN_PROGRESS | system supervisor | promise_due@system | -K8 >K4 +K5
T24 | report_result       | IN_PROGRESS | FEEDBACK_REVIEW | UNIT | form_complete co_handlers_done | -K4 -K5 -K6 +K9
T25 | send_back           | FEEDBACK_REVIEW | IN_PROGRESS | checker grid_chief | chief_checks_simple@grid_chief reason_given | -K9 ^K5
T26 | pass_check          | FEEDBACK_REVIEW | PENDING_CALLBACK | checker grid_chief | chief_checks_simple@grid_chief not_the_handler convener_agrees@checker | -K9 +K7
T27 | close               | PENDING_CALLBACK | CLOSED | callback_clerk | not_the_handler callback_done no_redo_owed | -K7 +K12
T28 | redo                | PENDING_CALLBACK | DISPATCHED | callback_clerk | not_the_handler redo_owed | -K7 +K3 +K4 +K5 +K6
T29 | reopen              | CLOSED ANSWERED | DISPATCHED | citizen | inside_reopen_window | -K12 +K3 +K4 +K5 +K6
T30 | terminate           | OPEN | TERMINATED | hotline_office | request_pending decided_by_another reason_listed | -K1 -K2 -K3 -K4 -K5 -K6 -K7 -K8 -K9 -K10 -K11 -K15
T31 | void                | OPEN | VOIDED | call_taker dispatcher checker hotline_office | second_person reason_given | -K1 -K2 -K3 -K4 -K5 -K6 -K7 -K8 -K9 -K10 -K11 -K15
T32 | merge               | OPEN | MERGED | dispatcher | same_matter callbacks_kept | hK1 hK2 hK3 hK4 hK5 hK6 hK7 hK8 hK9 hK10 hK11
T32 | split               | MERGED | before-merge | dispatcher | state_before_merge_known | <K1 <K2 <K3 <K4 <K5 <K6 <K7 <K8 <K9 <K10 <K11
T33 | archive             | CLOSED | ARCHIVED | system | reopen_window_over no_appeal_open | -K12 +K13
";

/// The last paragraph of 2.2 and what 2.3 needs beside it: note, states, roles.
pub const NOTES: &str = "
urge              | OPEN | citizen supervisor supervising_department system
supervise         | OPEN | supervisor supervising_department
interview         | OPEN | supervisor supervising_department
escalate          | OPEN | supervisor supervising_department system
copy              | OPEN | dispatcher convener system
add_note          | OPEN CLOSED ANSWERED HANDED_OVER MERGED | UNIT citizen call_taker dispatcher checker grid_chief grid_head co_handler supervising_department convener supervisor callback_clerk assessor hotline_office system
progress          | IN_PROGRESS SUSPENDED DEFERRED | UNIT co_handler
first_contact     | DISPATCHED IN_PROGRESS | UNIT
log_try           | PENDING_CALLBACK MERGED | callback_clerk
convener_agrees   | FEEDBACK_REVIEW | convener
ask_request       | OPEN | UNIT call_taker dispatcher
withdraw_request  | OPEN | UNIT call_taker dispatcher
deny_request      | OPEN | checker supervisor supervising_department hotline_office
ask_exclusion     | ASSESSED | UNIT
grant_exclusion   | ASSESSED | assessor
deny_exclusion    | ASSESSED | assessor
appeal_assessment | CLOSED TERMINATED | UNIT
review_assessment | CLOSED TERMINATED | assessor
whistle           | DISPATCHED IN_PROGRESS SUSPENDED DEFERRED | UNIT
arrive            | OPEN | handling_unit co_handler grid_worker
end_whistle       | OPEN | UNIT
reply             | OPEN | UNIT
attend            | CONSULTING | convener
judge_part        | IN_PROGRESS | UNIT
call_back         | MERGED | callback_clerk
reclassify        | RECEIVED PENDING_DISPATCH DISPATCHED IN_PROGRESS | call_taker dispatcher hotline_office system
succeed           | OPEN CLOSED ANSWERED HANDED_OVER MERGED | administrator
recalculate       | OPEN CLOSED ANSWERED HANDED_OVER MERGED | administrator
hold              | RECEIVED | system
inform            | OPEN CLOSED ANSWERED HANDED_OVER MERGED | dispatcher
alarm             | OPEN CLOSED ANSWERED HANDED_OVER MERGED | UNIT co_handler call_taker system
answer_alarm      | OPEN CLOSED ANSWERED HANDED_OVER MERGED | UNIT co_handler call_taker system
";

const OPEN: &str = "RECEIVED NEED_INFO PENDING_DISPATCH DISPATCHED IN_PROGRESS RETURN_REVIEW \
    CONSULTING SUSPENDED DEFERRED FEEDBACK_REVIEW PENDING_CALLBACK";
const ASSESSED: &str = "DISPATCHED IN_PROGRESS RETURN_REVIEW CONSULTING SUSPENDED DEFERRED \
    FEEDBACK_REVIEW PENDING_CALLBACK CLOSED TERMINATED";
const UNIT: &str = "handling_unit grid_worker community_officer";

/// States from which nothing leads anywhere.
pub const FINAL: &str = "ARCHIVED NOT_ACCEPTED HANDED_OVER TERMINATED VOIDED";

/// One line of [`TRANSITIONS`], still as text.
pub struct Line {
    pub transition: &'static str,
    pub act: Act,
    pub from: Vec<Option<State>>,
    pub to: &'static str,
    pub roles: Vec<Role>,
    pub guards: Vec<(&'static str, Option<Role>)>,
    pub clocks: Vec<&'static str>,
}

pub fn lines() -> Vec<Line> {
    rows(TRANSITIONS).map(line).collect()
}

fn line(text: &'static str) -> Line {
    let columns: Vec<&str> = text.split('|').map(str::trim).collect();
    let [transition, act, from, to, roles, guards, clocks] = columns[..] else {
        panic!("seven columns expected: {text}");
    };
    let from = match from {
        "nothing" => vec![None],
        states => states_of(states).into_iter().map(Some).collect(),
    };
    let guards = guards.split_whitespace().map(|guard| match guard.split_once('@') {
        Some((guard, role)) => (guard, Some(known(role))),
        None => (guard, None),
    });
    Line {
        transition,
        act: known(act),
        from,
        to,
        roles: roles_of(roles),
        guards: guards.collect(),
        clocks: clocks.split_whitespace().collect(),
    }
}

pub fn notes() -> Vec<(Note, Vec<State>, Vec<Role>)> {
    let note = |text: &'static str| {
        let columns: Vec<&str> = text.split('|').map(str::trim).collect();
        (known(columns[0]), states_of(columns[1]), roles_of(columns[2]))
    };
    rows(NOTES).map(note).collect()
}

pub fn states_of(text: &str) -> Vec<State> {
    expand(text, &[("OPEN", OPEN), ("ASSESSED", ASSESSED)]).map(known).collect()
}

fn roles_of(text: &str) -> Vec<Role> {
    expand(text, &[("UNIT", UNIT)]).map(known).collect()
}

fn known<T: FromStr<Err = UnknownCode>>(code: &str) -> T {
    code.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn expand<'a>(text: &'a str, groups: &'a [(&str, &'a str)]) -> impl Iterator<Item = &'a str> {
    text.split_whitespace().flat_map(|word| {
        let group = groups.iter().find(|(name, _)| *name == word);
        group.map_or(word, |(_, members)| members).split_whitespace()
    })
}

pub fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
