//! What a fact does to the clocks of its ticket: pure.
//!
//! Every part of the row takes only what is newer than what it has: the promise (the last dispatch) and each clock
//! (the last fact that set it). So the order in which facts come does not matter: a report that comes before its
//! dispatch leaves a stopped clock; the late dispatch brings the promise and does not start it; a later send-back
//! finds the promise and does.

use std::{collections::BTreeMap, fmt};

use chrono::{
    DateTime, Utc,
    serde::{ts_milliseconds, ts_milliseconds_option},
};
use contracts::{
    id::{DivisionCode, OrderId, TicketId, UnitId},
    lifecycle::{Class, Clock, UnknownCode},
};
use serde::{Deserialize, Serialize};
use sla::Stage;

use crate::news::{Line, News};

/// The clocks of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The ticket.
    pub ticket: TicketId,
    /// Danger to life or limb: looked at before the others.
    pub urgent: bool,
    /// What was promised; none while no dispatch was heard.
    pub promise: Option<Promise>,
    /// How the class was changed last, other than by a dispatch.
    pub risen: Option<Risen>,
    /// Every clock that was heard of.
    pub settings: BTreeMap<Which, Setting>,
    /// When the next alarm is due; none if none will be.
    pub next: Option<DateTime<Utc>>,
    /// Version of the row that it was read from; 0 if there is none.
    pub version: i64,
}

/// A clock of the ticket, or one that a co-handler has beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Which {
    /// Which of K1 to K15.
    pub clock: Clock,
    /// The co-handler's work order; none for the ticket's clock.
    pub order: Option<OrderId>,
}

/// The time to accept the ticket.
pub const K1: Which = Which { clock: Clock::K1, order: None };
/// The handling clock of the ticket.
pub const K5: Which = Which { clock: Clock::K5, order: None };

impl fmt::Display for Which {
    /// `K5`, or `K5 <work order>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            Some(order) => write!(f, "{} {order}", self.clock),
            None => write!(f, "{}", self.clock),
        }
    }
}

impl From<Which> for String {
    fn from(which: Which) -> Self {
        which.to_string()
    }
}

impl TryFrom<String> for Which {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (clock, order) = text.split_once(' ').map_or((text.as_str(), None), |(clock, order)| (clock, Some(order)));
        let order = order.map(str::parse).transpose().map_err(|_| "not a work order".to_owned())?;
        Ok(Self { clock: clock.parse().map_err(|e: UnknownCode| e.to_string())?, order })
    }
}

/// The lead's work order of a dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Place of the dispatch.
    pub seq: i64,
    /// The lead's work order.
    pub order: OrderId,
    /// The lead.
    pub unit: UnitId,
    /// The division that owns the matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionCode>,
    /// Round of handling.
    pub round: u32,
    /// Class at the dispatch; [`Watch::class`] is that of today.
    pub class: Class,
    /// When the dispatch went out.
    #[serde(with = "ts_milliseconds")]
    pub start: DateTime<Utc>,
    /// When the warning was promised.
    #[serde(with = "ts_milliseconds")]
    pub warn: DateTime<Utc>,
    /// The deadline that was promised.
    #[serde(with = "ts_milliseconds")]
    pub due: DateTime<Utc>,
}

/// Another class than the dispatch named: a simple matter was handed up, or rose when its time was over, or was
/// reclassified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risen {
    /// Place of the fact that says so.
    pub seq: i64,
    /// The class.
    pub class: Class,
}

/// How a clock was set last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Place of the fact that set it.
    pub seq: i64,
    /// Place of the fact that last started or moved the handling clock: alarms of before do not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub anew: i64,
    /// Since when it runs, or by other rules of which a step lies in the past; none while it does not.
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// The deadline; none if it is the promised one.
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// When it warns; none if as promised, or never.
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<DateTime<Utc>>,
    /// The last alarm that was fired.
    #[serde(default, with = "stage_as_text", skip_serializing_if = "Option::is_none")]
    pub reached: Option<Stage>,
    /// The deadline that it was fired for.
    #[serde(with = "ts_milliseconds_option", default, skip_serializing_if = "Option::is_none")]
    pub said: Option<DateTime<Utc>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// `warned`, `overdue`, `escalated-1`.
mod stage_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use sla::Stage;

    pub fn serialize<S: Serializer>(stage: &Option<Stage>, serializer: S) -> Result<S::Ok, S::Error> {
        match stage {
            Some(stage) => serializer.collect_str(stage),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Stage>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

impl Watch {
    /// A ticket that nothing was heard of.
    pub fn unheard(ticket: TicketId) -> Self {
        Self { ticket, urgent: false, promise: None, risen: None, settings: BTreeMap::new(), next: None, version: 0 }
    }

    /// Takes what is newer in `news`; false if nothing is. [`Self::next`] is not set: that takes the rules.
    pub fn take(&mut self, news: &News) -> bool {
        let mut changed = news.urgent && !self.urgent;
        self.urgent |= news.urgent;
        for line in &news.lines {
            changed |= self.settings.entry(line.which).or_default().take(line, news);
        }
        if let Some(promise) = &news.promise
            && self.promise.as_ref().is_none_or(|before| before.seq < promise.seq)
        {
            self.promise = Some((**promise).clone());
            changed = true;
        }
        if let Some(class) = news.class
            && self.risen.is_none_or(|before| before.seq < news.seq)
        {
            self.risen = Some(Risen { seq: news.seq, class });
            changed = true;
        }
        changed
    }

    /// The class by the newest fact that says one: which ladder holds, and whether it counts hours or working days.
    pub fn class(&self, promise: &Promise) -> Class {
        self.risen.filter(|risen| risen.seq > promise.seq).map_or(promise.class, |risen| risen.class)
    }
}

impl Setting {
    fn take(&mut self, line: &Line, news: &News) -> bool {
        let newer = news.seq > self.seq;
        if newer {
            self.seq = news.seq;
            self.since = line.runs.then_some(news.at);
            (self.due, self.warn) = (line.due, line.warn);
            if line.which != K5 {
                // it only runs out, once a setting
                self.reached = None;
            } else if !line.anew && line.due.is_some() {
                // goes on: what was said is not said again
                self.said = self.reached.and(line.due);
            }
        }
        let anew = line.which == K5 && line.anew && news.seq > self.anew;
        if anew {
            self.anew = news.seq;
            // not if this deadline has rung already: a later fact was heard before, or it is the same again
            if self.said != self.due {
                // who was warned of a deadline is warned of the new one, unless its warning lies in the past as well
                let warned = self.reached.is_some() && line.warn.is_some_and(|warn| warn <= news.at);
                self.reached = warned.then_some(Stage::Warned);
                self.said = self.reached.and(self.due);
            }
        }
        newer || anew
    }
}
