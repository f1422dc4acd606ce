//! A year of the calendar, or the district's own days, put in force by a person; and what follows for deadlines that
//! counted days of which nobody knew yet whether they would be worked. Pure.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    lifecycle::{Note, Role},
    problem::Problem,
    text::Text,
};
use serde::{Deserialize, Serialize};

use crate::{
    case::{Acting, Case, no_deadline},
    hand::blank,
    handlers::Desk,
    parts, register,
    rules::{At, Rules},
};

/// Days that a person puts in force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDays {
    /// CSV with the columns of `shared/sla/calendar/NOTICE.md`: a year as its notice arranges it, or days of the
    /// district's own.
    pub days: String,
    /// Where they come from: the notice, the decision.
    pub source: Text<400>,
    /// Version of the calendar that one has seen: somebody else's change is not overwritten.
    pub from: String,
    /// Staff number.
    pub person: Text<40>,
    /// Why.
    pub reason: Text<2000>,
}

/// The calendar in force, and on which grounds it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// All its days as CSV.
    pub days: String,
    /// Where the last of them come from.
    pub source: String,
    /// Staff number of who put it in force.
    pub person: String,
}

/// Puts days in force, as a version of the rules.
pub fn load(desk: &mut Desk, new: &NewDays, now: DateTime<Utc>) -> Result<Vec<Outbound>, Problem> {
    let known = desk.rules.calendar.version();
    if new.from != known {
        let (zh, en) = (
            format!("工作日历已被他人更新（现为 {known}），请核对后重试"),
            format!("somebody changed the calendar meanwhile ({known} now); look at that and try again"),
        );
        return Err(Problem::new("stale", zh, en));
    }
    let calendar = desk.rules.calendar.with(&new.days);
    let calendar = calendar.map_err(|e| Problem::new("bad_calendar", format!("日历不能使用：{}", e.zh()), e.to_string()))?;
    if calendar.version() == known {
        return Err(Problem::new("same_calendar", "日历没有变化", "nothing would change"));
    }
    let loaded = Loaded { days: calendar.csv(), source: new.source.masked(), person: new.person.as_str().to_owned() };
    let version = desk.rules.version + 1;
    let calendar = Cow::Owned(calendar);
    let rules = Rules { calendar, loaded: Some(loaded), version, ..(*desk.rules).clone() };
    let why = format!("{}；{}", new.source.masked(), new.reason.masked());
    register::put(desk, rules, (new.person.as_str(), why), now).map(|fact| vec![fact])
}

/// 重算时限: every provisional deadline of the ticket by the calendar in force, as an act of who put that in force. What
/// is not provisional is not touched. False if the ticket was looked at with this calendar before.
pub fn recalculate(case: &mut Case, at: At<'_>) -> Result<bool, Problem> {
    let version = at.rules.calendar.version();
    if case.ticket.provisional.as_deref().is_none_or(|looked| looked == version) {
        return Ok(false);
    }
    let mut clocks = case.clocks()?;
    let turns = clocks.recalculate(&at.rules.calendar, &at.rules.book.policy).map_err(|e| no_deadline(&e))?;
    case.keep_clocks(at, &clocks, turns)?;
    parts::recalculate(case, at)?;
    // looked at with this one: if days are still unknown, until the next
    case.ticket.provisional = case.ticket.provisional.take().map(|_| version.to_owned());
    if case.has_turns() {
        let (person, source) = match &at.rules.loaded {
            Some(loaded) => (Some(loaded.person.clone()), loaded.source.as_str()),
            None => (None, "程序自带日历"),
        };
        let acting = Acting { role: Role::Administrator, unit: None, person };
        case.note(at, Note::Recalculate, acting.role)?;
        let mut noted = blank(case, at, Note::Recalculate, &acting)?;
        noted.text = Some(format!("工作日历更新为 {version}，暂定时限重算。依据：{source}"));
        case.tell(noted, at.now)?;
    }
    Ok(true)
}
