//! Facts of the city: tickets that were really reported, in few words.

use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockAt, ClockFact, ClockTurn, Escalated, Overdue, Warned},
    duty::Notice,
    family::Family,
    id::{MessageId, OrderId, SourceId, TicketId, UnitId},
    intake::Channel,
    lifecycle::{Act, Change, Class, Clock, Note, Role, State, Transition},
    ticket::*,
};

use crate::handlers::{Fact, Heard};

/// 2026-11-22 16:00 in China.
pub const START: i64 = 1_795_334_400_000;
pub const HOUR: i64 = 3_600_000;

pub fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

pub fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

/// One ticket's facts as they happen; each method is one more fact.
#[derive(Clone, Debug)]
pub struct Story {
    pub ticket: TicketId,
    pub number: String,
    pub text: String,
    pub unit: UnitId,
    pub division: Option<&'static str>,
    pub class: Class,
    /// When it was received, ms.
    pub start: i64,
    pub heard: Vec<Heard>,
    pub seq: i64,
}

impl Story {
    pub fn new(n: i64) -> Self {
        Self {
            ticket: TicketId::derive(&source(), &n.to_string()),
            number: format!("JZ20261122-{n:06}"),
            text: format!("第{n}号：桃树下社区路灯不亮"),
            unit: unit("D02"),
            division: Some("360802001001"),
            class: Class::Coordination,
            start: START + n * 60_000,
            heard: Vec::new(),
            seq: 0,
        }
    }

    pub fn order(&self) -> OrderId {
        OrderId::derive(self.ticket, 1)
    }

    fn tell(mut self, fact: TicketFact) -> Self {
        self.seq += 1;
        self.heard.push(heard(fact, self.seq));
        self
    }

    /// The next fact was lost on the way, or is still on it.
    pub fn skip(mut self) -> Self {
        self.seq += 1;
        self
    }

    fn by(&self, role: Role, steps: Vec<Transition>, state: State) -> By {
        By { role, unit: Some(self.unit.clone()), person: Some("1023".into()), steps, state, clocks: Vec::new() }
    }

    fn of(&self, hours: i64, role: Role, steps: Vec<Transition>, state: State) -> OrderFact {
        OrderFact {
            ticket: self.ticket,
            order: self.order(),
            unit: self.unit.clone(),
            at: at(self.start + hours * HOUR),
            by: self.by(role, steps, state),
        }
    }

    pub fn received(self) -> Self {
        let by = By {
            role: Role::System,
            unit: None,
            person: None,
            steps: vec![Transition::T1],
            state: State::Received,
            clocks: Vec::new(),
        };
        let fact = Received {
            ticket: self.ticket,
            number: self.number.clone(),
            source: source(),
            channel: Channel::Phone,
            text: self.text.clone(),
            division: self.division.map(|d| d.parse().unwrap()),
            lately: Vec::new(),
            class: None,
            hold: false,
            at: at(self.start),
            by,
        };
        self.tell(fact.into())
    }

    pub fn classified(self) -> Self {
        let fact = Classified {
            ticket: self.ticket,
            number: self.number.clone(),
            text: self.text.clone(),
            source: source(),
            category: "0203".into(),
            category_name: "路灯照明".into(),
            also: vec![],
            perhaps: vec![],
            class: self.class,
            nature: Nature::Service,
            urgent: false,
            lead: self.unit.clone(),
            others: vec![unit("D11")],
            division: None,
            hold: false,
            confidence: None,
            choices: vec![],
            reasons: vec!["文中有“路灯”，归入路灯照明".into()],
            rules_version: "rules-7".into(),
            at: at(self.start + 1),
            received_at: at(self.start),
        };
        self.tell(fact.into())
    }

    /// Due `hours` after it was received, warned at 80 % of that.
    pub fn dispatched(self, hours: i64) -> Self {
        let fact = Dispatched {
            ticket: self.ticket,
            orders: vec![Assigned { order: self.order(), unit: self.unit.clone(), part: Part::Lead, due: None }],
            copies: vec![unit("CENTRE")],
            class: self.class,
            urgent: false,
            division: self.division.map(|d| d.parse().unwrap()),
            round: 1,
            warn_at: at(self.start + hours * HOUR * 8 / 10),
            due: at(self.start + hours * HOUR),
            provisional: false,
            calendar_version: "2026-2".into(),
            reason: "目录：路灯照明由城管局主办".into(),
            at: at(self.start + 2),
            by: self.by(Role::Dispatcher, vec![Transition::T6, Transition::T8], State::Dispatched),
        };
        self.tell(fact.into())
    }

    pub fn signed(self) -> Self {
        let of = self.of(1, Role::HandlingUnit, vec![Transition::T10], State::InProgress);
        self.tell(Signed { of }.into())
    }

    /// A return is granted after a dispute of so many hours.
    pub fn ruled(self, hours: i64, lost: i64) -> Self {
        let of = self.of(hours, Role::Dispatcher, vec![Transition::T13], State::PendingDispatch);
        let fact =
            ReturnRuled { of, granted: true, to: Some(unit("D03")), lost_ms: lost * HOUR, reason: "属供电职责".into() };
        self.tell(fact.into())
    }

    pub fn progressed(self, note: &str) -> Self {
        let of = self.of(2, Role::HandlingUnit, vec![], State::InProgress);
        self.tell(Progressed { of, note: note.into() }.into())
    }

    pub fn reported(self, hours: i64) -> Self {
        let of = self.of(hours, Role::HandlingUnit, vec![Transition::T24], State::FeedbackReview);
        let result = ResultForm {
            factual: true,
            solved: true,
            unsolved_reason: None,
            contacted_at: Some(of.at),
            public_reply: "路灯已修复".into(),
        };
        self.tell(Reported { of, result }.into())
    }

    pub fn checked(self, hours: i64, passed: bool) -> Self {
        let (step, state) = if passed { (Transition::T26, State::PendingCallback) } else { (Transition::T25, State::InProgress) };
        let of = self.of(hours, Role::Checker, vec![step], state);
        let reason = (!passed).then(|| "照片看不清".to_owned());
        self.tell(Checked { of, passed, reason }.into())
    }

    pub fn closed(self, hours: i64) -> Self {
        let of = self.of(hours, Role::CallbackClerk, vec![Transition::T27], State::Closed);
        let answers = CallbackAnswers { contacted: true, solved: Some(true), satisfied: None, upheld: false, tries: 2 };
        self.tell(Closed { of, answers, public_reply: "路灯已修复".into() }.into())
    }

    /// A step beside the main way, with what it did to the handling clock.
    pub fn moved(self, hours: i64, act: Act, role: Role, state: State, turns: &[ClockTurn]) -> Self {
        self.moved_as(hours, act, role, state, turns, |_| {})
    }

    /// The same, with more said.
    pub fn moved_as(
        self,
        hours: i64,
        act: Act,
        role: Role,
        state: State,
        turns: &[ClockTurn],
        say: impl FnOnce(&mut Moved),
    ) -> Self {
        let by = By { clocks: turns.to_vec(), ..self.by(role, vec![act.transition()], state) };
        let at = at(self.start + hours * HOUR);
        let mut fact = Moved {
            ticket: self.ticket,
            act,
            order: None,
            to: None,
            lead: None,
            class: None,
            orders: vec![],
            reason: None,
            at,
            by,
        };
        say(&mut fact);
        self.tell(fact.into())
    }

    /// An act that leaves the state as it is.
    pub fn noted(self, hours: i64, note: Note, role: Role, state: State, say: impl FnOnce(&mut Noted)) -> Self {
        let by = self.by(role, vec![], state);
        let mut fact = Noted::new(self.ticket, note, at(self.start + hours * HOUR), by);
        say(&mut fact);
        self.tell(fact.into())
    }

    /// An alarm is raised, or answered.
    pub fn alarm(self, hours: i64, raised: bool) -> Self {
        let (note, change) = if raised { (Note::Alarm, Change::Started) } else { (Note::AnswerAlarm, Change::Stopped) };
        let turn = ClockTurn { clock: Clock::K15, ..self.turn(change, hours, raised.then_some(hours + 1)) };
        self.noted(hours, note, Role::System, State::Dispatched, |f| f.by.clocks = vec![turn])
    }

    /// A turn of the handling clock: from one deadline to another, in hours from the start; none: it stands still.
    pub fn turn(&self, change: Change, old: i64, due: Option<i64>) -> ClockTurn {
        let due = due.map(|hours| at(self.start + hours * HOUR));
        let computed = due.is_some();
        ClockTurn {
            clock: Clock::K5,
            order: None,
            change,
            old_due: Some(at(self.start + old * HOUR)),
            due,
            warn_at: due,
            provisional: false,
            limit: computed.then(|| "5 working_days".into()),
            calendar: computed.then(|| "2026-2".into()),
            policy: computed.then(|| "default-1".into()),
        }
    }

    fn clock(&self, hours: i64, due: i64) -> ClockAt {
        ClockAt {
            ticket: self.ticket,
            order: self.order(),
            unit: self.unit.clone(),
            round: 1,
            due: at(self.start + due * HOUR),
            at: at(self.start + hours * HOUR),
            late_ms: 0,
        }
    }

    pub fn warned(mut self, hours: i64, due: i64) -> Self {
        let clock = self.clock(hours, due);
        self.heard.push(heard_clock(Warned { clock, told: None, quiet_until: None }.into()));
        self
    }

    pub fn overdue(mut self, due: i64) -> Self {
        let clock = self.clock(due, due);
        self.heard.push(heard_clock(Overdue { clock, told: None }.into()));
        self
    }

    pub fn escalated(mut self, hours: i64, due: i64, level: u8, to: &str) -> Self {
        let clock = self.clock(hours, due);
        let (to, notice) = (unit(to), Notice::Escalation);
        self.heard.push(heard_clock(Escalated { clock, level, to, notice, told: None, quiet_until: None }.into()));
        self
    }
}

fn source() -> SourceId {
    "hotline-12345".parse().unwrap()
}

pub fn heard(fact: TicketFact, seq: i64) -> Heard {
    let kind = format!("{}.{}", TicketFact::FAMILY, fact.kind());
    let body = fact.encode();
    Heard { fact: Fact::Ticket(Box::new(fact), seq), kind, body }
}

fn heard_clock(fact: ClockFact) -> Heard {
    let kind = format!("{}.{}", ClockFact::FAMILY, fact.kind());
    let body = fact.encode();
    Heard { fact: Fact::Clock(Box::new(fact)), kind, body }
}

/// The message's id, derived as the senders do: the same fact has the same id.
pub fn id(heard: &Heard) -> MessageId {
    MessageId::of_event("/gridline/test", &heard.body)
}
