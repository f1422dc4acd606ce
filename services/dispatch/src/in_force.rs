//! The rules in force: the database has them, every replica keeps what it read last.

use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};

use contracts::district::District;
use outbox::Fault;
use sea_orm::{ConnectionTrait, DbErr};
use sla::Calendar;

use crate::{
    rules::{RuleBook, Rules},
    store,
};

/// As they were last read.
#[derive(Debug)]
pub struct InForce(RwLock<Arc<Rules>>);

impl Default for InForce {
    /// What the program was built with, for the sample district.
    fn default() -> Self {
        let calendar = Cow::Borrowed(Calendar::builtin());
        let rules = Rules { district: District::sample(), calendar, loaded: None, book: RuleBook::default(), version: 0 };
        Self(RwLock::new(Arc::new(rules)))
    }
}

impl InForce {
    /// As they were last read.
    pub fn last_read(&self) -> Arc<Rules> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those of the database; read again only if their version changed.
    pub async fn read(&self, db: &impl ConnectionTrait) -> Result<Arc<Rules>, Fault> {
        let version = store::rules_version(db).await?;
        let known = self.last_read();
        if known.version == version {
            return Ok(known);
        }
        // rules that this program can't read: better no decision than one by other rules
        let unreadable = |e: String| Fault::Db(DbErr::Json(format!("rules {version}: {e}")));
        let row = store::rules(db, version).await?.ok_or_else(|| unreadable("missing".to_owned()))?;
        let book = serde_json::from_str(&row.book).map_err(|e| unreadable(e.to_string()))?;
        let rules = Rules { book, version, ..(*known).clone() };
        let rules = match &row.calendar {
            None => Rules { calendar: Cow::Borrowed(Calendar::builtin()), loaded: None, ..rules },
            Some(stored) => {
                let loaded: crate::calendar::Loaded = serde_json::from_str(stored).map_err(|e| unreadable(e.to_string()))?;
                let calendar = Calendar::parse(&loaded.days).map_err(|e| unreadable(e.to_string()))?;
                Rules { calendar: Cow::Owned(calendar), loaded: Some(loaded), ..rules }
            }
        };
        let rules = Arc::new(rules);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rules.clone();
        Ok(rules)
    }
}
