//! The material of periodic work: what each unit had, and what of it counts. Every rate has its numerator, its denominator
//! and what was left out beside it (domain.md 3).

use serde::Serialize;

use crate::{names, store::UnitPeriod};

/// One rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// What is counted.
    pub numerator: i64,
    /// Among what.
    pub denominator: i64,
}

impl Rate {
    /// `93.8 %`; a dash where there is nothing to count.
    pub fn percent(&self) -> String {
        if self.denominator == 0 {
            return "—".to_owned();
        }
        // tickets of a district: far below what a float tells apart
        #[expect(clippy::cast_precision_loss, reason = "counts of tickets")]
        let share = 100.0 * self.numerator as f64 / self.denominator as f64;
        format!("{share:.1} %")
    }
}

/// What a unit had of the tickets that were received in a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitMaterial {
    /// The unit; none while none is named.
    pub unit: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// 受理: all that were received.
    pub received: i64,
    /// 作废, not counted.
    pub voided: i64,
    /// 并案, counted with their lead case.
    pub merged: i64,
    /// 已剔除, not counted.
    pub excluded: i64,
    /// What counts: received without those three.
    pub counted: i64,
    /// 超期未结: of these, open and over.
    pub overdue: i64,
    /// Of these, open and not over yet: they count in the next period.
    pub not_due: i64,
    /// 办结率: done among counted.
    pub done: Rate,
    /// 按时办结率（含逾期未结）: done in time among done and overdue.
    pub in_time: Rate,
    /// 返工率: round 2 or later among done.
    pub redone: Rate,
}

/// Unit by unit, the most overdue first; the sum of all stands last.
pub fn material(rows: &[UnitPeriod]) -> (Vec<UnitMaterial>, UnitMaterial) {
    let mut units: Vec<UnitMaterial> = rows.iter().map(of).collect();
    units.sort_by(|a, b| (b.overdue, b.counted, &a.unit).cmp(&(a.overdue, a.counted, &b.unit)));
    let sum = |count: fn(&UnitPeriod) -> i64| rows.iter().map(count).sum();
    let all = UnitPeriod {
        unit: None,
        received: sum(|r| r.received),
        voided: sum(|r| r.voided),
        merged: sum(|r| r.merged),
        excluded: sum(|r| r.excluded),
        done: sum(|r| r.done),
        in_time: sum(|r| r.in_time),
        overdue: sum(|r| r.overdue),
        redone: sum(|r| r.redone),
    };
    (units, of(&all))
}

fn of(row: &UnitPeriod) -> UnitMaterial {
    let counted = row.received - row.voided - row.merged - row.excluded;
    UnitMaterial {
        name: row.unit.as_deref().map(names::unit_text),
        unit: row.unit.clone(),
        received: row.received,
        voided: row.voided,
        merged: row.merged,
        excluded: row.excluded,
        counted,
        overdue: row.overdue,
        not_due: counted - row.done - row.overdue,
        done: Rate { numerator: row.done, denominator: counted },
        in_time: Rate { numerator: row.in_time, denominator: row.done + row.overdue },
        redone: Rate { numerator: row.redone, denominator: row.done },
    }
}
