//! Which alarms clocks have, when, and what they say: pure.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::{ClockAt, ClockFact, Escalated, Expired, Overdue, Warned},
    district::{District, centre},
    duty::{Duty, Receiver, Told},
    envelope::Outbound,
    family::Family,
    id::{MessageId, UnitId},
    lifecycle::{Class, Clock},
    rules::Changed,
    subject,
};
use sla::{Alarm, Calendar, Policy, RulesError, SlaError, Stage, schedule_from_due};

use crate::{
    domain::{K5, Promise, Setting, Watch, Which},
    roster::Roster,
};

/// A deadline is the last instant that is in time; a clock has run out at the next that we can tell from it.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

/// All that alarms depend on besides the facts.
#[derive(Debug)]
pub struct Rules {
    /// Version of the district's register; 0 is what the program was built with.
    pub version: u64,
    calendar: Cow<'static, Calendar>,
    /// Of each class, with its ladder.
    policies: [Policy; 3],
    roster: Roster,
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
    /// When it was due to ring.
    from: DateTime<Utc>,
    /// Quiet hours hold it until then.
    quiet_until: Option<DateTime<Utc>>,
}

impl Rules {
    /// What the program was built with.
    pub fn built_in() -> Self {
        Self::of(sla::Rules::default(), &[])
    }

    /// As the district's register told them.
    ///
    /// # Errors
    /// [`RulesError`] for what this program can't ring by.
    pub fn told(told: &Changed) -> Result<Self, RulesError> {
        Ok(Self::of(sla::Rules::read(told)?, &told.duty))
    }

    fn of(rules: sla::Rules, duty: &[Duty]) -> Self {
        let sla::Rules { version, policy, calendar } = rules;
        let policies = [Class::Simple, Class::Coordination, Class::KeyDifficult].map(|class| policy.of_class(class));
        Self { version, calendar, policies, roster: Roster::new(duty), district: District::sample() }
    }

    fn policy(&self, class: Class) -> &Policy {
        let [simple, coordination, key_difficult] = &self.policies;
        match class {
            Class::Simple => simple,
            Class::Coordination => coordination,
            Class::KeyDifficult => key_difficult,
        }
    }

    /// Sets the next alarm. An error means that the promise can't be kept time of, whether the clock runs or not.
    pub fn wind(&self, watch: &mut Watch) -> Result<(), SlaError> {
        watch.next = self.left(watch)?.first().map(|ring| ring.at);
        Ok(())
    }

    /// Sets the next alarm by these rules, which came in force meanwhile; whether it is another one. The deadline and its
    /// warning are what was promised; the steps after them and the quiet hours are those of the rules in force. A step
    /// that lay in the future and now lies in the past is due at `now`, so that it is not called late.
    pub fn rewind(&self, watch: &mut Watch, now: DateTime<Utc>) -> Result<bool, SlaError> {
        let before = watch.next;
        self.wind(watch)?;
        let overtaken = watch.next.is_some_and(|next| next < now) && before.is_none_or(|before| before > now);
        if overtaken && let Some(setting) = watch.settings.get_mut(&K5) {
            setting.since = setting.since.map(|since| since.max(now));
            self.wind(watch)?;
        }
        Ok(watch.next != before)
    }

    /// Whether every alarm rings at the same instant under both rules; who is told may differ.
    pub fn rings_like(&self, other: &Self) -> bool {
        self.calendar == other.calendar && self.policies == other.policies
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
                _ => rings.extend(Self::running_out(*which, setting)),
            }
        }
        rings.sort_by_key(|ring| ring.at);
        Ok(rings)
    }

    /// Warning, deadline and ladder of the handling clock.
    fn ladder(&self, watch: &Watch, setting: &Setting) -> Result<Vec<Ring>, SlaError> {
        let Some(promise) = &watch.promise else { return Ok(Vec::new()) };
        let class = watch.class(promise);
        let policy = self.policy(class);
        let limit = policy.limits.of(class);
        // a deadline of the ledger may lie before the dispatch that hands the work on
        let (due, start) = setting.due.map_or((promise.due, promise.start), |due| (due, promise.start.min(due - TICK)));
        let mut alarms = schedule_from_due(&self.calendar, policy, limit, start, due)?;
        alarms.retain(|a| setting.reached.is_none_or(|reached| a.stage > reached));
        let Some(since) = setting.since else { return Ok(Vec::new()) };
        let warn = setting.warn.unwrap_or(promise.warn).min(due);
        let ring = |alarm: &Alarm| {
            // the promise on the page and the alarm must agree
            let at = if alarm.stage == Stage::Warned { warn } else { alarm.at };
            // an alarm that passed while the clock stood still is due when it goes on
            let from = at.max(since);
            let held = policy.quiet.map(|quiet| quiet.holds(alarm.stage, (limit, watch.urgent), from, due)).transpose()?;
            let quiet_until = held.flatten();
            Ok(Ring { which: K5, stage: alarm.stage, at: quiet_until.unwrap_or(from), from, quiet_until })
        };
        alarms.iter().map(ring).collect()
    }

    fn say(&self, watch: &Watch, setting: &Setting, ring: &Ring, now: DateTime<Utc>) -> Option<Fired> {
        let late_ms = (now - ring.quiet_until.unwrap_or(ring.from)).num_milliseconds().max(0);
        let (fact, key) = match ring.which {
            K5 => {
                let promise = watch.promise.as_ref()?;
                let due = setting.due.unwrap_or(promise.due);
                let key = format!("clock {} {} {} {}", promise.order, promise.round, due.timestamp_millis(), ring.stage);
                (self.about(watch, promise, ring, (due, now, late_ms)), key)
            }
            which => {
                let (Which { clock, order }, seq) = (which, u64::try_from(setting.seq).unwrap_or_default());
                let due = setting.due?;
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
    fn about(
        &self,
        watch: &Watch,
        promise: &Promise,
        ring: &Ring,
        (due, now, late_ms): (DateTime<Utc>, DateTime<Utc>, i64),
    ) -> ClockFact {
        let clock = ClockAt {
            ticket: watch.ticket,
            order: promise.order,
            unit: promise.unit.clone(),
            round: promise.round,
            due,
            at: ring.from,
            late_ms,
        };
        let policy = self.policy(watch.class(promise));
        let (told, quiet_until) = (self.receiver((policy, ring.stage), promise, now), ring.quiet_until);
        match ring.stage {
            Stage::Warned => Warned { clock, told, quiet_until }.into(),
            Stage::Overdue => Overdue { clock, told }.into(),
            Stage::Escalated(level) => {
                let step = policy.ladder.iter().find(|step| step.level == level);
                let notice = step.map(|step| step.notice).unwrap_or_default();
                let to = told.as_ref().map_or(&promise.unit, |told| &told.unit).clone();
                Escalated { clock, level, to, notice, told, quiet_until }.into()
            }
        }
    }

    /// Who is told at a stage.
    fn receiver(&self, (policy, stage): (&Policy, Stage), promise: &Promise, now: DateTime<Utc>) -> Option<Told> {
        let receivers = policy.receivers(stage);
        let posts: Vec<_> = receivers.into_iter().map(|receiver| (receiver, self.unit_of(receiver, promise))).collect();
        self.roster.told(&posts, now)
    }

    /// The unit that a post belongs to.
    fn unit_of(&self, receiver: Receiver, promise: &Promise) -> UnitId {
        let place = promise.division.as_ref();
        match receiver {
            Receiver::HandlingUnit | Receiver::UnitLeader => promise.unit.clone(),
            Receiver::GridWorker | Receiver::VillageChief => self.district.grid_of(place),
            Receiver::TownChief => self.district.town_unit_of(place),
            Receiver::District | Receiver::Supervisor => centre(),
        }
    }

    /// The one alarm of a clock that only runs out.
    fn running_out(which: Which, setting: &Setting) -> Option<Ring> {
        let (Some(since), Some(due)) = (setting.since, setting.due) else { return None };
        let (at, from) = ((due + TICK).max(since), due.max(since));
        let ring = Ring { which, stage: Stage::Overdue, at, from, quiet_until: None };
        setting.reached.is_none().then_some(ring)
    }
}
