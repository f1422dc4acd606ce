//! Every fact in words: who, what, when.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockFact, Expired},
    duty::Told,
    family::Family,
    id::UnitId,
    problem::Problem,
    ticket::{By, Head, TicketFact},
};

use crate::{
    lamp::{china, span},
    lang::Lang,
    names,
    view::{
        Line,
        told::{self, Numbers},
    },
};

/// A clock that fired later than this says so.
const LATE_MS: i64 = 60_000;

/// One fact in words.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When, China time.
    pub time: String,
    /// When, for programs.
    pub datetime: String,
    /// What was done.
    pub title: &'static str,
    /// Unit, role and person.
    pub actor: String,
    /// Steps of the lifecycle that it was.
    pub steps: Vec<String>,
    /// Lamp colour for what a clock says; else empty.
    pub tone: &'static str,
    /// What else it tells.
    pub lines: Vec<Line>,
}

impl Entry {
    fn new(at: DateTime<Utc>, title: &'static str) -> Self {
        let datetime = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Self { time: china(at), datetime, title, actor: String::new(), steps: Vec::new(), tone: "", lines: Vec::new() }
    }

    /// A fact about a ticket.
    pub fn of_ticket(fact: &TicketFact, numbers: &Numbers, lang: Lang) -> Self {
        let Head { at, by, .. } = fact.head();
        let mut entry = Self::new(at, lang.pick(fact.zh(), fact.en()));
        entry.lines = told::lines(fact, numbers, lang);
        match by {
            Some(by) => entry.by(by, unit_of(fact), lang),
            None => entry.actor = lang.pick("系统规则", "rules").to_owned(),
        }
        entry
    }

    /// A fact about a clock.
    pub fn of_clock(fact: &ClockFact, lang: Lang) -> Self {
        let (title, clock, told, quiet_until) = match fact {
            ClockFact::Warned(f) => {
                (lang.pick("预警：时限已用 80%", "Warned: 80% of the time is used"), &f.clock, &f.told, f.quiet_until)
            }
            ClockFact::Overdue(f) => (lang.pick("超期：时限已到", "Overdue: the time is over"), &f.clock, &f.told, None),
            ClockFact::Escalated(f) => (lang.pick(f.notice.zh(), f.notice.en()), &f.clock, &f.told, f.quiet_until),
            ClockFact::Expired(f) => return Self::of_expired(f, lang),
        };
        let mut entry = Self::new(clock.at, title);
        entry.tone = if matches!(fact, ClockFact::Warned(_)) { "yellow" } else { "red" };
        lang.pick("时限督办", "SLA watchdog").clone_into(&mut entry.actor);
        let to = if let ClockFact::Escalated(f) = fact { &f.to } else { &clock.unit };
        entry.lines.push(Line::new(lang.pick("通知", "To"), receiver(told.as_ref(), to, lang)));
        if let ClockFact::Escalated(e) = fact {
            entry.lines.push(Line::new(lang.pick("级别", "Step"), e.level.to_string()));
            entry.lines.push(Line::new(lang.pick("办理单位", "Unit"), names::unit(&clock.unit)));
        }
        if let Some(until) = quiet_until {
            entry.lines.push(Line::new(lang.pick("免打扰时段后告知", "Told after the quiet hours"), china(until)));
        }
        entry.lines.push(Line::new(lang.pick("期限", "Due"), china(clock.due)));
        entry.late(clock.late_ms, lang);
        entry
    }

    /// A clock other than K5 ran out.
    fn of_expired(fact: &Expired, lang: Lang) -> Self {
        let mut entry = Self::new(fact.due, lang.pick("时限届满", "A clock ran out"));
        entry.tone = "yellow";
        lang.pick("时限督办", "SLA watchdog").clone_into(&mut entry.actor);
        let name = lang.pick(fact.clock.zh(), fact.clock.en());
        entry.lines.push(Line::new(lang.pick("时限", "Clock"), format!("{name}（{}）", fact.clock)));
        entry.late(fact.late_ms, lang);
        entry
    }

    fn late(&mut self, late_ms: i64, lang: Lang) {
        if late_ms > LATE_MS {
            self.lines.push(Line::new(lang.pick("迟发", "Fired late by"), span(late_ms, lang)));
        }
    }

    /// A fact that this version can't read: shown by its type, not hidden.
    pub fn unread(at: DateTime<Utc>, kind: &str, problem: &Problem, lang: Lang) -> Self {
        let mut entry = Self::new(at, lang.pick("未能识别的记录", "A fact that can't be read"));
        entry.lines.push(Line::new(lang.pick("类型", "Type"), kind));
        entry.lines.push(Line::new(lang.pick("原因", "Why"), lang.pick(&problem.zh, &problem.en)));
        entry
    }

    fn by(&mut self, by: &By, unit: Option<&UnitId>, lang: Lang) {
        self.actor = actor(by, unit, lang);
        self.steps = by.steps.iter().map(|t| format!("{} {}", t.code(), lang.pick(t.zh(), t.en()))).collect();
    }
}

/// Unit, role and person; the unit of the work if the actor names none.
pub fn actor(by: &By, unit: Option<&UnitId>, lang: Lang) -> String {
    let mut parts = Vec::new();
    parts.extend(by.unit.as_ref().or(unit).map(names::unit));
    parts.push(lang.pick(by.role.zh(), by.role.en()).to_owned());
    parts.extend(by.person.as_ref().map(|p| format!("{} {p}", lang.pick("工号", "staff no."))));
    parts.join(" · ")
}

/// Unit, post and staff number of who was told.
fn receiver(told: Option<&Told>, to: &UnitId, lang: Lang) -> String {
    let Some(told) = told else { return names::unit(to) };
    let mut words = format!("{} · {}", names::unit(&told.unit), lang.pick(told.receiver.zh(), told.receiver.en()));
    if let Some(staff) = &told.staff {
        words += &format!(" · {} {staff}", lang.pick("工号", "staff no."));
    }
    if told.substitute {
        words += lang.pick("（替岗）", " (substitute)");
    }
    words
}

/// The unit whose piece of work it was, if the fact is about one.
pub fn unit_of(fact: &TicketFact) -> Option<&UnitId> {
    match fact {
        TicketFact::Signed(f) => Some(&f.of.unit),
        TicketFact::Progressed(f) => Some(&f.of.unit),
        TicketFact::ReturnAsked(f) => Some(&f.of.unit),
        TicketFact::CoReported(f) => Some(&f.of.unit),
        TicketFact::Reported(f) => Some(&f.of.unit),
        _ => None,
    }
}

/// Reads a fact of family `F` by its type with version; the problem says why not.
pub fn decode<F: Family>(kind: &str, body: &str) -> Option<Result<F, Problem>> {
    let kind = kind.strip_prefix(F::FAMILY)?.strip_prefix('.')?;
    Some(F::decode(kind, body.as_bytes()))
}
