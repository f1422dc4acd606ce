//! Departments that are programs of other people, in other languages, with nothing but the published contract.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use contracts::{
    id::TicketId,
    ticket::Class,
    ticket::{Classified, Closed, Dispatched},
};
use gridline_tests::{Backend, Plant, city::judge, ear::Said, rig::Leashed};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);

/// All reports, half over NATS and half over HTTP by Python; departments in Node and Python, the centre's staff in
/// Python: every report goes to the unit that its classification names, and is closed.
#[tokio::test(flavor = "multi_thread")]
async fn programs_in_python_and_node_bring_every_report_to_its_end() {
    let mut plant = Plant::start(Backend::Sqlite, &[]).await;
    let clients = Clients::new(&plant);
    let mut at_work = vec![clients.python("staff.py", &[])];
    if let Some(node) = env_path("CLIENT_NODE") {
        at_work.push(clients.start(&node, "departments.mjs", &["--units", "D01..D12"]));
        at_work.push(clients.python("departments.py", &["--units", "D13..D99,TOWN-*,GRID-*"]));
    } else {
        eprintln!("no Node: Python plays all departments");
        at_work.push(clients.python("departments.py", &[]));
    }
    let reports = repo().join("deploy/sample/reports.jsonl");
    let total = std::fs::read_to_string(&reports).unwrap().lines().count();
    let (reports, intake) = (reports.to_str().unwrap(), plant.http("intake").unwrap());
    let mut sources = [
        clients.python("source.py", &["--part", "1/2", reports]),
        clients.python("source.py", &["--part", "2/2", "--source", "web", "--http", &intake, reports]),
    ];
    let ear = plant.outside.ear();
    let all_closed = ear.listen_for(PATIENCE, |heard, _| (of::<Closed>(heard).len() == total).then_some(())).await;
    for source in &mut sources {
        let tally = source.last_word();
        assert_eq!(tally["accepted"], total / 2, "{tally}");
    }
    let heard = ear.heard();
    assert!(all_closed.is_some(), "{} of {total} closed; {}", of::<Closed>(&heard).len(), clients.logs());

    judge(&heard);
    let (classified, dispatched) = (of::<Classified>(&heard), of::<Dispatched>(&heard));
    for (ticket, named) in &classified {
        let sent = &dispatched[ticket];
        assert_eq!(sent.orders[0].unit, named.lead, "{ticket}: sent to another unit than classification names");
        let copied = named.class != Class::Simple;
        assert_eq!(!sent.copies.is_empty(), copied, "{ticket}: {named:?} {sent:?}");
    }
    let findings = plant.doctor(30);
    assert!(findings.contains(&format!("accepted {total} = CLOSED {total}")), "{findings}");
    for program in &mut at_work {
        program.process.terminate().unwrap();
        let tally = program.last_word();
        assert!(tally["defects"].as_object().is_none_or(serde_json::Map::is_empty), "{tally}");
    }
    plant.stop();
}

/// The last fact of a kind about each ticket.
fn of<F: gridline_tests::ear::Fact>(heard: &[Said]) -> BTreeMap<TicketId, F> {
    heard.iter().filter_map(|said| Some((said.ticket()?, said.read()?))).collect()
}

/// What starts outside programs.
struct Clients {
    nats: String,
    python: PathBuf,
    logs: tempfile::TempDir,
}

/// An outside program at work.
struct Client {
    process: Leashed,
    log: PathBuf,
}

impl Clients {
    fn new(plant: &Plant) -> Self {
        let python = env_path("CLIENT_PYTHON").or_else(|| Some(repo().join("var/venv/bin/python")).filter(|p| p.exists()));
        let python = python.expect("set CLIENT_PYTHON to a Python with nats-py; tests/run.sh makes one");
        Self { nats: plant.nats().to_owned(), python, logs: tempfile::tempdir().unwrap() }
    }

    fn python(&self, script: &str, arguments: &[&str]) -> Client {
        self.start(&self.python, script, arguments)
    }

    fn start(&self, interpreter: &Path, script: &str, arguments: &[&str]) -> Client {
        let n = std::fs::read_dir(self.logs.path()).unwrap().count();
        let log = self.logs.path().join(format!("{n}-{script}"));
        let out = File::create(&log).unwrap();
        let mut command = Command::new(interpreter);
        command.arg(repo().join("tests/clients").join(script)).args(["--nats", &self.nats]).args(arguments);
        command.stdout(out.try_clone().unwrap()).stderr(out);
        Client { process: Leashed::spawn(&mut command, "KILL", None).unwrap(), log }
    }

    fn logs(&self) -> String {
        let files = std::fs::read_dir(self.logs.path()).unwrap().map(|file| file.unwrap().path());
        files.map(|f| format!("{}: {}\n", f.display(), std::fs::read_to_string(&f).unwrap())).collect()
    }
}

impl Client {
    /// Waits until it ends, content; its last line is a summary.
    fn last_word(&mut self) -> Value {
        let status = self.process.wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert!(status.success(), "{}: {status}: {log}", self.log.display());
        serde_json::from_str(log.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("no summary: {log}"))
    }
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn repo() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
