//! Which rules were in force when: what deadlines are computed with, as the register of the district tells it.

use crate::calendar::Calendar;
use crate::error::{CalendarError, PolicyError};
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use contracts::rules::Changed;
use std::borrow::Cow;
use thiserror::Error;

/// A version of the rules, as far as time is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Version of the register; 0 is what the program was built with.
    pub version: u64,
    /// Limits, warning, ladder.
    pub policy: Policy,
    /// The working days.
    pub calendar: Cow<'static, Calendar>,
}

/// A version that this program can't read; better no deadline than one by other rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The policy has values that are not known here.
    #[error("rules {version}: policy: {why}")]
    Unreadable {
        /// Version of the register.
        version: u64,
        /// What is wrong, an English sentence.
        why: String,
    },
    /// The policy contradicts itself.
    #[error("rules {version}: policy: {source}")]
    Policy {
        /// Version of the register.
        version: u64,
        /// What is wrong.
        source: PolicyError,
    },
    /// The calendar can't be used.
    #[error("rules {version}: calendar: {source}")]
    Calendar {
        /// Version of the register.
        version: u64,
        /// What is wrong.
        source: CalendarError,
    },
}

impl Default for Rules {
    /// What the program was built with.
    fn default() -> Self {
        Self { version: 0, policy: Policy::default(), calendar: Cow::Borrowed(Calendar::builtin()) }
    }
}

impl Rules {
    /// As the register told it.
    ///
    /// # Errors
    /// [`RulesError`] for what this program can't compute with.
    pub fn read(told: &Changed) -> Result<Self, RulesError> {
        let version = told.version;
        let policy: Policy = serde_json::from_value(told.policy.clone())
            .map_err(|error| RulesError::Unreadable { version, why: error.to_string() })?;
        policy.check().map_err(|source| RulesError::Policy { version, source })?;
        let calendar = match &told.calendar {
            None => Cow::Borrowed(Calendar::builtin()),
            Some(days) => Cow::Owned(Calendar::parse(days).map_err(|source| RulesError::Calendar { version, source })?),
        };
        Ok(Self { version, policy, calendar })
    }
}

/// All versions that were ever in force, so that what was decided under one can be recomputed under it.
#[derive(Debug, Clone, Default)]
pub struct Books {
    built: Rules,
    /// What the register told, with the instant since which it is in force; in order of time.
    told: Vec<(DateTime<Utc>, Rules)>,
}

impl Books {
    /// What the program was built with, then what the register told, in any order.
    ///
    /// # Errors
    /// As [`Rules::read`].
    pub fn of<'a>(told: impl IntoIterator<Item = &'a Changed>) -> Result<Self, RulesError> {
        let read = |changed: &Changed| Rules::read(changed).map(|rules| (changed.at, rules));
        let mut told = told.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        told.sort_by_key(|(_, rules)| rules.version);
        Ok(Self { built: Rules::default(), told })
    }

    /// The rules in force now.
    pub fn newest(&self) -> &Rules {
        self.told.last().map_or(&self.built, |(_, rules)| rules)
    }

    /// The rules in force at `at`.
    pub(crate) fn at(&self, at: DateTime<Utc>) -> &Rules {
        self.told.iter().rev().find(|(since, _)| *since <= at).map_or(&self.built, |(_, rules)| rules)
    }

    /// The calendar of a version, if it is known.
    pub(crate) fn calendar(&self, version: &str) -> Option<&Calendar> {
        self.all().map(|rules| &*rules.calendar).find(|calendar| calendar.version() == version)
    }

    /// The policy of a version: the one in force at `at` if it has that name, or else the newest that has.
    pub(crate) fn policy(&self, version: &str, at: DateTime<Utc>) -> Option<&Policy> {
        std::iter::once(self.at(at)).chain(self.all()).map(|rules| &rules.policy).find(|policy| policy.version == version)
    }

    /// All versions, the newest first.
    fn all(&self) -> impl Iterator<Item = &Rules> {
        self.told.iter().rev().map(|(_, rules)| rules).chain(std::iter::once(&self.built))
    }
}
