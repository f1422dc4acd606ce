//! How a ticket's deadlines came about, step by step, in words: the same for the command line and for the page.

use crate::calendar::Calendar;
use crate::error::SlaError;
use crate::history::{Finding, History};
use crate::ledger::Verdict;
use crate::local::CHINA;
use crate::policy::Limit;
use crate::rules::Books;
use chrono::{DateTime, Utc};
use contracts::lifecycle::Change;
use contracts::ticket::{By, TicketFact};
use std::fmt::Write as _;

/// Which language the reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// One of two.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        if self == Self::Zh { zh } else { en }
    }
}

/// How the deadlines of a ticket came about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What happened that changed a clock, in order.
    pub steps: Vec<Step>,
    /// What speaks for or against it all: facts that are missing, and whether every line is confirmed.
    pub verdicts: Vec<String>,
    /// Nothing speaks against it.
    pub confirmed: bool,
}

/// A step and what it did to each clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened, who did it, and on which grounds.
    pub what: String,
    /// A sentence for each line of the ledger.
    pub lines: Vec<String>,
}

/// Explains; every line is recomputed with the rules that it names.
///
/// # Errors
/// As [`History::findings`].
pub fn explain(history: &History, books: &Books, lang: Lang) -> Result<Explanation, SlaError> {
    let mut explanation = Explanation { confirmed: true, ..Explanation::default() };
    let mut told = 0;
    for finding in history.findings(books)? {
        if finding.seq != told {
            told = finding.seq;
            explanation.steps.push(Step { at: finding.at, what: what(&finding, lang), lines: Vec::new() });
        }
        if let Some(step) = explanation.steps.last_mut() {
            step.lines.push(sentence(&finding, books, lang));
        }
        explanation.confirmed &= finding.is_good();
    }
    let missing = history.missing();
    if !missing.is_empty() {
        explanation.confirmed = false;
        explanation.verdicts.push(format!("{} {missing:?}", lang.pick("缺少事实：", "Facts are missing:")));
    }
    explanation.verdicts.push(verdict_of_all(&explanation, lang).to_owned());
    Ok(explanation)
}

fn verdict_of_all(explanation: &Explanation, lang: Lang) -> &'static str {
    let (zh, en) = match (explanation.steps.is_empty(), explanation.confirmed) {
        (true, _) => ("没有时限记录。", "Nothing was told of its clocks."),
        (false, true) => ("全部时限复算一致。", "Every deadline is confirmed."),
        (false, false) => ("有时限复算不一致。", "Not every deadline is confirmed."),
    };
    if lang == Lang::Zh { zh } else { en }
}

/// An instant as a clock in China shows it.
pub fn instant(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M:%S").to_string())
}

/// What happened, who did it, and on which grounds.
fn what(finding: &Finding<'_>, lang: Lang) -> String {
    let (fact, by) = (finding.fact, finding.fact.head().by);
    let mut text = lang.pick(fact.zh(), fact.en()).to_owned();
    if let Some(By { role, unit, person, .. }) = by {
        let who = [Some(lang.pick(role.zh(), role.en())), unit.as_ref().map(|unit| unit.as_str()), person.as_deref()];
        let _ = write!(text, " ({})", who.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    if let Some(grounds) = grounds(fact).filter(|grounds| !grounds.is_empty()) {
        let _ = write!(text, " {}{grounds}", lang.pick("理由：", "Grounds: "));
    }
    text
}

fn grounds(fact: &TicketFact) -> Option<&str> {
    match fact {
        TicketFact::Dispatched(f) => Some(&f.reason),
        TicketFact::ReturnAsked(f) => Some(&f.reason),
        TicketFact::ReturnRuled(f) => Some(&f.reason),
        TicketFact::Checked(f) => f.reason.as_deref(),
        TicketFact::Moved(f) => f.reason.as_deref(),
        TicketFact::Noted(f) => f.text.as_deref(),
        _ => None,
    }
}

/// One line of the ledger as a sentence.
fn sentence(finding: &Finding<'_>, books: &Books, lang: Lang) -> String {
    let turn = finding.line;
    let mut text = format!("{} {}", turn.clock, lang.pick(turn.clock.zh(), turn.clock.en()));
    if let Some(order) = turn.order {
        let _ = write!(text, " [{order}]");
    }
    let change = (turn.change.zh(), if turn.change == Change::Reopened { "goes on after the stop" } else { turn.change.code() });
    let _ = write!(text, "{}{}", lang.pick("：", ": "), lang.pick(change.0, change.1));
    let anew = matches!(turn.change, Change::Started | Change::Recounted);
    if let Some(limit) = finding.limit.filter(|_| anew) {
        let _ = write!(text, " {}", limit.said(lang));
    }
    if let Some(old) = turn.old_due.filter(|old| turn.due != Some(*old)) {
        let _ = write!(text, "{}{}", lang.pick("，原到期 ", ", was due "), instant(Some(old)));
    }
    if let Some(due) = turn.due {
        let _ = write!(text, "{}{}", lang.pick("，到期 ", ", due "), instant(Some(due)));
        if turn.change == Change::Started {
            let calendar = turn.calendar.as_deref().and_then(|version| books.calendar(version));
            text += &calendar.map_or_else(String::new, |calendar| days_off(calendar, finding, due, lang));
        }
    }
    if let Some(warn) = turn.warn_at {
        let _ = write!(text, "{}{}", lang.pick("，预警 ", ", warns "), instant(Some(warn)));
    }
    if turn.due.is_none()
        && let Some(used) = finding.used
    {
        let _ = write!(text, "{}{}", lang.pick("，已用 ", ", used "), spent(used, finding, lang));
    }
    if turn.provisional {
        text += lang.pick("，暂定", ", provisional");
    }
    text + &basis(finding, lang) + &verdict(finding, lang)
}

/// What a deadline in working time was computed with; hours on the clock need no calendar.
fn basis(finding: &Finding<'_>, lang: Lang) -> String {
    let turn = finding.line;
    match (&turn.calendar, &turn.policy, finding.limit) {
        (Some(calendar), Some(policy), Some(Limit::WorkingDays(_) | Limit::WorkingHours(_))) => format!(
            "{}{calendar}{}{policy}{}",
            lang.pick("（日历 ", " (calendar "),
            lang.pick("，规则 ", ", policy "),
            lang.pick("）", ")")
        ),
        _ => String::new(),
    }
}

impl Limit {
    /// As people say it: `5 个工作日`, `5 working days`.
    pub fn said(self, lang: Lang) -> String {
        let (n, zh, en) = match self {
            Self::Minutes(n) => (n, "分钟", "minutes"),
            Self::Hours(n) => (n, "小时", "hours"),
            Self::WorkingHours(n) => (n, "个工作小时", "working hours"),
            Self::WorkingDays(n) => (n, "个工作日", "working days"),
        };
        format!("{n} {}", lang.pick(zh, en))
    }
}

/// Time used, in the unit that the clock counts in.
fn spent(used: i64, finding: &Finding<'_>, lang: Lang) -> String {
    if matches!(finding.limit, Some(Limit::WorkingDays(_))) {
        return format!("{used} {}", lang.pick("个工作日", "working days"));
    }
    let seconds = used / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// How many days up to the deadline do not count because nobody works; nothing for hours on the clock.
fn days_off(calendar: &Calendar, finding: &Finding<'_>, due: DateTime<Utc>, lang: Lang) -> String {
    if matches!(finding.limit, None | Some(Limit::Minutes(_) | Limit::Hours(_))) {
        return String::new();
    }
    let (from, to) = (finding.at.with_timezone(&CHINA).date_naive(), due.with_timezone(&CHINA).date_naive());
    match (to - from).num_days() - calendar.working_days_between(from, to) {
        off if off > 0 => {
            format!("{}{off}{}", lang.pick("（其间休息日 ", " ("), lang.pick(" 天不计）", " days off not counted)"))
        }
        _ => String::new(),
    }
}

fn verdict(finding: &Finding<'_>, lang: Lang) -> String {
    match &finding.verdict {
        Verdict::Same => String::new(),
        Verdict::OtherCalendar => lang.pick("（按当时日历）", " (by the calendar of then)").to_owned(),
        Verdict::Different(expected) => {
            format!("{}{}", lang.pick(" ✗ 应为 ", " ✗ ought to be "), instant(expected.due))
        }
        Verdict::Unfitting => lang.pick(" ✗ 此时不可能发生", " ✗ can't happen then").to_owned(),
        Verdict::NoDeadline(error) => format!(" ✗ {error}"),
    }
}
