//! What a fact says about clocks: pure.

use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    id::TicketId,
    lifecycle::{Change, Class, Note},
    problem::Problem,
    ticket::{Dispatched, Head, Part, TicketFact},
};

use crate::domain::{K1, K5, Promise, Which};

/// A fact, as far as clocks are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The ticket.
    pub ticket: TicketId,
    /// Place of the fact in the ticket's history.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// It says that there is danger to life or limb.
    pub urgent: bool,
    /// What a dispatch promises.
    pub promise: Option<Box<Promise>>,
    /// The class from now on, if it was changed without a dispatch.
    pub class: Option<Class>,
    /// What became of each clock that it names; one line a clock.
    pub lines: Vec<Line>,
}

/// What became of a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub which: Which,
    /// It runs now.
    pub runs: bool,
    /// It was started or moved, so its alarms begin anew.
    pub anew: bool,
    /// Its deadline; none if it does not run, or to the promised one.
    pub due: Option<DateTime<Utc>>,
    /// When it warns.
    pub warn: Option<DateTime<Utc>>,
}

/// What a fact means to the clocks; none if it means nothing.
pub fn news(fact: &TicketFact, seq: i64) -> Result<Option<News>, Problem> {
    let Head { ticket, at, by } = fact.head();
    let (urgent, promise) = match fact {
        TicketFact::Dispatched(f) => (f.urgent, Some(Box::new(promise(f, seq)?))),
        TicketFact::Noted(f) => (f.note == Note::Alarm, None),
        _ => (false, None),
    };
    let turns = by.map_or(&[][..], |by| &by.clocks);
    let mut lines = told(turns);
    if lines.iter().all(|line| line.which != K5) {
        lines.extend(implied(fact, !turns.is_empty()));
    }
    if turns.is_empty() {
        lines.extend(accepted(fact));
    }
    let class = match fact {
        TicketFact::Moved(f) => f.class,
        TicketFact::Noted(f) => f.class,
        _ => None,
    };
    let nothing = !urgent && promise.is_none() && class.is_none() && lines.is_empty();
    Ok((!nothing).then_some(News { ticket, seq, at, urgent, promise, class, lines }))
}

/// What the ledger lines of a fact leave behind.
fn told(turns: &[ClockTurn]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(turns.len());
    for turn in turns {
        let anew = matches!(turn.change, Change::Started | Change::Moved | Change::Recounted);
        let line = Line {
            which: Which { clock: turn.clock, order: turn.order },
            runs: turn.due.is_some(),
            anew,
            due: turn.due,
            // a warning after the end would hold up what comes after it
            warn: turn.warn_at.zip(turn.due).map(|(warn, due)| warn.min(due)),
        };
        match lines.iter_mut().find(|before| before.which == line.which) {
            Some(before) => *before = Line { anew: anew || before.anew, ..line },
            None => lines.push(line),
        }
    }
    lines
}

/// What a fact means to the handling clock without saying so: those of before there were ledger lines do not say when
/// it starts and goes on; and what was checked or closed was reported, though that fact may still be on its way.
fn implied(fact: &TicketFact, has_lines: bool) -> Option<Line> {
    let (runs, anew) = match fact {
        TicketFact::Dispatched(_) if !has_lines => (true, true),
        TicketFact::Checked(f) if !f.passed && !has_lines => (true, false),
        TicketFact::Checked(f) if f.passed => (false, false),
        TicketFact::Reported(_) | TicketFact::Closed(_) => (false, false),
        TicketFact::ReturnRuled(f) if f.granted => (false, false),
        _ => return None,
    };
    Some(Line { which: K5, runs, anew, due: None, warn: None })
}

/// The time to accept runs from the registration, which tells no lines and is not heard: most tickets are accepted at
/// once. A report that waits for a call-taker is told of, and until when; a dispatch ends it.
fn accepted(fact: &TicketFact) -> Option<Line> {
    let due = match fact {
        TicketFact::Noted(f) if f.note == Note::Hold => f.reply_due,
        TicketFact::Dispatched(_) => None,
        _ => return None,
    };
    Some(Line { which: K1, runs: due.is_some(), anew: false, due, warn: None })
}

fn promise(f: &Dispatched, seq: i64) -> Result<Promise, Problem> {
    let lead = f.orders.iter().find(|o| o.part == Part::Lead).ok_or_else(|| {
        Problem::new("no_lead", "派单没有主办单位，无法计时", "the dispatch names no lead, so there is no clock to run")
    })?;
    Ok(Promise {
        seq,
        order: lead.order,
        unit: lead.unit.clone(),
        division: f.division.clone(),
        round: f.round,
        class: f.class,
        start: f.at,
        // a warning after the end would hold up what comes after it
        warn: f.warn_at.min(f.due),
        due: f.due,
    })
}
