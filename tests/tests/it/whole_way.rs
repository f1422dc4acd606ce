//! A ticket's whole way, for each class: from the report to the closed ticket.

use contracts::{
    lifecycle::{Role, State},
    ticket::{Class, Closed, CoReported, ConsultationOpened, Dispatched, Part, Received, Reported, ReturnAsked, ReturnRuled},
    work::QueueItem,
};
use gridline_tests::{
    City,
    city::{Task, Ticket, Unit},
};

/// 桃树下社区; its grid, and the street above.
const PLACE: &str = "360802001001";

/// The centre checks, calls back, and the ticket is closed with the unit's reply.
async fn closes(city: &City, centre: &mut Unit, ticket: &Ticket, reply: &str) {
    let check = centre.takes("check", ticket).await;
    centre.passes(&check).await.unwrap();
    called_back(city, centre, ticket, reply).await;
}

async fn called_back(city: &City, centre: &mut Unit, ticket: &Ticket, reply: &str) {
    let callback = centre.takes("callback", ticket).await;
    centre.calls_back(&callback).await.unwrap();
    let closed: Closed = city.expect(ticket).await;
    assert_eq!((closed.of.by.state, closed.public_reply.as_str()), (State::Closed, reply));
    city.settles().await;
    let shown = city.looks_up(ticket).await;
    assert_eq!((shown["state"].as_str(), shown["reply"].as_str()), (Some("CLOSED"), Some(reply)));
}

fn part(task: &Task) -> Part {
    match &task.item {
        QueueItem::WorkOrder(order) => order.part,
        other => panic!("not a work order: {other:?}"),
    }
}

/// 简易: the grid worker handles it alone, the chief of the same grid checks, the centre calls back.
#[tokio::test(flavor = "multi_thread")]
async fn a_simple_matter_is_solved_in_its_grid() {
    City::on_both(async |city| {
        let mut grid = city.department(&format!("GRID-{PLACE}")).await;
        let mut centre = city.centre().await;
        let ticket = city.caller().at(PLACE).of_class(Class::Simple).reports("小区门口有一袋垃圾没人收").await;

        let order = grid.takes("order", &ticket).await;
        assert_eq!(order.task().class, Class::Simple);
        grid.signs(&order).await.unwrap();
        grid.notes(&order, "已到现场").await.unwrap();
        grid.reports(&order, "垃圾已清走").await.unwrap();

        // who handled it does not check it, and no other unit does
        let check = grid.takes("check", &ticket).await;
        let refused = grid.does(&check, "handler", serde_json::json!({"do": "check", "pass": true})).await.unwrap_err();
        assert_eq!(refused.code, "not_the_handler");
        grid.passes(&check).await.unwrap();
        called_back(city, &mut centre, &ticket, "垃圾已清走").await;

        let dispatched: Dispatched = city.expect(&ticket).await;
        assert_eq!(dispatched.copies, []);
        assert_eq!((dispatched.due - dispatched.at).num_minutes(), 120);
    })
    .await;
}

/// 需协调: straight to the department, and at the same time a copy to the department that supervises it.
#[tokio::test(flavor = "multi_thread")]
async fn a_matter_for_coordination_goes_to_the_department_and_its_supervisor_gets_a_copy() {
    City::on_both(async |city| {
        let mut centre = city.centre().await;
        let ticket = city.caller().at(PLACE).of_class(Class::Coordination).reports("农贸市场前面的红绿灯坏了").await;
        let dispatched: Dispatched = city.expect(&ticket).await;
        let [lead] = &dispatched.orders[..] else { panic!("{dispatched:?}") };
        // the traffic police, and the police bureau above it
        assert_eq!((lead.unit.as_str(), dispatched.copies[0].as_str()), ("D12", "D01"));

        let (mut department, mut supervisor) = (city.department("D12").await, city.department("D01").await);
        let copy = supervisor.takes("copy", &ticket).await;
        let order = department.takes("order", &ticket).await;
        assert_eq!((order.order(), copy.order()), (lead.order, lead.order));

        // a copy is no work order: another unit can't act on it
        let refused = supervisor.signs(&copy).await;
        assert_eq!(refused.unwrap_err().code, "not_yours");
        // nothing is reported before it is signed for
        assert_eq!(department.reports(&order, "早了").await.unwrap_err().code, "not_yet");
        department.signs(&order).await.unwrap();
        assert_eq!(department.signs(&order).await.unwrap_err().code, "wrong_state");
        department.reports(&order, "红绿灯已修复").await.unwrap();
        closes(city, &mut centre, &ticket, "红绿灯已修复").await;
    })
    .await;
}

/// 重点难点: the centre convenes and names lead and responsible units; the lead can't finish before they have.
#[tokio::test(flavor = "multi_thread")]
async fn a_hard_matter_is_consulted_and_the_lead_waits_for_the_responsible_unit() {
    City::on_both(async |city| {
        let mut centre = city.centre().await;
        let (mut lead, mut responsible) = (city.department("D05").await, city.department("D02").await);
        let ticket = city.caller().at(PLACE).of_class(Class::KeyDifficult).reports("老旧小区违建多年无人处理，多部门推诿").await;

        let opened: ConsultationOpened = city.expect(&ticket).await;
        assert_eq!((opened.by.role, opened.by.state), (Role::Convener, State::Consulting));
        let consultation = centre.takes("consultation", &ticket).await;
        for days in [9, 16] {
            let refused = centre.decides(&consultation, "D05", &["D02"], days).await;
            assert_eq!(refused.unwrap_err().code, "days_out_of_range", "{days} days");
        }
        assert_eq!(centre.decides(&consultation, "D05", &[], 10).await.unwrap_err().code, "responsible_named");
        centre.decides(&consultation, "D05", &["D02"], 10).await.unwrap();

        let (main, side) = (lead.takes("order", &ticket).await, responsible.takes("order", &ticket).await);
        assert_eq!((part(&main), part(&side)), (Part::Lead, Part::Responsible));
        lead.signs(&main).await.unwrap();
        assert_eq!(lead.reports(&main, "早了").await.unwrap_err().code, "co_handlers_done");
        responsible.signs(&side).await.unwrap();
        assert_eq!(lead.reports(&main, "早了").await.unwrap_err().code, "co_handlers_done");
        responsible.reports(&side, "已配合拆除").await.unwrap();
        city.expect::<CoReported>(&ticket).await;
        lead.reports(&main, "违建已拆除").await.unwrap();
        closes(city, &mut centre, &ticket, "违建已拆除").await;
        assert_eq!(city.count::<Reported>(&ticket), 1);
    })
    .await;
}

/// 退单: the first unit names another, the centre grants it, and the other finishes; the first has no order any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_granted_return_goes_to_the_other_unit() {
    City::on_both(async |city| {
        let mut centre = city.centre().await;
        let ticket = city.caller().of_class(Class::Coordination).reports("阳明西路路灯不亮").await;
        let first: Dispatched = city.expect(&ticket).await;
        let mut wrong = city.department(first.orders[0].unit.as_str()).await;
        let other = if wrong.id.as_str() == "D12" { "D13" } else { "D12" };
        let mut right = city.department(other).await;

        let order = wrong.takes("order", &ticket).await;
        assert_eq!(wrong.returns(&order, "D99").await.unwrap_err().code, "unknown_unit");
        wrong.returns(&order, other).await.unwrap();
        let asked: ReturnAsked = city.expect(&ticket).await;
        assert_eq!((asked.of.by.state, asked.propose.as_str()), (State::ReturnReview, other));

        let review = centre.takes("review", &ticket).await;
        assert_eq!(right.grants(&review, other).await.unwrap_err().code, "not_yours");
        centre.grants(&review, other).await.unwrap();
        let ruled: ReturnRuled = city.expect(&ticket).await;
        assert_eq!((ruled.granted, ruled.of.by.state), (true, State::PendingDispatch));
        let second: Dispatched = city.expect_nth(2, &ticket).await;
        assert_eq!((second.orders[0].unit.as_str(), second.round), (other, 1));

        assert_eq!(wrong.signs(&order).await.unwrap_err().code, "order_ended");
        let order = right.takes("order", &ticket).await;
        right.signs(&order).await.unwrap();
        right.reports(&order, "路灯已修复").await.unwrap();
        closes(city, &mut centre, &ticket, "路灯已修复").await;
    })
    .await;
}

/// 二次派单: what the citizen calls unsolved is back with the same unit, round 2, and is closed only when it is solved.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_solved_goes_back_to_the_same_unit() {
    City::on_both(async |city| {
        let mut centre = city.centre().await;
        let ticket = city.caller().of_class(Class::Coordination).reports("阳明西路路灯不亮").await;
        let first: Dispatched = city.expect(&ticket).await;
        let mut unit = city.department(first.orders[0].unit.as_str()).await;
        let order = unit.takes("order", &ticket).await;
        unit.signs(&order).await.unwrap();
        unit.reports(&order, "已处理").await.unwrap();
        let check = centre.takes("check", &ticket).await;
        centre.passes(&check).await.unwrap();
        let callback = centre.takes("callback", &ticket).await;
        let unsolved = serde_json::json!({"contacted": true, "solved": false, "satisfied": false, "tries": 1});
        centre.does(&callback, "callback", serde_json::json!({"do": "call_back", "answers": unsolved})).await.unwrap();

        let again: Dispatched = city.expect_nth(2, &ticket).await;
        assert_eq!((&again.orders[0].unit, again.round), (&first.orders[0].unit, 2));
        let order = unit.takes("order", &ticket).await;
        assert_eq!(order.task().round, 2);
        unit.signs(&order).await.unwrap();
        unit.reports(&order, "这次真修好了").await.unwrap();
        closes(city, &mut centre, &ticket, "这次真修好了").await;
    })
    .await;
}

/// Everybody reads the same report: what the unit sees is what was written, with the numbers masked.
#[tokio::test(flavor = "multi_thread")]
async fn the_unit_reads_the_report_with_numbers_masked() {
    City::on_both(async |city| {
        let report = city.caller().of_class(Class::Coordination);
        let ticket = report.reports("阳明西路路灯不亮，联系电话13800001022").await;
        let masked = "阳明西路路灯不亮，联系电话138******22";
        assert_eq!(city.expect::<Received>(&ticket).await.text, masked);
        let dispatched: Dispatched = city.expect(&ticket).await;
        let mut unit = city.department(dispatched.orders[0].unit.as_str()).await;
        assert_eq!(unit.takes("order", &ticket).await.task().text, masked);
    })
    .await;
}
