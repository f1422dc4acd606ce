//! The tickets that can be found, in memory: which are like a new one, in bounded time whatever their number.
//!
//! The same tickets give the same index, in whatever order they came: lists of tickets are kept in the order in which
//! the tickets were received.

use std::collections::HashMap;

use contracts::id::TicketId;

use super::sight::{Eye, Sight, Token};

/// Of each pair, so many tickets are looked at, the newest: what more have in common says little.
const LOOKED_AT: usize = 128;
/// So many of the best are compared exactly.
const COMPARED: usize = 400;

/// A ticket by its place in memory.
pub(super) type Slot = u32;

/// A ticket that can be found.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) ticket: TicketId,
    /// When it was received, ms.
    pub(super) received_ms: i64,
    pub(super) sight: Sight,
    /// Somebody still has to act on it.
    pub(super) open: bool,
    /// The group that it is in, by number.
    pub(super) group: Option<u32>,
}

/// All tickets that can be found.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_ticket: HashMap<TicketId, Slot>,
    /// By token, in the order in which the tickets were received.
    lists: HashMap<Token, Vec<Slot>>,
    /// For one search: what each ticket has in common with what is sought. All zero between searches.
    common: Vec<f32>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.by_ticket.len()
    }

    pub(super) fn slot(&self, ticket: TicketId) -> Option<Slot> {
        self.by_ticket.get(&ticket).copied()
    }

    /// # Panics
    /// If nothing is there: slots are given out by this index only, and not kept over a removal.
    pub(super) fn at(&self, slot: Slot) -> &Entry {
        #[expect(clippy::expect_used, reason = "a slot that this index gave out")]
        self.entries[slot as usize].as_ref().expect("a ticket is there")
    }

    pub(super) fn at_mut(&mut self, slot: Slot) -> Option<&mut Entry> {
        self.entries[slot as usize].as_mut()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Slot, &Entry)> {
        let all = self.entries.iter().enumerate();
        all.filter_map(|(i, e)| Some((Slot::try_from(i).ok()?, e.as_ref()?)))
    }

    /// Adds a ticket that is not there yet.
    pub(super) fn add(&mut self, entry: Entry) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.common.push(0.0);
            Slot::try_from(self.entries.len() - 1).unwrap_or(Slot::MAX)
        });
        let key = (entry.received_ms, entry.ticket);
        self.by_ticket.insert(entry.ticket, slot);
        for (token, _) in entry.sight.tokens() {
            let list = self.lists.entry(token).or_default();
            let entries = &self.entries;
            let before = |s: &Slot| entries[*s as usize].as_ref().is_some_and(|e| (e.received_ms, e.ticket) < key);
            // nearly always it is the newest
            let at = if list.last().is_none_or(before) { list.len() } else { list.partition_point(before) };
            list.insert(at, slot);
        }
        self.entries[slot as usize] = Some(entry);
        slot
    }

    /// Takes a ticket out.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Entry> {
        let key = |e: &Entry| (e.received_ms, e.ticket);
        let own = self.entries[slot as usize].as_ref().map(key)?;
        let tokens: Vec<Token> = self.at(slot).sight.tokens().map(|(t, _)| t).collect();
        for token in tokens {
            let entries = &self.entries;
            let before = |s: &Slot| entries[*s as usize].as_ref().is_some_and(|e| key(e) < own);
            if let Some(list) = self.lists.get_mut(&token) {
                let at = list.partition_point(before);
                list.remove(at);
                if list.is_empty() {
                    self.lists.remove(&token);
                }
            }
        }
        let gone = self.entries[slot as usize].take()?;
        self.by_ticket.remove(&gone.ticket);
        self.free.push(slot);
        Some(gone)
    }

    /// The tickets that have most in common with these tokens, the best first.
    pub(super) fn nearest(&mut self, eye: &Eye, tokens: impl Iterator<Item = Token>) -> Vec<Slot> {
        let mut touched: Vec<Slot> = Vec::new();
        for token in tokens {
            let (weight, list) = (eye.weight(token), self.lists.get(&token).map_or(&[][..], Vec::as_slice));
            for &slot in &list[list.len().saturating_sub(LOOKED_AT)..] {
                let common = &mut self.common[slot as usize];
                if *common == 0.0 {
                    touched.push(slot);
                }
                *common += weight;
            }
        }
        let (common, entries) = (&self.common, &self.entries);
        let key = |s: Slot| entries[s as usize].as_ref().map(|e| (e.received_ms, e.ticket));
        let best = |a: &Slot, b: &Slot| common[*b as usize].total_cmp(&common[*a as usize]).then_with(|| key(*a).cmp(&key(*b)));
        let mut found = touched.clone();
        if found.len() > COMPARED {
            found.select_nth_unstable_by(COMPARED, best);
            found.truncate(COMPARED);
        }
        found.sort_unstable_by(best);
        touched.iter().for_each(|&s| self.common[s as usize] = 0.0);
        found
    }
}
