//! Ring 2: messages in, facts and rows out, on a real database.

use chrono::{DateTime, Utc};
use contracts::{
    envelope::{Inbound, Outbound},
    id::{MessageId, TicketId},
    intake::Channel,
    lifecycle::{Class, Note, Role, State},
    ticket::{AlarmAnswer, By, Classified, Noted, OrderFact, Received, ReturnRuled},
};
use outbox::{Db, Handler, Refusal};

use crate::{
    Classification, Classifier,
    classifier::MODEL,
    config::Config,
    heard::{Chosen, Heard},
    learning,
    migration::Migrator,
    register::Choice,
    samples, shadow, store,
    train::samples as labelled,
};

/// 桃树下社区.
const PLACE: &str = "360802001001";
const LAMP: &str = "阳明西路路灯不亮，晚上出行不便";

struct Office {
    db: Db,
    classification: Classification,
    now: DateTime<Utc>,
    heard: u32,
    _dir: tempfile::TempDir,
}

impl Office {
    async fn open(ask_below: f32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open::<Migrator>(&format!("sqlite://{}/c.db", dir.path().display()), "test").await.unwrap();
        let classification = Classification::new(Classifier::sample(), Config { ask_below, words_from: 3 });
        Self { db, classification, now: "2026-03-02T01:00:00Z".parse().unwrap(), heard: 0, _dir: dir }
    }

    async fn hear(&mut self, body: Heard) -> Result<(Vec<Outbound>, i64), Refusal> {
        self.heard += 1;
        let message = Inbound { id: MessageId::of_delivery("test", self.heard.into()), seq: None, now: self.now, body };
        let tx = self.db.write().await.unwrap();
        let mut desk = self.classification.load(&tx, std::slice::from_ref(&message)).await.unwrap();
        let said = self.classification.decide(&mut desk, &message)?;
        self.classification.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
        Ok((said.outbound, said.answer))
    }

    /// A report with this number comes in.
    async fn received(&mut self, n: u32, text: &str, class: Option<Class>, place: Option<&str>) -> Classified {
        let received = Received {
            ticket: ticket(n),
            number: format!("JZ20260302-{n:06}"),
            source: "web".parse().unwrap(),
            channel: Channel::Web,
            text: text.to_owned(),
            division: place.map(|p| p.parse().unwrap()),
            lately: vec![],
            class,
            hold: false,
            at: self.now,
            by: self.by(Role::System),
        };
        let (said, _) = self.hear(Heard::Received(Box::new(received))).await.unwrap();
        serde_json::from_str(&said[0].body).unwrap()
    }

    async fn lamp(&mut self, n: u32) -> Classified {
        self.received(n, LAMP, Some(Class::Coordination), Some(PLACE)).await
    }

    fn by(&self, role: Role) -> By {
        By { role, unit: None, person: None, steps: vec![], state: State::InProgress, clocks: vec![] }
    }

    /// A person says that the ticket is something else.
    async fn reclassified(&mut self, n: u32, role: Role, category: Option<&str>, lead: &str) {
        let noted = Noted {
            category: category.map(str::to_owned),
            lead: Some(lead.parse().unwrap()),
            text: Some("现场核实".into()),
            ..Noted::new(ticket(n), Note::Reclassify, self.now, self.by(role))
        };
        self.noted(noted).await;
    }

    async fn noted(&mut self, noted: Noted) {
        let heard = if learning::teaches(&noted) { Heard::Noted(Box::new(noted)) } else { Heard::Nothing };
        self.hear(heard).await.unwrap();
    }

    /// Somebody raises an alarm, or answers one.
    async fn alarm(&mut self, n: u32, role: Role, answer: Option<AlarmAnswer>) {
        let note = if answer.is_some() { Note::AnswerAlarm } else { Note::Alarm };
        self.now += chrono::TimeDelta::seconds(1);
        self.noted(Noted { alarm: answer, ..Noted::new(ticket(n), note, self.now, self.by(role)) }).await;
    }

    /// What was reclassified is looked through for words.
    async fn words(&self) {
        learning::words::propose(&self.db, self.classification.deciding(), 3, 0).await.unwrap();
    }

    async fn ruled(&mut self, n: u32, to: &str) {
        let (ticket, at) = (ticket(n), self.now);
        let order = contracts::id::OrderId::derive(ticket, 1);
        let of = OrderFact { ticket, order, unit: "CENTRE".parse().unwrap(), at, by: self.by(Role::Checker) };
        let to = Some(to.parse().unwrap());
        let ruled = ReturnRuled { of, granted: true, to, lost_ms: 0, reason: "裁定".into() };
        self.hear(Heard::Ruled(Box::new(ruled))).await.unwrap();
    }

    /// A person decides; the version, or the code of the refusal.
    async fn chooses(&mut self, choice: Choice) -> Result<i64, String> {
        let text = |s: &str| s.to_owned().try_into().unwrap();
        let chosen =
            Chosen { choice, person: text("管-1"), reason: contracts::text::Text::try_from("同意".to_owned()).unwrap() };
        match self.hear(Heard::Person(Box::new(chosen))).await {
            Ok((_, version)) => Ok(version),
            Err(Refusal::Illegal(p)) => Err(p.code),
            Err(early) => panic!("{early:?}"),
        }
    }
}

fn ticket(n: u32) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &n.to_string())
}

#[tokio::test]
async fn what_people_say_becomes_proposals_and_samples_and_what_the_system_does_nothing() {
    let mut office = Office::open(0.0).await;
    for n in 1..=4 {
        assert_eq!(office.lamp(n).await.lead.as_str(), "D02");
    }
    office.ruled(1, "D05").await;
    office.reclassified(2, Role::Dispatcher, None, "D11").await;
    office.reclassified(3, Role::CallTaker, Some("0701"), "D01").await;
    office.reclassified(4, Role::System, Some("0702"), "D02").await;
    let proposed = store::proposed(&office.db).await.unwrap();
    let mut shown: Vec<_> = proposed.iter().map(|p| (p.source.as_str(), p.instead_of.as_str(), p.unit.as_str())).collect();
    shown.sort_unstable();
    assert_eq!(shown, [("reclassified", "D02", "D11"), ("ruled", "D02", "D05")]);

    let exported = samples::export(&office.db).await.unwrap();
    assert_eq!(exported.units_only, 1, "a ruling says the unit only");
    let lines: Vec<String> = exported.reports.iter().map(ToString::to_string).collect();
    let mut read = labelled::read(&lines.join("\n")).unwrap();
    read.sort_by(|a, b| a.category.cmp(&b.category));
    let read: Vec<_> = read.iter().map(|l| (l.category.as_str(), l.lead.as_str(), l.text.as_str())).collect();
    assert_eq!(read, [("0203", "D11", LAMP), ("0701", "D01", LAMP)]);

    // a person's yes puts it in force, for this place and no other; undo takes it back
    let id = proposed.iter().find(|p| p.unit == "D11").unwrap().id.clone();
    assert_eq!(office.chooses(Choice::Accept { id: id.clone(), everywhere: false }).await, Ok(1));
    assert_eq!(office.chooses(Choice::Refuse { id }).await, Err("decided".into()));
    let next = office.lamp(5).await;
    assert_eq!((next.lead.as_str(), next.rules_version.ends_with("派单目录 1")), ("D11", true), "{next:?}");
    let elsewhere = office.received(6, LAMP, Some(Class::Coordination), Some("360802001002")).await;
    assert_eq!(elsewhere.lead.as_str(), "D02");
    assert_eq!(office.chooses(Choice::Undo).await, Ok(2));
    assert_eq!(office.lamp(7).await.lead.as_str(), "D02");
}

#[tokio::test]
async fn what_people_say_of_danger_is_learned_whatever_else_they_said() {
    let mut office = Office::open(0.0).await;
    for n in 1..=4 {
        office.lamp(n).await;
    }
    office.alarm(1, Role::CallTaker, None).await;
    office.reclassified(2, Role::CallTaker, Some("0701"), "D01").await;
    office.alarm(2, Role::HandlingUnit, Some(AlarmAnswer::Fire)).await;
    office.alarm(3, Role::CallTaker, None).await;
    office.alarm(3, Role::GridWorker, Some(AlarmAnswer::NoDanger)).await;
    office.alarm(4, Role::System, None).await;
    let exported = samples::export(&office.db).await.unwrap();
    let mut said: Vec<_> = exported.reports.iter().map(|r| (r["category"].as_str().unwrap(), r["urgent"] == true)).collect();
    said.sort_unstable();
    assert_eq!(said, [("0203", false), ("0203", true), ("0701", true)]);
}

/// What people said of three tickets is one word; a person's yes puts such tickets right, and an undo takes it back.
#[tokio::test]
async fn a_word_that_reclassified_tickets_share_is_proposed_accepted_and_taken_back() {
    let mut office = Office::open(0.0).await;
    let pole = "文山路智慧灯杆不亮了，麻烦来修一下路灯";
    for n in 1..=100 {
        office.lamp(n).await;
    }
    for (n, text) in (101..).zip(["桥头智慧灯杆不亮，路灯坏了", "校门口路灯不亮，是新装的智慧灯杆", pole])
    {
        assert_eq!(office.received(n, text, None, Some(PLACE)).await.category, "0203");
        office.words().await;
        assert!(store::proposed(&office.db).await.unwrap().is_empty(), "{n}");
        office.reclassified(n, Role::Dispatcher, Some("0404"), "D02").await;
    }
    for _ in 0..2 {
        office.words().await;
    }
    let proposed = store::proposed(&office.db).await.unwrap();
    let [one] = &proposed[..] else { panic!("{proposed:?}") };
    assert_eq!((&*one.word, &*one.instead_of, &*one.category, &*one.source), ("智慧灯杆", "0203", "0404", "words"));
    assert!(one.reason.starts_with("3 件") && one.reason.contains(&one.ticket_id), "{}", one.reason);

    let before = office.received(200, pole, None, Some(PLACE)).await;
    assert_eq!(office.chooses(Choice::Accept { id: one.id.clone(), everywhere: false }).await, Ok(1));
    let after = office.received(201, pole, None, Some(PLACE)).await;
    assert_eq!((before.category.as_str(), after.category.as_str()), ("0203", "0404"));
    assert_ne!(before.lead, after.lead, "who acts follows from what it is");
    let why = "派单目录第 1 版：写到“智慧灯杆”的归入“通信与线缆”，不归“路灯照明”。";
    assert!(after.reasons.iter().any(|r| r == why) && after.confidence >= Some(0.8), "{after:?}");
    assert_eq!(office.lamp(202).await.category, "0203", "without the word nothing changes");
    office.words().await;
    assert!(store::proposed(&office.db).await.unwrap().is_empty(), "what was decided is not asked again");
    assert_eq!(office.chooses(Choice::Undo).await, Ok(2));
    assert_eq!(office.received(203, pole, None, Some(PLACE)).await.category, "0203");
}

#[tokio::test]
async fn a_model_is_tried_on_past_tickets_accepted_by_a_person_and_taken_back() {
    let mut office = Office::open(0.0).await;
    let shipped = office.lamp(1).await.rules_version;
    office.reclassified(1, Role::Dispatcher, None, "D02").await;
    // the same weights under another name
    let at = MODEL.windows(8).position(|w| w == b"\"data\":\"").unwrap() + 8;
    let mut other = MODEL.to_vec();
    other[at..at + 4].copy_from_slice(b"beef");
    let broken = shadow::try_model(&office.db, b"no model".to_vec(), 100, 0).await;
    assert!(matches!(broken, Err(shadow::ShadowError::Model(_))), "{broken:?}");
    assert_eq!(office.chooses(Choice::Model { id: "beef".into() }).await, Err("unknown_model".into()));

    let (id, report) = shadow::try_model(&office.db, other, 100, 0).await.unwrap();
    assert_eq!((report.tickets, report.category, report.labelled), (1, 0, 1));
    assert_eq!((report.right_before, report.right_after), (1, 1));
    assert_eq!(office.lamp(2).await.rules_version, shipped, "a trial decides nothing");
    assert_eq!(office.chooses(Choice::Model { id: id.clone() }).await, Ok(1));
    assert_eq!(office.chooses(Choice::Model { id }).await, Err("in_force".into()));
    let taken = office.lamp(3).await.rules_version;
    assert!(taken.contains("model-beef") && taken.ends_with("派单目录 1"), "{taken}");
    assert_eq!(office.chooses(Choice::Undo).await, Ok(2));
    let back = office.lamp(4).await.rules_version;
    assert_eq!(back.split(" · ").next(), shipped.split(" · ").next());
}

#[tokio::test]
async fn who_is_not_sure_asks_and_danger_never_waits() {
    let mut office = Office::open(1.0).await;
    let unsure = office.lamp(1).await;
    assert!(unsure.hold && unsure.choices.len() <= 3, "{unsure:?}");
    let danger = office.received(2, "有人落水了，在河里扑腾，快来人救命", None, None).await;
    assert!(danger.urgent && !danger.hold, "{danger:?}");
    let hard = office.received(3, LAMP, Some(Class::KeyDifficult), Some(PLACE)).await;
    assert!(!hard.hold, "the convener sees it: {hard:?}");
    let mut office = Office::open(0.0).await;
    assert!(!office.lamp(1).await.hold);
    // 北门社区 there is in two streets: the grid is asked for, not guessed
    let open = office.received(2, "北门社区楼道里堆了几个纸箱，请网格员劝一下", Some(Class::Simple), None).await;
    assert!(open.hold && open.division.is_none(), "{open:?}");
    let known = office.received(3, "北门社区楼道里堆了几个纸箱，请网格员劝一下", Some(Class::Simple), Some("360802005005")).await;
    assert!(!known.hold, "{known:?}");
}
