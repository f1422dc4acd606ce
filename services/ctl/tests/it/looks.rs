//! `provision` and `doctor` on a real broker and real databases.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use bus::{Clock, topology::TAPS};
use contracts::{district::District, subject::STREAM_SUBJECTS};
use outbox::Db;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use crate::{Broker, Desk};

/// A port that nothing listens on.
const NOWHERE: &str = "nats://127.0.0.1:1";

fn declared() -> usize {
    STREAM_SUBJECTS.len() + TAPS.len() + District::sample().units().len()
}

#[test]
fn without_a_broker_every_command_that_needs_one_says_so() {
    let desk = Desk::new();
    desk.write("reports.jsonl", "");
    for command in ["provision", "submit reports.jsonl", "watch"] {
        let ran = desk.run(&command.split_whitespace().chain(["--nats", NOWHERE]).collect::<Vec<_>>());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{command}");
        let told = "nats-server at nats://127.0.0.1:1 can't be reached";
        assert!(ran.err.contains(told) && ran.err.lines().count() == 1, "{command}: {}", ran.err);
    }
    desk.configure(NOWHERE, "", &[]);
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.starts_with("[fail] nats-server — nats://127.0.0.1:1 连接不上"), "{}", ran.out);
}

#[test]
fn a_server_without_jetstream_is_refused_with_one_sentence() {
    let broker = Broker::without_jetstream();
    let desk = Desk::new();
    let ran = desk.run(&["provision", "--nats", &broker.url]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("has no JetStream; start it with `-js`") && ran.err.lines().count() == 1, "{}", ran.err);
    desk.configure(&broker.url, &broker.monitor, &[]);
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("没有启用 JetStream"), "{}", ran.out);
}

#[test]
fn provisioning_again_finds_everything_as_declared() {
    let (broker, desk, n) = (Broker::start(), Desk::new(), declared());
    let run = |args: &[&str]| desk.run(&[&["provision", "--nats", &broker.url], args].concat());
    let ran = run(&["--check"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.ends_with(&format!("0 as declared, {n} to be made\n")), "{}", ran.out);
    let ran = run(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("made: stream INTAKE\n") && ran.out.contains("made: consumer unit-CENTRE on QUEUES\n"));
    assert!(ran.out.ends_with(&format!("0 as declared, {n} made\n")), "{}", ran.out);
    for again in [&[][..], &["--check"]] {
        let ran = run(again);
        assert_eq!(ran.code, Some(0));
        assert!(ran.out.starts_with(&format!("{n} as declared, 0 ")) && ran.out.lines().count() == 1, "{}", ran.out);
    }
}

#[test]
fn doctor_finds_what_a_fresh_broker_lacks_and_is_content_once_it_has_it() {
    let (broker, desk, n) = (Broker::start(), Desk::new(), declared());
    desk.configure(&broker.url, &broker.monitor, &["intake"]);
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    for told in [
        "[ok] nats-server — ".to_owned(),
        format!("[fail] streams and consumers — 缺 {n} 项：stream INTAKE, "),
        "[warn] nats-server sync policy — 每 120 秒才落盘".to_owned(),
        "[ok] nats-server clock — ".to_owned(),
        "[fail] intake database — 找不到数据库文件".to_owned(),
    ] {
        assert!(ran.out.contains(&told), "{told}: {}", ran.out);
    }
    assert_eq!(ran.out.lines().count(), 5, "one line a finding: {}", ran.out);
    assert!(!desk.path("intake.db").exists(), "looking makes nothing");

    let broker = Broker::always_syncing();
    desk.configure(&broker.url, &broker.monitor, &[]);
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.lines().all(|l| l.starts_with("[ok] ")), "{}", ran.out);
    assert!(ran.out.contains(&format!("[ok] streams and consumers — {n} 项均与声明一致")), "{}", ran.out);
}

#[test]
fn doctor_waits_until_nothing_fails() {
    let (broker, desk) = (Broker::start(), Desk::new());
    desk.configure(&broker.url, "", &[]);
    let mut doctor = desk.command(&["doctor", "--wait", "60"]);
    let mut doctor = doctor.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut notes = BufReader::new(doctor.stderr.take().unwrap()).lines();
    assert!(notes.next().unwrap().unwrap().contains("waiting: 1 fail"));
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    assert_eq!(doctor.wait().unwrap().code(), Some(0));
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration()]
    }
}

/// The databases of intake and dispatch, as far as doctor reads them.
async fn databases(desk: &Desk) -> (Db, Db) {
    let open = async |name: &str, table: &str| {
        let url = format!("sqlite://{}", desk.path(name).display());
        let db = Db::open::<Migrator>(&url, "test").await.unwrap();
        db.read().execute_unprepared(table).await.unwrap();
        db
    };
    let intake = open("intake.db", "CREATE TABLE registration (ticket_id TEXT PRIMARY KEY)").await;
    let dispatch = open("dispatch.db", "CREATE TABLE ticket (ticket_id TEXT PRIMARY KEY, state TEXT)").await;
    let rows = "INSERT INTO registration VALUES ('a'), ('b'), ('c')";
    intake.read().execute_unprepared(rows).await.unwrap();
    let rows = "INSERT INTO ticket VALUES ('a', 'CLOSED'), ('b', 'IN_PROGRESS'), ('c', 'CLOSED')";
    dispatch.read().execute_unprepared(rows).await.unwrap();
    (intake, dispatch)
}

fn outbox_row(id: &str, created_ms: i64) -> String {
    format!("INSERT INTO unsent (msg_id, created_ms, messages) VALUES ('{id}', {created_ms}, 1)")
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_sees_that_no_ticket_is_lost_and_nothing_stays_behind() {
    let (broker, desk) = (Broker::always_syncing(), Desk::new());
    desk.configure(&broker.url, &broker.monitor, &["intake", "dispatch"]);
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    let (intake, dispatch) = databases(&desk).await;
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let sum = "[ok] tickets — 受理 3 = 办理中 1 + 结案 2 / accepted 3 = IN_PROGRESS 1 + CLOSED 2\n";
    assert!(ran.out.contains(sum), "{}", ran.out);
    assert!(ran.out.contains("[ok] intake database — SQLite，WAL，synchronous=FULL，1 次迁移"), "{}", ran.out);

    // on the way while something moves is as it must be
    dispatch.read().execute_unprepared("DELETE FROM ticket WHERE ticket_id = 'a'").await.unwrap();
    let now = Clock::system().now().timestamp_millis();
    intake.read().execute_unprepared(&outbox_row("m", now)).await.unwrap();
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains("[warn] intake outbox — 1 条未发出"), "{}", ran.out);
    assert!(ran.out.contains("accepted 3 = IN_PROGRESS 1 + CLOSED 1 + on the way 1\n"), "{}", ran.out);

    // when nothing moves any more it is lost; and a dead letter has to be looked at
    intake.read().execute_unprepared("DELETE FROM unsent").await.unwrap();
    let letter = "INSERT INTO dead_letter VALUES ('d', 'FACTS', 's', '[]', '{}', 'c', 'r', 1, NULL, 0)";
    dispatch.read().execute_unprepared(letter).await.unwrap();
    let ran = desk.run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("on the way 1: nothing moves, so these are lost"), "{}", ran.out);
    assert!(ran.out.contains("[fail] dispatch dead letters — 1 条"), "{}", ran.out);

    // dispatch knows more than intake; and a row that nobody sends
    intake.read().execute_unprepared("DELETE FROM registration").await.unwrap();
    intake.read().execute_unprepared(&outbox_row("old", now - 61_000)).await.unwrap();
    let ran = desk.run(&["doctor", "--wait", "1"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("dispatch has 2 that intake does not know"), "{}", ran.out);
    assert!(ran.out.contains("[fail] intake outbox — 1 条未发出，最久 6"), "{}", ran.out);
}
