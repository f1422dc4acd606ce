//! What the tickets of a group share, and how well another ticket fits that.

use std::collections::HashMap;

use super::sight::{RAREST_COUNTS, Sight, Token};

/// Further pairs of a run count so much beside its weightiest.
const RUN_COUNTS: f32 = 0.3;
/// How shares of a group count: less than proportionally.
const SHARE: f32 = 0.6;
/// What hardly any text has, but so many of a group, is the name of its matter; it counts so much more where the kind
/// is the same, for one place has several matters.
const NAMED_BY: f32 = 0.26;
const NAMED_COUNTS: f32 = 60.0;
/// What a ticket weighs altogether damps what is shared, but a short one is not all alike for that.
const DAMPED_FROM: f32 = 100.0;
const DAMPED_BY: f32 = 0.3;
const OWN_LENGTH: f32 = 0.5;
/// A category that so many of a group have is one of the group's.
const ENOUGH: f32 = 0.15;
const OTHER_KIND: f32 = 0.63;
const SAME_KIND: f32 = 1.2;
/// Two places: the same, and two in different towns.
const SAME_PLACE: f32 = 1.1;
const FAR: f32 = 0.5;

/// What the tickets of a group have.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) tokens: HashMap<Token, u32>,
    kinds: Vec<(u16, u32)>,
    places: Vec<((u16, u16), u32)>,
    weight: f32,
    pub(super) tickets: u32,
}

/// Tokens of a ticket with what they weigh.
pub(super) type Weighed = Vec<(Token, bool, f32)>;

impl Profile {
    pub(super) fn add(&mut self, sight: &Sight) {
        sight.tokens().for_each(|(t, _)| *self.tokens.entry(t).or_default() += 1);
        self.add_about(sight);
    }

    /// All but the tokens.
    pub(super) fn add_about(&mut self, sight: &Sight) {
        count(&mut self.kinds, sight.kind);
        sight.place.into_iter().for_each(|p| count(&mut self.places, p));
        self.weight += sight.weight;
        self.tickets += 1;
    }

    pub(super) fn remove(&mut self, sight: &Sight) {
        for (token, _) in sight.tokens() {
            if let Some(n) = self.tokens.get_mut(&token) {
                *n -= 1;
                if *n == 0 {
                    self.tokens.remove(&token);
                }
            }
        }
        uncount(&mut self.kinds, sight.kind);
        sight.place.into_iter().for_each(|p| uncount(&mut self.places, p));
        self.weight -= sight.weight;
        self.tickets -= 1;
    }

    /// How well a ticket fits, `having` being how many tickets have a token.
    pub(super) fn fit(&self, sight: &Sight, weighed: &Weighed, having: impl Fn(Token) -> u32) -> f32 {
        let n = self.tickets as f32;
        // what only one of several says is its own affair
        let several = self.tickets > 2;
        let enough = if several { 2 } else { 1 };
        let (mut shared, mut most, mut all, mut before, mut named) = (0.0, 0.0_f32, 0.0, false, 0.0_f32);
        for &(token, joined, weight) in weighed {
            let k = having(token);
            if k < enough {
                before = false;
                continue;
            }
            if !(joined && before) {
                shared += most + RUN_COUNTS * (all - most);
                (most, all) = (0.0, 0.0);
            }
            let share = k as f32 / n;
            if several && weight >= RAREST_COUNTS && share >= NAMED_BY {
                named = named.max(share);
            }
            let weight = weight * share.powf(SHARE);
            (most, all, before) = (most.max(weight), all + weight, true);
        }
        let kind = self.kind(sight);
        shared += most + RUN_COUNTS * (all - most) + NAMED_COUNTS * named * kind;
        let about = OTHER_KIND + (SAME_KIND - OTHER_KIND) * kind;
        let weight = sight.weight.powf(OWN_LENGTH) * (self.weight.max(0.0) / n).powf(1.0 - OWN_LENGTH);
        shared / (DAMPED_FROM + DAMPED_BY * weight) * about * self.place(sight)
    }

    /// How far what a ticket is, or may be, is what the group is: 0 to 1.
    pub(super) fn kind(&self, sight: &Sight) -> f32 {
        let of = |kind: u16| {
            let n = self.kinds.iter().find(|(k, _)| *k == kind).map_or(0, |(_, n)| *n);
            (n as f32 / self.tickets as f32 / ENOUGH).min(1.0)
        };
        sight.perhaps.iter().map(|&(kind, counts)| of(kind) * f32::from(counts) / 100.0).fold(of(sight.kind), f32::max)
    }

    fn place(&self, sight: &Sight) -> f32 {
        let Some((division, town)) = sight.place else { return 1.0 };
        let factor = |&((d, t), n): &((u16, u16), u32)| {
            let factor = if d == division {
                SAME_PLACE
            } else if t == town {
                1.0
            } else {
                FAR
            };
            (factor - 1.0) * n as f32
        };
        1.0 + self.places.iter().map(factor).sum::<f32>() / self.tickets as f32
    }
}

fn count<K: PartialEq>(list: &mut Vec<(K, u32)>, key: K) {
    match list.iter_mut().find(|(k, _)| *k == key) {
        Some((_, n)) => *n += 1,
        None => list.push((key, 1)),
    }
}

fn uncount<K: PartialEq>(list: &mut Vec<(K, u32)>, key: K) {
    if let Some((_, n)) = list.iter_mut().find(|(k, _)| *k == key) {
        *n -= 1;
    }
    list.retain(|(_, n)| *n > 0);
}
