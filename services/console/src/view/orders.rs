//! The work orders of a ticket: who has which, and how far it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::{
    id::{OrderId, UnitId},
    lifecycle::{Act, Note},
    ticket::{Assigned, TicketFact},
};

use crate::{lamp::china, lang::Lang, names};

/// One work order, and how far it is.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// Unit.
    pub unit: String,
    /// Lead or co-handler.
    pub part: &'static str,
    /// When a part of its own is due.
    pub due: Option<String>,
    /// Round of handling.
    pub round: u32,
    /// When it went out.
    pub sent: String,
    /// When it was signed for.
    pub signed: Option<String>,
    /// When its result came.
    pub reported: Option<String>,
    /// How it stands.
    pub standing: &'static str,
    /// A later dispatch took its place.
    pub replaced: bool,
}

/// Work orders that went out together.
struct Sent<'a> {
    /// Which dispatch they belong to; co-handlers are asked later.
    dispatch: usize,
    round: u32,
    at: DateTime<Utc>,
    orders: &'a [Assigned],
}

/// The work orders, as the ticket's facts told them.
#[derive(Default)]
pub struct Orders<'a> {
    dispatches: usize,
    round: u32,
    sent: Vec<Sent<'a>>,
    signed: BTreeMap<OrderId, DateTime<Utc>>,
    results: BTreeMap<OrderId, DateTime<Utc>>,
    returned: BTreeMap<OrderId, bool>,
    handed: BTreeMap<OrderId, &'a UnitId>,
    recalled: bool,
}

impl<'a> Orders<'a> {
    /// Takes the next fact.
    pub fn take(&mut self, fact: &'a TicketFact) {
        match fact {
            TicketFact::Dispatched(f) => {
                self.dispatches += 1;
                self.round = f.round;
                self.recalled = false;
                self.go_out(&f.orders, f.at);
            }
            TicketFact::Signed(f) => {
                self.signed.insert(f.of.order, f.of.at);
            }
            TicketFact::ReturnAsked(f) => {
                self.returned.insert(f.of.order, false);
            }
            TicketFact::ReturnRuled(f) if f.granted => {
                self.returned.insert(f.of.order, true);
            }
            TicketFact::ReturnRuled(f) => {
                self.returned.remove(&f.of.order);
            }
            TicketFact::CoReported(f) => {
                self.results.insert(f.of.order, f.of.at);
            }
            TicketFact::Reported(f) => {
                self.results.insert(f.of.order, f.of.at);
            }
            TicketFact::Checked(f) if !f.passed => {
                self.results.remove(&f.of.order);
            }
            TicketFact::Moved(f) => {
                self.recalled |= f.act == Act::Recall;
                self.go_out(&f.orders, f.at);
                if let (Some(order), Some(to)) = (f.order, &f.to) {
                    self.handed.insert(order, to);
                    // whoever has it now signs for it anew
                    self.signed.remove(&order);
                }
            }
            // a part that is sent back has its clock again
            TicketFact::Noted(f) if f.note == Note::JudgePart && !f.by.clocks.is_empty() => {
                self.results.retain(|order, _| Some(*order) != f.order);
            }
            _ => {}
        }
    }

    fn go_out(&mut self, orders: &'a [Assigned], at: DateTime<Utc>) {
        self.sent.push(Sent { dispatch: self.dispatches, round: self.round.max(1), at, orders });
    }

    /// All of them, the latest dispatch first.
    pub fn views(&self, lang: Lang) -> Vec<OrderView> {
        let mut sent: Vec<&Sent<'_>> = self.sent.iter().collect();
        sent.sort_by_key(|s| std::cmp::Reverse(s.dispatch));
        sent.iter().flat_map(|s| s.orders.iter().map(|o| self.order(s, o, lang))).collect()
    }

    fn order(&self, s: &Sent<'_>, o: &Assigned, lang: Lang) -> OrderView {
        let replaced = s.dispatch != self.dispatches;
        let signed = self.signed.get(&o.order);
        let reported = self.results.get(&o.order);
        let standing = match (self.returned.get(&o.order), reported, signed) {
            (Some(true), ..) => lang.pick("已退单", "returned"),
            (_, Some(_), _) => lang.pick("已反馈", "reported"),
            _ if self.recalled && !replaced => lang.pick("已撤回", "recalled"),
            _ if replaced => lang.pick("已改派", "replaced"),
            (Some(false), ..) => lang.pick("退单待审", "return under review"),
            (_, _, Some(_)) => lang.pick("办理中", "in progress"),
            _ => lang.pick("待签收", "waiting for sign"),
        };
        let handed = self.handed.get(&o.order).filter(|to| ***to != o.unit);
        OrderView {
            unit: handed.map_or_else(|| names::unit(&o.unit), |to| format!("{} → {}", names::unit(&o.unit), names::unit(to))),
            part: names::part(o.part, lang),
            due: o.due.map(china),
            round: s.round,
            sent: china(s.at),
            signed: signed.copied().map(china),
            reported: reported.copied().map(china),
            standing,
            replaced,
        }
    }
}
