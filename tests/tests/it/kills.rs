//! No ticket is lost and none is done twice, whatever is killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contracts::{
    id::{OrderId, SourceId, TicketId, UnitId},
    intake::{Receipt, ReceiptOutcome},
    ticket::{Class, Closed, Dispatched, Part, Signed},
};
use futures_util::{StreamExt, stream};
use gridline_tests::{
    Backend, Plant,
    city::judge,
    crew::Crew,
    ear::{Ear, Said},
    outside::Letter,
    plant::PROGRAMS,
};
use serde_json::{Value, json};

const REPORTS: &str = include_str!("../../../services/classification/tests/data/reports.jsonl");

/// For all reports.
const PATIENCE: Duration = Duration::from_secs(150);
/// Facts of the main way of one ticket: received, classified, dispatched, signed, progressed, reported, checked, closed.
const FACTS_EACH: usize = 8;
/// How often each program is killed.
const KILLS_EACH: usize = 2;

/// Every program is killed with -9 again and again at moments that a seed chooses, and the broker once, while all
/// reports come in over both faces and all units work. At the end every ticket is closed, by one effective dispatch.
/// `GRIDLINE_TEST_SEED` plays a seed again.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_every_report_is_closed_whatever_is_killed() {
    run(Backend::Sqlite).await;
}

/// The same on PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_every_report_is_closed_whatever_is_killed() {
    run(Backend::Postgres).await;
}

async fn run(backend: Backend) {
    let seed = std::env::var("GRIDLINE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    eprintln!("-- on {backend:?}, GRIDLINE_TEST_SEED={seed}");
    let plant = Plant::start(backend, &[]).await;
    let crew = Crew::start(&plant.outside);
    let (outside, browser) = (plant.outside.clone(), plant.browser.clone());
    let ear = outside.ear().clone();
    let reports: Vec<Value> = REPORTS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let intake = Mutex::new(plant.http("intake").unwrap());
    let client = Sender { outside, browser, intake: &intake };
    let accepted = AtomicUsize::new(0);
    let send = stream::iter(reports.iter().enumerate()).for_each_concurrent(16, async |(n, report)| {
        client.send(n, report).await;
        accepted.fetch_add(1, Ordering::Relaxed);
    });
    let all_closed = ear.listen_for(PATIENCE, |heard, _| (closed(heard).len() == reports.len()).then_some(()));
    let (plant, all_closed, ()) = futures_util::join!(sabotage(plant, &ear, &intake, seed, reports.len()), all_closed, send);
    let heard = ear.heard();
    assert!(all_closed.is_some(), "{} of {} closed; {}", closed(&heard).len(), reports.len(), standing(&heard));

    judge(&heard);
    one_effective_dispatch_each(&heard, &crew, reports.len());
    let findings = plant.doctor(30);
    assert!(findings.contains(&format!("accepted {n} = CLOSED {n}", n = reports.len())), "{findings}");
    assert_eq!(crew.refused(), []);
}

/// Kills what the seed says when as much was said as the seed says, and starts it again.
async fn sabotage(mut plant: Plant, ear: &Ear, intake: &Mutex<String>, seed: u64, reports: usize) -> Plant {
    let mut dice = Dice(seed);
    let mut victims: Vec<&str> = PROGRAMS.iter().copied().cycle().take(PROGRAMS.len() * KILLS_EACH).collect();
    victims.push("nats-server");
    dice.shuffle(&mut victims);
    let last = reports * FACTS_EACH * 9 / 10;
    let mut moments: Vec<usize> = victims.iter().map(|_| dice.below(last)).collect();
    moments.sort_unstable();
    for (victim, moment) in victims.into_iter().zip(moments) {
        let facts = |heard: &[Said]| heard.iter().filter(|s| s.subject.starts_with("ticket.")).count();
        if ear.listen_for(PATIENCE, |heard, _| (facts(heard) >= moment).then_some(())).await.is_none() {
            return plant;
        }
        let pause = Duration::from_millis(dice.below(400) as u64);
        eprintln!("{victim} is killed after {moment} facts, for {pause:?}");
        if victim == "nats-server" {
            plant.kill_broker();
            tokio::time::sleep(pause).await;
            plant.restart_broker();
        } else {
            plant.kill(victim);
            tokio::time::sleep(pause).await;
            plant.launch(victim);
            plant.ready(victim).await;
            *intake.lock().unwrap() = plant.http("intake").unwrap_or_default();
        }
    }
    plant
}

/// Sends reports, half over NATS and half over HTTP, each again and again until it is accepted.
struct Sender<'a> {
    outside: gridline_tests::outside::Outside,
    browser: reqwest::Client,
    intake: &'a Mutex<String>,
}

impl Sender<'_> {
    async fn send(&self, n: usize, report: &Value) {
        let id = report["id"].as_str().unwrap();
        let submission = json!({
            "external_id": id,
            "channel": "phone",
            "text": report["text"],
            "reporter": {"name": "王小明", "phone": "13800001022"},
        });
        loop {
            let taken =
                if n.is_multiple_of(2) { self.over_nats(id, &submission).await } else { self.over_http(&submission).await };
            if taken {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn over_nats(&self, id: &str, submission: &Value) -> bool {
        let source: SourceId = "hotline-12345".parse().unwrap();
        let letter = Letter::report(&source, id, submission.to_string());
        if self.outside.try_send(&letter).await.is_err() {
            return false;
        }
        let receipt = |said: &Said| {
            let receipt = said.subject.starts_with("receipt.").then(|| serde_json::from_slice::<Receipt>(&said.body).unwrap())?;
            (receipt.external_id.as_deref() == Some(id)).then_some(receipt.outcome)
        };
        let answer = self.outside.ear().listen_for(Duration::from_secs(3), |heard, from| heard[from..].iter().find_map(receipt));
        match answer.await {
            Some(ReceiptOutcome::Refused { problem }) => panic!("{id}: {problem}"),
            accepted => accepted.is_some(),
        }
    }

    async fn over_http(&self, submission: &Value) -> bool {
        let url = format!("{}/api/v1/reports", self.intake.lock().unwrap());
        let Ok(answer) = self.browser.post(url).json(submission).send().await else { return false };
        let status = answer.status();
        assert!(!status.is_client_error(), "{status}: {:?}", answer.text().await);
        status.is_success()
    }
}

/// One dispatch a ticket; each work order was delivered, to its own unit, and signed for once.
fn one_effective_dispatch_each(heard: &[Said], crew: &Crew, reports: usize) {
    let mut dispatched: BTreeMap<TicketId, Vec<Dispatched>> = BTreeMap::new();
    let mut signed: BTreeMap<OrderId, usize> = BTreeMap::new();
    for said in heard {
        if let Some(fact) = said.read::<Dispatched>() {
            dispatched.entry(fact.ticket).or_default().push(fact);
        }
        if let Some(fact) = said.read::<Signed>() {
            *signed.entry(fact.of.order).or_default() += 1;
        }
    }
    assert_eq!(dispatched.len(), reports);
    let mut promised: BTreeMap<OrderId, UnitId> = BTreeMap::new();
    for (ticket, facts) in &dispatched {
        let [fact] = &facts[..] else { panic!("{ticket} was dispatched {} times", facts.len()) };
        assert_eq!(fact.orders.iter().filter(|o| o.part == Part::Lead).count(), 1, "{fact:?}");
        assert_eq!(fact.orders.len() > 1, fact.class == Class::KeyDifficult, "{fact:?}");
        promised.extend(fact.orders.iter().map(|o| (o.order, o.unit.clone())));
    }
    let ledger = crew.ledger();
    let worked = ledger.iter().filter(|((_, kind), _)| kind == "order").map(|((order, _), e)| (*order, e.unit.clone()));
    assert_eq!(worked.collect::<BTreeMap<_, _>>(), promised, "work orders in the units' ledgers, and those that were sent");
    assert!(promised.keys().all(|order| signed.get(order) == Some(&1)), "signed for other than once: {signed:?}");
}

fn closed(heard: &[Said]) -> BTreeSet<TicketId> {
    heard.iter().filter(|s| s.read::<Closed>().is_some()).filter_map(Said::ticket).collect()
}

/// How many facts of each kind were said: where it stands still.
fn standing(heard: &[Said]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for said in heard {
        *kinds.entry(&said.subject).or_default() += 1;
    }
    format!("{kinds:?}")
}

/// Small, seeded, the same everywhere (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}
