//! 时限台账: what every step did to every clock, line by line, and how the clocks stand now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    id::{OrderId, UnitId},
    lifecycle::{Change, Clock},
    ticket::{Dispatched, Head, TicketFact},
};
use sla::Limit;

use crate::{
    domain,
    lamp::{china, span},
    lang::Lang,
    names,
    view::{
        Line,
        timeline::{actor, unit_of},
    },
};

/// One line of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerLine {
    /// When.
    pub at: String,
    /// Code of the clock.
    pub code: &'static str,
    /// Its name, and whose part it is about.
    pub clock: String,
    /// What happened to it.
    pub change: &'static str,
    /// Deadline before.
    pub old: Option<String>,
    /// Deadline from now on.
    pub due: Option<String>,
    /// It lies beyond the published calendar.
    pub provisional: bool,
    /// What it was computed with: limit, calendar, policy.
    pub basis: String,
    /// Who did it.
    pub by: String,
}

/// The clocks of a ticket, as its facts told them.
#[derive(Debug, Default)]
pub struct Clocks<'a> {
    /// The handling clock: as the last turn left it, and what the dispatch promised before ledgers were told.
    handling: Option<Handling>,
    running: BTreeMap<Clock, DateTime<Utc>>,
    turns: Vec<(Head<'a>, Option<&'a UnitId>, &'a ClockTurn)>,
    units: BTreeMap<OrderId, &'a UnitId>,
    lost_ms: i64,
}

/// How the handling clock stands.
#[derive(Clone, Copy, Debug)]
struct Handling {
    due: Option<DateTime<Utc>>,
    warn: Option<DateTime<Utc>>,
    provisional: bool,
    /// What made it stand still, and the deadline that it had.
    stands: Option<(Change, Option<DateTime<Utc>>)>,
}

impl<'a> Clocks<'a> {
    /// Takes the next fact.
    pub fn take(&mut self, fact: &'a TicketFact) {
        match fact {
            TicketFact::Dispatched(f) => self.sent(f),
            TicketFact::Moved(f) => self.units.extend(f.orders.iter().map(|o| (o.order, &o.unit))),
            TicketFact::ReturnRuled(f) => self.lost_ms += f.lost_ms.max(0),
            _ => {}
        }
        let head = fact.head();
        let Some(by) = head.by else { return };
        for turn in &by.clocks {
            self.turns.push((head, unit_of(fact), turn));
            if turn.order.is_none() && turn.clock != Clock::K5 {
                match turn.due {
                    Some(due) => self.running.insert(turn.clock, due),
                    None => self.running.remove(&turn.clock),
                };
            }
        }
        // a result leaves the deadline that it was measured against
        if let Some(turn) = domain::last_turn(by, Clock::K5).filter(|_| !matches!(fact, TicketFact::Reported(_))) {
            self.handling = Some(Handling {
                due: turn.due,
                warn: turn.warn_at,
                provisional: turn.provisional,
                stands: turn.due.is_none().then_some((turn.change, turn.old_due)),
            });
        }
    }

    fn sent(&mut self, f: &'a Dispatched) {
        self.units.extend(f.orders.iter().map(|o| (o.order, &o.unit)));
        let (due, warn) = (Some(f.due), Some(f.warn_at));
        self.handling = Some(Handling { due, warn, provisional: f.provisional, stands: None });
    }

    /// How the clocks stand now.
    pub fn standing(&self, lang: Lang) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(h) = self.handling {
            lines.extend(h.lines(lang));
        }
        for (clock, due) in &self.running {
            lines.push(Line::new(lang.pick(clock.zh(), clock.en()), china(*due)));
        }
        if self.lost_ms > 0 {
            lines.push(Line::new(lang.pick("管辖争议占用", "Lost to disputes"), span(self.lost_ms, lang)));
        }
        lines
    }

    /// Every line, oldest first.
    pub fn ledger(&self, lang: Lang) -> Vec<LedgerLine> {
        self.turns.iter().map(|(head, unit, turn)| self.line(head, *unit, turn, lang)).collect()
    }

    fn line(&self, head: &Head<'_>, unit: Option<&UnitId>, turn: &ClockTurn, lang: Lang) -> LedgerLine {
        let name = lang.pick(turn.clock.zh(), turn.clock.en());
        let part = turn.order.map(|order| match self.units.get(&order) {
            Some(unit) => names::unit(unit),
            None => lang.pick("协办单", "co-handler's order").to_owned(),
        });
        LedgerLine {
            at: china(head.at),
            code: turn.clock.code(),
            clock: part.map_or_else(|| name.to_owned(), |part| format!("{name}（{part}）")),
            change: lang.pick(turn.change.zh(), turn.change.code()),
            old: turn.old_due.map(china),
            due: turn.due.map(china),
            provisional: turn.provisional,
            basis: basis(turn, lang),
            by: head.by.map(|by| actor(by, unit, lang)).unwrap_or_default(),
        }
    }
}

impl Handling {
    fn lines(&self, lang: Lang) -> Vec<Line> {
        let label = lang.pick("办理期限", "Due");
        if let Some((change, old)) = self.stands {
            let mut lines = vec![Line::new(label, lang.pick(change.zh(), change.code()))];
            lines.extend(old.map(|old| Line::new(lang.pick("原期限", "Was due"), china(old))));
            return lines;
        }
        let mark = if self.provisional { lang.pick("（暂定）", " (provisional)") } else { "" };
        let warn = self.warn.map(|warn| Line::new(lang.pick("预警", "Warning at"), china(warn)));
        warn.into_iter().chain(self.due.map(|due| Line::new(label, format!("{}{mark}", china(due))))).collect()
    }
}

/// What a deadline was computed with.
fn basis(turn: &ClockTurn, lang: Lang) -> String {
    let limit = turn
        .limit
        .as_deref()
        .map(|limit| limit.parse::<Limit>().map_or_else(|_| limit.to_owned(), |limit| limit.said(lang.of_sla())));
    let calendar = turn.calendar.as_ref().map(|v| format!("{} {v}", lang.pick("日历", "calendar")));
    let policy = turn.policy.as_ref().map(|v| format!("{} {v}", lang.pick("规则", "policy")));
    limit.into_iter().chain(calendar).chain(policy).collect::<Vec<_>>().join(" · ")
}
