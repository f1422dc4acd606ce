//! Which tickets belong together: a new ticket joins the group that it fits best, or stands alone.
//!
//! A group is compared as a whole: what most of its tickets share counts, what one of them says beside does not. Pairs
//! that hang together (the name of an estate) count once and a little more, so that two matters of one place stay two.

use std::collections::HashMap;

use contracts::id::{ClusterId, TicketId};

use super::{
    index::{Entry, Index, Slot},
    profile::{Profile, Weighed},
    sight::{Eye, Sight, Token},
};

/// Fits from here on. It and the numbers of `profile` were set with topics of `tests/data`; its notice says with which.
const FITS: f32 = 0.16;
/// A group of several of the same kind, all of which fit another one about so well, is of one matter with it; of another
/// kind only if they fit as well as one ticket has to, or two matters of one place would become one.
const TOGETHER: f32 = 0.55;
/// Groups that a ticket is compared with.
const COMPARED: usize = 16;
/// Tickets that a new one is compared with, if similar ones are to be shown.
const SHOWN_OF: usize = 24;
/// What most of a group share, to find what else is of its matter.
const CORE: usize = 24;
/// A larger group is not taken into another one any more.
const SMALL: usize = 20;
/// Up to this size a group looks for more of its matter each time that a ticket joins.
const LOOKS_EACH_TIME: usize = 64;
/// Tickets of one matter follow each other within this time, ms.
const WINDOW_MS: i64 = super::WINDOW_DAYS * 24 * 3_600_000;

/// Tickets of one matter.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) cluster: ClusterId,
    /// It was told: none of its tickets goes to another group any more.
    pub(super) told: bool,
    slots: Vec<Slot>,
    profile: Profile,
}

/// A ticket and the cluster that it is in from now on.
pub(super) type Joined = (TicketId, ClusterId);

/// Tickets, and which of them belong together.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) index: Index,
    eye: Eye,
    groups: HashMap<u32, Group>,
    by_cluster: HashMap<ClusterId, u32>,
    next: u32,
}

/// What a ticket may fit: a group, or a ticket that stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Group(u32),
    Alone(Slot),
}

impl Groups {
    pub(super) fn new(eye: Eye) -> Self {
        Self { index: Index::default(), eye, groups: HashMap::new(), by_cluster: HashMap::new(), next: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        (self.index, self.next) = (Index::default(), 0);
        self.groups.clear();
        self.by_cluster.clear();
    }

    pub(super) fn eye(&self) -> &Eye {
        &self.eye
    }

    /// The group of a ticket, if it is in one.
    pub(super) fn group_of(&self, ticket: TicketId) -> Option<&Group> {
        self.groups.get(&self.index.at(self.index.slot(ticket)?).group?)
    }

    /// Puts a ticket where it was decided that it belongs; one that is there already goes where it is said.
    pub(super) fn place(&mut self, ticket: TicketId, at: Option<(i64, Sight)>, cluster: Option<ClusterId>) {
        let slot = match (self.index.slot(ticket), at) {
            (Some(slot), _) => slot,
            (None, Some((received_ms, sight))) => self.index.add(Entry { ticket, received_ms, sight, open: true, group: None }),
            (None, None) => return,
        };
        let Some(cluster) = cluster else { return };
        self.leave(slot);
        let group = self.group(cluster);
        self.enter(slot, group);
    }

    /// The tickets that have most in common with this one, the best first.
    pub(super) fn near(&mut self, sight: &Sight) -> Vec<Slot> {
        self.index.nearest(&self.eye, sight.tokens().map(|(t, _)| t))
    }

    /// A new ticket, and what is near it, finds where it belongs. Tells the tickets whose cluster changed.
    pub(super) fn arrive(&mut self, ticket: TicketId, received_ms: i64, sight: Sight, near: &[Slot]) -> Vec<Joined> {
        if self.index.slot(ticket).is_some() {
            return Vec::new();
        }
        let weighed = self.weigh(&sight);
        let targets = self.distinct(near, received_ms, None);
        let fit = targets.into_iter().map(|t| (self.fit(&sight, &weighed, t), t)).filter(|(fit, _)| *fit >= FITS);
        // the first of equals: they come in the order of what they have in common
        let best = fit.fold(None, |best: Option<(f32, Target)>, one| best.filter(|b| b.0 >= one.0).or(Some(one)));
        let slot = self.index.add(Entry { ticket, received_ms, sight, open: true, group: None });
        let Some((_, target)) = best else { return Vec::new() };
        let mut joined = Vec::new();
        let group = match target {
            Target::Group(group) => group,
            Target::Alone(first) => {
                let cluster = ClusterId::derive(self.index.at(first).ticket);
                let group = self.group(cluster);
                self.enter(first, group);
                joined.push((self.index.at(first).ticket, cluster));
                group
            }
        };
        self.enter(slot, group);
        joined.extend(self.groups.get(&group).map(|g| (ticket, g.cluster)));
        self.gather(group, &mut joined);
        joined
    }

    /// What came before the group was known well enough, and fits it now, is taken in.
    fn gather(&mut self, group: u32, joined: &mut Vec<Joined>) {
        let Some(own) = self.groups.get(&group) else { return };
        let (cluster, size) = (own.cluster, own.slots.len());
        // a large group hardly changes what it is about: it looks again when it has doubled
        if size > LOOKS_EACH_TIME && !size.is_power_of_two() {
            return;
        }
        let newest = own.slots.iter().map(|&s| self.index.at(s).received_ms).max().unwrap_or_default();
        let core = own.core(&self.eye);
        let near = self.index.nearest(&self.eye, core.into_iter());
        for target in self.distinct(&near, newest, Some(group)) {
            let slots = match target {
                Target::Alone(slot) => vec![slot],
                Target::Group(other) => match self.groups.get(&other) {
                    Some(g) if !g.told && g.slots.len() <= SMALL && g.slots.len() < size => g.slots.clone(),
                    _ => continue,
                },
            };
            if !self.fit_in(&slots, group) {
                continue;
            }
            for slot in slots {
                self.leave(slot);
                self.enter(slot, group);
                joined.push((self.index.at(slot).ticket, cluster));
            }
        }
    }

    /// Whether tickets that stand alone or make a group of their own fit a group, on average.
    fn fit_in(&self, slots: &[Slot], group: u32) -> bool {
        let Some(found) = self.groups.get(&group) else { return false };
        let mean =
            |of: &dyn Fn(&Sight) -> f32| slots.iter().map(|s| of(&self.index.at(*s).sight)).sum::<f32>() / slots.len() as f32;
        let needed = if slots.len() > 2 { 1.0 - (1.0 - TOGETHER) * mean(&|sight| found.profile.kind(sight)) } else { 1.0 };
        mean(&|sight| self.fit(sight, &self.weigh(sight), Target::Group(group))) >= FITS * needed
    }

    /// The open tickets among those near that are like this one, the most alike first.
    pub(super) fn similar(&self, sight: &Sight, near: &[Slot], most: usize) -> Vec<(TicketId, f32)> {
        let weighed = self.weigh(sight);
        let open = near.iter().copied().filter(|&s| self.index.at(s).open).take(SHOWN_OF);
        let fit = open.map(|s| (s, self.fit(sight, &weighed, Target::Alone(s)))).filter(|(_, fit)| *fit >= FITS);
        let mut found: Vec<(i64, TicketId, f32)> =
            fit.map(|(s, fit)| (self.index.at(s).received_ms, self.index.at(s).ticket, fit)).collect();
        // of equals the first that came
        found.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        found.truncate(most);
        found.into_iter().map(|(_, ticket, fit)| (ticket, fit)).collect()
    }

    /// Whether somebody still has to act on a ticket; one that is done with is not shown, but tells what a cluster is
    /// about, and may be reopened.
    pub(super) fn stands(&mut self, ticket: TicketId, open: bool) {
        if let Some(entry) = self.index.slot(ticket).and_then(|s| self.index.at_mut(s)) {
            entry.open = open;
        }
    }

    /// Its cluster was told.
    pub(super) fn tell(&mut self, cluster: ClusterId) {
        if let Some(group) = self.by_cluster.get(&cluster).and_then(|g| self.groups.get_mut(g)) {
            group.told = true;
        }
    }

    /// Forgets tickets that are done with and older than this; beyond so many also the oldest of the others.
    pub(super) fn forget(&mut self, before_ms: i64, most: usize) {
        let mut gone: Vec<Slot> =
            self.index.entries().filter(|(_, e)| !e.open && e.received_ms < before_ms).map(|(s, _)| s).collect();
        let over = (self.index.len() - gone.len()).saturating_sub(most);
        if over > 0 {
            let rest = self.index.entries().filter(|(_, e)| e.open || e.received_ms >= before_ms);
            let mut rest: Vec<(bool, i64, TicketId, Slot)> = rest.map(|(s, e)| (e.open, e.received_ms, e.ticket, s)).collect();
            rest.sort_unstable();
            gone.extend(rest.into_iter().take(over).map(|r| r.3));
        }
        for slot in gone {
            self.leave(slot);
            self.index.remove(slot);
        }
    }

    fn weigh(&self, sight: &Sight) -> Weighed {
        sight.tokens().map(|(t, joined)| (t, joined, self.eye.weight(t))).collect()
    }

    /// The groups of tickets that are near, and those that stand alone, near in time too.
    fn distinct(&self, near: &[Slot], received_ms: i64, but: Option<u32>) -> Vec<Target> {
        let mut targets = Vec::with_capacity(COMPARED);
        for &slot in near {
            let entry = self.index.at(slot);
            let target = entry.group.map_or(Target::Alone(slot), Target::Group);
            let apart = (entry.received_ms - received_ms).abs() > WINDOW_MS;
            if !apart && (entry.group.is_none() || entry.group != but) && !targets.contains(&target) {
                targets.push(target);
            }
            if targets.len() == COMPARED {
                break;
            }
        }
        targets
    }

    /// How well a ticket fits.
    fn fit(&self, sight: &Sight, weighed: &Weighed, target: Target) -> f32 {
        match target {
            Target::Group(group) => self.groups.get(&group).map_or(0.0, |g| {
                g.profile.fit(sight, weighed, |token| g.profile.tokens.get(&token).copied().unwrap_or_default())
            }),
            Target::Alone(slot) => {
                let alone = &self.index.at(slot).sight;
                let mut profile = Profile::default();
                profile.add_about(alone);
                profile.fit(sight, weighed, |token| u32::from(alone.tokens().any(|(t, _)| t == token)))
            }
        }
    }

    fn group(&mut self, cluster: ClusterId) -> u32 {
        if let Some(group) = self.by_cluster.get(&cluster) {
            return *group;
        }
        self.next += 1;
        self.by_cluster.insert(cluster, self.next);
        self.groups.insert(self.next, Group { cluster, told: false, slots: Vec::new(), profile: Profile::default() });
        self.next
    }

    fn enter(&mut self, slot: Slot, group: u32) {
        let Some(found) = self.groups.get_mut(&group) else { return };
        found.slots.push(slot);
        found.profile.add(&self.index.at(slot).sight);
        if let Some(entry) = self.index.at_mut(slot) {
            entry.group = Some(group);
        }
    }

    fn leave(&mut self, slot: Slot) {
        let Some(entry) = self.index.at_mut(slot) else { return };
        let Some(group) = entry.group.take() else { return };
        let Some(found) = self.groups.get_mut(&group) else { return };
        found.slots.retain(|s| *s != slot);
        found.profile.remove(&self.index.at(slot).sight);
        if found.slots.is_empty() {
            self.by_cluster.remove(&found.cluster);
            self.groups.remove(&group);
        }
    }
}

impl Group {
    /// The tokens that most of its tickets share, the weightiest first.
    fn core(&self, eye: &Eye) -> Vec<Token> {
        let n = self.profile.tickets as f32;
        let worth = |(&token, &k): (&Token, &u32)| (token, k as f32 / n * eye.weight(token).sqrt());
        let mut core: Vec<(Token, f32)> = self.profile.tokens.iter().map(worth).collect();
        core.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        core.truncate(CORE);
        core.into_iter().map(|(token, _)| token).collect()
    }
}
