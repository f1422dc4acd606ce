//! What each fact tells, line by line.

use std::collections::HashMap;

use contracts::{
    lifecycle::Note,
    ticket::{
        Assigned, CallbackAnswers, Checked, Classified, Closed, Dispatched, Moved, Noted, Received, ResultForm, ReturnRuled,
        TicketFact,
    },
};

use crate::{
    lamp::{china, span},
    lang::Lang,
    names,
    view::Line,
};

/// Numbers of the tickets that a ticket's facts name, by id.
pub type Numbers = HashMap<String, String>;

/// What a fact tells beside who and when.
pub fn lines(fact: &TicketFact, numbers: &Numbers, lang: Lang) -> Vec<Line> {
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
        TicketFact::ReturnRuled(f) => ruled(f, lang),
        TicketFact::CoReported(f) => result(&f.result, lang),
        TicketFact::Reported(f) => result(&f.result, lang),
        TicketFact::Checked(f) => checked(f, lang),
        TicketFact::Closed(f) => closed(f, lang),
        TicketFact::Moved(f) => moved(f, numbers, lang),
        TicketFact::Noted(f) => noted(f, lang),
    }
}

fn received(f: &Received, lang: Lang) -> Vec<Line> {
    let mut lines = vec![
        Line::new(lang.pick("来源", "Source"), f.source.to_string()),
        Line::new(lang.pick("渠道", "Channel"), names::channel(f.channel, lang)),
    ];
    lines.extend(f.division.as_ref().map(|d| Line::new(lang.pick("地点", "Place"), names::division(d))));
    if f.hold {
        lines.push(Line::new(lang.pick("受理方式", "Held"), lang.pick("先由话务员受理", "a call-taker decides first")));
    }
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
    lines.extend(unsure(f, lang));
    lines
}

/// How sure classification is, and what else it may be.
pub fn unsure(f: &Classified, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(f.confidence.map(|c| Line::new(lang.pick("把握", "Confidence"), format!("{:.0}%", c * 100.0))));
    if f.hold {
        lines.push(Line::new(lang.pick("处置", "Held"), lang.pick("待人工受理", "a person accepts it first")));
    }
    if !f.choices.is_empty() {
        lines.push(Line::new(lang.pick("候选类别", "Choices"), f.choices.join("、")));
    }
    lines
}

fn dispatched(f: &Dispatched, lang: Lang) -> Vec<Line> {
    let mark = if f.provisional { lang.pick("（暂定）", " (provisional)") } else { "" };
    let mut lines = vec![
        Line::new(lang.pick("派往", "To"), assigned(&f.orders, lang)),
        Line::new(lang.pick("期限", "Due"), format!("{}{mark}", china(f.due))),
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

/// Who has which part until when.
fn assigned(orders: &[Assigned], lang: Lang) -> String {
    let orders = orders.iter().map(|o| {
        let due = o.due.map(|due| format!("，{} {}", lang.pick("限", "due"), china(due))).unwrap_or_default();
        format!("{}（{}{due}）", names::unit(&o.unit), names::part(o.part, lang))
    });
    orders.collect::<Vec<_>>().join("、")
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

fn ruled(f: &ReturnRuled, lang: Lang) -> Vec<Line> {
    let mut lines = vec![Line::said(lang.pick("理由", "Reason"), &f.reason)];
    lines.extend(f.to.as_ref().map(|to| Line::new(lang.pick("改由", "Goes to"), names::unit(to))));
    if f.lost_ms > 0 {
        lines.push(Line::new(lang.pick("争议占用", "Lost to the dispute"), span(f.lost_ms, lang)));
    }
    lines
}

fn moved(f: &Moved, numbers: &Numbers, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(f.reason.as_ref().map(|r| Line::said(lang.pick("说明", "Why"), r)));
    lines.extend(f.to.as_ref().map(|to| Line::new(lang.pick("交给", "To"), names::unit(to))));
    lines.extend(f.class.map(|c| Line::new(lang.pick("难度", "Class"), lang.pick(c.zh(), c.en()))));
    if !f.orders.is_empty() {
        lines.push(Line::new(lang.pick("协办单位", "Co-handlers"), assigned(&f.orders, lang)));
    }
    lines.extend(f.lead.map(|lead| case(&lead.to_string(), numbers, lang)));
    lines
}

fn noted(f: &Noted, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(f.request.map(|r| Line::new(lang.pick("申请", "Request"), lang.pick(r.zh(), r.en()))));
    lines.extend(f.class.map(|c| Line::new(lang.pick("难度", "Class"), lang.pick(c.zh(), c.en()))));
    lines.extend(f.category.as_deref().map(|c| Line::new(lang.pick("类别", "Category"), names::category(c))));
    lines.extend(f.lead.as_ref().map(|u| Line::new(lang.pick("改由", "Goes to"), names::unit(u))));
    lines.extend(f.level.map(|l| Line::new(lang.pick("级别", "Level"), lang.pick(l.zh(), l.en()))));
    match (f.note, f.units.as_slice()) {
        (_, []) => {}
        (Note::Succeed, [from, to]) => {
            let passed = format!("{} → {}", names::unit(from), names::unit(to));
            lines.push(Line::new(lang.pick("承接", "Passed on"), passed));
        }
        (note, units) => lines.push(Line::new(units_label(note, lang), names::units(units))),
    }
    lines.extend(f.alarm.map(|a| Line::new(lang.pick("处置", "Answer"), lang.pick(a.zh(), a.en()))));
    lines.extend(f.text.as_ref().map(|t| Line::said(lang.pick("内容", "Said"), t)));
    lines.extend(f.reply_due.map(|due| Line::new(lang.pick("回复期限", "Reply due"), china(due))));
    lines.extend(f.answers.iter().flat_map(|a| answers(a, lang)));
    lines
}

/// What the units of a note are to it.
fn units_label(note: Note, lang: Lang) -> &'static str {
    match note {
        Note::EndWhistle => lang.pick("未到", "Stayed away"),
        Note::Attend => lang.pick("到会", "Came"),
        Note::Arrive => lang.pick("到场", "Arrived"),
        Note::Whistle => lang.pick("召集", "Called"),
        _ => lang.pick("对象", "To"),
    }
}

/// The lead case, with a way to its page if it is known here.
pub fn case(lead: &str, numbers: &Numbers, lang: Lang) -> Line {
    let label = lang.pick("主案", "Lead case");
    match numbers.get(lead) {
        Some(number) => Line { href: format!("/tickets/{number}"), ..Line::new(label, number) },
        None => Line::new(label, lead),
    }
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
    let mut lines = vec![
        Line::new(lang.pick("回访次数", "Calls made"), a.tries.to_string()),
        Line::new(lang.pick("诉求人称已联系", "Citizen: contacted"), yes(a.contacted)),
        Line::new(lang.pick("诉求人称已解决", "Citizen: solved"), asked(a.solved)),
        Line::new(lang.pick("诉求人满意", "Citizen: satisfied"), asked(a.satisfied)),
    ];
    if a.upheld {
        lines.push(Line::new(lang.pick("不满意查实", "Dissatisfaction"), lang.pick("属实，重新办理", "upheld; done again")));
    }
    lines
}
