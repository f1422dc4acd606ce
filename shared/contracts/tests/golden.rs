//! The contract is append-only: samples that were once written down stay readable.
//!
//! `golden/` holds one sample or more of each kind of message: `<family>.<kind>[~<what>][@<revision>].json`. A sample
//! is never edited. When a kind gets a new field (with a default), its samples get a revision mark (`@1`, `@2` …) and
//! new ones are written beside them: the old must still be readable without losing anything, the new must come
//! out exactly as they went in.

#![expect(clippy::expect_used, reason = "a sample that can't be read fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

use contracts::{
    clock::ClockFact,
    cluster::ClusterFact,
    family::Family,
    intake::{Intake, Receipts},
    rules::RulesFact,
    supervision::SupervisionFact,
    ticket::TicketFact,
    work::{Answers, CitizenWork, QueueItem, UnitWork},
};
use serde_json::{Value, json};

struct Sample {
    /// Name of the file without its ending.
    name: String,
    json: Value,
}

impl Sample {
    /// Family and kind.
    fn message(&self) -> &str {
        self.name.split(['~', '@']).next().unwrap_or_default()
    }

    fn is_old(&self) -> bool {
        self.name.contains('@')
    }
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut samples: Vec<Sample> = fs::read_dir(folder)
        .expect("golden/ is there")
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_stem().and_then(|n| n.to_str()).expect("a plain name").to_owned();
            let text = fs::read(&path).expect("readable");
            Sample { json: serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{name}: {e}")), name }
        })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

/// What comes out when a sample is read and written again.
fn again<F: Family>(sample: &Sample) -> Option<Value> {
    let kind = sample.message().strip_prefix(F::FAMILY)?.strip_prefix('.')?;
    let message = F::decode(kind, sample.json.to_string().as_bytes()).unwrap_or_else(|e| panic!("{}: {e}", sample.name));
    assert_eq!(message.kind(), kind, "{}", sample.name);
    Some(serde_json::from_str(&message.encode()).expect("JSON"))
}

type Again = fn(&Sample) -> Option<Value>;

/// Every family of the contract: its prefix, its kinds, how it is read and written.
const FAMILIES: [(&str, &[&str], Again); 11] = [
    (Intake::FAMILY, Intake::KINDS, again::<Intake>),
    (Receipts::FAMILY, Receipts::KINDS, again::<Receipts>),
    (TicketFact::FAMILY, TicketFact::KINDS, again::<TicketFact>),
    (ClockFact::FAMILY, ClockFact::KINDS, again::<ClockFact>),
    (ClusterFact::FAMILY, ClusterFact::KINDS, again::<ClusterFact>),
    (RulesFact::FAMILY, RulesFact::KINDS, again::<RulesFact>),
    (SupervisionFact::FAMILY, SupervisionFact::KINDS, again::<SupervisionFact>),
    (QueueItem::FAMILY, QueueItem::KINDS, again::<QueueItem>),
    (UnitWork::FAMILY, UnitWork::KINDS, again::<UnitWork>),
    (CitizenWork::FAMILY, CitizenWork::KINDS, again::<CitizenWork>),
    (Answers::FAMILY, Answers::KINDS, again::<Answers>),
];

#[test]
fn every_sample_is_read_and_comes_out_as_it_went_in() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let out = FAMILIES.iter().find_map(|(_, _, again)| again(&sample));
        let out = out.unwrap_or_else(|| panic!("{}: no such family", sample.name));
        let whole = if sample.is_old() { holds(&out, &sample.json) } else { out == sample.json };
        if !whole {
            wrong.push(format!("{} comes out as {out}", sample.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_of_message_has_a_sample() {
    let samples = samples();
    let have: BTreeSet<&str> = samples.iter().filter(|s| !s.is_old()).map(Sample::message).collect();
    let kinds = FAMILIES.iter().flat_map(|(family, kinds, _)| kinds.iter().map(move |kind| format!("{family}.{kind}")));
    let missing: Vec<String> = kinds.filter(|kind| !have.contains(kind.as_str())).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

/// The distinct texts at a place of all samples of a kind.
fn texts(message: &str, pointer: &str) -> BTreeSet<String> {
    let samples = samples().into_iter().filter(|s| s.message() == message);
    samples.filter_map(|s| Some(s.json.pointer(pointer)?.as_str()?.to_owned())).collect()
}

/// What serde knows of a closed list, as it tells who sends anything else.
fn known(family: impl Fn(&[u8]) -> Result<(), contracts::problem::Problem>, body: Value) -> BTreeSet<String> {
    let problem = family(body.to_string().as_bytes()).expect_err("nothing has this name");
    let names = problem.en.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// Inside the one kind `act` there are closed lists of their own; a new member needs a sample.
#[test]
fn every_act_has_a_sample() {
    let unit = |body: &[u8]| UnitWork::decode("act", body).map(|_| ());
    let citizen = |body: &[u8]| CitizenWork::decode("act", body).map(|_| ());
    let (ticket, nothing) = ("0d1f6c9e-6f0b-5c53-9d6b-3f1f4b6c2a10", json!({"do": "nothing"}));
    let acts = known(unit, json!({"ticket": ticket, "person": "1", "act": nothing}));
    assert!(acts.len() > 40, "{acts:?}");
    assert_eq!(texts("work.v1.act", "/act/do"), acts);
    let requests = known(unit, json!({"ticket": ticket, "person": "1", "act": {"do": "ask", "request": {"kind": "nothing"}}}));
    assert_eq!(texts("work.v1.act", "/act/request/kind"), requests);
    let acts = known(citizen, json!({"ticket": ticket, "act": nothing}));
    assert_eq!(texts("citizen.v1.act", "/act/do"), acts);
}

/// `out` has everything that `sample` has; it may have more fields.
fn holds(out: &Value, sample: &Value) -> bool {
    match (out, sample) {
        (Value::Object(out), Value::Object(sample)) => sample.iter().all(|(k, v)| out.get(k).is_some_and(|o| holds(o, v))),
        (Value::Array(out), Value::Array(sample)) => {
            out.len() == sample.len() && out.iter().zip(sample).all(|(o, s)| holds(o, s))
        }
        _ => out == sample,
    }
}
