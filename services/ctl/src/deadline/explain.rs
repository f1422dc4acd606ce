//! Tells how a ticket's deadlines came about, step by step.

use std::fmt::Write as _;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use contracts::{
    lifecycle::Change,
    ticket::{By, TicketFact},
};
use sla::{CHINA, Calendar, Limit, Policy, Verdict};

use super::history::{self, Finding};
use crate::{
    screen::{Outcome, say},
    settings::{DatabaseArgs, Operator},
};

/// 说明时限的由来 / how the deadlines of a ticket came about, step by step, each recomputed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline deadline explain JZ20261124-000001 --lang en")]
pub struct Args {
    /// 工单编号 / number of the ticket
    #[arg(value_name = "NUMBER")]
    number: String,
    /// 语言 / language
    #[arg(long, value_name = "LANG", default_value = "zh")]
    lang: Lang,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// Which language the reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Lang {
    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        if self == Self::Zh { zh } else { en }
    }
}

/// Explains.
pub async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let db = history::open(&Operator::read()?.with(&args.databases)).await?;
    let Some(history) = history::of(&db, &args.number).await? else {
        bail!("没有工单 {} / there is no ticket {}", args.number, args.number);
    };
    let (lang, calendar, policy) = (args.lang, Calendar::builtin(), Policy::default());
    say(&format!("{} {}", lang.pick("工单", "Ticket"), history.number))?;
    let (mut good, mut told) = (true, 0);
    for finding in history.findings(calendar, &policy)? {
        if finding.seq != told {
            told = finding.seq;
            say(&step(&finding, lang))?;
        }
        say(&format!("  {}", line(&finding, calendar, lang)))?;
        good = good && matches!(finding.verdict, Verdict::Same | Verdict::OtherCalendar);
    }
    if told == 0 {
        say(lang.pick("没有时限记录", "Nothing was told of its clocks"))?;
    }
    let missing = history.missing();
    if !missing.is_empty() {
        good = false;
        say(&format!("{} {missing:?}", lang.pick("缺少事实：", "Facts are missing:")))?;
    }
    let versions = lang.pick("复算所用日历", "Recomputed with calendar");
    say(&format!("{versions} {}{}", calendar.version(), lang.pick("。", ".")))?;
    say(lang.pick(
        if good { "全部时限复算一致。" } else { "有时限复算不一致。" },
        if good { "Every deadline is confirmed." } else { "Not every deadline is confirmed." },
    ))?;
    Ok(Outcome::of(good))
}

/// An instant as a clock in China shows it.
pub fn instant(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M:%S").to_string())
}

/// What happened, who did it, and on which grounds.
fn step(finding: &Finding<'_>, lang: Lang) -> String {
    let (fact, by) = (finding.fact, finding.fact.head().by);
    let mut text = format!("{}  {}", instant(Some(finding.at)), lang.pick(fact.zh(), fact.en()));
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
        _ => None,
    }
}

/// One line of the ledger as a sentence.
fn line(finding: &Finding<'_>, calendar: &Calendar, lang: Lang) -> String {
    let turn = finding.line;
    let limit: Option<Limit> = turn.limit.as_deref().and_then(|text| text.parse().ok());
    let mut text = format!("{} {}", turn.clock, lang.pick(turn.clock.zh(), turn.clock.en()));
    if let Some(order) = turn.order {
        let _ = write!(text, " [{order}]");
    }
    let change = (turn.change.zh(), if turn.change == Change::Reopened { "goes on after the stop" } else { turn.change.code() });
    let _ = write!(text, "{}{}", lang.pick("：", ": "), lang.pick(change.0, change.1));
    if let Some(limit) = limit.filter(|_| matches!(turn.change, Change::Started | Change::Recounted)) {
        let _ = write!(text, " {}", amount(limit, lang));
    }
    if let Some(old) = turn.old_due.filter(|old| turn.due != Some(*old)) {
        let _ = write!(text, "{}{}", lang.pick("，原到期 ", ", was due "), instant(Some(old)));
    }
    if let Some(due) = turn.due {
        let _ = write!(text, "{}{}", lang.pick("，到期 ", ", due "), instant(Some(due)));
        if turn.change == Change::Started {
            text += &days_off(calendar, limit, finding.at, due, lang);
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
    text + &verdict(finding, lang)
}

/// `5 个工作日`, `5 working days`.
fn amount(limit: Limit, lang: Lang) -> String {
    let (n, zh, en) = match limit {
        Limit::Hours(n) => (n, "小时", "hours"),
        Limit::WorkingHours(n) => (n, "个工作小时", "working hours"),
        Limit::WorkingDays(n) => (n, "个工作日", "working days"),
    };
    format!("{n} {}", lang.pick(zh, en))
}

/// Time used, in the unit that the clock counts in.
fn spent(used: i64, finding: &Finding<'_>, lang: Lang) -> String {
    if matches!(finding.limit, Some(Limit::WorkingDays(_))) {
        return format!("{used} {}", lang.pick("个工作日", "working days"));
    }
    let seconds = used / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// How many days between the two do not count because nobody works; nothing for hours on the clock.
fn days_off(calendar: &Calendar, limit: Option<Limit>, from: DateTime<Utc>, to: DateTime<Utc>, lang: Lang) -> String {
    if matches!(limit, None | Some(Limit::Hours(_))) {
        return String::new();
    }
    let (from, to) = (from.with_timezone(&CHINA).date_naive(), to.with_timezone(&CHINA).date_naive());
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
