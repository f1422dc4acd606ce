//! The guards of domain.md 2.2, 2.5 and 2.7: for each its code, what the refusal says, and what
//! must be true, in one place.

use super::context::{Actor, Class, Standing, Touch};
use super::{Clock, Context, Role, State};

/// What a guard may look at.
pub(super) struct Facts<'a> {
    pub(super) state: Option<State>,
    pub(super) role: Role,
    pub(super) context: &'a Context,
}

/// Declares the guards: `Variant "code" "中文" "English" if |facts| condition;`. The two texts say
/// what is wrong and what to do, since they are read when the guard doesn't hold.
macro_rules! guards {
    ($($variant:ident $code:literal $zh:literal $en:literal if |$facts:ident| $holds:expr;)+) => {
        vocabulary! {
            /// A condition of domain.md 2.2 that must hold for an act. The Chinese and English
            /// texts say what is wrong when it doesn't, and what to do about it.
            enum Guard, "guard" { $($variant $code $zh $en;)+ }
        }

        impl Guard {
            /// Whether the condition holds.
            pub(super) fn holds(self, facts: &Facts<'_>) -> bool {
                match self { $(Self::$variant => { let $facts = facts; $holds })+ }
            }
        }
    };
}

guards! {
    // T1–T7: intake
    NumberIsNew "number_is_new" "该外部编号已有工单；请查询原工单，不要重复登记"
        "this outside number already has a ticket; look that one up instead of registering again"
        if |f| f.context.intake.number_is_new;
    KnowledgeCited "knowledge_cited" "即时答复未引用知识条目；请引用后再答复"
        "no knowledge item is cited; cite the one the answer rests on"
        if |f| f.context.intake.knowledge_cited;
    ReasonListed "reason_listed" "理由不在规定清单内；请从清单中选择"
        "the reason is not one of the closed list; choose one of the list"
        if |f| f.context.request.reason_listed;
    WayTold "way_told" "未告知诉求人应走的途径；请写明途径"
        "the citizen is not told the right way; say where the matter belongs"
        if |f| f.context.intake.way_told;
    OutsideMatter "outside_matter" "不属于紧急警情或信访事项；请正常受理"
        "neither an emergency nor a petition matter; accept it here"
        if |f| f.context.intake.outside.is_some();
    MissingNamed "missing_named" "未写明缺少什么；请列出需要补充的内容"
        "what is missing is not named; list what the citizen should supply"
        if |f| f.context.intake.missing_named;
    CategorySet "category_set" "事项类别未确定；请先分类"
        "the category is not set; classify first"
        if |f| f.context.intake.category_set;
    PlaceSet "place_set" "地点未确定；请先定位到网格或区划"
        "the place is not set; find the grid or division first"
        if |f| f.context.intake.place_set;
    ClassSet "class_set" "难度类别未确定；请先定为简易、需协调或重点难点"
        "the class is not set; choose simple, coordination or key-difficult first"
        if |f| f.context.class.is_some();
    SimpleClass "simple_class" "只有简易类可以自办自结；请受理后派单"
        "only class simple can be self-handled; accept it and have it dispatched"
        if |f| f.context.class == Some(Class::Simple);
    OwnGrid "own_grid" "不在本人网格内；请受理后派给所属网格"
        "the place is not in your own grid; accept it and have it dispatched to its grid"
        if |f| f.context.intake.own_grid;

    // T8–T11, T16, T17: the work order
    UnitNamed "unit_named" "没有承办单位；请从派单目录选择或指定单位"
        "no unit is named; take one from the catalogue or designate one"
        if |f| f.context.order.unit_named;
    CopiesNamed "copies_named" "抄送未填；请填写主管部门或网格长"
        "the copies are not filled in; name the supervising department or the grid chief"
        if |f| f.context.order.copies_named;
    Untouched "untouched" "承办单位已签收或已填写内容，不能撤回；请由其申请退单"
        "the unit has signed or written something; it must appeal instead of being recalled"
        if |f| f.context.order.touch == Touch::Untouched;
    SignTimeOver "sign_time_over" "签收时限（K3）未到期，不能视为签收"
        "the time to sign for (K3) is not over; it can't be deemed signed"
        if |f| f.context.deadlines.k3 == Standing::Over;
    Downward "downward" "只能在本单位内向下转派；向上请申请退单"
        "a transfer goes downward inside the unit only; appeal to hand it up"
        if |f| f.context.order.downward;
    Upward "upward" "只能上报给上一级或更上级；请选择镇街或区综治中心"
        "it is handed up to a level above only; name the town or the district centre"
        if |f| f.context.order.upward;
    SubTimesShorter "sub_times_shorter" "协办时限须早于主办时限；请缩短协办时限"
        "a co-handler's time must end before the lead's; shorten it"
        if |f| f.context.order.sub_times_shorter;

    // T12–T15: returns
    ClassReturnable "class_returnable" "简易类不适用退单；请先上报升级类别"
        "class simple can't be returned; hand it up to the next class first"
        if |f| matches!(f.context.class, Some(Class::Coordination | Class::KeyDifficult));
    NotConsulted "not_consulted" "会商已定，不得退单；请办理"
        "a consultation has decided; it may not be returned, handle it"
        if |f| !f.context.history.consulted;
    NotDesignated "not_designated" "已指定承办，不得退单；请办理"
        "the unit is designated; it may not be returned, handle it"
        if |f| !f.context.history.designated;
    InsideReturnTime "inside_return_time" "退单时限（K6）已过；请办理"
        "the time to return (K6) is over; handle it"
        if |f| f.context.deadlines.k6 == Standing::Inside;
    ReturnsLeft "returns_left" "退单次数已用完；请由区综治中心指定承办"
        "no return is left; the district centre designates a unit"
        if |f| f.context.history.returns < f.context.limits.returns;
    ReasonGiven "reason_given" "未写理由；请写明理由"
        "no reason is given; write it"
        if |f| f.context.request.reason;
    LegalBasisGiven "legal_basis_given" "未写法律或职责依据；请写明依据"
        "no legal basis is given; name the rule it rests on"
        if |f| f.context.request.legal_basis;
    UnitProposed "unit_proposed" "未提出应承办的单位；请写明建议单位"
        "no other unit is proposed; name the one that should have it"
        if |f| f.context.request.proposed_unit;

    // T18, T19: consultation
    ConsultationDue "consultation_due" "只有重点难点类或第二次退单可以启动会商；请正常派单"
        "only class key-difficult or a second return opens a consultation; dispatch it as usual"
        if |f| f.context.class == Some(Class::KeyDifficult) || returns_with_this_one(f) >= f.context.limits.consultation_return;
    LeadNamed "lead_named" "未明确牵头单位；请在会商决定中写明"
        "no lead unit is named; name it in the decision"
        if |f| f.context.consultation.lead_named;
    ResponsibleNamed "responsible_named" "未明确责任单位；请在会商决定中写明"
        "no responsible units are named; name them in the decision"
        if |f| f.context.consultation.responsible_named;
    MinutesAttached "minutes_attached" "未附会商纪要；请上传纪要"
        "the minutes are not attached; attach them"
        if |f| f.context.consultation.minutes;

    // T20–T23, T30, T31: requests
    RequestPending "request_pending" "没有待审核的申请；请由承办单位先申请"
        "no request is pending; the unit asks first"
        if |f| f.context.request.pending;
    DecidedByAnother "decided_by_another" "申请人不能审核自己的申请；请由他人审核"
        "whoever asked can't decide; another person must"
        if |f| f.context.people.actor == Actor::Independent;
    CauseOutside "cause_outside" "不是单位以外的原因，不能挂起；请继续办理"
        "the cause is not outside the unit; go on handling"
        if |f| f.context.request.cause_outside;
    EvidenceAttached "evidence_attached" "未附证明材料；请上传"
        "no evidence is attached; attach it"
        if |f| f.context.request.evidence;
    PauseCapOver "pause_cap_over" "挂起上限（K10）未到期，系统不能自动恢复"
        "the cap of the pause (K10) is not over; the system can't resume yet"
        if |f| f.role != Role::System || f.context.deadlines.k10 == Standing::Over;
    BeforeExpiry "before_expiry" "办理时限（K5）到期后才申请，不能延期；请尽快反馈"
        "it was asked after the time to handle (K5) ran out; report the result as soon as possible"
        if |f| f.context.deadlines.k5 == Standing::Inside;
    ExtensionsLeft "extensions_left" "本轮延期次数已用完；请反馈或申请挂账"
        "no extension is left in this round; report the result or ask for a deferral"
        if |f| f.context.history.extensions < f.context.limits.extensions;
    CitizenTold "citizen_told" "未告知诉求人；请先告知"
        "the citizen is not told; tell the citizen first"
        if |f| f.context.request.citizen_told;
    MeasureNamed "measure_named" "未写明措施；请写明"
        "no measure is named; name it"
        if |f| f.context.request.measure;
    DatePromised "date_promised" "未承诺日期；请写明"
        "no date is promised; give one"
        if |f| f.context.request.promised_date;
    PromiseDue "promise_due" "挂账承诺日（K8）未到，系统不能自动销账"
        "the promised date (K8) has not come; the system can't resume yet"
        if |f| f.role != Role::System || f.context.deadlines.k8 == Standing::Over;
    SecondPerson "second_person" "作废须两人；请由第二人确认"
        "voiding takes two persons; a second one must agree"
        if |f| f.context.people.second_person;

    // T24–T29: result, check, callback
    FormComplete "form_complete" "反馈表不完整；请填写是否属实、是否解决、未解决原因、联系时间和公开答复"
        "the form is incomplete; fill in true, solved, why not, time of contact and public answer"
        if |f| f.context.order.form_complete;
    CoHandlersDone "co_handlers_done" "还有必需的协办单位未反馈；请等待或督促协办单位"
        "required co-handlers have not finished; wait for them or urge them"
        if |f| f.context.order.co_handlers_open == Some(0);
    ChiefChecksSimple "chief_checks_simple" "网格长只审核简易类；请由审核员审核"
        "a grid chief checks class simple only; a checker must do it"
        if |f| f.role != Role::GridChief || f.context.class == Some(Class::Simple);
    NotTheHandler "not_the_handler" "经办人不能审核或回访自己办理的工单；请由他人进行"
        "whoever handled it can't check it or call back; another person must"
        if |f| f.context.people.actor == Actor::Independent;
    ConvenerAgrees "convener_agrees" "重点难点类须会商召集人同意；请先取得同意"
        "class key-difficult needs the convener's agreement; obtain it first"
        if |f| matches!(f.context.class, Some(Class::Simple | Class::Coordination)) || f.context.people.convener_agrees;
    CallbackDone "callback_done" "没有诉求人答复，也未达到无法回访的次数；请继续回访"
        "no answer yet and too few tries logged; call again"
        if |f| f.context.callback.answer.is_some() || f.context.callback.tries >= f.context.limits.callback_tries;
    NoRedoOwed "no_redo_owed" "诉求人答复未解决，或不满意已查实，不能办结；请二次派单"
        "not solved, or not satisfied and upheld; dispatch it again instead of closing"
        if |f| !redo_owed(f);
    RedoOwed "redo_owed" "诉求人未答复未解决或经查实的不满意，不能二次派单；请办结或继续回访"
        "no answer says not solved, or not satisfied and upheld; close it or call again"
        if |f| redo_owed(f);
    InsideReopenWindow "inside_reopen_window" "重办窗口（K12）已过；请登记新诉求"
        "the reopen window (K12) is over; register a new request"
        if |f| f.context.deadlines.k12 == Standing::Inside;

    // T32, T33
    SameMatter "same_matter" "原因、地点和时间均不同，不能并案；请分别办理"
        "neither cause, place nor time is the same; handle them apart"
        if |f| f.context.merge.same_matter;
    CallbacksKept "callbacks_kept" "并案后须保留每个诉求人的回访；请补全"
        "every reporter must keep an own callback; add those that are missing"
        if |f| f.context.merge.callbacks_kept;
    StateBeforeMergeKnown "state_before_merge_known" "没有并案前的状态，不能拆案；请核对工单历史"
        "the state before the merge is not on record; check the ticket's history"
        if |f| f.context.history.before_merge.is_some_and(State::is_open);
    ReopenWindowOver "reopen_window_over" "重办窗口（K12）未到期，不能归档"
        "the reopen window (K12) is not over; it can't be archived yet"
        if |f| f.context.deadlines.k12 == Standing::Over;
    NoAppealOpen "no_appeal_open" "考核申诉尚未复核完毕，不能归档；请先复核"
        "an appeal is open; decide it first"
        if |f| f.context.no_appeal_open;
}

impl Guard {
    /// The clock that will make the guard hold by itself once it has run out.
    pub(super) const fn waits_for(self) -> Option<Clock> {
        match self {
            Self::SignTimeOver => Some(Clock::K3),
            Self::PromiseDue => Some(Clock::K8),
            Self::PauseCapOver => Some(Clock::K10),
            Self::ReopenWindowOver => Some(Clock::K12),
            _ => None,
        }
    }
}

/// Granted returns, and the one under review if there is one: T18 speaks of the *second return*
/// while it is being decided.
fn returns_with_this_one(facts: &Facts<'_>) -> u16 {
    let under_review = u16::from(facts.state == Some(State::ReturnReview));
    facts.context.history.returns.saturating_add(under_review)
}

fn redo_owed(facts: &Facts<'_>) -> bool {
    facts.context.callback.answer.is_some_and(|answer| answer.calls_for_redo())
}
