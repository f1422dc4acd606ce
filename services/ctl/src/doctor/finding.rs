//! What a line says.

use std::fmt;

use contracts::problem::Problem;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it must be.
    Ok,
    /// It works; somebody should look.
    Warn,
    /// It does not work, or something may be lost.
    Fail,
}

/// One thing that was looked at: `[fail] what — why and what to do`.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    what: String,
    zh: String,
    en: String,
}

impl Finding {
    /// As it must be.
    pub fn ok(what: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), zh: zh.into(), en: en.into() }
    }

    /// It works; somebody should look.
    pub fn warn(what: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { level: Level::Warn, ..Self::ok(what, zh, en) }
    }

    /// It does not work, or something may be lost.
    pub fn fail(what: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { level: Level::Fail, ..Self::ok(what, zh, en) }
    }

    /// A problem is a failure.
    pub fn problem(what: impl Into<String>, p: Problem) -> Self {
        Self::fail(what, p.zh, p.en)
    }

    /// How far a clock is from this machine's, in milliseconds.
    pub fn skew(whose: &str, ms: i64) -> Self {
        let s = format!("{}.{:03}", ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
        let (zh, en) = (format!("与本机相差 {s} 秒"), format!("{s} s from this machine's"));
        let (fix_zh, fix_en) = ("请检查 NTP 对时", "check time synchronisation (NTP)");
        match ms.unsigned_abs() {
            0..=1_000 => Self::ok(whose, zh, en),
            1_001..=30_000 => Self::warn(whose, format!("{zh}；{fix_zh}"), format!("{en}; {fix_en}")),
            _ => Self::fail(whose, format!("{zh}，时限会算错；{fix_zh}"), format!("{en}, deadlines will be wrong; {fix_en}")),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        let text = format!("{} — {} / {}", self.what, self.zh, self.en);
        // one line a finding, whatever an error of somebody else's says
        write!(f, "[{level}] {}", text.replace(['\n', '\r'], " "))
    }
}

/// How far `theirs` is from a time of ours between `before` and `after`, all in milliseconds.
pub fn skew_ms(theirs: i64, before: i64, after: i64) -> i64 {
    theirs - theirs.clamp(before, after.max(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_is_not_a_wrong_clock() {
        assert_eq!(skew_ms(5_500, 1_000, 9_000), 0);
        assert_eq!(skew_ms(12_000, 1_000, 9_000), 3_000);
        assert_eq!(skew_ms(500, 1_000, 9_000), -500);
    }

    #[test]
    fn clocks_warn_over_a_second_and_fail_over_thirty() {
        for (ms, level) in
            [(-1_000, Level::Ok), (1_001, Level::Warn), (-30_000, Level::Warn), (30_001, Level::Fail), (-3_600_000, Level::Fail)]
        {
            assert_eq!(Finding::skew("clock", ms).level, level, "{ms}");
        }
        assert!(Finding::skew("clock", -1_250).to_string().contains("1.250 s"));
    }
}
