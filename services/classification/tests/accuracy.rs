//! How often the shipped rules are right on the labelled development set. The floors keep it from getting worse.

use std::collections::BTreeSet;

use classification::{Classifier, Report, Verdict};
use serde::Deserialize;

const REPORTS: &str = include_str!("data/reports.jsonl");

/// What is wanted and what was said.
type Pair = (BTreeSet<String>, BTreeSet<String>);

#[derive(Deserialize)]
struct Labelled {
    text: String,
    l1: String,
    category: String,
    also: Vec<String>,
    class: String,
    nature: String,
    lead: String,
    others: Vec<String>,
    urgent: bool,
    mentions: Vec<LabelledMention>,
    route_division: Option<String>,
}

#[derive(Deserialize)]
struct LabelledMention {
    name: String,
}

#[test]
fn rules_stay_as_good_as_they_were() {
    let classifier = Classifier::sample();
    let judged: Vec<(Labelled, Verdict)> = REPORTS
        .lines()
        .map(|line| serde_json::from_str::<Labelled>(line).expect("a labelled report"))
        .map(|label| {
            let verdict = classifier.classify(&Report::of_text(&label.text));
            (label, verdict)
        })
        .collect();
    assert_eq!(judged.len(), 338);

    let share =
        |right: &dyn Fn(&(Labelled, Verdict)) -> bool| judged.iter().filter(|j| right(j)).count() as f64 / judged.len() as f64;
    let of = |all: &dyn Fn(&(Labelled, Verdict)) -> bool, right: &dyn Fn(&(Labelled, Verdict)) -> bool| {
        let base: Vec<_> = judged.iter().filter(|j| all(j)).collect();
        base.iter().filter(|j| right(j)).count() as f64 / base.len().max(1) as f64
    };
    let nature = |v: &Verdict| serde_json::to_value(v.nature).expect("a code");
    let place = |v: &Verdict| v.division.as_ref().map(|d| d.as_str().to_owned());
    let f1 = |of: &dyn Fn(&(Labelled, Verdict)) -> Pair| {
        let (mut hit, mut said, mut wanted) = (0, 0, 0);
        for (want, have) in judged.iter().map(of) {
            hit += want.intersection(&have).count();
            said += have.len();
            wanted += want.len();
        }
        2.0 * hit as f64 / (said + wanted).max(1) as f64
    };
    let sets = |a: &[String], b: &[String]| (a.iter().cloned().collect(), b.iter().cloned().collect());
    let measured = [
        ("l1", share(&|(l, v)| l.l1 == v.l1), 0.75),
        ("category", share(&|(l, v)| l.category == v.category), 0.70),
        ("lead", share(&|(l, v)| l.lead == v.lead), 0.76),
        ("class", share(&|(l, v)| l.class == v.class.code()), 0.93),
        ("nature", share(&|(l, v)| nature(v) == l.nature.as_str()), 0.95),
        ("urgent recall", of(&|(l, _)| l.urgent, &|(_, v)| v.urgent), 0.94),
        ("urgent precision", of(&|(_, v)| v.urgent, &|(l, _)| l.urgent), 0.80),
        ("division", share(&|(l, v)| l.route_division == place(v)), 0.99),
        ("division, where labelled", of(&|(l, _)| l.route_division.is_some(), &|(l, v)| l.route_division == place(v)), 0.95),
        ("also F1", f1(&|(l, v)| sets(&l.also, &v.also)), 0.12),
        ("others F1", f1(&|(l, v)| sets(&l.others, &v.others)), 0.20),
        (
            "mentions F1",
            f1(&|(l, v)| {
                let want: Vec<_> = l.mentions.iter().map(|m| m.name.clone()).collect();
                let have: Vec<_> = v.mentions.iter().map(|m| m.name.clone()).collect();
                sets(&want, &have)
            }),
            0.96,
        ),
    ];
    for (what, value, floor) in measured {
        println!("{what:26} {value:.3} (floor {floor:.2})");
    }
    for (what, value, floor) in measured {
        assert!(value >= floor, "{what} fell to {value:.3}, floor {floor:.2}");
    }
}
