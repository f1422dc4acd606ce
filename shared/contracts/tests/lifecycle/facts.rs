//! Contexts for tests: one in which every guard of an act holds, and how to break each guard.

use contracts::lifecycle::{Act, Actor, Answer, Class, Context, Deadlines, Guard, Outside, Role, Standing, State, Touch};

pub const SOLVED: Answer = Answer { solved: true, satisfied: true, upheld: false };
pub const UNSOLVED: Answer = Answer { solved: false, satisfied: true, upheld: false };

/// A context in which every guard of `act` holds for `role`.
pub fn fulfilled(act: Act, role: Role) -> Context {
    let simple = act == Act::SelfHandle || role == Role::GridChief;
    let mut c = Context { class: Some(if simple { Class::Simple } else { Class::KeyDifficult }), ..Context::default() };
    for flag in flags(&mut c) {
        *flag = true;
    }
    c.history.before_merge = Some(State::Consulting);
    c.deadlines.k3 = Standing::Over;
    c.deadlines.k5 = Standing::Inside;
    c.deadlines.k6 = Standing::Inside;
    c.deadlines.k8 = Standing::Over;
    c.deadlines.k10 = Standing::Over;
    c.deadlines.k12 = if act == Act::Archive { Standing::Over } else { Standing::Inside };
    c.intake.outside = Some(Outside::Petition);
    c.order.touch = Touch::Untouched;
    c.order.co_handlers_open = Some(0);
    c.people.actor = Actor::Independent;
    c.callback.answer = Some(if act == Act::Redo { UNSOLVED } else { SOLVED });
    c
}

/// A context drawn from `seed`, in which most things are as they should be.
pub fn likely(seed: u64) -> Context {
    use Standing::{Inside, Over, Unknown};
    const CLASSES: [Option<Class>; 4] = [None, Some(Class::Simple), Some(Class::Coordination), Some(Class::KeyDifficult)];
    let mut bits = seed;
    let mut die = |sides: usize| {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (bits >> 33) as usize % sides
    };
    let mut c = Context { class: CLASSES[die(4)], ..Context::default() };
    for flag in flags(&mut c) {
        *flag = die(12) > 0;
    }
    let mut standing = || [Inside, Inside, Over, Unknown][die(4)];
    c.deadlines = Deadlines { k3: standing(), k5: standing(), k6: standing(), k8: standing(), k10: standing(), k12: standing() };
    c.intake.outside = [None, Some(Outside::Emergency), Some(Outside::Petition)][die(3)];
    c.order.touch = [Touch::Untouched, Touch::Untouched, Touch::Signed, Touch::Written][die(4)];
    c.order.co_handlers_open = [Some(0), Some(0), Some(2), None][die(4)];
    c.people.actor = [Actor::Independent, Actor::Independent, Actor::Involved][die(3)];
    let answer = Answer { solved: die(2) == 0, satisfied: die(2) == 0, upheld: die(2) == 0 };
    c.callback.answer = (die(3) > 0).then_some(answer);
    c.callback.tries = die(5) as u16;
    c
}

/// Every plain yes or no of a context.
fn flags(c: &mut Context) -> [&mut bool; 31] {
    [
        &mut c.intake.number_is_new,
        &mut c.intake.knowledge_cited,
        &mut c.intake.way_told,
        &mut c.intake.missing_named,
        &mut c.intake.category_set,
        &mut c.intake.place_set,
        &mut c.intake.own_grid,
        &mut c.order.unit_named,
        &mut c.order.copies_named,
        &mut c.order.downward,
        &mut c.order.upward,
        &mut c.order.sub_times_shorter,
        &mut c.order.form_complete,
        &mut c.request.pending,
        &mut c.request.reason,
        &mut c.request.reason_listed,
        &mut c.request.legal_basis,
        &mut c.request.proposed_unit,
        &mut c.request.cause_outside,
        &mut c.request.evidence,
        &mut c.request.citizen_told,
        &mut c.request.measure,
        &mut c.request.promised_date,
        &mut c.consultation.lead_named,
        &mut c.consultation.responsible_named,
        &mut c.consultation.minutes,
        &mut c.people.second_person,
        &mut c.people.convener_agrees,
        &mut c.merge.same_matter,
        &mut c.merge.callbacks_kept,
        &mut c.no_appeal_open,
    ]
}

/// Every way in which `guard` fails, applied to a context in which it holds.
pub fn broken(guard: Guard, whole: &Context) -> Vec<Context> {
    broken_intake(guard, whole)
        .or_else(|| broken_order(guard, whole))
        .or_else(|| broken_request(guard, whole))
        .or_else(|| broken_end(guard, whole))
        .unwrap_or_else(|| panic!("no way to break {guard}"))
}

macro_rules! ways {
    ($whole:ident, $($($field:ident).+ = $value:expr),+) => {
        Some(vec![$({ let mut c = *$whole; c.$($field).+ = $value; c }),+])
    };
}

fn broken_intake(guard: Guard, c: &Context) -> Option<Vec<Context>> {
    match guard {
        Guard::NumberIsNew => ways!(c, intake.number_is_new = false),
        Guard::KnowledgeCited => ways!(c, intake.knowledge_cited = false),
        Guard::ReasonListed => ways!(c, request.reason_listed = false),
        Guard::WayTold => ways!(c, intake.way_told = false),
        Guard::OutsideMatter => ways!(c, intake.outside = None),
        Guard::MissingNamed => ways!(c, intake.missing_named = false),
        Guard::CategorySet => ways!(c, intake.category_set = false),
        Guard::PlaceSet => ways!(c, intake.place_set = false),
        Guard::ClassSet => ways!(c, class = None),
        Guard::SimpleClass => {
            ways!(c, class = None, class = Some(Class::Coordination), class = Some(Class::KeyDifficult))
        }
        Guard::OwnGrid => ways!(c, intake.own_grid = false),
        _ => None,
    }
}

fn broken_order(guard: Guard, c: &Context) -> Option<Vec<Context>> {
    match guard {
        Guard::UnitNamed => ways!(c, order.unit_named = false),
        Guard::CopiesNamed => ways!(c, order.copies_named = false),
        Guard::Untouched => ways!(c, order.touch = Touch::Unknown, order.touch = Touch::Signed, order.touch = Touch::Written),
        Guard::SignTimeOver => {
            ways!(c, deadlines.k3 = Standing::Unknown, deadlines.k3 = Standing::Inside)
        }
        Guard::Upward => ways!(c, order.upward = false),
        Guard::Downward => ways!(c, order.downward = false),
        Guard::SubTimesShorter => ways!(c, order.sub_times_shorter = false),
        Guard::ClassReturnable => ways!(c, class = None, class = Some(Class::Simple)),
        Guard::NotConsulted => ways!(c, history.consulted = true),
        Guard::NotDesignated => ways!(c, history.designated = true),
        Guard::InsideReturnTime => {
            ways!(c, deadlines.k6 = Standing::Unknown, deadlines.k6 = Standing::Over)
        }
        Guard::ReturnsLeft => ways!(c, history.returns = 2, limits.returns = 0),
        Guard::LegalBasisGiven => ways!(c, request.legal_basis = false),
        Guard::UnitProposed => ways!(c, request.proposed_unit = false),
        Guard::ConsultationDue => ways!(c, class = None, class = Some(Class::Coordination)),
        Guard::LeadNamed => ways!(c, consultation.lead_named = false),
        Guard::ResponsibleNamed => ways!(c, consultation.responsible_named = false),
        Guard::MinutesAttached => ways!(c, consultation.minutes = false),
        _ => None,
    }
}

fn broken_request(guard: Guard, c: &Context) -> Option<Vec<Context>> {
    match guard {
        Guard::ReasonGiven => ways!(c, request.reason = false),
        Guard::RequestPending => ways!(c, request.pending = false),
        Guard::DecidedByAnother | Guard::NotTheHandler => {
            ways!(c, people.actor = Actor::Unknown, people.actor = Actor::Involved)
        }
        Guard::CauseOutside => ways!(c, request.cause_outside = false),
        Guard::EvidenceAttached => ways!(c, request.evidence = false),
        Guard::PauseCapOver => {
            ways!(c, deadlines.k10 = Standing::Unknown, deadlines.k10 = Standing::Inside)
        }
        Guard::BeforeExpiry => {
            ways!(c, deadlines.k5 = Standing::Unknown, deadlines.k5 = Standing::Over)
        }
        Guard::ExtensionsLeft => ways!(c, history.extensions = 1, limits.extensions = 0),
        Guard::CitizenTold => ways!(c, request.citizen_told = false),
        Guard::MeasureNamed => ways!(c, request.measure = false),
        Guard::DatePromised => ways!(c, request.promised_date = false),
        Guard::PromiseDue => {
            ways!(c, deadlines.k8 = Standing::Unknown, deadlines.k8 = Standing::Inside)
        }
        Guard::SecondPerson => ways!(c, people.second_person = false),
        _ => None,
    }
}

fn broken_end(guard: Guard, c: &Context) -> Option<Vec<Context>> {
    let displeased = |upheld| Some(Answer { solved: true, satisfied: false, upheld });
    match guard {
        Guard::FormComplete => ways!(c, order.form_complete = false),
        Guard::CoHandlersDone => {
            ways!(c, order.co_handlers_open = None, order.co_handlers_open = Some(1))
        }
        Guard::ChiefChecksSimple => ways!(c, class = None, class = Some(Class::Coordination)),
        Guard::ConvenerAgrees => ways!(c, people.convener_agrees = false),
        Guard::CallbackDone => {
            let mut no_answer = *c;
            no_answer.callback.answer = None;
            let mut two_tries = no_answer;
            two_tries.callback.tries = 2;
            Some(vec![no_answer, two_tries])
        }
        Guard::NoRedoOwed => {
            ways!(c, callback.answer = Some(UNSOLVED), callback.answer = displeased(true))
        }
        Guard::RedoOwed => {
            ways!(c, callback.answer = None, callback.answer = Some(SOLVED), callback.answer = displeased(false))
        }
        Guard::InsideReopenWindow => {
            ways!(c, deadlines.k12 = Standing::Unknown, deadlines.k12 = Standing::Over)
        }
        Guard::SameMatter => ways!(c, merge.same_matter = false),
        Guard::CallbacksKept => ways!(c, merge.callbacks_kept = false),
        Guard::StateBeforeMergeKnown => {
            ways!(c, history.before_merge = None, history.before_merge = Some(State::Closed))
        }
        Guard::ReopenWindowOver => {
            ways!(c, deadlines.k12 = Standing::Unknown, deadlines.k12 = Standing::Inside)
        }
        Guard::NoAppealOpen => ways!(c, no_appeal_open = false),
        _ => None,
    }
}
