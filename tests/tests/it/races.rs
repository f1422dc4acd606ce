//! Two departments act on one ticket in the same moment, through two replicas of dispatch on PostgreSQL, ten thousand
//! times: both acts are kept, or one is refused with a clear reason; nothing is overwritten in silence.

use std::collections::BTreeMap;

use contracts::{
    id::OrderId,
    ticket::{Class, Moved, Progressed},
};
use futures_util::future::{join, join_all};
use gridline_tests::{Backend, City};
use serde_json::{Value, json};

/// 桃树下社区.
const PLACE: &str = "360802001001";
/// Times that the two act together.
const ROUNDS: usize = 10_000;
/// Pairs in flight at the same time.
const TOGETHER: usize = 100;

/// One act at one replica: done, or the code of the refusal.
async fn acts(city: &City, face: &str, unit: &str, key: &str, act: Value) -> Result<(), String> {
    let request = city.browser.post(format!("{face}/api/v1/units/{unit}/acts")).header("Idempotency-Key", key).json(&act);
    let answer = request.send().await.expect("dispatch answers");
    if answer.status().is_success() {
        return Ok(());
    }
    let body: Value = answer.json().await.expect("a refusal is JSON");
    let problem = if body["problem"].is_null() { &body } else { &body["problem"] };
    assert!(problem["zh"].is_string() && problem["en"].is_string(), "{body}");
    Err(problem["code"].as_str().expect("a code").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_departments_write_at_the_same_moment_and_nothing_is_lost() {
    let city = City::start(Backend::Postgres).await;
    city.replica("dispatch").await;
    let faces = city.faces("dispatch");
    let ticket = city.caller().at(PLACE).of_class(Class::Coordination).reports("阳明西路路灯不亮").await;
    let mut lead = city.department("D02").await;
    let order = lead.takes("order", &ticket).await;
    lead.signs(&order).await.unwrap();
    let task = json!({"unit": "D12", "what": "查监控", "days": 2});
    lead.does(&order, "handler", json!({"do": "ask_co_handlers", "tasks": [task]})).await.unwrap();
    let asked: Moved = city.expect(&ticket).await;
    let part = asked.orders[0].order;
    let mut other = city.department("D12").await;
    let own = other.takes("order", &ticket).await;
    other.signs(&own).await.unwrap();

    let whole = order.order();
    let note = |order: OrderId, n: usize| json!({"ticket": ticket.id, "order": order, "person": "7", "act": {"do": "progress", "note": format!("第 {n} 次")}});
    let (mut kept, mut refused) = (0, BTreeMap::<String, usize>::new());
    for from in (0..ROUNDS).step_by(TOGETHER) {
        let pairs = (from..from + TOGETHER).map(|n| {
            let (a, b) = (format!("a{n}"), format!("b{n}"));
            let (city, faces, note) = (&city, &faces, &note);
            async move {
                let one = acts(city, &faces[n % 2], "D02", &a, note(whole, n));
                join(one, acts(city, &faces[1 - n % 2], "D12", &b, note(part, n))).await
            }
        });
        for (one, two) in join_all(pairs).await {
            for outcome in [one, two] {
                match outcome {
                    Ok(()) => kept += 1,
                    Err(code) => *refused.entry(code).or_default() += 1,
                }
            }
        }
    }
    // who met the other's change again and again is told to send it again, under the same id
    assert!(refused.keys().all(|code| code == "conflict"), "{refused:?}");
    eprintln!("{kept} acts were kept, refused: {refused:?}");
    assert_eq!(kept + refused.values().sum::<usize>(), 2 * ROUNDS);
    city.settles().await;
    assert_eq!(city.count::<Progressed>(&ticket), kept);
    // the judge of finish() looks for gaps and for two facts with one number
    city.finish().await;
}
