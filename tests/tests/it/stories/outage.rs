//! 群体件: twelve people report one outage. It is proposed, a person finds the cause, the matter is handled, each reporter
//! is told, and it is closed; dispatch is killed again and again meanwhile.

use std::collections::BTreeMap;

use contracts::{
    cluster::{ClusterState, ClusterStep, Grown, Moved, Proposed, Topic},
    id::TicketId,
    lifecycle::Note,
    ticket::{Dispatched, Noted},
};
use gridline_tests::{
    Backend, PATIENCE, Plant,
    city::{Ticket, story::ways::PLACE},
    ear::Said,
    until,
};
use serde_json::{Value, json};

const REPORTS: [&str; 12] = [
    "翡翠湾小区高层没水，已经停水两天，请供水公司解决",
    "住在翡翠湾15楼，家里停水两天没人管",
    "又停水！翡翠湾的供水什么时候能正常",
    "翡翠湾七楼以上全停水，老人提不动水",
    "翡翠湾停水不提前说，孩子奶瓶都没法洗",
    "我家住翡翠湾，昨天起就停水了",
    "翡翠湾停水，物业说是水泵坏了，什么时候来水",
    "翡翠湾小区停水两天，厕所都没法冲",
    "请问翡翠湾停水到哪天，没有通知",
    "翡翠湾高层停水，给供水公司打电话没人接",
    "翡翠湾又没水了，高层住户天天提水",
    "反映翡翠湾停水，请尽快修好水泵恢复供水",
];
const LATE: &str = "翡翠湾停水两天了，怎么还没来水";

const CAUSE: &str = "二次供水水泵损坏";
const DONE: &str = "已更换水泵，恢复供水";

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_each_of_twelve_reporters_is_told_what_became_of_one_outage() {
    told(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_each_of_twelve_reporters_is_told_what_became_of_one_outage() {
    told(Backend::Postgres).await;
}

async fn told(backend: Backend) {
    let mut plant = Plant::start(backend, &[]).await;
    let mut tickets = Vec::new();
    for (n, text) in REPORTS.iter().enumerate() {
        tickets.push(report(&plant, n, text).await);
    }
    // what dispatch hears of the cluster, it hears after a crash
    let topic = wait(&plant, "the cluster is proposed", |said| said.read::<Proposed>().map(|p| p.topic)).await;
    restart(&mut plant).await;
    wait_for_members(&plant, &topic, REPORTS.len()).await;
    let cluster = topic.cluster.to_string();

    let confirm = json!({"do": "confirm", "cause": CAUSE, "unit": "D26"});
    assert_eq!(act(&plant, &cluster, "k-1", &confirm).await, (200, json!("done")));
    restart(&mut plant).await;
    assert_eq!(act(&plant, &cluster, "k-1", &confirm).await, (409, json!("repeated")), "what was answered is kept");
    let handle = json!({"do": "handle", "done": DONE});
    assert_eq!(act(&plant, &cluster, "k-2", &handle).await, (200, json!("done")));
    // at once: nobody, or somebody, was told
    restart(&mut plant).await;
    step(&plant, ClusterStep::Tell).await;
    tickets.push(report(&plant, REPORTS.len(), LATE).await);
    for ticket in &tickets {
        shows(&plant, ticket).await;
    }
    assert_eq!(act(&plant, &cluster, "k-3", &json!({"do": "close", "note": "已恢复"})).await, (200, json!("done")));
    step(&plant, ClusterStep::Close).await;
    until("the console shows it closed", async || {
        let url = format!("{}/api/v1/topics/{cluster}", plant.http("console").unwrap());
        let shown: Value = plant.browser.get(url).send().await.unwrap().json().await.unwrap();
        let closed = shown["state"] == "closed" && shown["tickets"].as_array().map(Vec::len) == Some(13);
        if closed { Ok(()) } else { Err(shown) }
    })
    .await;
    plant.doctor(30);
    each_once(&plant.outside.ear().heard(), &tickets);
}

/// Each ticket was told once, its clocks as they were; each step was taken once.
fn each_once(heard: &[Said], tickets: &[Ticket]) {
    let notes: Vec<Noted> = heard.iter().filter_map(Said::read::<Noted>).filter(|n| n.note == Note::Inform).collect();
    let mut told: BTreeMap<TicketId, usize> = BTreeMap::new();
    for note in &notes {
        *told.entry(note.ticket).or_default() += 1;
        assert!(note.by.clocks.is_empty() && note.by.steps.is_empty(), "{note:?}");
    }
    assert_eq!(told, tickets.iter().map(|t| (t.id, 1)).collect());
    let mut steps: Vec<(u32, ClusterState)> = heard.iter().filter_map(Said::read::<Moved>).map(|m| (m.seq, m.state)).collect();
    // what a crash left behind is sent after what follows from it
    steps.sort_unstable_by_key(|(seq, _)| *seq);
    use ClusterState::{Closed, Confirmed, Handled, Told};
    assert_eq!(steps, [(1, Confirmed), (2, Handled), (3, Told), (4, Closed)]);
    assert_eq!(heard.iter().filter(|said| said.read::<Dispatched>().is_some()).count(), tickets.len());
}

async fn report(plant: &Plant, n: usize, text: &str) -> Ticket {
    let url = format!("{}/api/v1/reports", plant.http("intake").unwrap());
    let reporter = json!({"name": null, "phone": format!("138000011{n:02}"), "address": null});
    let body = json!({
        "source": "web", "channel": "web", "external_id": format!("outage-{n}"), "text": text, "division": PLACE,
        "class": "coordination", "reporter": reporter,
    });
    let answer = plant.browser.post(url).json(&body).send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// `kill -9`, and again at work.
async fn restart(plant: &mut Plant) {
    plant.kill("dispatch");
    plant.launch("dispatch");
    plant.ready("dispatch").await;
}

/// A person of the centre acts; the status, and the outcome or what is wrong.
async fn act(plant: &Plant, cluster: &str, key: &str, act: &Value) -> (u16, Value) {
    let url = format!("{}/api/v1/clusters/{cluster}/acts", plant.http("dispatch").unwrap());
    until("dispatch has heard of the cluster", async || {
        let body = json!({"person": "CENTRE-003", "act": act});
        let answer = plant.browser.post(&url).header("idempotency-key", key).json(&body).send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
        if status == 404 || status == 503 {
            return Err(body);
        }
        Ok((status, body.get("outcome").or(body.get("code")).cloned().unwrap_or_default()))
    })
    .await
}

async fn wait<T>(plant: &Plant, what: &str, pick: impl Fn(&Said) -> Option<T>) -> T {
    plant.outside.ear().wait_for(PATIENCE * 2, what.to_owned(), |heard, _| heard.iter().find_map(&pick)).await
}

async fn step(plant: &Plant, step: ClusterStep) {
    let taken = |said: &Said| said.read::<Moved>().filter(|moved| moved.step == step).map(drop);
    wait(plant, &format!("{step}"), taken).await;
}

/// All of them are in one cluster.
async fn wait_for_members(plant: &Plant, topic: &Topic, n: usize) {
    let grown = |said: &Said| said.read::<Grown>().map(|g| g.topic);
    let own = |t: &Topic| if t.cluster == topic.cluster { t.members.len() } else { 0 };
    let all = |heard: &[Said], _| {
        let joined: usize = heard.iter().filter_map(grown).map(|t| own(&t)).sum();
        (own(topic) + joined == n).then_some(())
    };
    plant.outside.ear().wait_for(PATIENCE * 2, "all are in the cluster", all).await;
}

/// The reporter sees what became of the matter.
async fn shows(plant: &Plant, ticket: &Ticket) {
    let url = format!("{}{}", plant.http("intake").unwrap(), ticket.location);
    until(&format!("the reporter of {} is told", ticket.number), async || {
        let shown: Value = plant.browser.get(&url).send().await.unwrap().json().await.unwrap();
        let told = shown["cluster"].as_str().is_some_and(|said| said.contains(CAUSE) && said.contains(DONE));
        if told { Ok(()) } else { Err(shown) }
    })
    .await;
}
