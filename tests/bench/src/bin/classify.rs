//! How fast texts are classified on one core, how long the classifier takes to start, and how much memory it holds.
//! `cargo run --release -p gridline-bench --bin classify`

use std::{fs, time::Instant};

use anyhow::Context as _;
use classification::{Classifier, Report, train::samples};

/// The texts that the classifier is trained on, of every length; it does not matter here that it knows them.
const TEXTS: [&str; 7] = [
    "tests/data/reports.jsonl",
    "data/texts/a.jsonl",
    "data/texts/b.jsonl",
    "data/texts/c.jsonl",
    "data/texts/d.jsonl",
    "data/texts/e.jsonl",
    "data/texts/f.jsonl",
];
/// Times that all texts are classified.
const ROUNDS: usize = 8;

fn main() -> anyhow::Result<()> {
    let mut texts = Vec::new();
    for file in TEXTS {
        let path = format!("{}/../../services/classification/{file}", env!("CARGO_MANIFEST_DIR"));
        let file = fs::read_to_string(&path).with_context(|| path.clone())?;
        texts.extend(samples::read(&file)?.into_iter().map(|l| l.text));
    }
    let start = Instant::now();
    let classifier = Classifier::sample();
    println!("start:   {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut waits = Vec::with_capacity(texts.len() * ROUNDS);
    let begun = Instant::now();
    for text in texts.iter().cycle().take(texts.len() * ROUNDS) {
        let one = Instant::now();
        std::hint::black_box(classifier.classify(&Report::of_text(text)));
        waits.push(one.elapsed().as_secs_f64() * 1e6);
    }
    let rate = waits.len() as f64 / begun.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!("speed:   {rate:.0} texts/s on one core, p50 {:.0} µs, p99 {:.0} µs", at(0.5), at(0.99));
    println!("memory:  {} at most", peak().unwrap_or_default());
    Ok(())
}

/// The most memory that this process has held.
fn peak() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
