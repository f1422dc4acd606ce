//! `catalogue`, `shadow` and `samples` with real services.

use bus::{Bus, Clock, observe::Sight};
use chassis::{Context, Settings};
use contracts::ticket::Classified;

use crate::{Broker, Desk};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../classification/model/jizhou.model");

async fn start(broker: &Broker, desk: &Desk) -> (Vec<Context>, String) {
    let settings = |name: &str, defaults: &str| {
        let database = format!("sqlite://{}", desk.path(&format!("{name}.db")).display());
        let listen = ("http.listen", "127.0.0.1:0".to_owned());
        Settings::fixed(name, defaults, &[("nats.url", broker.url.clone()), ("database.url", database), listen]).unwrap()
    };
    let (front, back) = (settings("intake", intake::DEFAULTS), settings("classification", classification::DEFAULTS));
    let intake = Context::connect("intake", &front, Clock::system()).await.unwrap();
    intake::start(intake.clone(), front).await.unwrap();
    let context = Context::connect("classification", &back, Clock::system()).await.unwrap();
    let at = classification::start(context.clone(), back).await.unwrap().unwrap();
    (vec![intake, context], format!("http://{at}"))
}

/// A report is sent; what it was classified as.
async fn reports(desk: &Desk, classified: &mut Sight, id: &str) -> Classified {
    let line = format!(
        "{{\"id\": \"{id}\", \"channel\": \"web\", \"text\": \"楼下夜里有人放音响唱歌，吵得睡不着\", \"class\": \"coordination\"}}\n"
    );
    let ran = desk.run_with_input(&["submit", "-", "--with-class"], &line);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let seen = tokio::time::timeout(std::time::Duration::from_secs(20), classified.next()).await.unwrap().unwrap();
    serde_json::from_slice(&seen.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_exported_imported_and_decides_and_a_model_is_tried() {
    let (broker, desk) = (Broker::start(), Desk::new());
    desk.configure(&broker.url, "", &["intake", "classification"]);
    assert_eq!(desk.run(&["provision"]).code, Some(0));
    let (contexts, at) = start(&broker, &desk).await;
    let bus = Bus::connect(&broker.url, "test", false).await.unwrap();
    let mut classified = bus.observe(&["ticket.v1.classified"]).await.unwrap();
    let before = reports(&desk, &mut classified, "1").await;
    assert_eq!((before.category.as_str(), before.lead.as_str()), ("0701", "D01"), "noise is the police's: {before:?}");

    let ran = desk.run(&["catalogue", "export", "--out", "c.csv", "--at", &at]);
    assert_eq!((ran.code, ran.err.contains("version 0")), (Some(0), true), "{}", ran.err);
    let header = desk.read("c.csv");
    let import =
        |from: &str| desk.run(&["catalogue", "import", "c.csv", "--from", from, "--person", "7", "--reason", "试", "--at", &at]);
    desk.write("c.csv", format!("{header}0701,,,,,,D99,,\n"));
    let ran = import("0");
    assert!(ran.code == Some(1) && ran.err.contains("entry 1: field unit"), "{}", ran.err);
    desk.write("c.csv", format!("{header}0701,,,,,,D02,,\n0702,,,,,0701,,,高音喇叭\n"));
    let ran = import("0");
    assert_eq!((ran.code, ran.err.contains("version 1")), (Some(0), true), "{}", ran.err);
    assert_eq!(import("0").code, Some(1), "somebody else's change is not overwritten");
    let after = reports(&desk, &mut classified, "2").await;
    assert_eq!((after.lead.as_str(), after.rules_version.ends_with("派单目录 1")), ("D02", true), "{after:?}");
    desk.run(&["catalogue", "export", "--out", "c.csv", "--at", &at]);
    for line in ["0701,社会生活噪声,,,,,D02,CENTRE,\n", ",,,0701,,CENTRE,高音喇叭\n"] {
        assert!(desk.read("c.csv").contains(line), "{}", desk.read("c.csv"));
    }

    let ran = desk.run(&["shadow", "--model", MODEL]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("past tickets\t2\n") && ran.out.contains("another category\t0\n"), "{}", ran.out);
    let ran = desk.run(&["samples", "--out", "said.jsonl"]);
    assert_eq!((ran.code, desk.read("said.jsonl").as_str()), (Some(0), ""), "nobody said anything yet: {}", ran.err);
    for context in contexts {
        context.drain().await;
    }
}
