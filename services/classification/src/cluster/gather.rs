//! Decides what belongs together, a little at a time and beside the way, and says what others should know of it.
//!
//! The rows are the truth; what is in memory follows them. A replica first follows what others decided, then decides on
//! what is new; the mark in the database lets one decide at a time. So after a start, too: it follows all rows.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use contracts::{
    cluster::{Grown, Heated, Member, Proposed, Similar, Topic},
    envelope::Outbound,
    id::{ClusterId, MessageId, TicketId},
    ticket::Likely,
};
use outbox::{Fault, Tx};
use sea_orm::DbErr;

use super::{
    config::Config,
    entity::{cluster, matter, member},
    groups::Groups,
    handlers::say,
    sight::{Eye, Sight},
    store,
};

/// Tickets that are decided on at a time, in one transaction: on SQLite a ticket's way waits for its end.
const AT_A_TIME: u64 = 48;
/// Rows that are followed at a time.
const FOLLOWED: u64 = 2000;
/// After a ticket joined, intake gets so long to say that it repeats another one, ms.
const SETTLES_MS: i64 = 5000;
/// Tickets that one fact tells; what is beyond is told by the next.
const TOLD_AT_ONCE: usize = 500;
/// Clusters that are told at a time.
const TOLD: u64 = 20;
/// Similar tickets that intake is asked about.
const MOST_SIMILAR: usize = 8;
/// Characters of the first report that a cluster is known by.
const TITLE: usize = 80;

/// What is in memory, and the row up to which it was read.
#[derive(Debug)]
pub struct Gathering {
    config: Config,
    memory: Mutex<Memory>,
}

#[derive(Debug)]
struct Memory {
    groups: Groups,
    place: i64,
}

/// How it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// Rows wait that were decided on and are to be followed: at once.
    Follow,
    /// Tickets wait.
    Wait,
    /// Nothing waits.
    No,
}

/// What one turn changes.
#[derive(Default)]
struct Turn {
    members: BTreeMap<String, member::Model>,
    touched: BTreeSet<ClusterId>,
    said: Vec<Outbound>,
}

impl Gathering {
    pub(super) fn new(config: Config, eye: Eye) -> Self {
        Self { config, memory: Mutex::new(Memory { groups: Groups::new(eye), place: 0 }) }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The open tickets that are like this one, the most alike first, and in which cluster each is.
    pub(super) fn similar(&self, see: impl FnOnce(&Eye) -> Sight, most: usize) -> Vec<(TicketId, f32, Option<ClusterId>)> {
        let groups = &mut self.memory().groups;
        let sight = see(groups.eye());
        let near = groups.near(&sight);
        let found = groups.similar(&sight, &near, most);
        found.into_iter().map(|(t, fit)| (t, fit, groups.group_of(t).map(|g| g.cluster))).collect()
    }

    /// The row up to which memory follows.
    pub(super) fn place(&self) -> i64 {
        self.memory().place
    }

    /// Tickets in memory.
    pub(super) fn tickets(&self) -> usize {
        self.memory().groups.index.len()
    }

    /// Forgets what is done with and was received before this.
    pub fn forget(&self, before_ms: i64) {
        self.memory().groups.forget(before_ms, self.config.most_tickets);
    }

    /// What was decided in a turn was not saved: the rows are read anew.
    pub fn lost(&self) {
        let memory = &mut *self.memory();
        memory.groups.clear();
        memory.place = 0;
    }

    /// One turn: follows, decides, tells.
    ///
    /// # Errors
    /// The database's; then [`Gathering::lost`] must be called.
    pub async fn turn(&self, tx: &Tx, now: DateTime<Utc>) -> Result<(Vec<Outbound>, More), Fault> {
        let done = store::gathered(tx).await?;
        let place = self.memory().place;
        if place < done {
            self.follow(tx, place, done).await?;
            return Ok((Vec::new(), More::Follow));
        }
        let rows = store::changed(tx, done, i64::MAX, AT_A_TIME).await?;
        let mut turn = Turn::default();
        if let Some(last) = rows.last().map(|r| r.place) {
            for row in &rows {
                self.arrive(row, last, now, &mut turn)?;
                // others have their turn between two tickets
                tokio::task::yield_now().await;
            }
            store::gathered_further(tx, last - done).await?;
            self.memory().place = last;
        }
        let clusters = self.touched(tx, &turn.touched, now).await?;
        let members: Vec<member::Model> = turn.members.into_values().collect();
        store::decided(tx, &members, &clusters).await?;
        let mut said = turn.said;
        said.extend(self.tell(tx, now).await?);
        let more = if rows.len() as u64 == AT_A_TIME { More::Wait } else { More::No };
        Ok((said, more))
    }

    /// Takes in rows that were decided on, by this or another replica.
    async fn follow(&self, tx: &Tx, place: i64, done: i64) -> Result<(), Fault> {
        let rows = store::changed(tx, place, done, FOLLOWED).await?;
        let up_to = if (rows.len() as u64) < FOLLOWED { done } else { rows.last().map_or(done, |r| r.place) };
        let tickets: Vec<String> = rows.iter().map(|r| r.ticket_id.clone()).collect();
        let mut members = store::members(tx, &tickets).await?;
        // what moved since into or out of a cluster; at a start all rows say so themselves
        members.extend(if place > 0 { store::moved(tx, place, up_to).await? } else { Vec::new() });
        let clusters: Vec<String> = members.iter().map(|m| m.cluster_id.clone()).collect::<HashSet<_>>().into_iter().collect();
        let told = store::clusters(tx, &clusters).await?;
        for row in rows.iter().filter(|r| !r.number.is_empty()) {
            let ticket = id(&row.ticket_id)?;
            let groups = &mut self.memory().groups;
            let sight = see(groups.eye(), row);
            groups.place(ticket, Some((row.received_ms, sight)), None);
            groups.stands(ticket, row.ended == 0);
        }
        let memory = &mut *self.memory();
        for m in &members {
            memory.groups.place(id(&m.ticket_id)?, None, Some(cluster_id(&m.cluster_id)?));
        }
        for c in told.iter().filter(|c| c.proposed == 1) {
            memory.groups.tell(cluster_id(&c.cluster_id)?);
        }
        memory.place = up_to;
        Ok(())
    }

    /// A ticket that is new, that ended, or that was reopened.
    fn arrive(&self, row: &matter::Model, place: i64, now: DateTime<Utc>, turn: &mut Turn) -> Result<(), Fault> {
        // ended before its classification was heard
        if row.number.is_empty() {
            return Ok(());
        }
        let ticket = id(&row.ticket_id)?;
        let groups = &mut self.memory().groups;
        if groups.index.slot(ticket).is_none() {
            let sight = see(groups.eye(), row);
            let near = groups.near(&sight);
            let similar: Vec<TicketId> = groups.similar(&sight, &near, MOST_SIMILAR).into_iter().map(|(t, _)| t).collect();
            for (joined, cluster) in groups.arrive(ticket, row.received_ms, sight, &near) {
                let received_ms = groups.index.slot(joined).map_or(0, |s| groups.index.at(s).received_ms);
                let ticket_id = joined.to_string();
                let member =
                    member::Model { ticket_id: ticket_id.clone(), cluster_id: cluster.to_string(), place, received_ms, told: 0 };
                turn.members.insert(ticket_id, member);
                turn.touched.insert(cluster);
            }
            if !similar.is_empty() && row.ended == 0 {
                let fact = Similar { ticket, others: similar, at: now };
                turn.said.push(say(MessageId::derive(ticket.0, "similar"), fact, now));
            }
        }
        groups.stands(ticket, row.ended == 0);
        Ok(())
    }

    /// The rows of clusters that tickets joined: it is looked soon whether there is something to tell.
    async fn touched(&self, tx: &Tx, touched: &BTreeSet<ClusterId>, now: DateTime<Utc>) -> Result<Vec<cluster::Model>, Fault> {
        let ids: Vec<String> = touched.iter().map(ToString::to_string).collect();
        let mut rows: BTreeMap<String, cluster::Model> =
            store::clusters(tx, &ids).await?.into_iter().map(|c| (c.cluster_id.clone(), c)).collect();
        let tell = now.timestamp_millis() + SETTLES_MS;
        for cluster_id in ids {
            let fresh = || cluster::Model { cluster_id: cluster_id.clone(), proposed: 0, heated_ms: None, tell_ms: None };
            let row = rows.entry(cluster_id.clone()).or_insert_with(fresh);
            row.tell_ms = Some(row.tell_ms.map_or(tell, |t| t.min(tell)));
        }
        Ok(rows.into_values().collect())
    }

    /// Tells of clusters of which it is time.
    async fn tell(&self, tx: &Tx, now: DateTime<Utc>) -> Result<Vec<Outbound>, Fault> {
        let mut due = store::due(tx, now.timestamp_millis(), TOLD).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = due.iter().map(|c| c.cluster_id.clone()).collect();
        let members = store::tickets_of(tx, &ids).await?;
        let tickets: Vec<String> = members.iter().map(|m| m.ticket_id.clone()).collect();
        let repeats: HashSet<String> = store::repeats(tx, &tickets).await?.into_iter().map(|r| r.ticket_id).collect();
        let mut said = Vec::new();
        let mut changed = Vec::new();
        for row in &mut due {
            row.tell_ms = None;
            let own: Vec<&member::Model> = members.iter().filter(|m| m.cluster_id == row.cluster_id).collect();
            let people: Vec<&member::Model> = own.iter().copied().filter(|m| !repeats.contains(&m.ticket_id)).collect();
            if row.proposed == 0 && people.len() < self.config.many {
                continue;
            }
            let mut untold: Vec<&member::Model> = own.iter().copied().filter(|m| m.told == 0).collect();
            let told = own.len() - untold.len();
            if untold.len() > TOLD_AT_ONCE {
                untold.truncate(TOLD_AT_ONCE);
                row.tell_ms = Some(now.timestamp_millis());
            }
            let Some(topic) = topic(tx, row, (&own, &people, &untold), now).await? else { continue };
            let cluster = topic.cluster;
            if row.proposed == 0 {
                said.push(say(MessageId::derive(cluster.0, "proposed"), Proposed { topic: topic.clone() }, now));
            } else if !untold.is_empty() {
                let key = format!("grown {} {told}", own.len());
                said.push(say(MessageId::derive(cluster.0, &key), Grown { topic: topic.clone() }, now));
            }
            row.proposed = 1;
            self.memory().groups.tell(cluster);
            said.extend(self.heat(row, &people, topic, now));
            changed.extend(untold.into_iter().map(|m| member::Model { told: 1, ..m.clone() }));
        }
        store::decided(tx, &changed, &due).await?;
        Ok(said)
    }

    /// It grows fast: told once in the time in which it is counted.
    fn heat(&self, row: &mut cluster::Model, people: &[&member::Model], topic: Topic, now: DateTime<Utc>) -> Option<Outbound> {
        let now_ms = now.timestamp_millis();
        let since = now_ms - i64::from(self.config.hot_hours) * 3_600_000;
        let recent = people.iter().filter(|m| m.received_ms >= since).count();
        if recent < self.config.hot || row.heated_ms.is_some_and(|t| t > since) {
            return None;
        }
        row.heated_ms = Some(now_ms);
        let key = format!("heated {}", topic.tickets);
        let id = MessageId::derive(topic.cluster.0, &key);
        let topic = Topic { members: Vec::new(), ..topic };
        Some(say(id, Heated { topic, recent: u32::try_from(recent).unwrap_or(u32::MAX), hours: self.config.hot_hours }, now))
    }
}

/// What a cluster is about; none if no ticket of it is left.
async fn topic(
    tx: &Tx,
    row: &cluster::Model,
    (own, people, untold): (&[&member::Model], &[&member::Model], &[&member::Model]),
    now: DateTime<Utc>,
) -> Result<Option<Topic>, Fault> {
    let wanted: HashSet<String> = own.first().into_iter().chain(untold).map(|m| m.ticket_id.clone()).collect();
    let matters = store::matters(&**tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
    let find = |ticket: &str| matters.iter().find(|m| m.ticket_id == ticket);
    let members = untold.iter().filter_map(|m| {
        let matter = find(&m.ticket_id)?;
        let received_at = DateTime::from_timestamp_millis(matter.received_ms)?;
        Some(Member { ticket: matter.ticket_id.parse().ok()?, number: matter.number.clone(), received_at })
    });
    let members: Vec<Member> = members.collect();
    // the first may be so old that only its cluster is left
    let Some(first) = own.first().and_then(|m| find(&m.ticket_id)).or(matters.first()) else { return Ok(None) };
    let most = |of: &dyn Fn(&matter::Model) -> Option<String>| {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        matters.iter().filter_map(of).for_each(|v| *counted.entry(v).or_default() += 1);
        counted.into_iter().max_by_key(|(_, n)| *n).map(|(v, _)| v)
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(Some(Topic {
        cluster: cluster_id(&row.cluster_id)?,
        first: id(&first.ticket_id)?,
        category: most(&|m| Some(m.category.clone())).unwrap_or_default(),
        division: most(&|m| m.division.clone()).and_then(|d| d.parse().ok()),
        text: first.text.chars().take(TITLE).collect(),
        tickets: number(own.len()),
        people: number(people.len()),
        members,
        at: now,
    }))
}

/// How categories that a ticket may be of are stored.
pub(super) fn written(perhaps: &[Likely]) -> String {
    perhaps.iter().map(|l| format!("{}:{}", l.category, l.percent)).collect::<Vec<_>>().join(" ")
}

fn see(eye: &Eye, row: &matter::Model) -> Sight {
    let likely = |word: &str| {
        let (category, percent) = word.split_once(':')?;
        Some(Likely { category: category.to_owned(), percent: percent.parse().ok()? })
    };
    let perhaps: Vec<Likely> = row.also.split(' ').filter_map(likely).collect();
    let division = row.division.as_deref().and_then(|d| d.parse().ok());
    eye.see(&row.text, &row.category, &perhaps, division.as_ref())
}

fn id(stored: &str) -> Result<TicketId, Fault> {
    stored.parse().map_err(|_| gone("ticket_id"))
}

fn cluster_id(stored: &str) -> Result<ClusterId, Fault> {
    stored.parse().map_err(|_| gone("cluster_id"))
}

/// A stored value that no version of this service wrote.
fn gone(what: &str) -> Fault {
    Fault::Db(DbErr::Custom(format!("{what} can't be read")))
}
