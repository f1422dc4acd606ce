//! A real nats-server with JetStream that syncs every write.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use bus::{Bus, topology::Layout};
use contracts::district::District;
use tokio::sync::OnceCell;

use super::{Leashed, leash};

/// A nats-server of its own, with its store in a temporary folder. Can be killed and started again on the same
/// port and store.
#[derive(Debug)]
pub struct Nats {
    // dropped before the folder it writes to
    server: Option<Leashed>,
    url: String,
    monitor: String,
    dir: tempfile::TempDir,
}

impl Nats {
    /// Starts one without streams, on a port that the kernel chose.
    ///
    /// # Panics
    /// If there is no nats-server, or it does not start.
    pub fn start() -> Self {
        let mut nats = Self { server: None, url: String::new(), monitor: String::new(), dir: folder() };
        nats.launch("-1");
        nats
    }

    /// Starts one with the streams and queues of the sample district. They are provisioned once in a test process
    /// and copied from then on: three hundred consumers are three seconds of syncing.
    ///
    /// # Panics
    /// As [`Nats::start`].
    pub async fn provisioned() -> Self {
        static TEMPLATE: OnceCell<(PathBuf, Child)> = OnceCell::const_new();
        let (template, _) = TEMPLATE.get_or_init(provision).await;
        let mut nats = Self { server: None, url: String::new(), monitor: String::new(), dir: folder() };
        copy(template, &nats.dir.path().join("store"));
        nats.launch("-1");
        nats
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its monitoring address.
    pub fn monitor(&self) -> &str {
        &self.monitor
    }

    /// Ends it as a power failure would, but for what the kernel already has.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// Starts it again, on the same port and store.
    pub fn restart(&mut self) {
        let port = self.url.rsplit_once(':').map(|(_, port)| port.to_owned()).expect("a port");
        self.launch(&port);
    }

    fn launch(&mut self, port: &str) {
        let dir = self.dir.path();
        let store = dir.join("store");
        // larger than what a service reads, so that the service can say what is wrong instead of a cut connection
        let config = format!(
            "max_payload: 512KB\nhttp: \"127.0.0.1:-1\"\nports_file_dir: {dir:?}\njetstream {{ store_dir: {store:?}, sync_interval: always }}\n"
        );
        let config_file = dir.join("nats.conf");
        fs::write(&config_file, config).expect("the folder can be written");
        let log = fs::File::options().create(true).append(true).open(dir.join("log")).expect("the folder can be written");
        let mut command = Command::new(binary());
        command.arg("-c").arg(config_file).args(["-a", "127.0.0.1", "-p", port]);
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        let mut server = Leashed::spawn(&mut command, "KILL", Some(dir)).unwrap_or_else(|e| panic!("{}: {e}", missing()));
        (self.url, self.monitor) = wait_for_ports(dir, &mut server);
        self.server = Some(server);
    }
}

/// A store with all streams, and the guard that removes it.
async fn provision() -> (PathBuf, Child) {
    let mut nats = Nats::start();
    let bus = Bus::connect(nats.url(), "tests", true).await.expect("the broker is up");
    bus.provision(&Layout::default(), District::sample(), false).await.expect("provisioned");
    let server = nats.server.as_mut().expect("it runs");
    server.terminate().expect("it ends");
    let template = folder().keep();
    copy(&nats.dir.path().join("store"), &template.join("store"));
    let guard = leash::remove_at_end(&template).expect("sh");
    (template.join("store"), guard)
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("gridline-nats-").tempdir().expect("a temporary folder")
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status().expect("cp");
    assert!(copied.success(), "{} can't be copied", from.display());
}

/// The server writes a file with its ports once it listens.
fn wait_for_ports(dir: &Path, server: &mut Leashed) -> (String, String) {
    let file = dir.join(format!("nats-server_{}.ports", server.id()));
    let start = Instant::now();
    loop {
        let ports = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
        let url = |kind: &str| ports.as_ref().and_then(|ports| ports[kind][0].as_str().map(str::to_owned));
        if let (Some(url), Some(monitor)) = (url("nats"), url("monitoring")) {
            return (url, monitor);
        }
        if server.ended().is_some() || start.elapsed() > Duration::from_secs(20) {
            panic!("nats-server did not start: {}", fs::read_to_string(dir.join("log")).unwrap_or_default());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn binary() -> PathBuf {
    if let Some(named) = env::var_os("NATS_SERVER_BIN") {
        return named.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|dir| dir.join("nats-server")).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{}", missing()))
}

fn missing() -> &'static str {
    "no nats-server: set NATS_SERVER_BIN to one of version 2.14 or newer, or put it on PATH; tests/run.sh does both"
}
