//! The main way, returns and consultation.

use chrono::TimeDelta;
use contracts::{
    id::{OrderId, UnitId},
    lifecycle::Class,
};
use outbox::Fault;
use serde_json::{Value, json};

use super::{Office, answer, order_in, satisfied, solved, subjects, ticket};
use crate::store;

#[tokio::test]
async fn a_coordination_ticket_goes_to_its_department_with_a_copy_and_ends_closed() {
    let mut office = Office::open().await;
    let said = office.classified(Class::Coordination, "D04").await;
    // the supervising department of the sanitation centre is urban management
    assert_eq!(subjects(&said), ["ticket.v1.dispatched", "queue.v1.D04.order", "queue.v1.D02.copy"]);
    let order = order_in(&said, "queue.v1.D04.order");
    assert_eq!(said[0].1["due"], "2026-03-09T15:59:59Z", "five working days after the Monday");
    assert_eq!(subjects(&office.does("D04", order, "7", json!({"do": "sign"})).await), ["ticket.v1.signed"]);
    office.does("D04", order, "7", json!({"do": "progress", "note": "已派人"})).await;
    let said = office.does("D04", order, "7", solved()).await;
    assert_eq!(subjects(&said), ["ticket.v1.reported", "queue.v1.CENTRE.check"]);
    assert_eq!(said[0].1["result"]["public_reply"], "已修复，电话138******22", "numbers are masked in what is told");
    let said = office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    assert_eq!(subjects(&said), ["ticket.v1.checked", "queue.v1.CENTRE.callback"]);
    assert_eq!(subjects(&office.does("CENTRE", order, "9", satisfied()).await), ["ticket.v1.closed"]);
    assert_eq!(office.state().await, "CLOSED");
    office.refused("D04", order, json!({"do": "sign"}), "order_ended").await;
}

#[tokio::test]
async fn a_simple_ticket_stays_in_its_grid_and_another_person_checks_it() {
    let mut office = Office::open().await;
    let grid = "GRID-360802001001";
    let said = office.classified(Class::Simple, grid).await;
    assert_eq!(subjects(&said), ["ticket.v1.dispatched", "queue.v1.GRID-360802001001.order"]);
    assert_eq!(said[0].1["due"], "2026-03-02T03:00:00Z", "two hours on the clock");
    let order = order_in(&said, "queue.v1.GRID-360802001001.order");
    office.does(grid, order, "7", json!({"do": "sign"})).await;
    let said = office.does(grid, order, "7", solved()).await;
    assert_eq!(subjects(&said), ["ticket.v1.reported", "queue.v1.GRID-360802001001.check"]);
    let own = office.acts(grid, order, "7", json!({"do": "check", "pass": true})).await;
    assert_eq!(answer(&own)["outcome"], "refused", "who handled does not check");
    office.does(grid, order, "8", json!({"do": "check", "pass": true})).await;
    office.does("CENTRE", order, "9", satisfied()).await;
    assert_eq!(office.state().await, "CLOSED");
}

#[tokio::test]
async fn a_key_difficult_ticket_is_consulted_and_the_lead_waits_for_the_others() {
    let mut office = Office::open().await;
    let said = office.classified(Class::KeyDifficult, "D05").await;
    assert_eq!(subjects(&said), ["ticket.v1.consultation_opened", "queue.v1.CENTRE.consultation"]);
    // classification named nobody beside the lead, so the town of the place is proposed
    assert_eq!(said[1].1["others"], json!(["TOWN-360802001000"]));
    let task = order_in(&said, "queue.v1.CENTRE.consultation");
    let decide = |days: u32, responsible: Value| json!({"do": "decide", "lead": "D05", "responsible": responsible, "days": days, "minutes": "纪要"});
    office.refused("CENTRE", task, decide(9, json!(["D03"])), "days_out_of_range").await;
    office.refused("CENTRE", task, decide(12, json!(["D99"])), "unknown_unit").await;
    let said = office.does("CENTRE", task, "1", decide(12, json!(["D03", "D05"]))).await;
    assert_eq!(subjects(&said), ["ticket.v1.dispatched", "queue.v1.D05.order", "queue.v1.D03.order", "queue.v1.CENTRE.copy"]);
    let (lead, other) = (order_in(&said, "queue.v1.D05.order"), order_in(&said, "queue.v1.D03.order"));
    office.does("D05", lead, "2", json!({"do": "sign"})).await;
    let early = office.acts("D05", lead, "2", solved()).await;
    assert_eq!(answer(&early)["outcome"], "refused", "the responsible unit has not finished");
    office.does("D03", other, "3", json!({"do": "sign"})).await;
    assert_eq!(subjects(&office.does("D03", other, "3", solved()).await), ["ticket.v1.co_reported"]);
    office.does("D05", lead, "2", solved()).await;
    office.does("CENTRE", lead, "4", json!({"do": "check", "pass": true})).await;
    office.does("CENTRE", lead, "5", satisfied()).await;
    assert_eq!(office.state().await, "CLOSED");
}

#[tokio::test]
async fn a_return_is_ruled_on_and_the_granted_unit_gets_the_only_order_in_effect() {
    let mut office = Office::open().await;
    let first = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    let give_back = json!({"do": "return", "reason": "属于交警职责", "legal_basis": "权责清单", "propose": "D12"});
    let said = office.does("D02", first, "7", give_back.clone()).await;
    assert_eq!(subjects(&said), ["ticket.v1.return_asked", "queue.v1.CENTRE.review"]);
    let grant = json!({"do": "rule", "ruling": {"kind": "grant", "to": "D12"}, "reason": "同意"});
    office.refused("D02", first, grant.clone(), "not_yours").await;
    let said = office.does("CENTRE", first, "8", grant).await;
    assert_eq!(
        subjects(&said),
        ["ticket.v1.return_ruled", "queue.v1.D02.notice", "ticket.v1.dispatched", "queue.v1.D12.order", "queue.v1.D01.copy"]
    );
    office.refused("D02", first, json!({"do": "sign"}), "order_ended").await;
    // two working days later the new unit may no longer return it
    let second = order_in(&said, "queue.v1.D12.order");
    office.now += TimeDelta::days(2);
    let late = office.acts("D12", second, "7", give_back).await;
    assert_eq!(answer(&late)["outcome"], "refused");
    assert_eq!(office.state().await, "DISPATCHED");
}

#[tokio::test]
async fn a_refused_return_comes_back_to_the_queue_that_it_left() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    let give_back = json!({"do": "return", "reason": "不属于", "legal_basis": "权责清单", "propose": "D12"});
    office.does("D02", order, "7", give_back).await;
    let refuse = json!({"do": "rule", "ruling": {"kind": "refuse"}, "reason": "职责清楚"});
    let said = office.does("CENTRE", order, "8", refuse).await;
    assert_eq!(subjects(&said), ["ticket.v1.return_ruled", "queue.v1.D02.order"]);
    assert_eq!(order_in(&said, "queue.v1.D02.order"), order);
    office.does("D02", order, "7", solved()).await;
}

#[tokio::test]
async fn a_result_is_sent_back_and_an_unsolved_matter_is_done_again() {
    let mut office = Office::open().await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    office.refused("D02", order, solved(), "not_yet").await;
    office.does("D02", order, "7", json!({"do": "sign"})).await;
    let said = office
        .acts("D02", order, "7", json!({"do": "report", "result": {"factual": true, "solved": false, "public_reply": "无"}}))
        .await;
    assert_eq!(answer(&said)["outcome"], "refused", "unsolved needs a reason");
    office.does("D02", order, "7", solved()).await;
    let said = office.does("CENTRE", order, "8", json!({"do": "check", "pass": false, "reason": "缺照片"})).await;
    assert_eq!(subjects(&said), ["ticket.v1.checked", "queue.v1.D02.order"]);
    office.does("D02", order, "7", solved()).await;
    office.does("CENTRE", order, "8", json!({"do": "check", "pass": true})).await;
    let unsolved = json!({"do": "call_back", "answers": {"contacted": true, "solved": false, "satisfied": false, "tries": 1}});
    let said = office.does("CENTRE", order, "9", unsolved).await;
    assert_eq!(said[0].1["round"], 2);
    let again = order_in(&said, "queue.v1.D02.order");
    assert_ne!(again, order);
    assert_eq!(office.state().await, "DISPATCHED");
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_the_first_classification_stands() {
    let mut office = Office::open().await;
    let nothing = OrderId::derive(ticket(), 1);
    office.refused("D02", nothing, json!({"do": "sign"}), "unknown_order").await;
    let order = order_in(&office.classified(Class::Coordination, "D02").await, "queue.v1.D02.order");
    assert!(office.classified(Class::Simple, "GRID-360802001001").await.is_empty());
    office.refused("D03", order, json!({"do": "sign"}), "not_yours").await;
    office.refused("CENTRE", order, json!({"do": "sign"}), "not_yours").await;
    office.refused("CENTRE", order, json!({"do": "check", "pass": true}), "not_yet").await;
    assert_eq!(office.state().await, "DISPATCHED");
}

/// Two replicas load the same ticket; the one that saves second must load again.
#[tokio::test]
async fn the_second_of_two_writers_is_a_conflict_and_changes_nothing() {
    let mut office = Office::open().await;
    office.classified(Class::Coordination, "D02").await;
    let ids = [ticket().to_string()];
    let tx = office.db.write().await.unwrap();
    let mine: Vec<_> = store::cases(&tx, &ids).await.unwrap().into_values().collect();
    let theirs = mine.clone();
    store::save(&tx, mine).await.unwrap();
    assert!(matches!(store::save(&tx, theirs).await, Err(Fault::Conflict)));
}

/// Whatever the code does, the database refuses a second lead in effect.
#[tokio::test]
async fn the_database_refuses_a_second_effective_dispatch() {
    let mut office = Office::open().await;
    office.classified(Class::Coordination, "D02").await;
    let tx = office.db.write().await.unwrap();
    let mut case = store::cases(&tx, &[ticket().to_string()]).await.unwrap().into_values().next().unwrap();
    let unit: UnitId = "D03".parse().unwrap();
    case.open(&unit, "lead").unwrap();
    assert!(matches!(store::save(&tx, vec![case]).await, Err(Fault::Db(_))));
}
