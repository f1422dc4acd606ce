//! 值班表: who is there to be told. Pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contracts::{
    duty::{Duty, Receiver, Told},
    id::UnitId,
};

/// Who holds which post of which unit.
#[derive(Debug, Default)]
pub struct Roster {
    posts: HashMap<(UnitId, Receiver), Vec<Duty>>,
}

impl Roster {
    /// With these lines.
    pub fn new(duty: &[Duty]) -> Self {
        let mut posts: HashMap<_, Vec<Duty>> = HashMap::new();
        for line in duty {
            posts.entry((line.unit.clone(), line.receiver)).or_default().push(line.clone());
        }
        Self { posts }
    }

    /// Who is told at `now`: of these posts, the lowest first, the first that has somebody. A post that the roster does
    /// not keep is told as such: its unit sees to it. So is the lowest one if nobody is there on any. None without posts.
    pub fn told(&self, posts: &[(Receiver, UnitId)], now: DateTime<Utc>) -> Option<Told> {
        let unit_itself = |(receiver, unit): &(Receiver, UnitId)| Told {
            receiver: *receiver,
            unit: unit.clone(),
            staff: None,
            substitute: false,
        };
        for post in posts {
            let Some(lines) = self.posts.get(&(post.1.clone(), post.0)) else { return Some(unit_itself(post)) };
            if let Some((staff, substitute)) = self.present(lines, now) {
                return Some(Told { staff: Some(staff.to_owned()), substitute, ..unit_itself(post) });
            }
        }
        posts.first().map(unit_itself)
    }

    /// The first who is there; else the first substitute who is.
    fn present<'a>(&self, lines: &'a [Duty], now: DateTime<Utc>) -> Option<(&'a str, bool)> {
        let own = lines.iter().find(|line| !absent(line, now)).map(|line| (line.staff.as_str(), false));
        own.or_else(|| {
            let substitutes = lines.iter().filter_map(|line| line.substitute.as_deref());
            substitutes.into_iter().find(|staff| !self.away(staff, now)).map(|staff| (staff, true))
        })
    }

    /// Whether somebody who stands in is absent by a line of their own.
    fn away(&self, staff: &str, now: DateTime<Utc>) -> bool {
        self.posts.values().flatten().any(|line| line.staff == staff && absent(line, now))
    }
}

fn absent(line: &Duty, now: DateTime<Utc>) -> bool {
    line.absent.iter().any(|time| time.from <= now && now < time.until)
}
