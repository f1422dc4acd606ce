//! 一月一调度、一季一督查、半年一通报: when a task opens, and how it is closed. Pure.

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use contracts::{
    envelope::Outbound,
    family::Family,
    id::MessageId,
    problem::Problem,
    subject,
    supervision::{Closed, Opened, Periodic, SupervisionFact, TaskId},
    text::Text,
};
use serde::{Deserialize, Serialize};
use sla::CHINA;

use crate::{case::stored_badly, entity::task, handlers::Desk, rules::Rules};

/// Periods that are made up for after an outage, at most, of each kind: two years of months.
const MOST: usize = 24;

/// When periodic work opens, as policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agenda {
    /// 一月一调度.
    pub monthly: Slot,
    /// 一季一督查.
    pub quarterly: Slot,
    /// 半年一通报.
    pub half_yearly: Slot,
}

/// When one kind opens and how long it may take. Our default: the first working day after the period, five working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Slot {
    /// It opens on this many-th working day after the end of its period, when offices open.
    pub opens: u32,
    /// Working days to do it.
    pub days: u32,
}

impl Default for Slot {
    fn default() -> Self {
        Self { opens: 1, days: 5 }
    }
}

impl Default for Agenda {
    fn default() -> Self {
        Self { monthly: Slot::default(), quarterly: Slot::default(), half_yearly: Slot { opens: 1, days: 10 } }
    }
}

impl Agenda {
    fn slot(&self, kind: Periodic) -> Slot {
        match kind {
            Periodic::Monthly => self.monthly,
            Periodic::Quarterly => self.quarterly,
            Periodic::HalfYearly => self.half_yearly,
        }
    }

    /// Whether every task opens before its next period is over.
    pub fn check(&self) -> Result<(), Problem> {
        let fits = |kind| (1..=15).contains(&self.slot(kind).opens) && (1..=60).contains(&self.slot(kind).days);
        if Periodic::ALL.into_iter().all(fits) {
            return Ok(());
        }
        let (zh, en) = (
            "定期督办：应在期末后第 1 至 15 个工作日开启，办理 1 至 60 个工作日",
            "periodic work opens on the 1st to 15th working day after its period and takes 1 to 60 working days",
        );
        Err(Problem::new("bad_agenda", zh, en))
    }
}

/// A person closes a task.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minutes {
    /// Staff number.
    pub person: Text<40>,
    /// What was found and decided.
    pub minutes: Text<8000>,
}

/// Tasks whose date has come and that are not open yet, the oldest first. `newest`: the last period of each kind that
/// has one. A task whose date lay before `since`, when the program was first run here, is nobody's.
pub fn due(rules: &Rules, (since, now): (DateTime<Utc>, DateTime<Utc>), newest: &[TaskId]) -> Vec<Opened> {
    let mut due = Vec::new();
    for kind in Periodic::ALL {
        let last = newest.iter().find(|task| task.kind == kind).and_then(first_day);
        let mut first = ended(kind, now);
        let mut opened = Vec::new();
        while let Some(day) = first.filter(|day| opened.len() < MOST && last.is_none_or(|last| *day > last)) {
            let Some((date, task)) = task(rules, kind, day, now).filter(|(date, _)| *date >= since) else { break };
            opened.extend((date <= now).then_some(task));
            first = day.checked_sub_months(Months::new(kind.months()));
        }
        due.extend(opened.into_iter().rev());
    }
    due
}

/// The first day of the last period that is over.
fn ended(kind: Periodic, now: DateTime<Utc>) -> Option<NaiveDate> {
    let today = now.with_timezone(&CHINA).date_naive();
    let month0 = today.month0() - today.month0() % kind.months();
    NaiveDate::from_ymd_opt(today.year(), month0 + 1, 1)?.checked_sub_months(Months::new(kind.months()))
}

fn first_day(task: &TaskId) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(task.year, task.month, 1)
}

/// When the task of a period opens, and the task as it opens `now`.
fn task(rules: &Rules, kind: Periodic, first: NaiveDate, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Opened)> {
    let slot = rules.book.agenda.slot(kind);
    let (calendar, hours) = (&rules.calendar, rules.book.policy.day);
    let end = first.checked_add_months(Months::new(kind.months()))?;
    let date = calendar.nth_working_day_after(end.pred_opt()?, slot.opens).ok()?;
    let last = calendar.nth_working_day_after(date, slot.days).ok()?;
    let at = |date: NaiveDate, time| date.and_time(time).and_local_timezone(CHINA).single().map(|at| at.to_utc());
    let midnight = |date| at(date, chrono::NaiveTime::MIN);
    let task = TaskId { kind, year: first.year(), month: first.month() };
    let opened = Opened { task, from: midnight(first)?, to: midnight(end)?, due: at(last, hours.day_end)?, at: now };
    Some((at(date, hours.work_start)?, opened))
}

/// The row of a task that opens.
pub fn row(opened: &Opened) -> task::Model {
    task::Model {
        task: opened.task.to_string(),
        version: 1,
        kind: opened.task.kind.code().to_owned(),
        from_ms: opened.from.timestamp_millis(),
        to_ms: opened.to.timestamp_millis(),
        due_ms: opened.due.timestamp_millis(),
        opened_ms: opened.at.timestamp_millis(),
        closed_ms: None,
        person: None,
        minutes: None,
    }
}

/// The fact that a task is open.
pub fn opened(opened: &Opened) -> Outbound {
    fact(opened.task, opened.clone().into(), opened.at)
}

/// Closes a task with its minutes, once.
pub fn close(desk: &mut Desk, task: TaskId, by: &Minutes, now: DateTime<Utc>) -> Result<Vec<Outbound>, Problem> {
    let Some(row) = desk.tasks.get(&task.to_string()) else {
        return Err(Problem::new("unknown_task", "没有这项督办任务，请核对编号", "there is no such task; check its id"));
    };
    if row.closed_ms.is_some() {
        return Err(Problem::new("task_closed", "这项督办任务已经办结", "this task is closed already"));
    }
    let instant = |ms| DateTime::from_timestamp_millis(ms).ok_or_else(|| stored_badly("supervision_task"));
    let (from, to, due, at) = (instant(row.from_ms)?, instant(row.to_ms)?, instant(row.due_ms)?, instant(row.opened_ms)?);
    // milliseconds are what is stored
    let closed_at = now - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos() % 1_000_000));
    let (person, minutes) = (by.person.as_str().to_owned(), by.minutes.masked());
    let closed = task::Model {
        version: row.version + 1,
        closed_ms: Some(closed_at.timestamp_millis()),
        person: Some(person.clone()),
        minutes: Some(minutes.clone()),
        ..row.clone()
    };
    desk.tasks.insert(task.to_string(), closed.clone());
    desk.closed.push(closed);
    let said = Closed { task: Opened { task, from, to, due, at }, person, minutes, closed_at };
    Ok(vec![fact(task, said.into(), now)])
}

/// One fact of each kind for a task, whoever tells it.
fn fact(task: TaskId, fact: SupervisionFact, now: DateTime<Utc>) -> Outbound {
    let id = MessageId::of_event("/supervision", &format!("{task} {}", fact.kind()));
    Outbound::new(id, subject::FACTS, subject::fact(SupervisionFact::FAMILY, fact.kind()), &fact, now)
}
