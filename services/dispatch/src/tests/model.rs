//! Random sequences of acts by all roles on several tickets at once, with redelivery and reordering: no history is
//! illegal, no act is lost or refused in silence, and the facts replayed give the stored state.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    clock::{ClockAt, Expired},
    envelope::{Inbound, Outbound},
    family::Family,
    id::{MessageId, TicketId},
    lifecycle::{Change, Class, Clock, State, Transition},
    ticket::{TicketFact, replay},
    work::{AnswerOutcome, CitizenAct},
};
use outbox::{Handler, Refusal};

use super::{acts::Actor, classified_as};
use crate::{Dispatch, handlers::Desk, heard::Heard};

/// Sequences that are played. CI plays this many in well under three minutes on two cores.
const SEQUENCES: u64 = 10_000;
const ACTS: usize = 200;
const TICKETS: usize = 4;
const THREADS: u64 = 2;

/// Every die of a sequence comes from its seed, so that a failure can be played again.
pub struct Dice(u64);

impl Dice {
    /// 0 to `sides` - 1.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

/// A city on a desk: what the engine would load and save lies in memory.
struct World {
    dispatch: Dispatch,
    desk: Desk,
    dice: Dice,
    now: DateTime<Utc>,
    heard: HashSet<MessageId>,
    facts: BTreeMap<TicketId, BTreeMap<u64, TicketFact>>,
    /// Messages that are on their way and come late, or a second time.
    late: Vec<Inbound<Heard>>,
    done: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let dispatch = Dispatch::default();
        let desk = Desk::new(dispatch.rules.last_read());
        Self {
            dispatch,
            desk,
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            now: "2026-02-10T01:00:00Z".parse().unwrap(),
            heard: HashSet::new(),
            facts: BTreeMap::new(),
            late: Vec::new(),
            done: 0,
        }
    }

    fn play(&mut self, seed: u64) {
        let tickets: Vec<TicketId> = (0..TICKETS).map(|n| TicketId::derive(&"web".parse().unwrap(), &n.to_string())).collect();
        for (n, ticket) in tickets.iter().enumerate() {
            let class = *self.dice.pick(Class::ALL);
            let mut c = classified_as(*ticket, class, if class == Class::Simple { "GRID-360802001001" } else { "D02" }, self.now);
            c.hold = self.dice.roll(3) == 0;
            self.send(n, Heard::Classified(Box::new(c)));
        }
        for n in 0..ACTS {
            self.now += TimeDelta::minutes([0, 0, 1, 5, 30, 600, 6000][self.dice.roll(7)]);
            let ticket = *self.dice.pick(&tickets);
            let heard = self.something(ticket, &tickets);
            self.send(TICKETS + n, heard);
        }
        while let Some(message) = self.late.pop() {
            self.hear(message);
        }
        for ticket in tickets {
            self.judge(ticket).unwrap_or_else(|why| panic!("seed {seed}, {ticket}: {why}"));
        }
    }

    /// An act of anybody, or a clock that runs out.
    fn something(&mut self, ticket: TicketId, all: &[TicketId]) -> Heard {
        let case = self.desk.cases.get(&ticket.to_string());
        match self.dice.roll(12) {
            0 | 1 => {
                let clock = *self.dice.pick(Clock::ALL);
                let due = case.and_then(|case| case.clocks().unwrap().due(clock)).map_or(self.now, |due| due.min(self.now));
                match (clock, case.and_then(|case| case.lead())) {
                    (Clock::K5, Some(lead)) => {
                        let (order, unit) = (lead.order_id.parse().unwrap(), lead.unit.parse().unwrap());
                        let over = ClockAt { ticket, order, unit, round: 1, due, at: due, late_ms: 0 };
                        Heard::Overdue(Box::new(over))
                    }
                    _ => Heard::Expired(Box::new(Expired { ticket, clock, order: None, seq: 0, due, late_ms: 0 })),
                }
            }
            2 => {
                let act = Actor::citizen(&mut self.dice);
                Heard::Citizen("c".into(), Box::new(CitizenAct { ticket, act }))
            }
            _ => {
                let (unit, act) = Actor { dice: &mut self.dice, case, others: all }.acts(ticket, self.now);
                Heard::Act(unit, "e".into(), Box::new(act))
            }
        }
    }

    /// Sends it now, later, or twice.
    fn send(&mut self, n: usize, heard: Heard) {
        let id = MessageId::of_delivery("model", n as u64);
        let message = Inbound { id, seq: None, now: self.now, body: heard };
        match self.dice.roll(10) {
            0 => self.late.push(message),
            1 => {
                self.late.push(message.clone());
                self.hear(message);
            }
            _ => self.hear(message),
        }
        if self.dice.roll(6) == 0 && !self.late.is_empty() {
            let at = self.dice.roll(self.late.len());
            let late = self.late.swap_remove(at);
            self.hear(late);
        }
    }

    /// As the engine does: what took effect before is dropped, and the clock is read when it is taken.
    fn hear(&mut self, message: Inbound<Heard>) {
        if !self.heard.insert(message.id) {
            return;
        }
        let message = Inbound { now: self.now, ..message };
        let before: Vec<_> = message.body.tickets().iter().map(|t| self.desk.cases.get(t).map(|c| c.ticket.clone())).collect();
        let said = match self.dispatch.decide(&mut self.desk, &message) {
            Ok(said) => said,
            // it comes again, as the engine would have it delivered
            Err(Refusal::TooEarly(_)) => {
                self.heard.remove(&message.id);
                return self.late.insert(0, message);
            }
            Err(refusal) => panic!("{refusal:?} of {:?}", message.body),
        };
        let facts: Vec<&Outbound> = said.outbound.iter().filter(|o| o.seq.is_some()).collect();
        match said.answer {
            AnswerOutcome::Refused { problem } => {
                assert!(facts.is_empty() && !problem.zh.is_empty() && !problem.en.is_empty(), "{problem:?}");
                let after: Vec<_> =
                    message.body.tickets().iter().map(|t| self.desk.cases.get(t).map(|c| c.ticket.clone())).collect();
                assert!(before == after, "a refusal changed the desk: {problem:?}");
            }
            AnswerOutcome::Done if matches!(message.body, Heard::Act(..) | Heard::Citizen(..)) => {
                assert!(!facts.is_empty(), "done, but nothing is told: {:?}", message.body);
                self.done += 1;
            }
            AnswerOutcome::Done => {}
        }
        for o in facts {
            let fact = TicketFact::decode(o.kind.rsplit('.').next().unwrap(), o.body.as_bytes()).unwrap();
            let old = self.facts.entry(fact.head().ticket).or_default().insert(o.seq.unwrap(), fact);
            assert!(old.is_none(), "two facts have one number");
        }
    }

    /// The facts of a ticket, replayed, give what is stored.
    fn judge(&self, ticket: TicketId) -> Result<(), String> {
        let Some(case) = self.desk.cases.get(&ticket.to_string()) else { return Ok(()) };
        let facts = self.facts.get(&ticket).cloned().unwrap_or_default();
        let seqs: Vec<u64> = facts.keys().copied().collect();
        if !seqs.iter().copied().eq(3..3 + seqs.len() as u64) || case.ticket.seq != 2 + seqs.len() as i64 {
            return Err(format!("sequence numbers {seqs:?}, stored {}", case.ticket.seq));
        }
        let (mut state, mut due) = (Some(State::Received), None);
        for (seq, fact) in &facts {
            let Some(by) = fact.head().by else { continue };
            state = Some(replay(state, by).map_err(|e| format!("fact {seq}: {e}"))?);
            for turn in by.clocks.iter().filter(|t| t.clock == Clock::K5 && t.order.is_none()) {
                due = if turn.change == Change::Held { due } else { turn.due };
            }
        }
        if state.map(State::code) != Some(case.ticket.state.as_str()) {
            return Err(format!("replayed {state:?}, stored {}", case.ticket.state));
        }
        let clocks = case.clocks().unwrap();
        if state != Some(State::Merged) && due != clocks.due(Clock::K5) {
            return Err(format!("K5 told {due:?}, stored {:?}", clocks.due(Clock::K5)));
        }
        let allowed = state.unwrap().running_clocks().running;
        for (clock, life) in clocks.lives().filter(|(_, life)| life.is_running() && !life.held()) {
            // K6 is a window that is open beside the state's clocks until the result is reported
            if !allowed.contains(&clock) && clock != Clock::K6 {
                return Err(format!("{clock} runs in {state:?}: {life:?}"));
            }
        }
        let leads = case.orders.iter().filter(|o| o.part == "lead" && o.active == 1).count();
        if leads > 1 { Err(format!("{leads} leads in effect")) } else { Ok(()) }
    }
}

#[test]
fn any_sequence_of_acts_leaves_a_legal_history() {
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            std::thread::spawn(move || {
                let (mut taken, mut done) = (BTreeSet::new(), 0);
                for seed in (thread..SEQUENCES).step_by(THREADS as usize) {
                    let mut world = World::new(seed + 1);
                    world.play(seed + 1);
                    let facts = world.facts.values().flat_map(BTreeMap::values);
                    taken.extend(facts.filter_map(|f| f.head().by).flat_map(|by| by.steps.iter().copied()));
                    done += world.done;
                }
                (taken, done)
            })
        })
        .collect();
    let (taken, done): (Vec<BTreeSet<Transition>>, Vec<usize>) = threads.into_iter().map(|t| t.join().unwrap()).unzip();
    let (taken, done) = (taken.into_iter().flatten().collect::<BTreeSet<_>>(), done.iter().sum::<usize>());
    assert!(done as u64 > SEQUENCES * 30, "only {done} acts took effect");
    // T1 is intake's
    let never: Vec<&Transition> = Transition::ALL[1..].iter().filter(|t| !taken.contains(t)).collect();
    assert!(never.is_empty(), "no sequence came to {never:?}");
}
