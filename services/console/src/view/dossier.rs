//! One ticket whole: what its facts together tell.

use std::collections::BTreeMap;

use chrono::DateTime;
use contracts::{
    clock::ClockFact,
    lifecycle::{Act, Note},
    problem::Problem,
    ticket::{Classified, Closed, Dispatched, Moved, Received, Reported, RequestKind, TicketFact},
};

use crate::{
    entity::event,
    lamp::china,
    lang::Lang,
    names,
    view::{
        Line,
        ledger::{Clocks, LedgerLine},
        orders::{OrderView, Orders},
        timeline::{Entry, decode},
        told::{self, Numbers},
    },
};

/// A fact that was heard.
#[derive(Clone, Debug)]
pub enum Told {
    /// About the ticket.
    Ticket(Box<TicketFact>),
    /// About its clock.
    Clock(Box<ClockFact>),
    /// Not to be read by this version.
    Unread(String, Problem),
}

impl Told {
    /// Reads a stored fact.
    pub fn read(event: &event::Model) -> Self {
        let ticket = || Some(decode(&event.kind, &event.body)?.map(|f| Self::Ticket(Box::new(f))));
        let clock = || Some(decode(&event.kind, &event.body)?.map(|f| Self::Clock(Box::new(f))));
        let none = || Err(Problem::new("unknown_kind", "本版本不认识", "not known to this version"));
        ticket().or_else(clock).unwrap_or_else(none).unwrap_or_else(|p| Self::Unread(event.kind.clone(), p))
    }
}

/// One ticket in words.
#[derive(Clone, Debug, Default)]
pub struct Dossier {
    /// What was reported, whole.
    pub text: String,
    /// Where it came from and what it is.
    pub about: Vec<Line>,
    /// The clocks now.
    pub deadlines: Vec<Line>,
    /// Every turn of every clock.
    pub ledger: Vec<LedgerLine>,
    /// Why it was classified as it was.
    pub reasons: Vec<String>,
    /// What classification found, and by which rules.
    pub classified: Vec<Line>,
    /// Why it was dispatched there, and who got a copy.
    pub dispatched: Vec<Line>,
    /// Work orders, the latest dispatch first.
    pub orders: Vec<OrderView>,
    /// The result and what the citizen said of it.
    pub result: Vec<Line>,
    /// Every fact, oldest first.
    pub timeline: Vec<Entry>,
    /// Requests that wait for a decision.
    pub waiting: Vec<RequestKind>,
    /// Sequence numbers that were not heard yet.
    pub missing: Vec<i64>,
}

/// The facts that the page's sections are made of.
#[derive(Default)]
struct Latest<'a> {
    received: Option<&'a Received>,
    classified: Option<&'a Classified>,
    dispatched: Option<&'a Dispatched>,
    reported: Option<&'a Reported>,
    closed: Option<&'a Closed>,
    orders: Orders<'a>,
    waiting: Vec<RequestKind>,
    clocks: Clocks<'a>,
}

/// The lead cases that a ticket was ever merged under, ids.
pub fn leads(events: &[event::Model]) -> Vec<String> {
    let moved = events.iter().filter_map(|e| match Told::read(e) {
        Told::Ticket(fact) => match *fact {
            TicketFact::Moved(Moved { lead, .. }) => lead.map(|lead| lead.to_string()),
            _ => None,
        },
        _ => None,
    });
    moved.collect()
}

impl Dossier {
    /// From all stored facts of one ticket, in any order.
    pub fn of(mut events: Vec<event::Model>, numbers: &Numbers, lang: Lang) -> Self {
        let heard = put_in_order(&mut events);
        let told: Vec<Told> = events.iter().map(Told::read).collect();
        let mut latest = Latest::default();
        for fact in &told {
            if let Told::Ticket(fact) = fact {
                latest.take(fact);
            }
        }
        let entry = |(event, told): (&event::Model, &Told)| match told {
            Told::Ticket(fact) => Entry::of_ticket(fact, numbers, lang),
            Told::Clock(fact) => Entry::of_clock(fact, lang),
            Told::Unread(kind, problem) => {
                Entry::unread(DateTime::from_timestamp_millis(event.at_ms).unwrap_or_default(), kind, problem, lang)
            }
        };
        Self {
            text: latest.text(),
            about: latest.about(lang),
            deadlines: latest.deadlines(lang),
            ledger: latest.clocks.ledger(lang),
            reasons: latest.classified.map(|c| c.reasons.clone()).unwrap_or_default(),
            classified: latest.found(lang),
            dispatched: latest.sent(lang),
            orders: latest.orders.views(lang),
            result: latest.result(lang),
            timeline: events.iter().zip(&told).map(entry).collect(),
            waiting: latest.waiting,
            missing: (1..heard.last().copied().unwrap_or(0)).filter(|n| !heard.contains(n)).collect(),
        }
    }
}

/// Sorts by history: a ticket's facts by their numbers, whatever the clocks of their machines said, and a clock's
/// facts between them by time. Returns the numbers, sorted.
fn put_in_order(events: &mut [event::Model]) -> Vec<i64> {
    let number = |e: &event::Model| e.fact.parse::<i64>().ok();
    events.sort_by_key(|e| number(e).unwrap_or(i64::MAX));
    let mut at = i64::MIN;
    let mut place = BTreeMap::new();
    for e in events.iter() {
        let n = number(e);
        if n.is_some() {
            at = at.max(e.at_ms);
        }
        place.insert(e.fact.clone(), (n.map_or(e.at_ms, |_| at), n.unwrap_or(i64::MAX)));
    }
    events.sort_by_key(|e| place.get(&e.fact).copied());
    let mut heard: Vec<i64> = events.iter().filter_map(number).collect();
    heard.sort_unstable();
    heard
}

impl<'a> Latest<'a> {
    /// Facts come in the order of their numbers: the last of a kind is the one that holds.
    fn take(&mut self, fact: &'a TicketFact) {
        self.clocks.take(fact);
        self.orders.take(fact);
        self.ask(fact);
        match fact {
            TicketFact::Received(f) => self.received = Some(f),
            TicketFact::Classified(f) => self.classified = Some(f),
            TicketFact::Dispatched(f) => {
                self.dispatched = Some(f);
                self.reported = None;
                self.closed = None;
            }
            TicketFact::Reported(f) => self.reported = Some(f),
            TicketFact::Checked(f) if !f.passed => self.reported = None,
            TicketFact::Closed(f) => self.closed = Some(f),
            _ => {}
        }
    }

    /// A request waits until it is granted, denied or withdrawn.
    fn ask(&mut self, fact: &TicketFact) {
        let ended = match fact {
            TicketFact::Noted(f) if matches!(f.note, Note::AskRequest | Note::AskExclusion) => {
                return self.waiting.extend(f.request);
            }
            TicketFact::Noted(f) => f.request,
            TicketFact::Moved(f) => match f.act {
                Act::Suspend => Some(RequestKind::Suspend),
                Act::Extend => Some(RequestKind::Extend),
                Act::Defer => Some(RequestKind::Defer),
                Act::Terminate => Some(RequestKind::Terminate),
                Act::Void => Some(RequestKind::Void),
                _ => None,
            },
            _ => None,
        };
        self.waiting.retain(|kind| Some(*kind) != ended);
    }

    fn text(&self) -> String {
        let received = self.received.map(|f| &f.text);
        received.or(self.classified.map(|f| &f.text)).cloned().unwrap_or_default()
    }

    fn about(&self, lang: Lang) -> Vec<Line> {
        let mut lines = Vec::new();
        let received_at = self.received.map(|f| f.at).or(self.classified.map(|f| f.received_at));
        lines.extend(received_at.map(|t| Line::new(lang.pick("受理时间", "Received"), china(t))));
        let source = self.received.map(|f| &f.source).or(self.classified.map(|f| &f.source));
        lines.extend(source.map(|s| Line::new(lang.pick("来源", "Source"), s.to_string())));
        lines.extend(self.received.map(|f| Line::new(lang.pick("渠道", "Channel"), names::channel(f.channel, lang))));
        lines
    }

    fn deadlines(&self, lang: Lang) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(self.dispatched.map(|f| Line::new(lang.pick("派单（起算）", "Dispatched (clock starts)"), china(f.at))));
        lines.extend(self.clocks.standing(lang));
        lines.extend(self.reported.map(|r| Line::new(lang.pick("反馈（停表）", "Reported (clock stops)"), china(r.of.at))));
        lines.extend(self.closed.map(|c| Line::new(lang.pick("结案", "Closed"), china(c.of.at))));
        if let Some(f) = self.dispatched {
            lines.push(Line::new(lang.pick("轮次", "Round"), f.round.to_string()));
            lines.push(Line::new(lang.pick("工作日历版本", "Calendar version"), &f.calendar_version));
        }
        lines
    }

    fn found(&self, lang: Lang) -> Vec<Line> {
        let Some(f) = self.classified else { return Vec::new() };
        let mut lines = vec![
            Line::new(lang.pick("类别", "Category"), format!("{}（{}）", f.category_name, f.category)),
            Line::new(lang.pick("难度", "Class"), lang.pick(f.class.zh(), f.class.en())),
            Line::new(lang.pick("归属", "Nature"), names::nature(f.nature, lang)),
            Line::new(lang.pick("建议主办", "Lead"), names::unit(&f.lead)),
        ];
        if !f.others.is_empty() {
            lines.push(Line::new(lang.pick("建议协办", "Others"), names::units(&f.others)));
        }
        if !f.also.is_empty() {
            lines.push(Line::new(
                lang.pick("可能涉及的其他事项", "May also concern"),
                f.also.iter().map(|c| names::category(c)).collect::<Vec<_>>().join("、"),
            ));
        }
        lines.extend(f.division.as_ref().map(|d| Line::new(lang.pick("区划", "Division"), names::division(d))));
        lines.extend(told::unsure(f, lang));
        lines.push(Line::new(lang.pick("规则版本", "Rules version"), &f.rules_version));
        lines
    }

    fn sent(&self, lang: Lang) -> Vec<Line> {
        let Some(f) = self.dispatched else { return Vec::new() };
        let copies = if f.copies.is_empty() { lang.pick("无", "none").to_owned() } else { names::units(&f.copies) };
        vec![Line::new(lang.pick("派单理由", "Why there"), &f.reason), Line::new(lang.pick("抄送", "Copies"), copies)]
    }

    fn result(&self, lang: Lang) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(f) = self.reported {
            lines.push(Line::new(lang.pick("反馈单位", "Reported by"), names::unit(&f.of.unit)));
            lines.extend(told::result(&f.result, lang));
        }
        if let Some(f) = self.closed {
            lines.extend(told::answers(&f.answers, lang));
            if self.reported.is_none_or(|r| r.result.public_reply != f.public_reply) {
                lines.push(Line::said(lang.pick("公开答复（办结）", "Public reply (final)"), &f.public_reply));
            }
        }
        lines
    }
}
