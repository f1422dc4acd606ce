//! A clock that jumps is not believed at once: a wrong hour must not call a thousand tickets late.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// A clock and the machine's steady one may drift apart by this much from look to look.
const SLACK: TimeDelta = TimeDelta::seconds(30);
/// So many looks in a row must agree after a jump before alarms are fired by the new time.
const LOOKS: u32 = 2;

/// Compares a clock with the machine's steady one.
#[derive(Debug, Default)]
pub struct Guard {
    last: Option<(DateTime<Utc>, Instant)>,
    doubts: u32,
}

/// What is thought of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It runs as it should.
    Good,
    /// It has just jumped, by this much.
    Jumped(TimeDelta),
    /// It jumped a moment ago.
    Doubtful,
}

impl Guard {
    /// Looks at the clock, which shows `wall` when the steady one shows `steady`.
    pub fn look(&mut self, wall: DateTime<Utc>, steady: Instant) -> Trust {
        let before = self.last.replace((wall, steady));
        let passed = |then: Instant| TimeDelta::from_std(steady.saturating_duration_since(then)).unwrap_or(TimeDelta::MAX);
        let jump = before.map_or(TimeDelta::zero(), |(then, instant)| (wall - then) - passed(instant));
        if jump.abs() > SLACK {
            self.doubts = LOOKS;
            return Trust::Jumped(jump);
        }
        self.doubts = self.doubts.saturating_sub(1);
        if self.doubts == 0 { Trust::Good } else { Trust::Doubtful }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_looks_must_agree_after_a_jump_in_either_direction() {
        let (steady, wall) = (Instant::now(), DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000));
        let mut guard = Guard::default();
        let mut look = |seconds: u64, off: i64| {
            let passed = Duration::from_secs(seconds);
            guard.look(wall + TimeDelta::seconds(seconds.cast_signed() + off), steady + passed)
        };
        assert_eq!([look(0, 0), look(1, 0), look(600, 29)], [Trust::Good; 3]);
        for hours in [2, -2] {
            let at = 700 + u64::from(hours < 0) * 100;
            let off = if hours < 0 { 0 } else { 7200 };
            let jumped = look(at, off);
            assert!(matches!(jumped, Trust::Jumped(by) if by.num_hours().abs() >= 1), "{jumped:?}");
            assert_eq!([look(at + 1, off), look(at + 2, off), look(at + 3, off)], [Trust::Doubtful, Trust::Good, Trust::Good]);
        }
    }
}
