//! The built binary on real files, a real nats-server, real databases and a real intake.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod files;
mod learning;
mod ledger;
mod looks;
mod reports;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// What a run of `gridline` gave.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder to work in, and `gridline` in it. Nothing of the machine's own settings reaches it.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Settings: this broker; of the services, only `services` are looked at, in this folder.
    fn configure(&self, nats: &str, monitor: &str, services: &[&str]) {
        let mut text = format!("[nats]\nurl = \"{nats}\"\nmonitor = \"{monitor}\"\n");
        for name in ["intake", "classification", "dispatch", "sla-watchdog", "hotline-bridge", "console"] {
            let file = self.path(&format!("{name}.db"));
            let url = if services.contains(&name) { format!("sqlite://{}", file.display()) } else { String::new() };
            let key = name.replace('-', "_");
            text += &format!("[services.{key}]\ndatabase = \"{url}\"\nops = \"\"\n");
        }
        self.write("gridline.toml", text);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridline"));
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("GRIDLINE_")) {
            command.env_remove(name);
        }
        let config = self.path("gridline.toml");
        if config.exists() {
            command.env("GRIDLINE_CONFIG", config);
        }
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        let done = self.command(args).output().unwrap();
        Ran {
            code: done.status.code(),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }

    fn run_with_input(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        Ran {
            code: done.status.code(),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }
}

/// A nats-server of our own on free ports; killed with the test.
struct Broker {
    child: Child,
    url: String,
    monitor: String,
    _dir: TempDir,
}

impl Broker {
    /// With JetStream, synced as by default.
    fn start() -> Self {
        Self::run("")
    }

    fn always_syncing() -> Self {
        Self::run(", sync_interval: always")
    }

    fn run(option: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("js");
        Self::with(dir, &format!("jetstream {{ store_dir: \"{}\"{option} }}", store.display()))
    }

    fn without_jetstream() -> Self {
        Self::with(tempfile::tempdir().unwrap(), "")
    }

    fn with(dir: TempDir, jetstream: &str) -> Self {
        let conf = dir.path().join("nats.conf");
        fs::write(&conf, format!("listen: \"127.0.0.1:-1\"\nhttp: \"127.0.0.1:-1\"\n{jetstream}\n")).unwrap();
        let mut child = Command::new(nats_server()).arg("-c").arg(&conf).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut url, mut monitor) = (String::new(), String::new());
        for line in log.by_ref() {
            let line = line.unwrap();
            if let Some((_, at)) = line.split_once("client connections on ") {
                url = format!("nats://{at}");
            } else if let Some((_, at)) = line.split_once("http monitor on ") {
                monitor = format!("http://{at}");
            } else if line.contains("Server is ready") {
                break;
            }
        }
        assert!(!url.is_empty() && !monitor.is_empty(), "nats-server did not start");
        // a full pipe would stop the server
        std::thread::spawn(move || log.for_each(drop));
        Self { child, url, monitor, _dir: dir }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn nats_server() -> PathBuf {
    let given = env::var_os("NATS_SERVER_BIN").map(PathBuf::from);
    let on_path = env::split_paths(&env::var_os("PATH").unwrap_or_default()).map(|d| d.join("nats-server")).find(|f| f.is_file());
    let found = given.or(on_path).unwrap_or_else(|| Path::new("/tmp/nats/nats-server").to_owned());
    assert!(found.is_file(), "no nats-server at {}: set NATS_SERVER_BIN to one (2.14 or newer)", found.display());
    found
}
