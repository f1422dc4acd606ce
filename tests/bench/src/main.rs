//! Tickets end to end: submitted over NATS until the item lies in the unit's queue, through all services, as
//! release builds, on SQLite and PostgreSQL, everything on this machine. Beside the figures stand the ceilings of
//! the same run: durable publishes of the same messages, and commits of the same rows.

mod ceiling;
mod load;
mod processes;
mod queues;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use contracts::subject;
use gridline_tests::rig::{Nats, Postgres};

/// Measures tickets end to end.
#[derive(Parser)]
struct Args {
    /// Tickets of the full-speed run.
    #[arg(long, default_value_t = 20_000)]
    tickets: usize,
    /// sqlite, postgres or both.
    #[arg(long, default_value = "both")]
    database: String,
    /// A folder with release binaries of another version: both are run in turn and compared.
    #[arg(long)]
    against: Option<PathBuf>,
}

/// Runs of each version when two are compared; the better one of each counts, since what disturbs only slows.
const TURNS: usize = 3;
/// Tickets before the latency of a version is measured.
const WARM: usize = 500;

/// Where the services keep their rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let backends: &[(Backend, &str)] = match args.database.as_str() {
        "sqlite" => &[(Backend::Sqlite, "SQLite")],
        "postgres" => &[(Backend::Postgres, "PostgreSQL")],
        "both" => &[(Backend::Sqlite, "SQLite"), (Backend::Postgres, "PostgreSQL")],
        other => anyhow::bail!("--database {other}: sqlite, postgres or both"),
    };
    let own = std::env::current_exe()?.parent().context("no folder")?.to_owned();
    for (backend, name) in backends {
        match &args.against {
            None => measure(*backend, name, args.tickets, &own).await?,
            Some(other) => compare(*backend, name, args.tickets, (&own, other)).await?,
        }
    }
    Ok(())
}

/// Both versions in turn, on fresh databases and a fresh broker each time; then both at half of what they could do.
async fn compare(backend: Backend, name: &str, tickets: usize, (own, other): (&Path, &Path)) -> anyhow::Result<()> {
    println!("\n== {name}, sync_interval always, {tickets} tickets, {TURNS} turns of each version");
    let versions = [("the other", other), ("this", own)];
    let mut best = [0.0_f64; 2];
    for turn in 1..=TURNS {
        for (best, (version, folder)) in best.iter_mut().zip(versions) {
            let plant = Plant::start(backend, folder)?;
            let shown = run(&plant.nats, &plant.services, "full", tickets, None, subject::QUEUES).await?;
            println!("turn {turn}: {:>6.0} tickets/s  {version}", shown.rate);
            *best = best.max(shown.rate);
        }
    }
    let [before, now] = best;
    println!("ratio:  {:.2} (this {now:.0}, the other {before:.0} tickets/s, the best of {TURNS} turns each)", now / before);
    let pace = before.min(now) / 2.0;
    for turn in 1..=TURNS {
        for (version, folder) in versions {
            let plant = Plant::start(backend, folder)?;
            // the first ones wait for connections and plans
            run(&plant.nats, &plant.services, "warm", WARM, Some(pace), subject::QUEUES).await?;
            let shown = run(&plant.nats, &plant.services, "half", tickets / 2, Some(pace), subject::QUEUES).await?;
            println!("turn {turn} at {pace:.0} tickets/s: p50 {:>4.0} ms, p99 {:>4.0} ms  {version}", shown.p50, shown.p99);
        }
    }
    Ok(())
}

/// A broker, databases and services of one version.
struct Plant {
    nats: Nats,
    services: processes::Services,
    dir: tempfile::TempDir,
}

impl Plant {
    fn start(backend: Backend, folder: &Path) -> anyhow::Result<Self> {
        let nats = Nats::start();
        let dir = tempfile::tempdir()?;
        let databases = processes::databases(backend, dir.path());
        processes::provision(folder, nats.url())?;
        let services = processes::start(folder, &nats, &databases).context("release services")?;
        Ok(Self { nats, services, dir })
    }
}

async fn measure(backend: Backend, name: &str, tickets: usize, folder: &Path) -> anyhow::Result<()> {
    println!("\n== {name}, sync_interval always, {tickets} tickets");
    let Plant { nats, services, dir } = Plant::start(backend, folder)?;
    // until what stands beside the way is done too, and does not disturb the half load
    let full = run(&nats, &services, "full", tickets, None, subject::FACTS).await?;
    println!("end to end: {:.0} tickets/s (submitted to queued, {} tickets in {:.1} s)", full.rate, full.tickets, full.seconds);
    println!("            p50 {:.0} ms, p99 {:.0} ms at that load", full.p50, full.p99);
    services.print_usage(full.seconds, full.tickets);
    let half = run(&nats, &services, "half", tickets / 4, Some(full.rate / 2.0), subject::QUEUES).await?;
    println!("half load:  {:.0} tickets/s offered, p50 {:.0} ms, p99 {:.0} ms", full.rate / 2.0, half.p50, half.p99);
    drop(services);
    let pool = match backend {
        Backend::Sqlite => format!("sqlite://{}/ceiling.db", dir.path().display()),
        Backend::Postgres => Postgres::durable().database("ceiling"),
    };
    let rows = ceiling::commits(&pool, full.tickets * ceiling::ROWS).await?;
    let publishes = ceiling::publishes(nats.url(), full.tickets * ceiling::MESSAGES).await?;
    let (by_rows, by_messages) = (rows / ceiling::ROWS as f64, publishes / ceiling::MESSAGES as f64);
    println!("ceilings:   {rows:.0} rows/s in multi-row commits = {by_rows:.0} tickets/s of {} rows", ceiling::ROWS);
    println!("            {publishes:.0} durable publishes/s = {by_messages:.0} tickets/s of {} messages", ceiling::MESSAGES);
    // both done by the same two cores, one after the other
    let both = 1.0 / (1.0 / by_rows + 1.0 / by_messages);
    println!("ratio:      {:.2} of {both:.0} tickets/s (rows and messages of a ticket, nothing else)", full.rate / both);
    Ok(())
}

/// What a run showed.
struct Shown {
    tickets: usize,
    seconds: f64,
    rate: f64,
    p50: f64,
    p99: f64,
}

/// Submits tickets, and waits until nothing more comes to the stream `quiet`.
async fn run(
    nats: &Nats,
    services: &processes::Services,
    label: &str,
    tickets: usize,
    pace: Option<f64>,
    quiet: &str,
) -> anyhow::Result<Shown> {
    services.mark();
    let sent = load::submit(nats.url(), label, tickets, pace).await?;
    let queued = queues::wait(nats.url(), quiet, &sent).await?;
    let mut waits: Vec<f64> = sent.iter().filter_map(|(t, at)| Some((*queued.get(t)? - *at) as f64 / 1e6)).collect();
    waits.sort_by(f64::total_cmp);
    anyhow::ensure!(waits.len() == sent.len(), "{} of {} tickets came to a queue", waits.len(), sent.len());
    let first = sent.values().min().copied().unwrap_or_default();
    let last = queued.values().max().copied().unwrap_or_default();
    let seconds = (last - first) as f64 / 1e9;
    let at = |share: f64| {
        waits.get(((waits.len() as f64 * share) as usize).min(waits.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    Ok(Shown { tickets: sent.len(), seconds, rate: sent.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) })
}
