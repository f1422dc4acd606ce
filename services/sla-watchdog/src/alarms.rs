//! Which alarms a clock has, when, and what they say: pure.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockAt, ClockFact, Escalated, Overdue, Warned},
    district::{District, centre},
    envelope::Outbound,
    family::Family,
    id::{MessageId, UnitId},
    subject,
    ticket::Class,
};
use sla::{Alarm, Calendar, Policy, PolicyError, Receiver, SlaError, Stage, schedule_from_due};

use crate::domain::{Clock, Promise};

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
    /// Which.
    pub stage: Stage,
    /// How late.
    pub late_ms: i64,
    /// What is said.
    pub message: Outbound,
}

impl Rules {
    /// With this policy, if it holds together.
    pub fn new(policy: Policy) -> Result<Self, PolicyError> {
        policy.check()?;
        Ok(Self { calendar: Calendar::builtin(), policy, district: District::sample() })
    }

    /// Sets the next alarm. An error means that the promise can't be kept time of, whether the clock runs or not.
    pub fn wind(&self, clock: &mut Clock) -> Result<(), SlaError> {
        let left = self.left(clock)?;
        clock.next = clock.since.and_then(|_| left.first()).map(|a| a.at);
        Ok(())
    }

    /// Fires what is due at `now` and sets the next alarm. After an outage that may be several, each with its own
    /// lateness.
    pub fn fire(&self, clock: &mut Clock, now: DateTime<Utc>) -> Result<Vec<Fired>, SlaError> {
        let left = self.left(clock)?;
        let mut fired = Vec::new();
        if let (Some(since), Some(promise)) = (clock.since, &clock.promise) {
            for alarm in left.iter().take_while(|a| a.at <= now) {
                // an alarm that passed while the clock stood still is due when it goes on
                let at = alarm.at.max(since);
                fired.push(self.say(clock, promise, alarm.stage, at, now));
            }
        }
        if let Some(last) = fired.last() {
            clock.reached = Some(last.stage);
        }
        self.wind(clock)?;
        Ok(fired)
    }

    /// Alarms that were not fired yet, in order of time.
    fn left(&self, clock: &Clock) -> Result<Vec<Alarm>, SlaError> {
        let Some(promise) = &clock.promise else { return Ok(Vec::new()) };
        let limit = match promise.class {
            Class::Simple => self.policy.limits.simple,
            Class::Coordination => self.policy.limits.coordination,
            Class::KeyDifficult => self.policy.limits.key_difficult,
        };
        let mut alarms = schedule_from_due(self.calendar, &self.policy, limit, promise.start, promise.due)?;
        alarms.retain(|a| clock.reached.is_none_or(|reached| a.stage > reached));
        // the promise on the page and the alarm must agree
        for alarm in alarms.iter_mut().filter(|a| a.stage == Stage::Warned) {
            alarm.at = promise.warn;
        }
        Ok(alarms)
    }

    fn say(&self, clock: &Clock, promise: &Promise, stage: Stage, at: DateTime<Utc>, now: DateTime<Utc>) -> Fired {
        let late_ms = (now - at).num_milliseconds().max(0);
        let stood = ClockAt {
            ticket: clock.ticket,
            order: promise.order,
            unit: promise.unit.clone(),
            round: promise.round,
            due: promise.due,
            at,
            late_ms,
        };
        let fact = match stage {
            Stage::Warned => ClockFact::from(Warned { clock: stood }),
            Stage::Overdue => Overdue { clock: stood }.into(),
            Stage::Escalated(level) => Escalated { clock: stood, level, to: self.told(stage, promise) }.into(),
        };
        // one id for one alarm of one round: however often it were said, it is heard once
        let id = MessageId::derive(clock.ticket.0, &format!("clock {} {} {stage}", promise.order, promise.round));
        let subject = subject::fact(ClockFact::FAMILY, fact.kind());
        Fired { stage, late_ms, message: Outbound::new(id, subject::FACTS, subject, &fact, now).about(clock.ticket) }
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
}
