//! How fast what is like a text is found among a million open tickets, and what memory they take.
//! `cargo run --release -p gridline-bench --bin cluster [-- TICKETS]`
//!
//! The ceiling of the same run is what no index can do without: the text classified, and its characters read once.

use std::{fs, time::Instant};

use anyhow::Context as _;
use classification::{Classifier, Report, Verdict, cluster::bench::Bench, train::samples};
use contracts::id::TicketId;

const TEXTS: [&str; 6] = [
    "tests/data/reports.jsonl",
    "data/texts/a.jsonl",
    "data/texts/b.jsonl",
    "data/texts/c.jsonl",
    "data/texts/d.jsonl",
    "data/texts/heldout.jsonl",
];
const TICKETS: usize = 1_000_000;
const LOOKUPS: usize = 5_000;
/// A ticket comes each minute and a half: a million in less than three years.
const EVERY_MS: i64 = 90_000;

/// A text and what it was classified as.
type Read = (String, Verdict);

fn main() -> anyhow::Result<()> {
    let tickets = std::env::args().nth(1).map_or(Ok(TICKETS), |n| n.parse()).context("takes a number of tickets")?;
    let classifier = Classifier::sample();
    let mut texts: Vec<Read> = Vec::new();
    for file in TEXTS {
        let path = format!("{}/../../services/classification/{file}", env!("CARGO_MANIFEST_DIR"));
        let file = fs::read_to_string(&path).with_context(|| path.clone())?;
        texts.extend(samples::read(&file)?.into_iter().map(|l| {
            let verdict = classifier.classify(&Report::of_text(&l.text));
            (l.text, verdict)
        }));
    }
    let mut bench = Bench::new(&classifier)?;
    let before = memory("VmRSS:")?;
    let begun = Instant::now();
    for n in 0..tickets {
        let (text, verdict) = made(&texts, n);
        bench.add(id(n), EVERY_MS * i64::try_from(n)?, &text, verdict);
    }
    let took = begun.elapsed().as_secs_f64();
    let bytes = (memory("VmRSS:")? - before) * 1024 / tickets;
    println!("filled:   {tickets} open tickets, {:.0} a second, {bytes} bytes a ticket", tickets as f64 / took);
    let (mut waits, mut arrivals, mut ceiling) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..LOOKUPS {
        let (text, verdict) = made(&texts, tickets + n);
        let one = Instant::now();
        std::hint::black_box(bench.similar(&text, verdict, 10));
        waits.push(one.elapsed().as_secs_f64() * 1e3);
        let one = Instant::now();
        std::hint::black_box(bench.arrive(id(tickets + n), EVERY_MS * i64::try_from(tickets + n)?, &text, verdict));
        arrivals.push(one.elapsed().as_secs_f64() * 1e3);
        let one = Instant::now();
        std::hint::black_box(classifier.classify(&Report::of_text(&text)));
        ceiling.push(one.elapsed().as_secs_f64() * 1e3);
    }
    for (what, times) in [("lookup", &mut waits), ("arrival", &mut arrivals), ("ceiling: classify alone", &mut ceiling)] {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!("{what}: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms", at(0.5), at(0.99), at(1.0));
    }
    println!("memory:   {} MB at most", memory("VmHWM:")? / 1024);
    Ok(())
}

/// Two texts cut together at a place that is another one each time: as many different tickets as there are numbers.
fn made(texts: &[Read], n: usize) -> (String, &Verdict) {
    let (a, b) = (&texts[n % texts.len()], &texts[(n * 7919 + n / texts.len() * 31) % texts.len()]);
    let keep = a.0.chars().count() * (3 + n % 5) / 8;
    let head: String = a.0.chars().take(keep).collect();
    let tail: String = b.0.chars().skip(b.0.chars().count() / 3).take(20).collect();
    // an estate of its own for each few hundred tickets
    let name: String =
        [n / 300 % 97, n / 29_100 % 89, n % 83].iter().filter_map(|&i| char::from_u32(0x5000 + i as u32 * 53)).collect();
    (format!("{name}{head}{tail}"), &a.1)
}

fn id(n: usize) -> TicketId {
    TicketId(uuid::Uuid::from_u128(n as u128 + 1))
}

/// A line of the process's state, KB.
fn memory(line: &str) -> anyhow::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let found = status.lines().find_map(|l| l.strip_prefix(line)).context("no such line")?;
    Ok(found.trim().trim_end_matches(" kB").trim().parse()?)
}
