//! A private PostgreSQL cluster, one for the whole test process.

use std::{
    env, fs, io,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use super::Leashed;

/// A cluster in a temporary folder, reached only over its Unix socket, so that no port can clash.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    dir: PathBuf,
    _server: Leashed,
}

impl Postgres {
    /// The cluster of this process; started by the first who asks.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        // the cluster is never killed in a test: what a crash of it keeps is PostgreSQL's promise, not ours
        let quick = ["-c", "fsync=off", "-c", "full_page_writes=off"];
        SHARED.get_or_init(|| Self::start(&quick).unwrap_or_else(|e| panic!("PostgreSQL: {e}")))
    }

    /// A cluster that keeps what it has committed, as in production; for measurements.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    pub fn durable() -> &'static Self {
        static DURABLE: OnceLock<Postgres> = OnceLock::new();
        DURABLE.get_or_init(|| {
            Self::start(&["-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB"]).unwrap_or_else(|e| panic!("PostgreSQL: {e}"))
        })
    }

    /// Makes a database; returns its URL.
    ///
    /// # Panics
    /// If the cluster refuses.
    pub fn database(&self, name: &str) -> String {
        let made = Command::new(self.bin.join("createdb")).arg("-h").arg(&self.dir).args(["-U", "test", name]).output();
        let made = made.expect("createdb runs");
        assert!(made.status.success(), "createdb {name}: {}", String::from_utf8_lossy(&made.stderr));
        // host in the query wins over the one in the authority; a folder means a socket in it
        format!("postgres://test@localhost/{name}?host={}", self.dir.display())
    }

    fn start(settings: &[&str]) -> io::Result<Self> {
        let bin = programs()?;
        let owner = unprivileged()?;
        let dir = tempfile::Builder::new().prefix("gridline-pg-").tempdir_in("/tmp")?.keep();
        if let Some((uid, gid)) = owner {
            chown(&dir, Some(uid), Some(gid))?;
        }
        let data = dir.join("data");
        let mut init = program(owner, &bin, "initdb");
        init.arg("-D").arg(&data).current_dir(&dir);
        init.args(["-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]);
        let Output { status, stderr, .. } = init.output()?;
        if !status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&stderr).into_owned()));
        }
        let log = fs::File::create(dir.join("log"))?;
        let mut serve = program(owner, &bin, "postgres");
        serve.arg("-D").arg(&data).arg("-k").arg(&dir).current_dir(&dir);
        serve.args(["-c", "listen_addresses=", "-c", "max_connections=400"]).args(settings);
        serve.stdout(log.try_clone()?).stderr(log);
        // QUIT is its immediate shutdown: shared memory is given back
        let mut server = Leashed::spawn(&mut serve, "QUIT", Some(&dir))?;
        wait_until_ready(&dir, &mut server)?;
        Ok(Self { bin, dir, _server: server })
    }
}

/// The last line of `postmaster.pid` says "ready" once connections are taken.
fn wait_until_ready(dir: &Path, server: &mut Leashed) -> io::Result<()> {
    let start = Instant::now();
    loop {
        let pid_file = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap_or_default();
        if pid_file.lines().last().is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        if server.ended().is_some() || start.elapsed() > Duration::from_secs(30) {
            return Err(io::Error::other(fs::read_to_string(dir.join("log")).unwrap_or_default()));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Debian keeps the server's programs outside PATH.
fn programs() -> io::Result<PathBuf> {
    if let Some(dir) = env::var_os("PG_BIN_DIR") {
        return Ok(dir.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).filter(|bin| bin.join("initdb").exists()).collect();
    found.sort();
    found
        .pop()
        .ok_or_else(|| io::Error::other("not installed: apt-get install postgresql (tests/run.sh does), or set PG_BIN_DIR"))
}

fn program(owner: Option<(u32, u32)>, bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}

/// PostgreSQL refuses to run as root; the user to run it as then.
fn unprivileged() -> io::Result<Option<(u32, u32)>> {
    if id("-u", None)? != 0 {
        return Ok(None);
    }
    let of = |user| Some((id("-u", Some(user)).ok()?, id("-g", Some(user)).ok()?));
    let found = ["postgres", "nobody"].into_iter().find_map(of);
    found.map(Some).ok_or_else(|| io::Error::other("no user postgres or nobody to run the server as"))
}

fn id(flag: &str, user: Option<&str>) -> io::Result<u32> {
    let out = Command::new("id").arg(flag).args(user).output()?;
    String::from_utf8_lossy(&out.stdout).trim().parse().map_err(io::Error::other)
}
