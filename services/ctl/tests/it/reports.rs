//! `submit`, `watch` and `dead-letters` with a real intake.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use bus::{Bus, Clock, observe::Sight, publish::Parcel};
use chassis::{Context, Settings};
use contracts::subject;

use crate::{Broker, Desk};

async fn start_intake(broker: &Broker, desk: &Desk) -> Context {
    let database = format!("sqlite://{}", desk.path("intake.db").display());
    let overrides = [("nats.url", broker.url.clone()), ("database.url", database)];
    let settings = Settings::fixed("intake", intake::DEFAULTS, &overrides).unwrap();
    let context = Context::connect("intake", &settings, Clock::system()).await.unwrap();
    intake::start(context.clone(), settings).await.unwrap();
    context
}

fn report(id: &str, text: &str) -> String {
    format!("{{\"id\": \"{id}\", \"text\": \"{text}\", \"channel\": \"phone\", \"l1\": \"01\", \"class\": \"simple\"}}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_go_in_receipts_come_back_and_watch_shows_them() {
    let (broker, desk) = (Broker::start(), Desk::new());
    desk.configure(&broker.url, "", &["intake"]);
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    let context = start_intake(&broker, &desk).await;

    let mut watch = desk.command(&["watch"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut notes = BufReader::new(watch.stderr.take().unwrap()).lines();
    assert!(notes.next().unwrap().unwrap().contains("watching"));

    let lines = [
        report("1", "路灯不亮"),
        report("1", "路灯不亮"),
        "{\n".into(),
        report("1", "井盖丢了"),
        "\n".into(),
        report("2", "漏水"),
    ];
    desk.write("reports.jsonl", lines.concat());
    let ran = desk.run(&["submit", "reports.jsonl"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let mut told: Vec<&str> = ran.out.lines().collect();
    told.sort_unstable();
    let number = |line: &str| line.split_once(": ").unwrap().1.to_owned();
    assert_eq!(told.len(), 4, "{}", ran.out);
    assert_eq!(told[0], "5 lines: 3 accepted, 1 refused, 1 bad, 0 without a receipt");
    assert_eq!(number(told[1]), number(told[2]), "the same report is the same ticket");
    assert!(told[3].starts_with("line 6: JZ") && number(told[3]) != number(told[1]));
    assert!(ran.err.contains("line 3: ") && ran.err.contains("(not_json)"), "{}", ran.err);
    assert!(ran.err.contains("line 4: ") && ran.err.contains("(external_id_reused)"), "{}", ran.err);

    // again, at once: the broker must not take it for the first time's echo
    let ran = desk.run_with_input(&["submit", "-"], &report("2", "漏水"));
    assert_eq!((ran.code, ran.out.lines().next().map(number)), (Some(0), Some(number(told[3]))), "{}", ran.err);

    let seen: Vec<String> = BufReader::new(watch.stdout.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
    for (line, number) in seen.iter().zip([number(told[1]), number(told[3])]) {
        assert!(line.ends_with(&format!("  {number}  受理登记  待受理")), "{line}");
    }
    assert!(Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap().success());
    assert_eq!(watch.wait().unwrap().code(), Some(0), "Ctrl-C is the way to end it");

    context.drain().await;
    let ran = desk.run_with_input(&["submit", "-", "--timeout", "1"], &report("3", "无人受理"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("1 lines: 0 accepted, 0 refused, 0 bad, 1 without a receipt"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_to_streams_that_are_not_there_are_refused_with_what_to_do() {
    let (broker, desk) = (Broker::start(), Desk::new());
    let ran = desk.run_with_input(&["submit", "-", "--nats", &broker.url], &report("1", "路灯不亮"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("run `gridline provision`"), "{}", ran.err);
}

async fn next(sight: &mut Sight) -> String {
    let seen = tokio::time::timeout(Duration::from_secs(20), sight.next()).await.unwrap().unwrap();
    String::from_utf8(seen.body.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_without_their_bodies_and_come_back_when_replayed() {
    let (broker, desk) = (Broker::start(), Desk::new());
    desk.configure(&broker.url, "", &["intake"]);
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    let context = start_intake(&broker, &desk).await;
    let bus = Bus::connect(&broker.url, "test", false).await.unwrap();
    let source = "web".parse().unwrap();
    let mut receipts = bus.observe(&[&subject::receipt(&source)]).await.unwrap();
    let junk =
        Parcel { id: "1".into(), subject: subject::submit(&source), headers: Vec::new(), body: "张三 13800001022".into() };
    bus.publish(subject::INTAKE, &[junk]).await;
    assert!(next(&mut receipts).await.contains("missing_header"));

    let ran = desk.run(&["dead-letters", "list", "--service", "intake"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.out.contains("张三") && !ran.out.contains("13800001022"), "{}", ran.out);
    let row: Vec<&str> = ran.out.lines().nth(1).unwrap().split('\t').collect();
    assert_eq!((&row[1..4], row[5], row.len()), (&["intake", "intake.v1.submit.web", "missing_header"][..], "-", 7));

    let stranger = "00000000-0000-0000-0000-000000000000";
    let ran = desk.run(&["dead-letters", "replay", "--service", "intake", row[0], stranger]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), "intake: 1 replayed, 1 unknown\n"), "{}", ran.err);
    assert!(ran.err.contains(stranger), "{}", ran.err);
    // the running service has sent it and, as it is no better now, refused it again
    assert!(next(&mut receipts).await.contains("missing_header"));

    let ran = desk.run(&["dead-letters", "replay", "--service", "intake", "--all"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "intake: 1 replayed, 0 unknown\n"), "{}", ran.err);
    context.drain().await;
    let ran = desk.run(&["dead-letters", "list", "--database-dir", "nowhere", "--service", "intake"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no file nowhere/intake.db"), "{}", ran.err);
}
