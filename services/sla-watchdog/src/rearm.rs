//! Other rules: the alarms that are armed are set by them, batch by batch, while facts come and alarms are fired.
//!
//! Deadlines and their warnings are promised and stay; a step of the ladder or the end of the quiet hours may come to lie
//! elsewhere. One replica at a time goes through the tickets by their key and writes only what moves; how far it came is a
//! row, so that a crash leaves the rest to the next. A ticket that somebody else changes meanwhile is set by the same rules
//! there: its row has another version then, and is left alone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use outbox::{Db, Engine, Fault, Tx};

use crate::{alarms::Rules, handlers::Watchdog, store};

/// Pause between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Pause between two batches: alarms that are due and facts go first.
const BREATH: Duration = Duration::from_millis(10);
/// Whatever began under the rules of before is over by then.
const SETTLES: TimeDelta = TimeDelta::seconds(5);

/// Rules on their way through the clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Which version.
    pub version: u64,
    /// The last ticket that was looked at, empty before the first; none once all were.
    pub after: Option<String>,
    /// Alarms that were moved so far.
    pub moved: i64,
}

/// One batch, of at most `batch` tickets; tells when to look again.
pub async fn round(engine: &Engine<Watchdog>, db: &Db, batch: u64) -> anyhow::Result<Duration> {
    let watchdog = engine.handler();
    let (now, mut stands) = (engine.clock().now(), None);
    if store::under_way(db.read(), now - SETTLES).await?.is_none() {
        return Ok(LOOK);
    }
    let one = async |tx: &Tx| {
        let rules = watchdog.rules(tx).await?;
        stands = step(tx, &rules, now, batch).await?;
        Ok(Vec::new())
    };
    engine.spontaneous(one).await?;
    let Some((rules, moved)) = stands else { return Ok(LOOK) };
    watchdog.metrics.rearmed(moved);
    if rules.after.is_none() {
        tracing::info!(version = rules.version, moved = rules.moved, "every alarm is set by the rules in force");
    }
    Ok(BREATH)
}

/// Sets the alarms of the next tickets, at most `most`; how far the rules came, and how many alarms it moved. None if no
/// rules are under way.
pub async fn step(tx: &Tx, rules: &Rules, now: DateTime<Utc>, most: u64) -> Result<Option<(UnderWay, u64)>, Fault> {
    let Some(way) = store::under_way(&**tx, now - SETTLES).await? else { return Ok(None) };
    if rules.version < way.version {
        // told by a newer program, which can read them
        return Ok(None);
    }
    let (watches, after) = store::following(tx, way.after.as_deref().unwrap_or_default(), most).await?;
    let mut others = Vec::new();
    for mut watch in watches {
        match rules.rewind(&mut watch, now) {
            Ok(true) => others.push(watch),
            Ok(false) => {}
            Err(e) => tracing::error!(ticket = %watch.ticket, error = %e, "no alarms for these clocks under the present policy"),
        }
    }
    let moved = store::move_unchanged(tx, &others).await?;
    let way = UnderWay { after, moved: way.moved + moved.cast_signed(), ..way };
    store::came_to(tx, &way).await?;
    Ok(Some((way, moved)))
}
