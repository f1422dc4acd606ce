//! 申请: asked by one person, decided by another. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    district::centre,
    id::{OrderId, UnitId},
    lifecycle::{Act, Actor, Clock, Context, Deadlines, Note, People, Request as Facts, Role, Standing, State},
    problem::Problem,
    text::Text,
    ticket::RequestKind,
    work::{Ask, Request},
};

use crate::{
    beside::{Beside, Pending},
    case::{Case, Granted},
    entity::work_order,
    hand::{Hand, Move, not_yours, notify},
    orders,
    reclass::Change,
    system,
};

impl Hand<'_> {
    /// 提出申请. `order` is the unit's; the centre's staff ask without one.
    pub fn ask(&self, case: &mut Case, order: Option<&work_order::Model>, ask: &Ask) -> Result<(), Problem> {
        let until = promised(ask);
        if until.is_some_and(|until| until <= self.at.now || until > self.at.now + FARTHEST) {
            let (zh, en) = ("承诺日期应在今后一年之内", "the date must lie ahead, within a year");
            return Err(Problem::new("until", zh, en));
        }
        self.request(case, order, (ask.kind(), words(ask), until, None))
    }

    /// A request waits from now on, before who decides it.
    pub fn request(
        &self,
        case: &mut Case,
        order: Option<&work_order::Model>,
        (kind, reason, until, to): (RequestKind, String, Option<DateTime<Utc>>, Option<Change>),
    ) -> Result<(), Problem> {
        let role = match order {
            Some(order) => self.handler(order),
            None => {
                self.only_centre()?;
                Role::CallTaker
            }
        };
        let note = if kind == RequestKind::Exclude { Note::AskExclusion } else { Note::AskRequest };
        let mut beside = case.beside()?;
        if beside.request(kind).is_ok() {
            let (zh, en) = (format!("已有待审核的{}申请", kind.zh()), format!("a {} is asked for already", kind.en()));
            return Err(Problem::new("already_asked", zh, en));
        }
        let in_time = case.clocks()?.standing(Clock::K5, self.at.now) == Standing::Inside;
        let mut noted = self.noted(case, note, role)?;
        (noted.request, noted.text) = (Some(kind), Some(reason.clone()));
        noted.order = order.and_then(|o| o.order_id.parse().ok());
        let id = noted.order.unwrap_or(OrderId::derive(case.id()?, 0));
        let order = noted.order;
        let (unit, person) = (self.unit.clone(), self.person.to_owned());
        beside.requests.push(Pending { kind, reason: reason.clone(), until, unit, person, order, in_time, to });
        case.remember(&beside)?;
        case.tell(noted, self.at.now)?;
        let decider = self.decider(case, kind)?;
        let item = Request { task: case.task(id, self.at.now)?, unit: self.unit.clone(), request: kind, reason, until };
        case.enqueue(&decider, id, item, self.at.now)
    }

    /// A deferral is granted by the supervising department, all else by the centre.
    fn decider(&self, case: &Case, kind: RequestKind) -> Result<UnitId, Problem> {
        match case.lead() {
            Some(lead) if kind == RequestKind::Defer => Ok(self.at.rules.district.supervisor_of(&lead.unit.parse()?)),
            _ => Ok(centre()),
        }
    }

    /// 撤回申请, by the unit that asked.
    pub fn withdraw(&self, case: &mut Case, order: Option<&work_order::Model>, kind: RequestKind) -> Result<(), Problem> {
        let mut beside = case.beside()?;
        if beside.request(kind)?.unit != *self.unit {
            return Err(not_yours());
        }
        let role = order.map_or(Role::CallTaker, |o| self.handler(o));
        let mut noted = self.noted(case, Note::WithdrawRequest, role)?;
        noted.request = Some(kind);
        beside.take(kind);
        case.remember(&beside)?;
        case.tell(noted, self.at.now)
    }

    /// 不同意.
    pub fn deny(&self, case: &mut Case, (kind, reason): (RequestKind, &Text<2000>)) -> Result<(), Problem> {
        let (mut beside, pending) = self.undecided(case, kind)?;
        let (note, role) = match kind {
            RequestKind::Exclude => (Note::DenyExclusion, Role::Assessor),
            RequestKind::Defer => (Note::DenyRequest, self.supervisor(case)?),
            RequestKind::Extend => (Note::DenyRequest, Role::Supervisor),
            RequestKind::Suspend | RequestKind::Reclassify => (Note::DenyRequest, Role::Checker),
            RequestKind::Terminate | RequestKind::Void => (Note::DenyRequest, Role::HotlineOffice),
        };
        if kind != RequestKind::Defer {
            self.only_centre()?;
        }
        let mut noted = self.noted(case, note, role)?;
        (noted.request, noted.text) = (Some(kind), Some(reason.masked()));
        noted.order = pending.order;
        noted.units = vec![pending.unit.clone()];
        beside.take(kind);
        case.remember(&beside)?;
        case.tell(noted.clone(), self.at.now)?;
        match pending.order {
            Some(order) => notify(case, self.at, &pending.unit, order, &noted),
            None => Ok(()),
        }
    }

    /// The request, which this person did not make.
    fn undecided(&self, case: &Case, kind: RequestKind) -> Result<(Beside, Pending), Problem> {
        let beside = case.beside()?;
        let pending = beside.request(kind)?.clone();
        if pending.person == self.person {
            let guard = contracts::lifecycle::Guard::DecidedByAnother;
            return Err(Problem::new(guard.code(), guard.zh(), guard.en()));
        }
        Ok((beside, pending))
    }

    /// 同意.
    pub fn grant(&self, case: &mut Case, (kind, word): (RequestKind, Option<&Text<2000>>)) -> Result<(), Problem> {
        let (mut beside, pending) = self.undecided(case, kind)?;
        if kind != RequestKind::Defer {
            self.only_centre()?;
        }
        let (act, role) = match kind {
            RequestKind::Exclude => return self.exclude(case, beside, pending),
            RequestKind::Reclassify => return self.reclassify(case, (beside, pending), word),
            RequestKind::Suspend => (Act::Suspend, Role::Checker),
            RequestKind::Extend => (Act::Extend, Role::Supervisor),
            RequestKind::Defer => (Act::Defer, self.supervisor(case)?),
            RequestKind::Terminate => (Act::Terminate, Role::HotlineOffice),
            RequestKind::Void => (Act::Void, Role::HotlineOffice),
        };
        let ends = matches!(act, Act::Terminate | Act::Void);
        if ends && case.ticket.followers > 0 {
            return Err(has_followers());
        }
        let k5 = if pending.in_time { Standing::Inside } else { Standing::Over };
        let people = People { actor: Actor::Independent, second_person: true, ..People::default() };
        let deadlines = Deadlines { k5, ..Deadlines::default() };
        let facts = Context { people, deadlines, request: granted_facts(), ..Context::default() };
        case.step(self.at, act, role, facts, Granted { until: pending.until, ..Granted::default() })?;
        beside.take(kind);
        case.remember(&beside)?;
        let said = match word {
            Some(word) => format!("{}；{}", pending.reason, word.masked()),
            None => pending.reason,
        };
        let told = format!("{}：已同意。{said}", kind.zh());
        if ends {
            // before the fact: it tells what became of the co-handlers' clocks
            self.end_work(case, &told, &[])?;
        }
        self.moved(case, act, role, Move { order: pending.order, ..Move::because(said) })?;
        if ends { Ok(()) } else { self.tell_holder(case, &told) }
    }

    fn exclude(&self, case: &mut Case, mut beside: Beside, pending: Pending) -> Result<(), Problem> {
        let mut noted = self.noted(case, Note::GrantExclusion, Role::Assessor)?;
        (noted.request, noted.text) = (Some(RequestKind::Exclude), Some(pending.reason));
        beside.take(RequestKind::Exclude);
        case.remember(&beside)?;
        case.tell(noted, self.at.now)
    }

    /// 恢复办理 (T20), 销账 (T23): before the cap or the promised date.
    pub fn resume(&self, case: &mut Case, reason: &Text<2000>) -> Result<(), Problem> {
        self.only_centre()?;
        let deferred = case.state()? == State::Deferred;
        let (act, role) = if deferred { (Act::ResumeDeferred, Role::Supervisor) } else { (Act::Resume, Role::Checker) };
        case.step(self.at, act, role, Context::default(), Granted::default())?;
        self.moved(case, act, role, Move::because(reason.masked()))?;
        orders::requeue(case, self.at)
    }

    /// 考核申诉.
    pub fn appeal(&self, case: &mut Case, order: &work_order::Model, reason: &Text<2000>) -> Result<(), Problem> {
        let mut beside = case.beside()?;
        if beside.appeal.is_some() {
            return Err(Problem::new("already_asked", "已有待复核的考核申诉", "an appeal is open already"));
        }
        let mut noted = self.noted(case, Note::AppealAssessment, self.handler(order))?;
        noted.text = Some(reason.masked());
        beside.appeal = Some(self.person.to_owned());
        case.remember(&beside)?;
        case.tell(noted, self.at.now)
    }

    /// 考核复核, by another person.
    pub fn review_appeal(&self, case: &mut Case, (upheld, reason): (bool, &Text<2000>)) -> Result<(), Problem> {
        self.only_centre()?;
        let mut beside = case.beside()?;
        match beside.appeal.take() {
            None => return Err(Problem::new("no_appeal", "没有待复核的考核申诉", "no appeal is open")),
            Some(person) if person == self.person => {
                let guard = contracts::lifecycle::Guard::DecidedByAnother;
                return Err(Problem::new(guard.code(), guard.zh(), guard.en()));
            }
            Some(_) => {}
        }
        let mut noted = self.noted(case, Note::ReviewAssessment, Role::Assessor)?;
        noted.text = Some(format!("{}：{}", if upheld { "申诉成立" } else { "申诉不成立" }, reason.masked()));
        case.remember(&beside)?;
        case.tell(noted, self.at.now)?;
        // the window may have run out while the appeal held up the archive
        let over = case.clocks()?.standing(Clock::K12, self.at.now) == Standing::Over;
        if over && case.state()? == State::Closed { system::archive(case, self.at) } else { Ok(()) }
    }
}

/// How far ahead a promised date may lie.
const FARTHEST: TimeDelta = TimeDelta::days(366);

/// A request is taken in only with all that it must say, so what is pending has it.
fn granted_facts() -> Facts {
    Facts {
        pending: true,
        reason: true,
        reason_listed: true,
        cause_outside: true,
        evidence: true,
        citizen_told: true,
        measure: true,
        promised_date: true,
        ..Facts::default()
    }
}

/// What is asked, in words; numbers masked.
fn words(ask: &Ask) -> String {
    let two = |a: &str, b: String| format!("{a}（{b}）");
    match ask {
        Ask::Suspend { reason, evidence } => two(&reason.masked(), format!("证明：{}", evidence.masked())),
        Ask::Extend { reason, citizen_told, .. } => two(&reason.masked(), format!("告知：{}", citizen_told.masked())),
        Ask::Defer { reason, measure, .. } => two(&reason.masked(), format!("措施：{}", measure.masked())),
        Ask::Terminate { reason, note } => two(reason.zh(), note.masked()),
        Ask::Void { reason } | Ask::Exclude { reason } => reason.masked(),
    }
}

fn promised(ask: &Ask) -> Option<DateTime<Utc>> {
    match ask {
        Ask::Extend { until, .. } | Ask::Defer { until, .. } => Some(*until),
        _ => None,
    }
}

/// A lead case can't end while others are merged into it.
pub fn has_followers() -> Problem {
    let (zh, en) = ("已有工单并入本案，请先拆案", "other tickets are merged into this one; split them first");
    Problem::new("has_followers", zh, en)
}
