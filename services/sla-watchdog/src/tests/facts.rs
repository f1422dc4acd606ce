//! Facts as dispatch tells them.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockAt, ClockFact, ClockTurn, Expired},
    duty::Duty,
    envelope::{Inbound, Outbound},
    family::Family,
    id::{MessageId, OrderId, TicketId},
    lifecycle::{Note, Role, State},
    rules::Changed,
    ticket::{
        Assigned, By, CallbackAnswers, Checked, Class, Closed, Dispatched, Noted, OrderFact, Part, Progressed, Reported,
        ResultForm, ReturnRuled, TicketFact,
    },
};
use sla::{Calendar, Limit, Policy, schedule};

use crate::{alarms::Rules, handlers::Heard, news::news};

/// 桃树下社区, in 古南街道.
pub const VILLAGE: &str = "360802001001";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse::<DateTime<Utc>>().unwrap()
}

pub fn rules() -> Rules {
    Rules::built_in()
}

/// The rules after the register told this policy and roster.
pub fn told(version: u64, policy: &Policy, duty: Vec<Duty>) -> Changed {
    Changed {
        version,
        policy: serde_json::to_value(policy).unwrap(),
        calendar_version: String::new(),
        calendar: None,
        duty,
        person: "1".to_owned(),
        reason: String::new(),
        at: at("2026-03-01T00:00:00Z"),
    }
}

pub fn ticket(n: usize) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &n.to_string())
}

fn by() -> By {
    By { role: Role::System, unit: None, person: None, steps: Vec::new(), state: State::InProgress, clocks: Vec::new() }
}

/// The `n`-th order goes out at `start`, as round `n`.
pub fn dispatched(ticket: TicketId, n: u32, class: Class, start: DateTime<Utc>) -> TicketFact {
    let policy = Policy::default();
    let limit = match class {
        Class::Simple => policy.limits.simple,
        Class::Coordination => policy.limits.coordination,
        Class::KeyDifficult => Limit::WorkingDays(10),
    };
    let alarms = schedule(Calendar::builtin(), &policy, limit, start).unwrap();
    let assigned =
        |m: u32, part| Assigned { order: OrderId::derive(ticket, m), unit: format!("D{m:02}").parse().unwrap(), part, due: None };
    Dispatched {
        ticket,
        orders: vec![assigned(n * 10, Part::Lead), assigned(n * 10 + 1, Part::Responsible)],
        copies: Vec::new(),
        class,
        urgent: false,
        division: Some(VILLAGE.parse().unwrap()),
        round: n,
        warn_at: alarms[0].at,
        due: alarms[1].at,
        provisional: false,
        calendar_version: String::new(),
        reason: String::new(),
        at: start,
        by: by(),
    }
    .into()
}

/// A report that waits for a call-taker until `due`.
pub fn held(ticket: TicketId, at: DateTime<Utc>, due: DateTime<Utc>) -> TicketFact {
    Noted { reply_due: Some(due), ..noted(ticket, Note::Hold, at) }.into()
}

/// 告警, with what that does to the clocks.
pub fn alarmed(ticket: TicketId, clocks: Vec<ClockTurn>, at: DateTime<Utc>) -> TicketFact {
    Noted { by: By { clocks, ..by() }, ..noted(ticket, Note::Alarm, at) }.into()
}

/// Another class, with what that does to the clocks.
pub fn reclassified(ticket: TicketId, class: Class, clocks: Vec<ClockTurn>, at: DateTime<Utc>) -> TicketFact {
    Noted { class: Some(class), by: By { clocks, ..by() }, ..noted(ticket, Note::Reclassify, at) }.into()
}

fn noted(ticket: TicketId, note: Note, at: DateTime<Utc>) -> Noted {
    Noted::new(ticket, note, at, by())
}

fn order_fact(ticket: TicketId, at: DateTime<Utc>) -> OrderFact {
    OrderFact { ticket, order: OrderId::derive(ticket, 1), unit: "D01".parse().unwrap(), at, by: by() }
}

pub fn reported(ticket: TicketId, at: DateTime<Utc>) -> TicketFact {
    let result =
        ResultForm { factual: true, solved: true, unsolved_reason: None, contacted_at: None, public_reply: "已修复".into() };
    Reported { of: order_fact(ticket, at), result }.into()
}

pub fn checked(ticket: TicketId, passed: bool, at: DateTime<Utc>) -> TicketFact {
    Checked { of: order_fact(ticket, at), passed, reason: None }.into()
}

pub fn return_ruled(ticket: TicketId, granted: bool, at: DateTime<Utc>) -> TicketFact {
    ReturnRuled { of: order_fact(ticket, at), granted, reason: String::new(), to: None, lost_ms: 0 }.into()
}

pub fn closed(ticket: TicketId, at: DateTime<Utc>) -> TicketFact {
    let answers = CallbackAnswers { contacted: true, solved: Some(true), satisfied: Some(true), tries: 1, upheld: false };
    Closed { of: order_fact(ticket, at), answers, public_reply: String::new() }.into()
}

/// A fact that says nothing of clocks but what its ledger lines say.
pub fn lines(ticket: TicketId, clocks: Vec<ClockTurn>, at: DateTime<Utc>) -> TicketFact {
    let of = OrderFact { by: By { clocks, ..by() }, ..order_fact(ticket, at) };
    Progressed { of, note: String::new() }.into()
}

/// The fact as the engine hands it to the handler.
pub fn heard(fact: &TicketFact, seq: i64) -> Inbound<Heard> {
    Inbound {
        id: MessageId(uuid::Uuid::new_v4()),
        seq: u64::try_from(seq).ok(),
        now: at("2026-03-01T00:00:00Z"),
        body: Heard::Ticket(news(fact, seq).unwrap()),
    }
}

/// What a message says: kind with level, which clock, and who is told.
pub fn said(message: &Outbound) -> (String, ClockAt, Option<String>) {
    let kind = message.kind.strip_prefix("clock.v1.").unwrap();
    match ClockFact::decode(kind, message.body.as_bytes()).unwrap() {
        ClockFact::Warned(f) => (kind.to_owned(), f.clock, None),
        ClockFact::Overdue(f) => (kind.to_owned(), f.clock, None),
        ClockFact::Escalated(f) => (format!("{kind}-{}", f.level), f.clock, Some(f.to.to_string())),
        ClockFact::Expired(f) => panic!("{} only ran out", f.clock),
    }
}

/// What a message says of a clock that ran out.
pub fn ran_out(message: &Outbound) -> Expired {
    match ClockFact::decode("expired", message.body.as_bytes()).unwrap() {
        ClockFact::Expired(f) => f,
        _ => unreachable!(),
    }
}
