//! How long every clock but the handling clock may run.

use crate::error::PolicyError;
use crate::policy::Limit;
use contracts::lifecycle::Clock;
use serde::{Deserialize, Serialize};

/// Urgency class of a ticket (紧急程度); the times to dispatch (K2) and to contact first (K4) depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 突发: danger to life or limb.
    Emergency,
    /// 水电气热: water, power, gas or heating is cut off.
    Lifeline,
    /// 一般.
    #[default]
    General,
}

/// 派单时限 (K2) by urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispatchLimits {
    /// 突发: 1 hour.
    pub emergency: Limit,
    /// 水电气热: 2 hours.
    pub lifeline: Limit,
    /// 一般: 24 hours.
    pub general: Limit,
}

/// The limits of all clocks except K5, which depends on the class ([`crate::Limits`]), and K8, which ends on the
/// date that was promised. Source of the defaults: `domain.md` section 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockLimits {
    /// K1 受理时限: 2 hours.
    pub accept: Limit,
    /// K2 派单时限.
    pub dispatch: DispatchLimits,
    /// K3 签收时限: 2 working hours.
    pub sign: Limit,
    /// K4 首次联系时限: 24 hours.
    pub contact: Limit,
    /// K4 of an emergency: 1 hour, at night and on holidays too (ours; `domain.md` has one limit for all).
    pub contact_emergency: Limit,
    /// K6 退单时限, of the unit as of the ruling: 1 working day.
    pub give_back: Limit,
    /// K7 回访时限: 3 working days.
    pub callback: Limit,
    /// K9 审核时限: 1 working day.
    pub check: Limit,
    /// K10 挂起上限: 10 working days.
    pub pause: Limit,
    /// K11 会商时限: 3 working days.
    pub consult: Limit,
    /// K12 重办窗口: 15 days on the clock.
    pub reopen: Limit,
    /// K13 保存期限: five years of 366 days, so that it is never too short.
    pub keep: Limit,
    /// K14 转送回执: 15 working days, as a petition office has to say whether it takes a matter up.
    pub outside: Limit,
    /// K15 告警处置时限: 5 minutes, then the alarm is raised again (ours; `domain.md` only says "at once").
    pub alarm: Limit,
}

impl Default for DispatchLimits {
    fn default() -> Self {
        Self { emergency: Limit::Hours(1), lifeline: Limit::Hours(2), general: Limit::Hours(24) }
    }
}

impl Default for ClockLimits {
    fn default() -> Self {
        Self {
            accept: Limit::Hours(2),
            dispatch: DispatchLimits::default(),
            sign: Limit::WorkingHours(2),
            contact: Limit::Hours(24),
            contact_emergency: Limit::Hours(1),
            give_back: Limit::WorkingDays(1),
            callback: Limit::WorkingDays(3),
            check: Limit::WorkingDays(1),
            pause: Limit::WorkingDays(10),
            consult: Limit::WorkingDays(3),
            reopen: Limit::Hours(15 * 24),
            keep: Limit::Hours(5 * 366 * 24),
            outside: Limit::WorkingDays(15),
            alarm: Limit::Minutes(5),
        }
    }
}

impl ClockLimits {
    /// The limit of a clock; none for K5 and K8.
    pub fn of(&self, clock: Clock, urgency: Urgency) -> Option<Limit> {
        match clock {
            Clock::K1 => Some(self.accept),
            Clock::K2 => Some(match urgency {
                Urgency::Emergency => self.dispatch.emergency,
                Urgency::Lifeline => self.dispatch.lifeline,
                Urgency::General => self.dispatch.general,
            }),
            Clock::K3 => Some(self.sign),
            Clock::K4 if urgency == Urgency::Emergency => Some(self.contact_emergency),
            Clock::K4 => Some(self.contact),
            Clock::K6 => Some(self.give_back),
            Clock::K7 => Some(self.callback),
            Clock::K9 => Some(self.check),
            Clock::K10 => Some(self.pause),
            Clock::K11 => Some(self.consult),
            Clock::K12 => Some(self.reopen),
            Clock::K13 => Some(self.keep),
            Clock::K14 => Some(self.outside),
            Clock::K15 => Some(self.alarm),
            Clock::K5 | Clock::K8 => None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), PolicyError> {
        for (clock, limit) in [
            ("accept", self.accept),
            ("dispatch.emergency", self.dispatch.emergency),
            ("dispatch.lifeline", self.dispatch.lifeline),
            ("dispatch.general", self.dispatch.general),
            ("sign", self.sign),
            ("contact", self.contact),
            ("contact_emergency", self.contact_emergency),
            ("give_back", self.give_back),
            ("callback", self.callback),
            ("check", self.check),
            ("pause", self.pause),
            ("consult", self.consult),
            ("reopen", self.reopen),
            ("keep", self.keep),
            ("outside", self.outside),
            ("alarm", self.alarm),
        ] {
            limit.check().map_err(|error| PolicyError::Clock { clock, reason: error.to_string() })?;
        }
        Ok(())
    }
}
