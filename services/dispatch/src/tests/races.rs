//! Two departments act on one ticket in the same moment, through two replicas: both acts are kept, or one is refused
//! with a clear reason; nothing is overwritten in silence.

use bus::Clock;
use contracts::{
    id::{MessageId, OrderId},
    lifecycle::Class,
    work::{AnswerOutcome, UnitAct},
};
use futures_util::future::join;
use outbox::{Door, Engine, Relay, entity::outbox as said};
use sea_orm::EntityTrait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Office, order_in, ticket};
use crate::{Dispatch, heard::Heard};

/// Times that the two act together.
const ROUNDS: usize = 10_000;
/// Pairs in flight at the same time.
const TOGETHER: usize = 64;

/// A replica of the service on the office's database.
fn replica(office: &Office, stop: &CancellationToken) -> Door<Dispatch> {
    let dispatch = Dispatch::default();
    Door::open(Engine::new(dispatch, office.db.clone(), Clock::system(), Relay::silent()), stop.clone())
}

async fn acts(door: &Door<Dispatch>, unit: &str, order: OrderId, n: usize) -> Result<(), String> {
    let body =
        json!({"ticket": ticket(), "order": order, "person": "7", "act": {"do": "progress", "note": format!("第 {n} 次")}});
    let act: UnitAct = serde_json::from_value(body).unwrap();
    let id = MessageId::of_event(unit, &n.to_string());
    match door.ask(id, Heard::Act(unit.parse().unwrap(), n.to_string(), Box::new(act)), None).await {
        Ok(AnswerOutcome::Done) => Ok(()),
        Ok(AnswerOutcome::Refused { problem }) | Err(problem) => Err(problem.code),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_departments_write_at_the_same_moment_and_nothing_is_lost() {
    let mut office = Office::open().await;
    let lead = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.does("D02", lead, "7", json!({"do": "sign"})).await;
    let ask = json!({"do": "ask_co_handlers", "tasks": [{"unit": "D03", "what": "查证照", "days": 2}]});
    let part = order_in(&office.does("D02", lead, "7", ask).await, "queue.v1.D03.order");
    office.does("D03", part, "3", json!({"do": "sign"})).await;
    let before = office.seq().await;
    let stop = CancellationToken::new();
    let (one, two) = (replica(&office, &stop), replica(&office, &stop));
    let (mut kept, mut refused) = (0, std::collections::BTreeMap::<String, usize>::new());
    for from in (0..ROUNDS).step_by(TOGETHER) {
        let pairs = (from..(from + TOGETHER).min(ROUNDS)).map(|n| join(acts(&one, "D02", lead, n), acts(&two, "D03", part, n)));
        for (a, b) in futures_util::future::join_all(pairs).await {
            for outcome in [a, b] {
                match outcome {
                    Ok(()) => kept += 1,
                    Err(code) => *refused.entry(code).or_default() += 1,
                }
            }
        }
    }
    // who met the other's change again and again is told to send it again, under the same id
    assert!(refused.keys().all(|code| code == "conflict"), "{refused:?}");
    assert_eq!(kept + refused.values().sum::<usize>(), 2 * ROUNDS);
    assert_eq!(office.seq().await, before + kept as i64, "each act that was done has its own number in the history");
    let packets = said::Entity::find().all(office.db.read()).await.unwrap();
    let told = packets.iter().flat_map(|packet| packet.read().unwrap()).filter(|m| m.subject == "ticket.v1.progressed").count();
    assert_eq!(told, kept);
    stop.cancel();
}
