//! One clock from its start on: its deadline, and when it ran.

use crate::calendar::Calendar;
use crate::deadline::deadline;
use crate::error::SlaError;
use crate::measure::Measure;
use crate::policy::{Limit, Policy};
use crate::schedule::warning;
use chrono::serde::{ts_milliseconds, ts_milliseconds_option};
use chrono::{DateTime, SubsecRound, Utc};
use contracts::lifecycle::Standing;
use serde::{Deserialize, Serialize};

/// What a clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It runs.
    Running,
    /// It stands still and keeps what is left.
    Paused,
    /// It was stopped; it may go on with what was left.
    Stopped,
    /// It counts for nobody.
    Voided,
    /// It was closed as returned.
    Returned,
}

impl Phase {
    /// Runs, or will again without anybody having to ask.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// A time in which the clock ran without a break: from an instant, included, to another, not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Since when.
    #[serde(with = "ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// Until when; none while it runs.
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// What an extension granted. It moves on with every later pause, whether it is the deadline or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Extension {
    #[serde(with = "ts_milliseconds")]
    due: DateTime<Utc>,
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    warn: Option<DateTime<Utc>>,
}

/// One clock since its last start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
    #[serde(with = "ts_milliseconds")]
    start: DateTime<Utc>,
    #[serde(with = "ts_milliseconds")]
    due: DateTime<Utc>,
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    warn: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<Extension>,
    phase: Phase,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    held: bool,
    spans: Vec<Span>,
}

impl Life {
    /// The limit; none for a clock that ends on a promised date.
    pub fn limit(&self) -> Option<Limit> {
        self.limit
    }

    /// When it started.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// Its deadline, also while it stands still: then it is the one it had when it ran last.
    pub fn due(&self) -> DateTime<Utc> {
        self.due
    }

    /// When it warns; none if it only runs out.
    pub fn warn(&self) -> Option<DateTime<Utc>> {
        self.warn
    }

    /// The deadline counts days whose arrangement is not published.
    pub fn provisional(&self) -> bool {
        self.provisional
    }

    /// The deadline is one that an extension granted.
    pub fn extended(&self) -> bool {
        self.extension.is_some_and(|extension| extension.due == self.due)
    }

    /// What it does, apart from a merge.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// A merge holds it.
    pub fn held(&self) -> bool {
        self.held
    }

    /// When it ran, in order.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// It runs now.
    pub fn is_running(&self) -> bool {
        self.phase == Phase::Running && !self.held
    }

    /// The time used up to `now`, in the unit of its limit: milliseconds on the clock, milliseconds of office hours,
    /// or working days.
    ///
    /// # Errors
    /// [`SlaError::OutOfRange`].
    pub fn used(&self, calendar: &Calendar, policy: &Policy, now: DateTime<Utc>) -> Result<i64, SlaError> {
        let measure = self.measure(calendar, policy);
        self.spans.iter().map(|span| measure.between(span.from, span.to.unwrap_or(now))).sum()
    }

    /// Whether its time is up at `now`. Unknown when nothing is left to come: stopped, void, returned or held.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        let at = if self.phase == Phase::Paused { self.latest() } else { now };
        match (self.held, self.phase.is_open()) {
            (false, true) if at > self.due => Standing::Over,
            (false, true) => Standing::Inside,
            _ => Standing::Unknown,
        }
    }

    /// Starts with a limit; `warns` says whether it has a warning.
    pub(crate) fn begin(
        calendar: &Calendar,
        policy: &Policy,
        limit: Limit,
        warns: bool,
        now: DateTime<Utc>,
    ) -> Result<Self, SlaError> {
        let promised = deadline(calendar, policy, limit, now)?;
        let due = whole_ms(promised.due);
        let warn = if warns { Some(whole_ms(warning(calendar, policy, limit, now, due)?)) } else { None };
        Ok(Self { provisional: promised.provisional, warn, ..Self::new(Some(limit), now, due) })
    }

    /// Starts towards a promised date.
    pub(crate) fn promise(until: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self::new(None, now, until)
    }

    fn new(limit: Option<Limit>, now: DateTime<Utc>, due: DateTime<Utc>) -> Self {
        let spans = vec![Span { from: now, to: None }];
        Self {
            limit,
            start: now,
            due,
            warn: None,
            provisional: false,
            extension: None,
            phase: Phase::Running,
            held: false,
            spans,
        }
    }

    /// The last instant at which anything happened to it. No step goes back behind it.
    pub(crate) fn latest(&self) -> DateTime<Utc> {
        self.spans.last().map_or(self.start, |span| span.to.unwrap_or(span.from))
    }

    /// Stands still from `now` on.
    pub(crate) fn halt(&mut self, phase: Phase, now: DateTime<Utc>) {
        if let Some(open) = self.spans.last_mut().filter(|span| span.to.is_none()) {
            open.to = Some(now);
        }
        self.phase = phase;
    }

    /// Goes on at `now` with what was left.
    pub(crate) fn go_on(&mut self, calendar: &Calendar, policy: &Policy, now: DateTime<Utc>) -> Result<(), SlaError> {
        self.shift(calendar, policy, self.latest(), now)?;
        self.phase = Phase::Running;
        match self.spans.last_mut() {
            // no time has passed: it never stood still
            Some(span) if span.to == Some(now) => span.to = None,
            _ => self.spans.push(Span { from: now, to: None }),
        }
        Ok(())
    }

    /// Holds it as it is, or lets it be what it was.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Extends it to `until`; false if that is not later than what holds.
    pub(crate) fn extend(
        &mut self,
        calendar: &Calendar,
        policy: &Policy,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, SlaError> {
        let measure = self.measure(calendar, policy);
        let due = whole_ms(measure.settle(until)?);
        if due <= self.due || due <= now {
            return Ok(false);
        }
        let warn = match (self.warn, self.limit) {
            (Some(_), Some(limit)) => Some(whole_ms(warning(calendar, policy, limit, now, due)?)),
            _ => None,
        };
        self.provisional = measure.provisional(due)?;
        (self.due, self.warn, self.extension) = (due, warn, Some(Extension { due, warn }));
        Ok(true)
    }

    /// Computes the deadline anew from the start, with `limit` and with every time in which it stood still. An
    /// extension stays where it reaches further.
    pub(crate) fn recount(&mut self, calendar: &Calendar, policy: &Policy, limit: Limit) -> Result<(), SlaError> {
        let mut anew = Self::begin(calendar, policy, limit, self.warn.is_some(), self.start)?;
        for pair in self.spans.windows(2) {
            if let [Span { to: Some(from), .. }, Span { from: to, .. }] = *pair {
                anew.shift(calendar, policy, from, to)?;
            }
        }
        if let Some(extension) = self.extension {
            let measure = anew.measure(calendar, policy);
            let due = whole_ms(measure.settle(extension.due)?);
            if due > anew.due {
                (anew.due, anew.warn, anew.provisional) = (due, extension.warn, measure.provisional(due)?);
            }
            anew.extension = Some(Extension { due, ..extension });
        }
        let (spans, phase, held) = (std::mem::take(&mut self.spans), self.phase, self.held);
        *self = Self { spans, phase, held, ..anew };
        Ok(())
    }

    /// Moves deadline and warning on by a time in which it stood still; what was over before stays over.
    fn shift(&mut self, calendar: &Calendar, policy: &Policy, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<(), SlaError> {
        let measure = self.measure(calendar, policy);
        let stood = measure.between(from, to)?;
        let moved = |at: DateTime<Utc>| if from <= at { measure.after(at, stood).map(whole_ms) } else { Ok(at) };
        let (due, warn) = (moved(self.due)?, self.warn.map(moved).transpose()?);
        if let Some(Extension { due, warn }) = self.extension {
            self.extension = Some(Extension { due: moved(due)?, warn: warn.map(moved).transpose()? });
        }
        self.provisional = measure.provisional(due)?;
        (self.due, self.warn) = (due, warn);
        Ok(())
    }

    fn measure<'a>(&self, calendar: &'a Calendar, policy: &'a Policy) -> Measure<'a> {
        Measure { calendar, policy, limit: self.limit, start: self.start }
    }
}

/// What is stored is what was decided with.
pub(crate) fn whole_ms(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(3)
}
