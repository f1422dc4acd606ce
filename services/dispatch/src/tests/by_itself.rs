//! What nobody asks for: deadlines by a new calendar, periodic work, simple matters that rise, desks that are urged.

use bus::Clock;
use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockAt,
    family::Family,
    id::OrderId,
    lifecycle::Class,
    rules::RulesFact,
    supervision::{Opened, SupervisionFact, TaskId},
};
use outbox::{Engine, Refusal, Relay, entity::outbox as said};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Office, order_in, solved, subjects, ticket};
use crate::{
    Dispatch, by_itself,
    calendar::NewDays,
    entity::{task, ticket as tickets},
    heard::Heard,
    supervision,
};

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// The law's days of 2027, with two days of rest more in February.
fn year_2027() -> String {
    let law =
        ["01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"];
    let rows = law.map(|day| format!("2027-{day},holiday,yes,arranged\n")).concat();
    format!("date,kind,statutory,basis\n{rows}2027-02-09,holiday,no,arranged\n2027-02-10,holiday,no,arranged\n")
}

/// A replica of the service on the office's database.
fn replica(office: &Office) -> Engine<Dispatch> {
    let clock = Clock::system();
    clock.set(office.now);
    Engine::new(Dispatch::default(), office.db.clone(), clock, Relay::silent())
}

/// What replicas said on a subject.
async fn told(office: &Office, subject: &str) -> Vec<Value> {
    let rows = said::Entity::find().all(office.db.read()).await.unwrap();
    let messages = rows.iter().flat_map(|row| row.read().unwrap());
    messages.filter(|m| m.subject == subject).map(|m| serde_json::from_str(&m.body).unwrap()).collect()
}

async fn load(office: &mut Office, days: &str, from: &str) -> Result<Vec<(String, Value)>, String> {
    let text = |t: &str| t.to_owned();
    let new = NewDays {
        days: days.to_owned(),
        source: text("国办发明电〔2026〕9号").try_into().unwrap(),
        from: from.to_owned(),
        person: text("管-1").try_into().unwrap(),
        reason: text("2027年安排已公布").try_into().unwrap(),
    };
    match office.try_hear(Heard::Days(Box::new(new))).await {
        Ok(said) => Ok(said),
        Err(Refusal::Illegal(problem)) => Err(problem.code),
        Err(early) => panic!("{early:?}"),
    }
}

#[tokio::test]
async fn a_provisional_deadline_is_computed_anew_once_when_its_year_is_loaded_and_no_other_is_touched() {
    let mut office = Office::open().await;
    office.now = at("2026-03-02T09:00:00+08:00");
    let pinned = super::TicketId::derive(&"web".parse().unwrap(), "pinned");
    let before = office.classified_too(pinned, Class::Coordination, "D02").await;
    assert_eq!(before[0].1["provisional"], false);
    office.now = at("2027-02-03T10:00:00+08:00");
    let said = office.classified(Class::Coordination, "D02").await;
    assert_eq!((&said[0].1["provisional"], &said[0].1["due"]), (&json!(true), &json!("2027-02-12T15:59:59Z")));

    let shipped = sla::Calendar::builtin().version();
    assert_eq!(load(&mut office, "date,kind,statutory,basis\n", shipped).await.unwrap_err(), "bad_calendar");
    assert_eq!(load(&mut office, &year_2027(), "cn-1999").await.unwrap_err(), "stale");
    let said = load(&mut office, &year_2027(), shipped).await.unwrap();
    let RulesFact::Changed(fact) = RulesFact::decode("changed", said[0].1.to_string().as_bytes()).unwrap();
    assert_eq!((fact.version, fact.person.as_str()), (1, "管-1"));
    let known = sla::Rules::read(&fact).unwrap();
    assert_eq!(known.calendar.version(), fact.calendar_version);

    // two replicas, and one of them a second time
    let (one, two) = (replica(&office), replica(&office));
    for engine in [&one, &two, &one] {
        while by_itself::round(engine, &office.db).await.unwrap().is_zero() {}
    }
    let notes = told(&office, "ticket.v1.noted").await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    let note = &notes[0];
    assert_eq!(
        (&note["note"], &note["by"]["role"], &note["by"]["person"]),
        (&json!("recalculate"), &json!("administrator"), &json!("管-1"))
    );
    let turns = note["by"]["clocks"].as_array().unwrap();
    let k5 = turns.iter().find(|t| t["clock"] == "K5").unwrap();
    assert_eq!((&k5["old_due"], &k5["due"]), (&json!("2027-02-12T15:59:59Z"), &json!("2027-02-16T15:59:59Z")));
    assert_eq!(k5["calendar"], json!(fact.calendar_version));
    assert!(note["text"].as_str().unwrap().contains("国办发明电〔2026〕9号"));
    let rows = tickets::Entity::find().all(office.db.read()).await.unwrap();
    assert!(rows.iter().all(|row| row.provisional.is_none()), "nothing waits any more");
    assert_eq!(rows.iter().find(|row| row.ticket_id == pinned.to_string()).unwrap().seq, 3);
}

#[tokio::test]
async fn a_replica_that_dies_between_two_batches_leaves_the_rest_to_another() {
    let mut office = Office::open().await;
    office.now = at("2027-02-03T10:00:00+08:00");
    for n in 0..450 {
        let ticket = super::TicketId::derive(&"web".parse().unwrap(), &format!("year-{n}"));
        office.classified_too(ticket, Class::Coordination, "D02").await;
    }
    load(&mut office, &year_2027(), sla::Calendar::builtin().version()).await.unwrap();
    let dies = replica(&office);
    assert!(by_itself::round(&dies, &office.db).await.unwrap().is_zero(), "there is more");
    drop(dies);
    assert_eq!(told(&office, "ticket.v1.noted").await.len(), 200, "a batch is bounded");
    let other = replica(&office);
    while by_itself::round(&other, &office.db).await.unwrap().is_zero() {}
    let mut tickets: Vec<String> =
        told(&office, "ticket.v1.noted").await.iter().map(|note| note["ticket"].as_str().unwrap().to_owned()).collect();
    tickets.sort_unstable();
    tickets.dedup();
    assert_eq!((tickets.len(), told(&office, "ticket.v1.noted").await.len()), (450, 450), "each once");
}

#[tokio::test]
async fn a_change_of_the_rules_leaves_the_calendar_and_the_districts_own_days_count() {
    let mut office = Office::open().await;
    let shipped = sla::Calendar::builtin().version();
    // 2026-03-05, a Thursday: the district's own festival
    let own = "date,kind,statutory,basis\n2026-03-05,holiday,no,district\n";
    load(&mut office, own, shipped).await.unwrap();
    let said = office.rules_from(1, json!({"limits": {"returns": 1}}), None).await.unwrap();
    assert_ne!(said[0].1["calendar_version"], json!(shipped));
    assert_eq!(office.classified(Class::Coordination, "D02").await[0].1["due"], "2026-03-10T15:59:59Z");
    assert_eq!(load(&mut office, own, said[0].1["calendar_version"].as_str().unwrap()).await.unwrap_err(), "same_calendar");
}

#[tokio::test]
async fn the_rules_in_force_are_told_again_word_for_word() {
    let mut office = Office::open().await;
    let other = replica(&office);
    by_itself::tell_rules(&other).await.unwrap();
    assert_eq!(told(&office, "rules.v1.changed").await.len(), 0, "nobody changed what the program was built with");
    let said = load(&mut office, &year_2027(), sla::Calendar::builtin().version()).await.unwrap();
    by_itself::tell_rules(&other).await.unwrap();
    assert_eq!(told(&office, "rules.v1.changed").await, [said[0].1.clone()]);
}

/// The last period of a kind that was opened, as the key of its task.
fn task_of(key: &str) -> TaskId {
    key.parse().unwrap()
}

fn due(now: &str, newest: &[&str]) -> Vec<String> {
    due_since("2021-01-01T00:00:00+08:00", now, newest)
}

/// The same of a program that was first run at `since`.
fn due_since(since: &str, now: &str, newest: &[&str]) -> Vec<String> {
    let rules = crate::in_force::InForce::default().last_read();
    let newest: Vec<TaskId> = newest.iter().map(|key| task_of(key)).collect();
    supervision::due(&rules, (at(since), at(now)), &newest).iter().map(|opened: &Opened| opened.task.to_string()).collect()
}

#[test]
fn periodic_work_opens_on_the_first_working_day_after_its_period() {
    let known = ["monthly-2026-08", "quarterly-2026-04", "half_yearly-2026-01"];
    // October begins with the national holiday: the first working day is the 8th
    assert_eq!(due("2026-10-07T12:00:00+08:00", &known), Vec::<String>::new());
    assert_eq!(due("2026-10-08T08:59:59+08:00", &known), Vec::<String>::new(), "offices are closed");
    assert_eq!(due("2026-10-08T09:00:00+08:00", &known), ["monthly-2026-09", "quarterly-2026-07"]);
    // after an outage of three months each period has its own
    let missed = ["monthly-2026-09", "monthly-2026-10", "monthly-2026-11", "quarterly-2026-07"];
    assert_eq!(due("2026-12-30T09:00:00+08:00", &known)[..], missed[..]);
    // where nothing was ever opened, what is due since the program is there; it was away for two months
    let since = |since| due_since(since, "2026-11-24T09:00:00+08:00", &[]);
    assert_eq!(since("2026-11-24T09:00:00+08:00"), Vec::<String>::new());
    assert_eq!(since("2026-11-02T09:00:00.001+08:00"), Vec::<String>::new());
    assert_eq!(since("2026-11-02T09:00:00+08:00"), ["monthly-2026-10"]);
    assert_eq!(since("2026-09-30T12:00:00+08:00"), ["monthly-2026-09", "monthly-2026-10", "quarterly-2026-07"]);
    assert_eq!(due("2026-11-24T09:00:00+08:00", &[]).len(), 24 + 24 + 12, "an outage is made up for, in bounds");
    for wrong in ["monthly-2026-13", "quarterly-2026-02", "half_yearly-2026-1", "daily-2026-01", "monthly"] {
        assert!(wrong.parse::<TaskId>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn periodic_work_opens_once_with_several_replicas_and_is_closed_once_with_minutes() {
    let mut office = Office::open().await;
    // a new installation is late with nothing
    office.now = at("2026-09-30T12:00:00+08:00");
    by_itself::round(&replica(&office), &office.db).await.unwrap();
    assert_eq!(told(&office, "supervision.v1.opened").await.len(), 0);
    office.now = at("2026-11-02T09:00:00+08:00");
    let (one, two) = (replica(&office), replica(&office));
    for engine in [&one, &two, &one] {
        by_itself::round(engine, &office.db).await.unwrap();
    }
    let opened = told(&office, "supervision.v1.opened").await;
    assert_eq!(opened.len(), 3, "{opened:?}");
    let october = opened.iter().find(|o| o["task"] == "monthly-2026-10").unwrap();
    assert_eq!((&october["from"], &october["to"]), (&json!("2026-09-30T16:00:00Z"), &json!("2026-10-31T16:00:00Z")));
    assert_eq!(october["due"], "2026-11-09T15:59:59Z");

    let minutes = || serde_json::from_value(json!({"person": "C-1", "minutes": "通报三家，电话13800001022"})).unwrap();
    let said = office.hear(Heard::Close(task_of("monthly-2026-10"), Box::new(minutes()))).await;
    let SupervisionFact::Closed(closed) = SupervisionFact::decode("closed", said[0].1.to_string().as_bytes()).unwrap() else {
        panic!("{said:?}")
    };
    assert!(closed.person == "C-1" && !closed.minutes.contains("13800001022"), "{closed:?}");
    for (task, code) in [("monthly-2026-10", "task_closed"), ("monthly-2026-08", "unknown_task")] {
        let refused = office.try_hear(Heard::Close(task_of(task), Box::new(minutes()))).await.unwrap_err();
        assert!(matches!(&refused, Refusal::Illegal(p) if p.code == code), "{refused:?}");
    }
    let rows = task::Entity::find().all(office.db.read()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.closed_ms.is_some()).count(), 1);
}

impl Office {
    async fn overdue(&mut self, order: OrderId, due: &str) -> Vec<(String, Value)> {
        let (unit, due) = ("D02".parse().unwrap(), at(due));
        let clock = ClockAt { ticket: ticket(), order, unit, round: 1, due, at: due, late_ms: 0 };
        self.hear(Heard::Overdue(Box::new(clock))).await
    }
}

#[tokio::test]
async fn a_simple_matter_that_is_not_solved_in_time_rises_and_others_are_urged() {
    let mut office = Office::open().await;
    let said = office.classified(Class::Simple, "GRID-360802001001").await;
    let order = order_in(&said, "queue.v1.GRID-360802001001.order");
    office.now = at("2026-03-02T11:00:00.001+08:00");
    assert!(office.overdue(order, "2026-03-02T02:59:59Z").await.is_empty(), "another deadline");
    let said = office.overdue(order, "2026-03-02T03:00:00Z").await;
    let note = &said[0].1;
    assert_eq!((&note["note"], &note["class"]), (&json!("reclassify"), &json!("coordination")), "{said:?}");
    let k5 = &note["by"]["clocks"][0];
    assert_eq!(
        (&k5["change"], &k5["old_due"], &k5["due"]),
        (&json!("recounted"), &json!("2026-03-02T03:00:00Z"), &json!("2026-03-09T15:59:59Z"))
    );
    assert!(subjects(&said).iter().any(|s| s.ends_with(".copy")), "{said:?}");
    assert!(office.overdue(order, "2026-03-02T03:00:00Z").await.is_empty(), "once");
    let said = office.overdue(order, "2026-03-09T15:59:59Z").await;
    assert_eq!(subjects(&said), ["ticket.v1.noted", "queue.v1.GRID-360802001001.notice"]);
    assert_eq!(said[0].1["note"], "urge");
}

#[tokio::test]
async fn a_desk_whose_clock_runs_out_is_urged() {
    let mut office = Office::open().await;
    let urges = |said: &[(String, Value)], queue: &str| {
        assert_eq!(subjects(said), ["ticket.v1.noted", queue], "{said:?}");
        assert_eq!((&said[0].1["note"], &said[0].1["by"]["role"]), (&json!("urge"), &json!("system")));
    };
    office.held(Class::Coordination, "D02").await;
    office.now = at("2026-03-02T11:00:01+08:00");
    urges(&office.expires("K1").await, "queue.v1.CENTRE.notice");
    office.does_whole("CENTRE", "话-1", json!({"do": "accept"})).await;
    office.now = at("2026-03-03T11:00:02+08:00");
    office.expires("K3").await;
    urges(&office.expires("K4").await, "queue.v1.D02.notice");
    assert!(office.expires("K6").await.is_empty(), "a right lapses");
    office.does_whole("D02", "7", solved()).await;
    office.now = at("2026-03-05T09:00:00+08:00");
    urges(&office.expires("K9").await, "queue.v1.CENTRE.notice");
    office.does_whole("CENTRE", "审-1", json!({"do": "check", "pass": true})).await;
    assert!(office.expires("K9").await.is_empty(), "it stands still");
    office.now = at("2026-03-11T09:00:00+08:00");
    urges(&office.expires("K7").await, "queue.v1.CENTRE.notice");
}
