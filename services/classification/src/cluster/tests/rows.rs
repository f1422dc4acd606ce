//! Facts in, rows and facts out, on a real database.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    cluster::{ClusterFact, Repeated},
    district::District,
    envelope::{Inbound, Outbound},
    family::Family,
    id::{MessageId, TicketId},
    lifecycle::Class,
    ticket::{Classified, Nature},
};
use outbox::{Db, Handler};

use super::super::{
    config::Config,
    entity::{member, repeat},
    gather::{Gathering, More},
    handlers::{Heard, Matters},
    sight::Eye,
    store,
};
use crate::{Classifier, migration::Migrator};

struct Office {
    db: Db,
    matters: Matters,
    gathering: Gathering,
    now: DateTime<Utc>,
    heard: u64,
    _dir: tempfile::TempDir,
}

fn gathering() -> Gathering {
    let config = Config { most_tickets: 100_000, many: 3, hot: 5, hot_hours: 24 };
    Gathering::new(config, Eye::read(Classifier::sample().taxonomy(), District::sample()).unwrap())
}

impl Office {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open::<Migrator>(&format!("sqlite://{}/c.db", dir.path().display()), "test").await.unwrap();
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        Self { db, matters: Matters::read().unwrap(), gathering: gathering(), now, heard: 0, _dir: dir }
    }

    async fn hear(&mut self, batch: Vec<Heard>) -> Vec<ClusterFact> {
        let mut messages = Vec::new();
        for body in batch {
            self.heard += 1;
            messages.push(Inbound { id: MessageId::of_delivery("test", self.heard), seq: None, now: self.now, body });
        }
        let tx = self.db.write().await.unwrap();
        let mut desk = self.matters.load(&tx, &messages).await.unwrap();
        let said = messages.iter().flat_map(|m| self.matters.decide(&mut desk, m).unwrap().outbound).collect();
        self.matters.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
        facts(said)
    }

    async fn turn(&mut self) -> (Vec<ClusterFact>, More) {
        let tx = self.db.write().await.unwrap();
        let (said, more) = self.gathering.turn(&tx, self.now).await.unwrap();
        tx.commit().await.unwrap();
        (facts(said), more)
    }

    /// Turns until nothing waits, and until what is due soon is told.
    async fn settle(&mut self) -> Vec<ClusterFact> {
        let mut said = Vec::new();
        for _ in 0..2 {
            loop {
                let (facts, more) = self.turn().await;
                said.extend(facts);
                if more == More::No {
                    break;
                }
            }
            self.now += TimeDelta::seconds(6);
        }
        said
    }

    async fn members(&self) -> Vec<member::Model> {
        use sea_orm::EntityTrait;
        let mut rows = member::Entity::find().all(self.db.read()).await.unwrap();
        rows.sort_by(|a, b| a.ticket_id.cmp(&b.ticket_id));
        rows
    }
}

fn facts(said: Vec<Outbound>) -> Vec<ClusterFact> {
    said.into_iter().map(|o| ClusterFact::decode(o.kind.rsplit('.').next().unwrap(), o.body.as_bytes()).unwrap()).collect()
}

fn id(n: u32) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &format!("{n}"))
}

fn ticket(n: u32, text: &str, at: DateTime<Utc>) -> Heard {
    Heard::Classified(Box::new(Classified {
        ticket: id(n),
        number: format!("JZ20260302-{n:06}"),
        text: text.into(),
        source: "web".parse().unwrap(),
        category: "0401".into(),
        category_name: String::new(),
        also: vec![],
        perhaps: vec![],
        class: Class::Coordination,
        nature: Nature::Service,
        urgent: false,
        lead: "D26".parse().unwrap(),
        others: vec![],
        division: None,
        hold: false,
        confidence: None,
        choices: vec![],
        reasons: vec![],
        rules_version: "t".into(),
        at,
        received_at: at + TimeDelta::seconds(n.into()),
    }))
}

const WATER: [&str; 6] = [
    "翡翠湾家里又没水了，这个月第四次了",
    "住在翡翠湾15楼，停水两天没人管",
    "翡翠湾小区高层没水，请供水公司解决",
    "又停水！翡翠湾的供水什么时候正常",
    "翡翠湾停水不提前说，孩子奶瓶都没法洗",
    "翡翠湾七楼以上全停水",
];

fn kinds(facts: &[ClusterFact]) -> Vec<&'static str> {
    facts.iter().map(Family::kind).collect()
}

#[tokio::test]
async fn a_cluster_is_proposed_once_and_grows_and_its_heat_is_told_once() {
    let mut office = Office::open().await;
    let now = office.now;
    let water = |n: u32| ticket(n, WATER[n as usize % 6], now);
    office.hear(vec![water(1), water(0), ticket(9, "滨江路的路灯坏了三盏", now)]).await;
    assert_eq!(kinds(&office.settle().await), ["similar"], "two are not many");
    office.hear(vec![water(2), water(2)]).await;
    let said = office.settle().await;
    let Some(ClusterFact::Proposed(p)) = said.iter().find(|f| f.kind() == "proposed") else { panic!("{said:?}") };
    assert_eq!((p.topic.tickets, p.topic.people, p.topic.first), (3, 3, id(0)));
    let order: Vec<&str> = p.topic.members.iter().map(|m| m.number.as_str()).collect();
    assert_eq!(order, ["JZ20260302-000000", "JZ20260302-000001", "JZ20260302-000002"], "in the order of arrival");
    office.hear(vec![water(3)]).await;
    assert_eq!(kinds(&office.settle().await), ["similar", "grown"]);
    office.hear(vec![water(4), water(1)]).await;
    let said = office.settle().await;
    assert_eq!(kinds(&said), ["similar", "grown", "heated"]);
    let ClusterFact::Grown(g) = &said[1] else { panic!("{said:?}") };
    assert_eq!((g.topic.tickets, g.topic.members.len()), (5, 1));
    office.hear(vec![water(5)]).await;
    assert_eq!(kinds(&office.settle().await), ["similar", "grown"], "hot already");
    assert!(office.settle().await.is_empty());
}

#[tokio::test]
async fn repeats_of_one_person_are_not_many() {
    let mut office = Office::open().await;
    let now = office.now;
    office.hear((0..2).map(|n| ticket(n, WATER[n as usize], now)).collect()).await;
    office.settle().await;
    let repeated = Repeated { ticket: id(2), number: "2".into(), of: id(1), of_number: "1".into(), at: now };
    office.hear(vec![ticket(2, WATER[2], now)]).await;
    let (said, _) = office.turn().await;
    assert_eq!(kinds(&said), ["similar"], "intake is asked before anything is told");
    office.hear(vec![Heard::Repeated(Box::new(repeated))]).await;
    assert!(office.settle().await.is_empty());
    office.hear(vec![ticket(3, WATER[3], now)]).await;
    let said = office.settle().await;
    let Some(ClusterFact::Proposed(p)) = said.iter().find(|f| f.kind() == "proposed") else { panic!("{said:?}") };
    assert_eq!((p.topic.tickets, p.topic.people), (4, 3));
    let tx = office.db.write().await.unwrap();
    let known = store::repeats(&tx, &[id(2).to_string(), id(3).to_string()]).await.unwrap();
    assert_eq!(known, [repeat::Model { ticket_id: id(2).to_string(), of: id(1).to_string() }]);
}

#[tokio::test]
async fn what_is_done_with_is_not_found_whatever_fact_comes_first() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut office = Office::open().await;
        let facts = [ticket(1, WATER[0], office.now), Heard::Stands(id(1), true, 3), Heard::Stands(id(1), false, 7)];
        for n in order {
            office.hear(vec![facts[n].clone(), facts[n].clone()]).await;
            office.settle().await;
        }
        office.hear(vec![ticket(2, WATER[1], office.now)]).await;
        assert!(!kinds(&office.settle().await).contains(&"similar"), "{order:?}");
        assert_eq!(office.gathering.tickets(), 2, "but it still tells what a cluster is about");
        assert_eq!(office.members().await.len(), 2, "{order:?}");
    }
}

/// 重新办理: closed, then reopened; also after a start, and for a replica that followed while it was closed.
#[tokio::test]
async fn what_is_reopened_is_found_again_whatever_fact_comes_first() {
    for order in [[0, 1, 2], [0, 2, 1]] {
        let mut office = Office::open().await;
        let facts = [ticket(1, WATER[0], office.now), Heard::Stands(id(1), false, 7), Heard::Stands(id(1), true, 8)];
        let mut replica = gathering();
        for n in order {
            office.hear(vec![facts[n].clone()]).await;
            office.settle().await;
            std::mem::swap(&mut replica, &mut office.gathering);
            office.settle().await;
            std::mem::swap(&mut replica, &mut office.gathering);
        }
        let started = gathering();
        for gathering in [replica, started] {
            office.gathering = gathering;
            office.settle().await;
            let found = office.gathering.similar(|eye| eye.see(WATER[1], "0401", &[], None), 10);
            assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [id(1)], "{order:?}");
        }
        office.hear(vec![ticket(2, WATER[1], office.now)]).await;
        assert!(kinds(&office.settle().await).contains(&"similar"), "{order:?}");
    }
}

/// A start, and a second replica, follow the rows: each finds the same, and what one decided the other knows.
#[tokio::test]
async fn memory_follows_the_rows() {
    let mut office = Office::open().await;
    let now = office.now;
    office.hear((0..4).map(|n| ticket(n, WATER[n as usize], now)).collect()).await;
    office.settle().await;
    let see = |g: &Gathering| g.similar(|eye| eye.see("翡翠湾又停水了", "0401", &[], None), 10);
    let before = see(&office.gathering);
    assert_eq!(before.len(), 4);
    let mut other = gathering();
    std::mem::swap(&mut other, &mut office.gathering);
    assert_eq!(office.turn().await.1, More::Follow);
    assert_eq!(see(&office.gathering), before);
    office.hear(vec![ticket(4, WATER[4], now)]).await;
    assert_eq!(kinds(&office.settle().await), ["similar", "grown", "heated"], "the new one goes on where the old one was");
    std::mem::swap(&mut other, &mut office.gathering);
    assert!(office.settle().await.is_empty(), "nothing is told twice");
    assert_eq!(see(&office.gathering), see(&other));
    office.gathering.lost();
    office.settle().await;
    assert_eq!(see(&office.gathering), see(&other));
    let clusters: BTreeSet<String> = office.members().await.into_iter().map(|m| m.cluster_id).collect();
    assert_eq!(clusters.len(), 1);
}

#[tokio::test]
async fn sensitive_words_are_told_at_once_with_their_kind() {
    let mut office = Office::open().await;
    let now = office.now;
    let said = office.hear(vec![ticket(1, "再不发工资我们就去省里集体上访，还要找电视台", now), ticket(2, WATER[0], now)]).await;
    let [ClusterFact::Sensitive(s)] = &said[..] else { panic!("{said:?}") };
    assert_eq!((s.ticket, &s.words[..]), (id(1), &["集体上访".to_owned(), "找电视台".to_owned()][..]));
    assert_eq!(s.kinds, ["群体访", "媒体关注"]);
    assert!(office.hear(vec![ticket(1, "集体上访", now)]).await.is_empty(), "the first word stands");
}

/// A thousand reports of one thing within a minute: no fact grows beyond what can be sent, and all are told.
#[tokio::test]
async fn a_burst_is_told_in_facts_of_bounded_size() {
    let mut office = Office::open().await;
    let now = office.now;
    office.hear((0..700).map(|n| ticket(n, &format!("{}，{}栋", WATER[n as usize % 6], n % 40), now)).collect()).await;
    let mut said = office.settle().await;
    said.extend(office.settle().await);
    let mut members = Vec::new();
    for fact in &said {
        match fact {
            ClusterFact::Proposed(f) => members.push(f.topic.members.len()),
            ClusterFact::Grown(f) => members.push(f.topic.members.len()),
            _ => {}
        }
    }
    assert!(members.iter().all(|n| *n <= 500), "{members:?}");
    assert_eq!(members.iter().sum::<usize>(), office.members().await.len());
    assert!(office.members().await.len() > 650);
}
