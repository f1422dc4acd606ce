//! What a scenario must leave behind: nothing undone, nothing lost, no illegal history.

use std::collections::BTreeMap;

use contracts::{
    id::TicketId,
    subject,
    ticket::{TicketFact, replay},
};
use futures_util::future::join_all;
use outbox::{dead_letter, relay};

use super::{City, services};
use crate::{ear::Said, until};

impl City {
    /// Waits until nothing is under way: every consumer has handled what was said, every outbox is sent.
    pub async fn settles(&self) {
        until("the city settles", async || {
            let before = self.said_so_far().await;
            self.at_rest().await?;
            let after = self.said_so_far().await;
            if before == after { Ok(()) } else { Err(format!("still talking: {before:?}, {after:?}")) }
        })
        .await;
    }

    /// All that was said, once nothing is under way and the last fact was heard.
    pub async fn heard_all(&self) -> Vec<Said> {
        self.settles().await;
        let last = self.last_place(subject::FACTS).await;
        let hears_all = |heard: &[Said]| last == 0 || heard.iter().any(|s| s.stream == subject::FACTS && s.place == last);
        let all = |heard: &[Said], _| hears_all(heard).then(|| heard.to_vec());
        self.outside.ear().wait_for(crate::PATIENCE, "the last fact", all).await
    }

    /// Ends the scenario: waits until nothing is under way, then fails on dead letters that the scenario did not look
    /// at, and on a ticket whose history breaks the lifecycle.
    ///
    /// # Panics
    /// If something is wrong.
    pub async fn finish(mut self) {
        self.settles().await;
        for service in services::ALL {
            let db = self.database(service.name).await;
            let dead = dead_letter::count(&db).await.expect("dead letters can be counted");
            let expected = self.expected_dead.lock().unwrap().get(service.name).copied().unwrap_or(0);
            let letters = dead_letter::list(&db, 5).await.expect("dead letters can be read");
            let reasons: Vec<_> = letters.iter().map(|l| (&l.subject, &l.code, &l.reason)).collect();
            assert_eq!(dead, expected, "{}: dead letters nobody asked for: {reasons:?}", service.name);
        }
        let heard = self.heard_all().await;
        judge(&heard);
        for refused in self.refused.lock().unwrap().iter() {
            let told = heard.iter().find(|said| refused.is_told_by(said));
            assert!(told.is_none(), "{refused:?} told {:?}", told.map(Said::everything));
        }
        let running = std::mem::take(&mut *self.running.lock().unwrap());
        join_all(running.iter().map(|instance| instance.context.drain())).await;
        self.finished = true;
    }

    async fn said_so_far(&self) -> Vec<u64> {
        let mut places = Vec::new();
        for (stream, _) in subject::STREAM_SUBJECTS {
            places.push(self.last_place(stream).await);
        }
        places
    }

    async fn last_place(&self, stream: &str) -> u64 {
        let stream = self.outside.js().get_stream(stream).await.expect("the broker is up");
        stream.cached_info().state.last_sequence
    }

    async fn at_rest(&self) -> Result<(), String> {
        let running = self.running.lock().unwrap().clone();
        for instance in &running {
            for tap in instance.service.taps {
                let backlog = instance.context.bus.backlog(tap.stream, tap.durable).await.expect("the broker is up");
                if backlog != (0, 0) {
                    return Err(format!("{} has {backlog:?} to hear", tap.durable));
                }
            }
        }
        for instance in &running {
            let db = self.database(instance.service.name).await;
            let unsent = relay::unsent(&db).await.expect("the outbox can be counted");
            if unsent > 0 {
                return Err(format!("{} has {unsent} to send", instance.service.name));
            }
        }
        Ok(())
    }
}

impl Drop for City {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "a scenario ends with city.finish()");
    }
}

/// Every ticket's facts, in order, must be gapless and legal.
///
/// # Panics
/// If they are not.
pub fn judge(heard: &[Said]) {
    let mut tickets: BTreeMap<TicketId, Vec<(u64, TicketFact)>> = BTreeMap::new();
    for said in heard {
        let Some(fact) = said.fact() else { continue };
        let ticket = said.ticket().unwrap_or_else(|| panic!("{} without ce-subject", said.subject));
        let seq = said.seq().unwrap_or_else(|| panic!("{} without ce-ticketseq", said.subject));
        tickets.entry(ticket).or_default().push((seq, fact));
    }
    for (ticket, mut facts) in tickets {
        facts.sort_by_key(|(seq, _)| *seq);
        let seqs: Vec<u64> = facts.iter().map(|(seq, _)| *seq).collect();
        assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{ticket}: sequence numbers {seqs:?}");
        let mut state = None;
        for (seq, fact) in &facts {
            if let Some(by) = fact.head().by {
                state = Some(replay(state, by).unwrap_or_else(|why| panic!("{ticket}, fact {seq} {fact:?}: {why}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use contracts::{
        lifecycle::{Role, State, Transition},
        ticket::By,
    };

    use super::*;

    fn by(role: Role, steps: &[Transition], state: State) -> By {
        By { role, unit: None, person: None, steps: steps.to_vec(), state, clocks: Vec::new() }
    }

    #[test]
    fn the_judge_sees_illegal_histories() {
        let register = by(Role::System, &[Transition::T1], State::Received);
        assert_eq!(replay(None, &register), Ok(State::Received));
        assert!(replay(Some(State::Received), &register).is_err(), "registered twice");
        let dispatch = by(Role::System, &[Transition::T6, Transition::T8], State::Dispatched);
        assert_eq!(replay(Some(State::Received), &dispatch), Ok(State::Dispatched));
        assert!(replay(None, &dispatch).is_err(), "dispatched before it was registered");
        let citizen = by(Role::Citizen, &[Transition::T6], State::PendingDispatch);
        assert!(replay(Some(State::Received), &citizen).is_err(), "a citizen does not accept");
        let liar = by(Role::System, &[], State::Closed);
        assert!(replay(Some(State::Received), &liar).is_err(), "a state that no step leads to");
    }
}
