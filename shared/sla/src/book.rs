//! The book of clocks of one ticket: what the steps of its life do to K1–K15.
//!
//! # How a pause is counted
//!
//! Everything follows from the start, the limit, the extension and the spans in which the clock ran, so a third party
//! can recompute it. A span goes from the instant of its start or resumption, included, to that of the pause or stop,
//! not included.
//!
//! * **What is used**: of hours, the milliseconds of the spans; of working hours, their milliseconds inside office
//!   hours of working days; of working days, the *ends* of working days ([`crate::DayTimes::day_end`]) that lie inside
//!   a span, without that of the day of the start. So the day on which the clock is paused counts only if the pause
//!   begins after its end, and the day on which it goes on counts unless it goes on after its end.
//! * **What is left**: what was left at the pause. Deadline and warning move on by what passed, in the same unit,
//!   while the clock stood still; working days keep the time of day. A pause that ends at its own instant, a pause in
//!   working days inside one day, and a pause over days off therefore change nothing.
//! * A clock that was over when it was paused stays over: its deadline stays where it was. At the very instant of the
//!   deadline it is not yet over.
//! * **A stop that is taken back** (T25, sent back) counts as a pause.
//! * **An extension** names the new deadline. For a clock in working days that is the end of the named day, or, if
//!   nobody works then, of the next working day. The warning comes at its share of the time from the grant on.
//! * **Another class** computes the deadline from the same start with the limit of the new class, and moves it on by
//!   every pause in the unit of that limit. An extension stays where it reaches further.
//! * **A merge** holds the clock and a split puts back exactly what was: its deadline did not move, so a merge gains
//!   nobody time, and its span goes on from where it began.
//! * **Time goes forward**: a step that claims to be earlier than the last step of its clock counts as at that one.

use crate::calendar::Calendar;
use crate::error::SlaError;
use crate::life::{Life, Phase, whole_ms};
use crate::limits::Urgency;
use crate::policy::{Limit, Policy};
use chrono::{DateTime, Utc};
use contracts::clock::ClockTurn;
use contracts::lifecycle::{Change, Class, Clock, ClockEffect, Deadlines, Standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The clocks of one ticket. As JSON it is small; its owner keeps it beside the ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClockBook(BTreeMap<Clock, Life>);

/// What the length of a clock depends on.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Which days are worked.
    pub calendar: &'a Calendar,
    /// How long clocks may run.
    pub policy: &'a Policy,
    /// Class of the ticket, for K5.
    pub class: Option<Class>,
    /// Urgency, for K2.
    pub urgency: Urgency,
    /// What a decision granted for K5 instead of the limit of the class.
    pub handling: Option<Limit>,
    /// The promised date, when K8 starts; the new deadline, when a clock is moved.
    pub until: Option<DateTime<Utc>>,
}

impl<'a> Terms<'a> {
    /// Terms of a ticket of which nothing special is known.
    pub fn new(calendar: &'a Calendar, policy: &'a Policy) -> Self {
        Self { calendar, policy, class: None, urgency: Urgency::General, handling: None, until: None }
    }

    fn handling(&self) -> Result<Limit, SlaError> {
        self.handling.or(self.class.map(|class| self.policy.limits.of(class))).ok_or(SlaError::NoClass)
    }

    fn until(&self, clock: Clock) -> Result<DateTime<Utc>, SlaError> {
        self.until.map(whole_ms).ok_or(SlaError::NoInstant(clock))
    }
}

impl ClockBook {
    /// Applies the effects of a step at `now`, all or none, and gives a line for each that changed something. One that
    /// finds its clock in another condition changes nothing; `stopped`, `voided` and `returned` also end a clock that
    /// is paused.
    ///
    /// # Errors
    /// [`SlaError::NoClass`], [`SlaError::NoInstant`] and [`SlaError::NotLater`] for terms that do not fit the step;
    /// otherwise as [`crate::deadline`].
    pub fn apply(&mut self, effects: &[ClockEffect], terms: &Terms<'_>, now: DateTime<Utc>) -> Result<Vec<ClockTurn>, SlaError> {
        let mut after = self.clone();
        let mut turns = Vec::new();
        for effect in effects {
            turns.extend(after.take(*effect, terms, whole_ms(now))?);
        }
        *self = after;
        Ok(turns)
    }

    /// The ticket has another class, or another time was granted: computes K5 from its start with the new limit, and
    /// keeps the time used. A line if it changed a clock that runs or may go on.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn reclass(&mut self, terms: &Terms<'_>) -> Result<Option<ClockTurn>, SlaError> {
        let limit = terms.handling()?;
        match self.0.get_mut(&Clock::K5) {
            Some(life) => recount(Clock::K5, life, terms, limit),
            None => Ok(None),
        }
    }

    /// A new calendar is in force: computes every provisional deadline again. To be called as an act of its own, never
    /// in passing; what is not provisional is not touched.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn recalculate(&mut self, calendar: &Calendar, policy: &Policy) -> Result<Vec<ClockTurn>, SlaError> {
        let terms = Terms::new(calendar, policy);
        let mut after = self.clone();
        let mut turns = Vec::new();
        for (clock, life) in after.0.iter_mut().filter(|(_, life)| life.provisional()) {
            if let Some(limit) = life.limit() {
                turns.extend(recount(*clock, life, &terms, limit)?);
            }
        }
        *self = after;
        Ok(turns)
    }

    /// A clock since its last start; none if it never started.
    pub fn life(&self, clock: Clock) -> Option<&Life> {
        self.0.get(&clock)
    }

    /// All clocks that ever started.
    pub fn lives(&self) -> impl Iterator<Item = (Clock, &Life)> {
        self.0.iter().map(|(clock, life)| (*clock, life))
    }

    /// The deadline of a running clock.
    pub fn due(&self, clock: Clock) -> Option<DateTime<Utc>> {
        self.life(clock).filter(|life| life.is_running()).map(Life::due)
    }

    /// Where a clock stands; unknown unless it is running or paused.
    pub fn standing(&self, clock: Clock, now: DateTime<Utc>) -> Standing {
        self.life(clock).map_or(Standing::Unknown, |life| life.standing(now))
    }

    /// Where the clocks stand that guards of the lifecycle look at.
    pub fn deadlines(&self, now: DateTime<Utc>) -> Deadlines {
        let of = |clock| self.standing(clock, now);
        Deadlines {
            k3: of(Clock::K3),
            k5: of(Clock::K5),
            k6: of(Clock::K6),
            k8: of(Clock::K8),
            k10: of(Clock::K10),
            k12: of(Clock::K12),
        }
    }

    /// Does again what a line of the ledger tells, with the limit that stands in it.
    pub(crate) fn again(
        &mut self,
        line: &ClockTurn,
        limit: Option<Limit>,
        terms: &Terms<'_>,
        at: DateTime<Utc>,
    ) -> Result<Option<ClockTurn>, SlaError> {
        let at = whole_ms(at);
        match (line.change, limit, self.0.get_mut(&line.clock)) {
            (Change::Started, limit, _) => self.begin(line.clock, limit, terms, at).map(Some),
            (Change::Recounted, Some(limit), Some(life)) => recount(line.clock, life, terms, limit),
            _ => self.take(ClockEffect { clock: line.clock, change: line.change }, terms, at),
        }
    }

    fn take(&mut self, effect: ClockEffect, terms: &Terms<'_>, now: DateTime<Utc>) -> Result<Option<ClockTurn>, SlaError> {
        let ClockEffect { clock, change } = effect;
        if change == Change::Started {
            return self.start(clock, terms, now).map(Some);
        }
        let Some(life) = self.0.get_mut(&clock) else { return Ok(None) };
        let (now, old_due) = (now.max(life.latest()), life.due());
        let (open, held) = (life.phase().is_open() && !life.held(), life.held());
        match change {
            Change::Paused if life.is_running() => life.halt(Phase::Paused, now),
            Change::Stopped if open => life.halt(Phase::Stopped, now),
            Change::Voided if open => life.halt(Phase::Voided, now),
            Change::Returned if open => life.halt(Phase::Returned, now),
            Change::Resumed if life.phase() == Phase::Paused && !held => life.go_on(terms.calendar, terms.policy, now)?,
            Change::Reopened if life.phase() == Phase::Stopped && !held => life.go_on(terms.calendar, terms.policy, now)?,
            Change::Moved if life.is_running() => {
                if !life.extend(terms.calendar, terms.policy, terms.until(clock)?, now)? {
                    return Err(SlaError::NotLater(clock));
                }
            }
            Change::Held if open => life.hold(true),
            Change::Restored if held => life.hold(false),
            _ => return Ok(None),
        }
        Ok(Some(turn(clock, change, Some(old_due), life, terms)))
    }

    fn start(&mut self, clock: Clock, terms: &Terms<'_>, now: DateTime<Utc>) -> Result<ClockTurn, SlaError> {
        let limit = match clock {
            Clock::K5 => Some(terms.handling()?),
            _ => terms.policy.clocks.of(clock, terms.urgency),
        };
        self.begin(clock, limit, terms, now)
    }

    /// Starts a clock with a limit, or towards a promised date.
    fn begin(
        &mut self,
        clock: Clock,
        limit: Option<Limit>,
        terms: &Terms<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClockTurn, SlaError> {
        let before = self.0.get(&clock);
        let now = before.map_or(now, |life| now.max(life.latest()));
        let old_due = before.filter(|life| life.phase().is_open()).map(Life::due);
        let life = match limit {
            Some(limit) => Life::begin(terms.calendar, terms.policy, limit, clock == Clock::K5, now)?,
            None => match terms.until(clock)? {
                until if until > now => Life::promise(until, now),
                _ => return Err(SlaError::NotLater(clock)),
            },
        };
        let started = turn(clock, Change::Started, old_due, &life, terms);
        self.0.insert(clock, life);
        Ok(started)
    }
}

fn recount(clock: Clock, life: &mut Life, terms: &Terms<'_>, limit: Limit) -> Result<Option<ClockTurn>, SlaError> {
    let before = (life.due(), life.provisional(), life.limit());
    life.recount(terms.calendar, terms.policy, limit)?;
    let matters = life.phase().is_open() || life.phase() == Phase::Stopped;
    let told = matters && before != (life.due(), life.provisional(), life.limit());
    Ok(told.then(|| turn(clock, Change::Recounted, Some(before.0), life, terms)))
}

/// The line of the ledger; one that computes a deadline says what with.
fn turn(clock: Clock, change: Change, old_due: Option<DateTime<Utc>>, life: &Life, terms: &Terms<'_>) -> ClockTurn {
    use Change::{Moved, Recounted, Reopened, Resumed, Started};
    let running = life.is_running();
    let computed = matches!(change, Started | Resumed | Reopened | Moved | Recounted);
    ClockTurn {
        clock,
        order: None,
        change,
        old_due,
        due: running.then(|| life.due()),
        warn_at: if running { life.warn() } else { None },
        provisional: running && life.provisional(),
        limit: life.limit().filter(|_| computed).map(|limit| limit.to_string()),
        calendar: computed.then(|| terms.calendar.version().to_owned()),
        policy: computed.then(|| terms.policy.version.clone()),
    }
}
