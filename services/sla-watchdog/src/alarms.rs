//! Which alarms clocks have, when, and what they say: pure.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::{ClockAt, ClockFact, Escalated, Expired, Overdue, Warned},
    district::{District, centre},
    envelope::Outbound,
    family::Family,
    id::{MessageId, UnitId},
    lifecycle::Clock,
    subject,
};
use sla::{Alarm, Calendar, Policy, PolicyError, Receiver, SlaError, Stage, deadline, schedule_from_due};

use crate::domain::{K1, K5, Promise, Setting, Watch, Which};

/// A deadline is the last instant that is in time; a clock has run out at the next that we can tell from it.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

/// All that alarms depend on besides the facts.
#[derive(Debug)]
pub struct Rules {
    calendar: &'static Calendar,
    policy: Policy,
    district: &'static District,
}

/// An alarm that was fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Of which clock.
    pub which: Which,
    /// Which; a clock that only runs out has none but overdue.
    pub stage: Stage,
    /// How late.
    pub late_ms: i64,
    /// What is said.
    pub message: Outbound,
}

/// An alarm that is still to come.
#[derive(Clone, Copy, Debug)]
struct Ring {
    which: Which,
    stage: Stage,
    /// When it rings.
    at: DateTime<Utc>,
    /// From when its lateness counts.
    from: DateTime<Utc>,
}

impl Rules {
    /// With this policy, if it holds together.
    pub fn new(policy: Policy) -> Result<Self, PolicyError> {
        policy.check()?;
        Ok(Self { calendar: Calendar::builtin(), policy, district: District::sample() })
    }

    /// Sets the next alarm. An error means that the promise can't be kept time of, whether the clock runs or not.
    pub fn wind(&self, watch: &mut Watch) -> Result<(), SlaError> {
        watch.next = self.left(watch)?.first().map(|ring| ring.at);
        Ok(())
    }

    /// Fires what is due at `now` and sets the next alarm. After an outage that may be several, each with its own
    /// lateness.
    pub fn fire(&self, watch: &mut Watch, now: DateTime<Utc>) -> Result<Vec<Fired>, SlaError> {
        let mut fired = Vec::new();
        for ring in self.left(watch)?.iter().take_while(|ring| ring.at <= now) {
            let Some(setting) = watch.settings.get(&ring.which) else { continue };
            fired.extend(self.say(watch, setting, ring, now));
            if let Some(setting) = watch.settings.get_mut(&ring.which) {
                setting.reached = Some(ring.stage);
                if ring.which == K5 {
                    setting.said = setting.due.or(watch.promise.as_ref().map(|promise| promise.due));
                }
            }
        }
        self.wind(watch)?;
        Ok(fired)
    }

    /// Alarms of clocks that run and that were not fired yet, in order of time.
    fn left(&self, watch: &Watch) -> Result<Vec<Ring>, SlaError> {
        let mut rings = Vec::new();
        for (which, setting) in &watch.settings {
            match *which {
                K5 => rings.extend(self.ladder(watch, setting)?),
                // nobody waits for the end of the retention; a cleaning looks for it
                Which { clock: Clock::K13, .. } => {}
                _ => rings.extend(self.running_out(*which, setting)?),
            }
        }
        rings.sort_by_key(|ring| ring.at);
        Ok(rings)
    }

    /// Warning, deadline and ladder of the handling clock.
    fn ladder(&self, watch: &Watch, setting: &Setting) -> Result<Vec<Ring>, SlaError> {
        let Some(promise) = &watch.promise else { return Ok(Vec::new()) };
        let limit = self.policy.limits.of(promise.class);
        // a deadline of the ledger may lie before the dispatch that hands the work on
        let (due, start) = setting.due.map_or((promise.due, promise.start), |due| (due, promise.start.min(due - TICK)));
        let mut alarms = schedule_from_due(self.calendar, &self.policy, limit, start, due)?;
        alarms.retain(|a| setting.reached.is_none_or(|reached| a.stage > reached));
        let Some(since) = setting.since else { return Ok(Vec::new()) };
        let warn = setting.warn.unwrap_or(promise.warn).min(due);
        let ring = |alarm: &Alarm| {
            // the promise on the page and the alarm must agree
            let at = if alarm.stage == Stage::Warned { warn } else { alarm.at };
            // an alarm that passed while the clock stood still is due when it goes on
            Ring { which: K5, stage: alarm.stage, at: at.max(since), from: at.max(since) }
        };
        Ok(alarms.iter().map(ring).collect())
    }

    fn say(&self, watch: &Watch, setting: &Setting, ring: &Ring, now: DateTime<Utc>) -> Option<Fired> {
        let late_ms = (now - ring.from).num_milliseconds().max(0);
        let (fact, key) = match ring.which {
            K5 => {
                let promise = watch.promise.as_ref()?;
                let due = setting.due.unwrap_or(promise.due);
                let key = format!("clock {} {} {} {}", promise.order, promise.round, due.timestamp_millis(), ring.stage);
                (self.about(watch, promise, ring, due, late_ms), key)
            }
            which => {
                let (Which { clock, order }, seq) = (which, u64::try_from(setting.seq).unwrap_or_default());
                let due = self.end(which, setting).ok()??;
                let expired = Expired { ticket: watch.ticket, clock, order, seq, due, late_ms };
                (expired.into(), format!("clock {which} {seq}"))
            }
        };
        // one id for one alarm of one deadline: however often it were said, it is heard once
        let id = MessageId::derive(watch.ticket.0, &key);
        let subject = subject::fact(ClockFact::FAMILY, fact.kind());
        let message = Outbound::new(id, subject::FACTS, subject, &fact, now).about(watch.ticket);
        Some(Fired { which: ring.which, stage: ring.stage, late_ms, message })
    }

    /// What the handling clock says.
    fn about(&self, watch: &Watch, promise: &Promise, ring: &Ring, due: DateTime<Utc>, late_ms: i64) -> ClockFact {
        let clock = ClockAt {
            ticket: watch.ticket,
            order: promise.order,
            unit: promise.unit.clone(),
            round: promise.round,
            due,
            at: ring.from,
            late_ms,
        };
        match ring.stage {
            Stage::Warned => Warned { clock }.into(),
            Stage::Overdue => Overdue { clock }.into(),
            Stage::Escalated(level) => Escalated { clock, level, to: self.told(ring.stage, promise) }.into(),
        }
    }

    /// The unit whose person is told.
    fn told(&self, stage: Stage, promise: &Promise) -> UnitId {
        let place = promise.division.as_ref();
        match self.policy.receiver(stage) {
            None | Some(Receiver::HandlingUnit) => promise.unit.clone(),
            Some(Receiver::GridWorker | Receiver::VillageChief) => self.district.grid_of(place),
            Some(Receiver::TownChief) => self.district.town_unit_of(place),
            Some(Receiver::District) => centre(),
        }
    }

    /// The one alarm of a clock that only runs out.
    fn running_out(&self, which: Which, setting: &Setting) -> Result<Option<Ring>, SlaError> {
        let (Some(since), Some(due)) = (setting.since, self.end(which, setting)?) else { return Ok(None) };
        let ring = Ring { which, stage: Stage::Overdue, at: (due + TICK).max(since), from: due.max(since) };
        Ok(setting.reached.is_none().then_some(ring))
    }

    /// The deadline of a clock that only runs out. Intake tells none for the time to accept.
    fn end(&self, which: Which, setting: &Setting) -> Result<Option<DateTime<Utc>>, SlaError> {
        match (setting.due, setting.since) {
            (None, Some(since)) if which == K1 => {
                deadline(self.calendar, &self.policy, self.policy.clocks.accept, since).map(|accept| Some(accept.due))
            }
            (due, _) => Ok(due),
        }
    }
}
