//! Every fact in words: who, what, when.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockFact, Expired},
    family::Family,
    id::UnitId,
    problem::Problem,
    ticket::{By, CallbackAnswers, Checked, Classified, Closed, Dispatched, Received, ResultForm, TicketFact},
};

use crate::{
    domain,
    lamp::{china, span},
    lang::Lang,
    names,
    view::Line,
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
    pub fn of_ticket(fact: &TicketFact, lang: Lang) -> Self {
        let (_, at, by) = domain::head(fact);
        let mut entry = Self::new(at, title(fact, lang));
        entry.lines = lines(fact, lang);
        match by {
            Some(by) => entry.by(by, unit_of(fact), lang),
            None => entry.actor = lang.pick("系统规则", "rules").to_owned(),
        }
        entry
    }

    /// A fact about a clock.
    pub fn of_clock(fact: &ClockFact, lang: Lang) -> Self {
        let (title, tone, clock, to) = match fact {
            ClockFact::Warned(f) => {
                (lang.pick("预警：时限已用 80%", "Warned: 80% of the time is used"), "yellow", &f.clock, &f.clock.unit)
            }
            ClockFact::Overdue(f) => (lang.pick("超期：时限已到", "Overdue: the time is over"), "red", &f.clock, &f.clock.unit),
            ClockFact::Escalated(f) => (lang.pick("超期升级", "Escalated"), "red", &f.clock, &f.to),
            ClockFact::Expired(f) => return Self::of_expired(f, lang),
        };
        let mut entry = Self::new(clock.at, title);
        entry.tone = tone;
        lang.pick("时限督办", "SLA watchdog").clone_into(&mut entry.actor);
        entry.lines.push(Line::new(lang.pick("通知", "To"), names::unit(to)));
        if let ClockFact::Escalated(e) = fact {
            entry.lines.push(Line::new(lang.pick("级别", "Step"), ladder(e.level, lang)));
            entry.lines.push(Line::new(lang.pick("办理单位", "Unit"), names::unit(&clock.unit)));
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
        let mut parts = Vec::new();
        parts.extend(by.unit.as_ref().or(unit).map(names::unit));
        parts.push(lang.pick(by.role.zh(), by.role.en()).to_owned());
        parts.extend(by.person.as_ref().map(|p| format!("{} {p}", lang.pick("工号", "staff no."))));
        self.actor = parts.join(" · ");
        self.steps = by.steps.iter().map(|t| format!("{} {}", t.code(), lang.pick(t.zh(), t.en()))).collect();
    }
}

/// A step of the ladder, as `clock.v1.escalated` numbers them.
fn ladder(level: u8, lang: Lang) -> String {
    let whom = match level {
        1 => lang.pick("村（社区）网格长", "chief of village or community"),
        2 => lang.pick("镇（街）网格长", "chief of town or street"),
        3 => lang.pick("区级", "district"),
        _ => "",
    };
    format!("{level} {whom}")
}

fn title(fact: &TicketFact, lang: Lang) -> &'static str {
    match fact {
        TicketFact::Received(_) => lang.pick("受理登记", "Received"),
        TicketFact::Classified(_) => lang.pick("分类", "Classified"),
        TicketFact::Dispatched(_) => lang.pick("派单", "Dispatched"),
        TicketFact::ConsultationOpened(_) => lang.pick("启动会商", "Consultation opened"),
        TicketFact::Signed(_) => lang.pick("签收", "Signed for"),
        TicketFact::Progressed(_) => lang.pick("办理进展", "Progress"),
        TicketFact::ReturnAsked(_) => lang.pick("申请退单", "Return asked"),
        TicketFact::ReturnRuled(f) if f.granted => lang.pick("退单裁定：同意", "Return granted"),
        TicketFact::ReturnRuled(_) => lang.pick("退单裁定：不同意", "Return refused"),
        TicketFact::CoReported(_) => lang.pick("协办反馈", "Co-handler's result"),
        TicketFact::Reported(_) => lang.pick("反馈结果", "Result reported"),
        TicketFact::Checked(f) if f.passed => lang.pick("审核通过", "Check passed"),
        TicketFact::Checked(_) => lang.pick("审核退回", "Sent back"),
        TicketFact::Closed(_) => lang.pick("回访办结", "Closed after callback"),
    }
}

/// The unit whose piece of work it was, if the fact is about one.
fn unit_of(fact: &TicketFact) -> Option<&UnitId> {
    match fact {
        TicketFact::Signed(f) => Some(&f.of.unit),
        TicketFact::Progressed(f) => Some(&f.of.unit),
        TicketFact::ReturnAsked(f) => Some(&f.of.unit),
        TicketFact::CoReported(f) => Some(&f.of.unit),
        TicketFact::Reported(f) => Some(&f.of.unit),
        _ => None,
    }
}

fn lines(fact: &TicketFact, lang: Lang) -> Vec<Line> {
    match fact {
        TicketFact::Received(f) => received(f, lang),
        TicketFact::Classified(f) => classified(f, lang),
        TicketFact::Dispatched(f) => dispatched(f, lang),
        TicketFact::ConsultationOpened(f) => vec![Line::new(lang.pick("参加单位", "Invited"), names::units(&f.invited))],
        TicketFact::Signed(_) => Vec::new(),
        TicketFact::Progressed(f) => vec![Line::said(lang.pick("进展", "Note"), &f.note)],
        TicketFact::ReturnAsked(f) => vec![
            Line::said(lang.pick("理由", "Reason"), &f.reason),
            Line::said(lang.pick("依据", "Legal basis"), &f.legal_basis),
            Line::new(lang.pick("建议单位", "Proposes"), names::unit(&f.propose)),
        ],
        TicketFact::ReturnRuled(f) => vec![Line::said(lang.pick("理由", "Reason"), &f.reason)],
        TicketFact::CoReported(f) => result(&f.result, lang),
        TicketFact::Reported(f) => result(&f.result, lang),
        TicketFact::Checked(f) => checked(f, lang),
        TicketFact::Closed(f) => closed(f, lang),
    }
}

fn received(f: &Received, lang: Lang) -> Vec<Line> {
    let mut lines = vec![
        Line::new(lang.pick("来源", "Source"), f.source.to_string()),
        Line::new(lang.pick("渠道", "Channel"), names::channel(f.channel, lang)),
    ];
    lines.extend(f.division.as_ref().map(|d| Line::new(lang.pick("地点", "Place"), names::division(d))));
    lines
}

fn classified(f: &Classified, lang: Lang) -> Vec<Line> {
    let mut lines = vec![
        Line::new(lang.pick("类别", "Category"), format!("{}（{}）", f.category_name, f.category)),
        Line::new(lang.pick("难度", "Class"), lang.pick(f.class.zh(), f.class.en())),
        Line::new(lang.pick("建议主办", "Lead"), names::unit(&f.lead)),
    ];
    if !f.others.is_empty() {
        lines.push(Line::new(lang.pick("建议协办", "Others"), names::units(&f.others)));
    }
    lines
}

fn dispatched(f: &Dispatched, lang: Lang) -> Vec<Line> {
    let orders = f.orders.iter().map(|o| format!("{}（{}）", names::unit(&o.unit), names::part(o.part, lang)));
    let mut lines = vec![
        Line::new(lang.pick("派往", "To"), orders.collect::<Vec<_>>().join("、")),
        Line::new(lang.pick("期限", "Due"), due(f, lang)),
        Line::new(lang.pick("理由", "Why"), &f.reason),
    ];
    if !f.copies.is_empty() {
        lines.push(Line::new(lang.pick("抄送", "Copies"), names::units(&f.copies)));
    }
    if f.round > 1 {
        lines.push(Line::new(lang.pick("轮次", "Round"), f.round.to_string()));
    }
    lines
}

/// The deadline, marked if the calendar does not reach it.
pub fn due(f: &Dispatched, lang: Lang) -> String {
    let mark = if f.provisional { lang.pick("（暂定）", " (provisional)") } else { "" };
    format!("{}{mark}", china(f.due))
}

/// The form of a result, line by line.
pub fn result(form: &ResultForm, lang: Lang) -> Vec<Line> {
    let yes = |b| if b { lang.pick("是", "yes") } else { lang.pick("否", "no") };
    let mut lines =
        vec![Line::new(lang.pick("属实", "True"), yes(form.factual)), Line::new(lang.pick("解决", "Solved"), yes(form.solved))];
    lines.extend(form.unsolved_reason.as_ref().map(|r| Line::said(lang.pick("未解决原因", "Why not"), r)));
    lines.extend(form.contacted_at.map(|t| Line::new(lang.pick("联系诉求人", "Citizen contacted"), china(t))));
    lines.push(Line::said(lang.pick("公开答复", "Public reply"), &form.public_reply));
    lines
}

fn checked(f: &Checked, lang: Lang) -> Vec<Line> {
    f.reason.iter().map(|r| Line::said(lang.pick("理由", "Reason"), r)).collect()
}

fn closed(f: &Closed, lang: Lang) -> Vec<Line> {
    let mut lines = answers(&f.answers, lang);
    lines.push(Line::said(lang.pick("公开答复", "Public reply"), &f.public_reply));
    lines
}

/// What the citizen said; what was not answered is said to be so, never taken for a yes.
pub fn answers(a: &CallbackAnswers, lang: Lang) -> Vec<Line> {
    let yes = |b| if b { lang.pick("是", "yes") } else { lang.pick("否", "no") };
    let asked = |b: Option<bool>| b.map_or_else(|| lang.pick("无法回访", "not reached"), yes);
    vec![
        Line::new(lang.pick("回访次数", "Calls made"), a.tries.to_string()),
        Line::new(lang.pick("诉求人称已联系", "Citizen: contacted"), yes(a.contacted)),
        Line::new(lang.pick("诉求人称已解决", "Citizen: solved"), asked(a.solved)),
        Line::new(lang.pick("诉求人满意", "Citizen: satisfied"), asked(a.satisfied)),
    ]
}

/// Reads a fact of family `F` by its type with version; the problem says why not.
pub fn decode<F: Family>(kind: &str, body: &str) -> Option<Result<F, Problem>> {
    let kind = kind.strip_prefix(F::FAMILY)?.strip_prefix('.')?;
    Some(F::decode(kind, body.as_bytes()))
}
