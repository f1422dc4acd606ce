//! The real programs as processes, each with its own database: they can be killed and started again.

use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    PATIENCE,
    city::{Backend, databases},
    outside::Outside,
    rig::{Leashed, Nats},
    until,
};

/// The programs, in the order in which a ticket meets them.
pub const PROGRAMS: [&str; 6] = ["hotline-bridge", "intake", "classification", "dispatch", "sla-watchdog", "console"];

/// All programs at work.
#[derive(Debug)]
pub struct Plant {
    /// Somebody outside.
    pub outside: Outside,
    /// Somebody at a browser.
    pub browser: reqwest::Client,
    nats: Nats,
    environment: Vec<(String, String)>,
    databases: HashMap<&'static str, String>,
    running: HashMap<&'static str, Program>,
    starts: u32,
    files: tempfile::TempDir,
}

#[derive(Debug)]
struct Program {
    process: Leashed,
    log: PathBuf,
}

impl Plant {
    /// Starts everything, with these settings for every program; waits until all are ready.
    ///
    /// # Panics
    /// If a program was not built, or does not start.
    pub async fn start(backend: Backend, environment: &[(&str, String)]) -> Self {
        chassis::install_tls();
        let nats = Nats::provisioned().await;
        let files = tempfile::Builder::new().prefix("gridline-plant-").tempdir().expect("a temporary folder");
        let mut plant = Self {
            outside: Outside::connect(nats.url()).await,
            browser: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client"),
            nats,
            environment: environment.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            databases: databases(backend, files.path()),
            running: HashMap::new(),
            starts: 0,
            files,
        };
        for name in PROGRAMS {
            plant.launch(name);
        }
        for name in PROGRAMS {
            plant.ready(name).await;
        }
        plant
    }

    /// Starts a program that does not run; does not wait for it.
    ///
    /// # Panics
    /// If it was not built.
    pub fn launch(&mut self, name: &'static str) {
        self.starts += 1;
        let log = self.files.path().join(format!("{name}.{}.log", self.starts));
        let mut command = Command::new(program(name));
        command.env_clear().stderr(fs::File::create(&log).expect("the folder can be written"));
        command.env("GRIDLINE_NATS__URL", self.nats.url()).env("GRIDLINE_DATABASE__URL", &self.databases[name]);
        command.env("GRIDLINE_HTTP__LISTEN", "127.0.0.1:0").envs(self.environment.iter().cloned());
        let process = Leashed::spawn(&mut command, "KILL", None).unwrap_or_else(|e| panic!("{name}: {e}"));
        self.running.insert(name, Program { process, log });
    }

    /// `kill -9`.
    pub fn kill(&mut self, name: &str) {
        self.running.remove(name).unwrap_or_else(|| panic!("{name} does not run"));
    }

    /// `kill -9` of the broker.
    pub fn kill_broker(&mut self) {
        self.nats.kill();
    }

    /// Starts the broker again, on the same port and store.
    pub fn restart_broker(&mut self) {
        self.nats.restart();
    }

    /// Where the broker is.
    pub fn nats(&self) -> &str {
        self.nats.url()
    }

    /// The public address of a program, as a URL, once it listens.
    pub fn http(&self, name: &str) -> Option<String> {
        self.address(name, "http.listen")
    }

    /// The operations address of a program, as a URL, once it listens.
    pub fn ops(&self, name: &str) -> Option<String> {
        self.address(name, "ops.listen")
    }

    /// Waits until a program answers that it is ready.
    pub async fn ready(&mut self, name: &str) {
        until(&format!("{name} is ready"), async || {
            let ops = self.ops(name).ok_or_else(|| self.log(name))?;
            let answer = self.browser.get(format!("{ops}/readyz")).send().await.map_err(|e| e.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap_or_default()) }
        })
        .await;
    }

    /// Asks the operator's `gridline doctor`, giving it this many seconds; gives its findings.
    ///
    /// # Panics
    /// If it finds something wrong.
    pub fn doctor(&self, seconds: u32) -> String {
        let (good, said) = self.gridline(&["doctor", "--wait", &seconds.to_string()]);
        assert!(good, "gridline doctor:\n{said}");
        said
    }

    /// Asks the operator's `gridline`; whether it is content, and what it says.
    ///
    /// # Panics
    /// If it can't be run, or a program does not run.
    pub fn gridline(&self, args: &[&str]) -> (bool, String) {
        let mut gridline = Command::new(program("gridline"));
        gridline.env_clear().args(args);
        gridline.env("GRIDLINE_NATS__URL", self.nats.url()).env("GRIDLINE_NATS__MONITOR", self.nats.monitor());
        for name in PROGRAMS {
            let key = format!("GRIDLINE_SERVICES__{}", name.to_uppercase().replace('-', "_"));
            gridline.env(format!("{key}__DATABASE"), &self.databases[name]);
            gridline.env(format!("{key}__OPS"), self.ops(name).expect("it runs"));
        }
        let answer = gridline.output().expect("gridline runs");
        let said = [answer.stdout, answer.stderr].concat();
        (answer.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Ends all programs as `deploy/down.sh` does, and waits; each must end by itself and content.
    ///
    /// # Panics
    /// If one does not.
    pub fn stop(&mut self) {
        for (name, mut program) in self.running.drain() {
            let status = program.process.terminate().expect("it can be signalled");
            let log = fs::read_to_string(&program.log).unwrap_or_default();
            assert!(status.success(), "{name} ended with {status}: {}", tail(&log));
        }
    }

    /// The last lines of what a program logged.
    pub fn log(&self, name: &str) -> String {
        let log = self.running.get(name).map(|p| &p.log);
        tail(&log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default())
    }

    /// A program tells in its log where it listens.
    fn address(&self, name: &str, setting: &str) -> Option<String> {
        let log = fs::read_to_string(&self.running.get(name)?.log).ok()?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.map(|line| line["fields"].clone()).find(|f| f["message"] == "listening" && f["setting"] == setting)?;
        let address: SocketAddr = line["address"].as_str()?.parse().ok()?;
        Some(format!("http://{address}"))
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// Where Cargo put a program, after a look whether it is younger than its source; or in `GRIDLINE_BIN_DIR`, if that is
/// set (for a release build).
pub(crate) fn program(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("GRIDLINE_BIN_DIR") {
        return Path::new(&folder).join(name);
    }
    const HOW: &str = "run `cargo build --workspace --bins` first; tests/run.sh does";
    let test = std::env::current_exe().expect("a path");
    let file = test.ancestors().nth(2).expect("target/debug").join(name);
    let written = |path: &Path| fs::metadata(path).and_then(|m| m.modified());
    let built = written(&file).unwrap_or_else(|_| panic!("{} is not built: {HOW}", file.display()));
    // Cargo writes beside it what it was built from: "program: source source …"
    let sources = fs::read_to_string(file.with_extension("d")).unwrap_or_default();
    for source in sources.split_whitespace().skip(1).map(Path::new) {
        let is_old = written(source).is_ok_and(|changed| changed > built);
        assert!(!is_old, "{} is older than {}: {HOW}", file.display(), source.display());
    }
    file
}
