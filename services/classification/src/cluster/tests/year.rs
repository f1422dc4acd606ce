//! A year of messages with hot topics among them: real written material, and topics in words of many people.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use contracts::id::{ClusterId, TicketId};
use serde::Deserialize;

use super::super::{
    count_pairs,
    groups::Groups,
    sight::{Eye, Sight},
};
use crate::{Classifier, Report};

const MESSAGES: usize = 4000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;
/// What stands between the topics.
const OTHERS: [&str; 8] = [
    "tests/data/reports.jsonl",
    "data/texts/a.jsonl",
    "data/texts/b.jsonl",
    "data/texts/c.jsonl",
    "data/texts/d.jsonl",
    "data/texts/heldout.jsonl",
    "data/texts/e.jsonl",
    "data/texts/f.jsonl",
];

#[derive(Clone, Debug, Deserialize)]
struct Line {
    text: String,
    #[serde(default)]
    topic: Option<String>,
}

fn lines(file: &str) -> Vec<Line> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        (1..list.len()).rev().for_each(|i| list.swap(i, self.next(i + 1)));
    }

    /// The text with one of twenty characters mistyped.
    fn mistype(&mut self, text: &str) -> String {
        const TYPED: &str =
            "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面";
        let typed: Vec<char> = TYPED.chars().collect();
        let one = |c: char, dice: &mut Self| {
            let wrong = !c.is_ascii() && c.is_alphabetic() && dice.next(20) == 0;
            if wrong { typed[dice.next(typed.len())] } else { c }
        };
        text.chars().map(|c| one(c, self)).collect()
    }
}

/// A message of the year.
#[derive(Clone)]
struct Message {
    line: Line,
    category: String,
    perhaps: Vec<contracts::ticket::Likely>,
    division: Option<contracts::id::DivisionCode>,
}

fn classified(line: Line) -> Message {
    static CLASSIFIER: OnceLock<Classifier> = OnceLock::new();
    let v = CLASSIFIER.get_or_init(Classifier::sample).classify(&Report::of_text(&line.text));
    Message { line, category: v.category, perhaps: v.perhaps, division: v.division }
}

/// Topics that say what they are about. The numbers in `groups` and `profile` were set with the first.
const SET: &str = "tests/data/topics.jsonl";
const FRESH: &str = "tests/data/topics-fresh.jsonl";
/// As life brings them: two or three of twelve are vague. Numbers were set with the sixth, the seventh was run once.
const SIXTH: &str = "tests/data/topics-sixth.jsonl";
const SEVENTH: &str = "tests/data/topics-seventh.jsonl";
/// Here every other message does not name what it is about, one of three, and one of five.
const THIRD: &str = "tests/data/topics-third.jsonl";
const FOURTH: &str = "tests/data/topics-fourth.jsonl";
const FIFTH: &str = "tests/data/topics-fifth.jsonl";

/// Topics as people wrote them, some of these again with mistakes or two put together, in the midst of others.
fn year(seed: u64) -> Vec<Message> {
    year_of(seed, SET)
}

fn year_of(seed: u64, topics: &str) -> Vec<Message> {
    let mut dice = Dice(seed);
    let written = lines(topics);
    let mut by_topic: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    written.iter().for_each(|l| by_topic.entry(l.topic.as_deref().unwrap()).or_default().push(l));
    let mut all = written.clone();
    for (topic, lines) in by_topic {
        for _ in 0..6 + dice.next(12) {
            let (a, b) = (lines[dice.next(lines.len())], lines[dice.next(lines.len())]);
            let text = if dice.next(2) == 0 {
                dice.mistype(&a.text)
            } else {
                format!("{}，{}", a.text.trim_end_matches('。'), b.text)
            };
            all.push(Line { text, topic: Some(topic.to_owned()) });
        }
    }
    let mut others: Vec<Line> = OTHERS.iter().flat_map(|f| lines(f)).collect();
    others.retain(|l| l.topic.is_none());
    dice.shuffle(&mut others);
    all.extend(others.into_iter().take(MESSAGES - all.len()));
    dice.shuffle(&mut all);
    // a topic is hot for a month to a third of a year; everything else is spread over the whole
    let mut spans: HashMap<String, (usize, usize)> = HashMap::new();
    let mut placed: Vec<(usize, Line)> = Vec::new();
    for (n, line) in all.into_iter().enumerate() {
        let when = line.topic.as_ref().map_or(n, |t| {
            let span = spans.entry(t.clone()).or_insert_with(|| {
                let long = MESSAGES / 12 + dice.next(MESSAGES / 4);
                (dice.next(MESSAGES - long), long)
            });
            span.0 + dice.next(span.1)
        });
        placed.push((when, line));
    }
    placed.sort_by_key(|(when, _)| *when);
    placed.into_iter().map(|(_, line)| classified(line)).collect()
}

fn groups() -> Groups {
    Groups::new(Eye::read(Classifier::sample().taxonomy(), contracts::district::District::sample()).unwrap())
}

fn id(n: usize) -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), &format!("{n}"))
}

fn at(n: usize) -> i64 {
    YEAR_MS * n as i64 / MESSAGES as i64
}

fn see(groups: &Groups, m: &Message) -> Sight {
    groups.eye().see(&m.line.text, &m.category, &m.perhaps, m.division.as_ref())
}

/// The cluster of each message at the end of the year.
fn gathered(year: &[Message]) -> (Groups, Vec<Option<ClusterId>>) {
    let (mut groups, mut clusters) = (groups(), HashMap::new());
    for (n, m) in year.iter().enumerate() {
        let sight = see(&groups, m);
        let near = groups.near(&sight);
        clusters.extend(groups.arrive(id(n), at(n), sight, &near));
    }
    let clusters = (0..year.len()).map(|n| clusters.get(&id(n)).copied()).collect();
    (groups, clusters)
}

/// Of each topic: share of its messages that are in its cluster, and share of the cluster that is the topic's.
fn measured(year: &[Message], clusters: &[Option<ClusterId>]) -> Vec<(String, f32, f32)> {
    let mut size: HashMap<ClusterId, usize> = HashMap::new();
    clusters.iter().flatten().for_each(|c| *size.entry(*c).or_default() += 1);
    let mut topics: BTreeMap<&str, (usize, HashMap<ClusterId, usize>)> = BTreeMap::new();
    for (m, c) in year.iter().zip(clusters) {
        if let Some(topic) = m.line.topic.as_deref() {
            let topic = topics.entry(topic).or_default();
            topic.0 += 1;
            c.iter().for_each(|c| *topic.1.entry(*c).or_default() += 1);
        }
    }
    let one = |(topic, (n, by)): (&str, (usize, HashMap<ClusterId, usize>))| {
        let (cluster, k) = by.into_iter().max_by_key(|(_, k)| *k).unwrap_or((ClusterId::derive(id(0)), 0));
        let size = size.get(&cluster).copied().unwrap_or(1);
        (topic.to_owned(), k as f32 / n as f32, k as f32 / size as f32)
    };
    topics.into_iter().map(one).collect()
}

#[test]
fn most_of_a_topic_ends_in_one_cluster_that_is_mostly_of_the_topic() {
    one_cluster_a_topic(SET, GOAL);
    one_cluster_a_topic(SIXTH, Floor { good: 0.78, share: 0.76, purity: 0.88 });
}

#[test]
fn the_same_of_topics_that_nothing_was_set_with() {
    one_cluster_a_topic(FRESH, GOAL);
    one_cluster_a_topic(SEVENTH, Floor { good: 0.8, share: 0.83, purity: 0.86 });
}

/// Far from the goal; it must not become worse.
#[test]
fn what_is_hardly_named_is_found_in_part() {
    one_cluster_a_topic(THIRD, Floor { good: 0.3, share: 0.6, purity: 0.8 });
    one_cluster_a_topic(FOURTH, Floor { good: 0.35, share: 0.6, purity: 0.84 });
    one_cluster_a_topic(FIFTH, Floor { good: 0.7, share: 0.77, purity: 0.8 });
}

/// What must be reached, over as many years as the variable `YEARS` says (1): share of topics that are good, and over all
/// topics the mean share of a topic's messages that are in its cluster, and the mean share of the cluster that is the
/// topic's.
#[derive(Clone, Copy)]
struct Floor {
    good: f32,
    share: f32,
    purity: f32,
}

/// With room for another model: which category a text has is the classifier's.
const GOAL: Floor = Floor { good: 0.85, share: 0.85, purity: 0.8 };

fn one_cluster_a_topic(file: &str, floor: Floor) {
    let years = std::env::var("YEARS").map_or(1, |n| n.parse().unwrap());
    let of_year = |seed| {
        let year = year_of(seed, file);
        let (_, clusters) = gathered(&year);
        measured(&year, &clusters)
    };
    let topics: Vec<_> = (1..=years).flat_map(of_year).collect();
    let good = topics.iter().filter(|(_, share, purity)| *share >= 0.7 && *purity >= 0.7).count();
    let mean = |of: fn(&(String, f32, f32)) -> f32| topics.iter().map(of).sum::<f32>() / topics.len() as f32;
    println!("{file}: {good} of {} topics; share {:.2}, purity {:.2}", topics.len(), mean(|t| t.1), mean(|t| t.2));
    assert!(good as f32 >= floor.good * topics.len() as f32, "{topics:?}");
    assert!(mean(|t| t.1) >= floor.share && mean(|t| t.2) >= floor.purity);
}

/// The clusters with most messages, the largest first.
fn largest(clusters: &[Option<ClusterId>]) -> Vec<ClusterId> {
    let mut size: BTreeMap<ClusterId, usize> = BTreeMap::new();
    clusters.iter().flatten().for_each(|c| *size.entry(*c).or_default() += 1);
    let mut size: Vec<(ClusterId, usize)> = size.into_iter().collect();
    size.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    size.into_iter().map(|(c, _)| c).collect()
}

/// Two topics are made hotter than all others; then one of twenty characters of all messages is mistyped.
#[test]
fn mistyped_messages_leave_the_two_hottest_topics_where_they_are() {
    let mut year: Vec<Message> = year(1).into_iter().take(1500).collect();
    let written = lines("tests/data/topics.jsonl");
    for (topic, times) in [("t17", 6), ("t21", 3)] {
        for _ in 0..times {
            year.extend(written.iter().filter(|l| l.topic.as_deref() == Some(topic)).cloned().map(classified));
        }
    }
    let topic_of = |year: &[Message], clusters: &[Option<ClusterId>], cluster| {
        let own = year.iter().zip(clusters).filter(|(_, c)| **c == Some(cluster));
        let mut topics: BTreeMap<String, usize> = BTreeMap::new();
        own.for_each(|(m, _)| *topics.entry(m.line.topic.clone().unwrap_or_default()).or_default() += 1);
        topics.into_iter().max_by_key(|(_, n)| *n).map(|(t, _)| t).unwrap_or_default()
    };
    let two = |year: &[Message]| {
        let (_, clusters) = gathered(year);
        largest(&clusters).into_iter().take(2).map(|c| topic_of(year, &clusters, c)).collect::<Vec<_>>()
    };
    assert_eq!(two(&year), ["t17", "t21"]);
    let mut dice = Dice(5);
    let mistyped: Vec<Message> =
        year.iter().map(|m| classified(Line { text: dice.mistype(&m.line.text), ..m.line.clone() })).collect();
    assert_eq!(two(&mistyped), ["t17", "t21"]);
}

/// Who looks for tickets like a mistyped text finds the same two first.
#[test]
fn a_mistyped_text_finds_the_same_tickets() {
    let year: Vec<Message> = year(1).into_iter().take(1500).collect();
    let (mut groups, _) = gathered(&year);
    let mut dice = Dice(9);
    let (mut asked, mut first, mut both) = (0, 0, 0);
    for m in year.iter().filter(|m| m.line.topic.is_some()) {
        let mut two = |m: &Message| {
            let sight = see(&groups, m);
            let near = groups.near(&sight);
            groups.similar(&sight, &near, 2).into_iter().map(|(t, _)| t).collect::<Vec<_>>()
        };
        let before = two(m);
        let after = two(&classified(Line { text: dice.mistype(&m.line.text), ..m.line.clone() }));
        asked += 1;
        first += usize::from(before.first() == after.first());
        both += usize::from(before == after);
    }
    println!("{asked} texts: the first is the same for {first}, the first two for {both}");
    assert!(first * 100 >= asked * 95, "{first} of {asked}");
    assert!(both * 100 >= asked * 90, "{both} of {asked}");
}

/// The index is what its tickets are, whatever came first and what left in between.
#[test]
fn the_same_tickets_are_the_same_index() {
    let year: Vec<Message> = year(2).into_iter().take(600).collect();
    let mut found = Vec::new();
    for seed in [0, 3] {
        let (mut groups, mut order) = (groups(), (0..year.len()).collect::<Vec<_>>());
        if seed > 0 {
            Dice(seed).shuffle(&mut order);
        }
        for &n in &order {
            let sight = see(&groups, &year[n]);
            // twice, as facts may come
            groups.place(id(n), Some((at(n), sight.clone())), None);
            groups.place(id(n), Some((at(n), sight)), None);
        }
        order.iter().filter(|n| **n % 5 == 0).for_each(|&n| groups.stands(id(n), false));
        groups.forget(at(300), usize::MAX);
        let all = year.iter().map(|m| {
            let sight = see(&groups, m);
            let near = groups.near(&sight);
            groups.similar(&sight, &near, 10)
        });
        found.push(all.collect::<Vec<_>>());
    }
    assert_eq!(found[0], found[1]);
    assert!(found[0].iter().any(|f| f.len() == 10));
    let shown: Vec<_> = found[0].iter().flatten().map(|(t, _)| *t).collect();
    assert!((0..year.len()).filter(|n| n % 5 == 0).all(|n| !shown.contains(&id(n))), "what is done with is not shown");
}

#[test]
fn memory_is_bounded() {
    let year: Vec<Message> = year(2).into_iter().take(300).collect();
    let (mut groups, _) = gathered(&year);
    groups.forget(i64::MIN, 100);
    assert_eq!(groups.index.len(), 100);
    assert!(groups.index.slot(id(299)).is_some() && groups.index.slot(id(0)).is_none(), "the oldest went");
    groups.forget(i64::MIN, 0);
    assert_eq!(groups.index.len(), 0);
}

#[test]
fn pairs_are_counted_in_the_texts() {
    let files = ('a'..='z').map(|letter| format!("data/texts/{letter}.jsonl"));
    let texts: Vec<Line> = ["tests/data/reports.jsonl".to_owned()].into_iter().chain(files).flat_map(|f| lines(&f)).collect();
    let counted = count_pairs(texts.iter().map(|l| l.text.as_str())).unwrap();
    if counted != std::fs::read_to_string("rules/pairs.csv").unwrap() {
        std::fs::write("../../target/pairs.csv", counted).unwrap();
        panic!("the texts changed: copy target/pairs.csv to services/classification/rules/");
    }
}
