//! The services at work in this process, with one clock, and the people around them.

mod caller;
mod judge;
mod services;
pub mod story;
mod unit;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bus::Clock;
use chassis::Context;
use chrono::{DateTime, TimeDelta, Utc};
use contracts::id::TicketId;
use outbox::{Db, dead_letter, entity::dead_letter::Model as DeadLetter};

pub use caller::{Caller, Ticket};
pub use judge::judge;
pub use services::Service;
pub use story::Story;
pub use unit::{Task, Unit};

use crate::{
    ear::Fact,
    outside::Outside,
    rig::{self, Nats, Postgres},
};

/// Which database the services keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file for each service.
    Sqlite,
    /// A database for each service in the private cluster.
    Postgres,
}

impl Backend {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// Settings that differ from the defaults: service, key, value.
pub type Override = (&'static str, String, String);

/// A city at work.
#[derive(Debug)]
pub struct City {
    /// The one clock of all services.
    pub clock: Clock,
    /// Somebody outside.
    pub outside: Outside,
    /// Somebody at a browser.
    pub browser: reqwest::Client,
    backend: Backend,
    overrides: Vec<Override>,
    databases: HashMap<&'static str, String>,
    running: Mutex<Vec<Running>>,
    expected_dead: Mutex<HashMap<&'static str, u64>>,
    refused: Mutex<Vec<story::Refused>>,
    reports: AtomicU32,
    finished: bool,
    nats: Nats,
    _files: tempfile::TempDir,
}

/// A service at work.
#[derive(Clone, Debug)]
struct Running {
    service: &'static Service,
    context: Context,
    address: Option<SocketAddr>,
}

impl City {
    /// Plays `scenario` in a new city on each database, and checks what is left behind (see [`City::finish`]).
    pub async fn on_both(scenario: impl AsyncFn(&Self)) {
        for backend in Backend::BOTH {
            let start = std::time::Instant::now();
            eprintln!("-- on {backend:?}");
            let city = Self::start(backend).await;
            scenario(&city).await;
            city.finish().await;
            eprintln!("-- on {backend:?}: {:?}", start.elapsed());
        }
    }

    /// A city with default settings.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Vec::new()).await
    }

    /// A city with some settings of its own.
    ///
    /// # Panics
    /// If a service does not start.
    pub async fn start_with(backend: Backend, overrides: Vec<Override>) -> Self {
        rig::logs::keep();
        chassis::install_tls();
        let nats = Nats::provisioned().await;
        let files = tempfile::Builder::new().prefix("gridline-city-").tempdir().expect("a temporary folder");
        let city = Self {
            clock: Clock::system(),
            outside: Outside::connect(nats.url()).await,
            browser: reqwest::Client::builder().no_proxy().build().expect("a client"),
            backend,
            overrides,
            databases: databases(backend, files.path()),
            running: Mutex::default(),
            expected_dead: Mutex::default(),
            refused: Mutex::default(),
            reports: AtomicU32::default(),
            finished: false,
            nats,
            _files: files,
        };
        for service in services::ALL {
            city.launch(service).await;
        }
        city
    }

    /// Which database the services keep.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Starts one more instance of a service on the same database.
    pub async fn replica(&self, name: &str) {
        self.launch(services::named(name)).await;
    }

    /// Stops all instances of a service, as SIGTERM would.
    pub async fn stop(&self, name: &str) {
        let of_name = |r: &mut Running| r.service.name == name;
        let stopped: Vec<Running> = self.running.lock().unwrap().extract_if(.., of_name).collect();
        assert!(!stopped.is_empty(), "{name} does not run");
        for instance in stopped {
            instance.context.drain().await;
        }
    }

    /// Moves the clock of all services.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Sets the clock of all services, from where it runs on.
    pub fn set_time(&self, to: &str) {
        self.clock.set(to.parse::<DateTime<Utc>>().expect("RFC 3339"));
    }

    /// The public address of a service, as a URL.
    pub fn http(&self, name: &str) -> String {
        self.faces(name).into_iter().next().unwrap_or_else(|| panic!("{name} has no public address"))
    }

    /// The public addresses of all instances of a service.
    pub fn faces(&self, name: &str) -> Vec<String> {
        let running = self.running.lock().unwrap();
        running.iter().filter(|r| r.service.name == name).filter_map(|r| r.address).map(|a| format!("http://{a}")).collect()
    }

    /// Somebody who reports over the web.
    pub fn caller(&self) -> Caller<'_> {
        Caller::new(self)
    }

    /// What the reporter sees of a ticket.
    ///
    /// # Panics
    /// If it can't be seen.
    pub async fn looks_up(&self, ticket: &Ticket) -> serde_json::Value {
        let url = format!("{}{}", self.http("intake"), ticket.location);
        let answer = self.browser.get(url).send().await.and_then(reqwest::Response::error_for_status);
        answer.expect("the ticket is shown").json().await.expect("JSON")
    }

    /// A unit with its queue: a department, a grid, a town. One at a time for each id: two would share the queue.
    pub async fn department(&self, id: &str) -> Unit {
        Unit::open(self.outside.clone(), id).await
    }

    /// The district centre: rules, decides consultations, checks, calls back.
    pub async fn centre(&self) -> Unit {
        self.department(contracts::district::CENTRE).await
    }

    /// Waits for the first `F` about a ticket, past or to come.
    pub async fn expect<F: Fact>(&self, ticket: impl Into<TicketId>) -> F {
        self.expect_nth(1, ticket).await
    }

    /// Waits for the `n`-th `F` about a ticket, past or to come.
    pub async fn expect_nth<F: Fact>(&self, n: usize, ticket: impl Into<TicketId>) -> F {
        let ticket = ticket.into();
        let about = |said: &crate::ear::Said| said.ticket() == Some(ticket);
        let nth = |heard: &[crate::ear::Said]| heard.iter().filter(|s| about(s)).filter_map(|s| s.read::<F>()).nth(n - 1);
        let what = format!("{} no. {n} about {ticket}", F::SUBJECT);
        self.outside.ear().wait_for(crate::PATIENCE, what, |heard, _| nth(heard)).await
    }

    /// How often an `F` was said about a ticket so far.
    pub fn count<F: Fact>(&self, ticket: impl Into<TicketId>) -> usize {
        let ticket = Some(ticket.into());
        self.outside.ear().heard().iter().filter(|s| s.ticket() == ticket && s.subject == F::SUBJECT).count()
    }

    /// The dead letters of a service, the newest first. That there are so many is then expected.
    pub async fn dead_letters(&self, name: &'static str) -> Vec<DeadLetter> {
        let db = self.database(name).await;
        let letters = dead_letter::list(&db, 10_000).await.expect("dead letters can be read");
        let waiting = letters.iter().filter(|l| l.replayed_ms.is_none()).count();
        self.expected_dead.lock().unwrap().insert(name, waiting as u64);
        letters
    }

    /// A service's own database, opened beside the service.
    pub async fn database(&self, name: &str) -> Db {
        Db::connect(&self.databases[name], "tests").await.expect("the database can be opened")
    }

    /// Asks the operator's `gridline` about the services' databases; whether it is content, and what it says.
    ///
    /// # Panics
    /// If it can't be run.
    pub fn gridline(&self, args: &[&str]) -> (bool, String) {
        let mut gridline = std::process::Command::new(crate::plant::program("gridline"));
        gridline.env_clear().args(args);
        for (name, url) in &self.databases {
            gridline.env(format!("GRIDLINE_SERVICES__{}__DATABASE", name.to_uppercase().replace('-', "_")), url);
        }
        let answer = gridline.output().expect("gridline runs");
        let said = [answer.stdout, answer.stderr].concat();
        (answer.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// What a service's SQLite files hold, its write-ahead log included, as one text; none on PostgreSQL.
    pub fn files_of(&self, name: &str) -> Option<String> {
        let file = self.databases[name].strip_prefix("sqlite://")?;
        let bytes = ["", "-wal"].map(|ending| std::fs::read(format!("{file}{ending}")).unwrap_or_default());
        Some(String::from_utf8_lossy(&bytes.concat()).into_owned())
    }

    /// The number of the next report.
    fn next_report(&self) -> u32 {
        self.reports.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn launch(&self, service: &'static Service) {
        let name = service.name;
        let own = self.overrides.iter().filter(|(of, ..)| *of == name).map(|(_, key, value)| (key.as_str(), value.clone()));
        let mut overrides = vec![
            ("nats.url", self.nats.url().to_owned()),
            ("database.url", self.databases[name].clone()),
            ("http.listen", "127.0.0.1:0".to_owned()),
            ("ops.listen", String::new()),
        ];
        overrides.extend(own);
        let settings = chassis::Settings::fixed(name, service.defaults, &overrides).expect("settings");
        let context = Context::connect(name, &settings, self.clock.clone()).await.expect("the broker is up");
        let address = (service.start)(context.clone(), settings).await.unwrap_or_else(|e| panic!("{name}: {e:#}"));
        self.running.lock().unwrap().push(Running { service, context, address });
    }
}

/// Each service's own database, by its name.
pub(crate) fn databases(backend: Backend, files: &std::path::Path) -> HashMap<&'static str, String> {
    static CITIES: AtomicU32 = AtomicU32::new(0);
    let n = CITIES.fetch_add(1, Ordering::Relaxed);
    let url = |name: &str| match backend {
        Backend::Sqlite => format!("sqlite://{}/{name}.db", files.display()),
        Backend::Postgres => Postgres::shared().database(&format!("city{n}_{}", name.replace('-', "_"))),
    };
    services::ALL.iter().map(|s| (s.name, url(s.name))).collect()
}
