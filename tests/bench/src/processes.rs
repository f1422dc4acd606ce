//! The services as release processes, and what they use.

use std::{
    cell::RefCell,
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::Context as _;
use gridline_tests::rig::{Leashed, Nats, Postgres};

use crate::Backend;

const SERVICES: [&str; 6] = ["intake", "classification", "dispatch", "sla-watchdog", "hotline-bridge", "console"];
/// Jiffies a second of `/proc`, the same on every Linux of today.
const TICKS: f64 = 100.0;

/// Running services.
pub struct Services {
    running: Vec<(&'static str, Leashed)>,
    before: RefCell<Vec<f64>>,
}

/// A fresh database for each service.
pub fn databases(backend: Backend, dir: &Path) -> Vec<(&'static str, String)> {
    static PLANTS: AtomicU32 = AtomicU32::new(0);
    let n = PLANTS.fetch_add(1, Ordering::Relaxed);
    let url = |name: &str| match backend {
        Backend::Sqlite => format!("sqlite://{}/{name}.db", dir.display()),
        Backend::Postgres => Postgres::durable().database(&format!("{}_{n}", name.replace('-', "_"))),
    };
    SERVICES.map(|name| (name, url(name))).to_vec()
}

/// Streams and consumers, as that version declares them.
pub fn provision(folder: &Path, nats: &str) -> anyhow::Result<()> {
    let done = Command::new(folder.join("gridline")).arg("provision").env("GRIDLINE_NATS__URL", nats).output()?;
    anyhow::ensure!(done.status.success(), "provision: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// Starts all services that lie in `folder`, for as long as the value lives.
pub fn start(folder: &Path, nats: &Nats, databases: &[(&'static str, String)]) -> anyhow::Result<Services> {
    let mut running = Vec::new();
    for (name, database) in databases {
        let mut command = Command::new(folder.join(name));
        command
            .env("GRIDLINE_NATS__URL", nats.url())
            .env("GRIDLINE_DATABASE__URL", database)
            .env("GRIDLINE_LOG__FILTER", "error");
        running.push((*name, Leashed::spawn(&mut command, "TERM", None).with_context(|| format!("{name} can't be started"))?));
    }
    Ok(Services { running, before: RefCell::default() })
}

impl Services {
    /// Usage is counted from here.
    pub fn mark(&self) {
        *self.before.borrow_mut() = self.running.iter().map(|(_, p)| cpu(p.id())).collect();
    }

    /// CPU since the mark and memory now, per service.
    pub fn print_usage(&self, seconds: f64, tickets: usize) {
        println!("usage:      service           CPU of a core   CPU per ticket   memory");
        for ((name, process), before) in self.running.iter().zip(self.before.borrow().iter()) {
            let used = cpu(process.id()) - before;
            let (share, each) = (100.0 * used / seconds, 1e6 * used / tickets as f64);
            println!("            {name:<16} {share:>10.0} % {each:>13.0} µs {:>8.0} MB", memory(process.id()));
        }
    }
}

/// User and system time of a process, in seconds.
fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

/// Resident memory of a process, in MB.
fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
