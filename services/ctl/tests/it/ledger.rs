//! `deadline explain` and `deadline verify`: a ticket whose clocks were paused, extended and computed anew.

use chrono::{DateTime, Utc};
use contracts::{
    clock::ClockTurn,
    family::Family,
    id::TicketId,
    lifecycle::{Act, Change, Class, Clock, ClockEffect, Role, State},
    ticket::{By, Moved, TicketFact},
};
use outbox::Db;
use sea_orm::{ConnectionTrait, Statement};
use sla::{Calendar, ClockBook, Policy, Terms};

use crate::Desk;

const NUMBER: &str = "JZ20260213-000001";

fn china(text: &str) -> DateTime<Utc> {
    format!("{text}+08:00").parse().unwrap()
}

/// A step of the ticket that says what became of its clocks.
fn fact(ticket: TicketId, act: Act, at: DateTime<Utc>, clocks: Vec<ClockTurn>) -> TicketFact {
    let unit = Some("D02".parse().unwrap());
    let by = By { role: Role::Checker, unit, person: None, steps: vec![act.transition()], state: State::InProgress, clocks };
    Moved {
        ticket,
        act,
        order: None,
        to: None,
        lead: None,
        class: None,
        orders: Vec::new(),
        reason: Some("等待配件".into()),
        at,
        by,
    }
    .into()
}

/// Started before the Spring Festival in class coordination, paused over it, extended, raised to key-difficult at the
/// end of the year: the facts in order.
fn life(ticket: TicketId) -> Vec<TicketFact> {
    let (policy, calendar, mut book) = (Policy::default(), Calendar::builtin(), ClockBook::default());
    let terms = Terms { class: Some(Class::Coordination), ..Terms::new(calendar, &policy) };
    let k5 = |change| [ClockEffect { clock: Clock::K5, change }];
    let mut facts = Vec::new();
    for (act, change, at, until) in [
        (Act::Dispatch, Change::Started, "2026-02-13T16:00:00", None),
        (Act::Suspend, Change::Paused, "2026-02-14T10:00:00", None),
        (Act::Resume, Change::Resumed, "2026-02-25T09:00:00", None),
        (Act::Extend, Change::Moved, "2026-02-26T09:00:00", Some(china("2026-12-29T12:00:00"))),
    ] {
        let turns = book.apply(&k5(change), &Terms { until, ..terms }, china(at)).unwrap();
        facts.push(fact(ticket, act, china(at), turns));
    }
    let raised = Terms { class: Some(Class::KeyDifficult), ..terms };
    let turn = book.reclass(&raised).unwrap().unwrap();
    facts.push(fact(ticket, Act::Transfer, china("2026-02-27T09:00:00"), vec![turn]));
    let started = book.apply(&[ClockEffect { clock: Clock::K9, change: Change::Started }], &terms, china("2026-12-31T10:00:00"));
    facts.push(fact(ticket, Act::ReportResult, china("2026-12-31T10:00:00"), started.unwrap()));
    facts
}

/// The tables of the console, as far as they are read here.
async fn console(desk: &Desk, facts: &[TicketFact]) {
    desk.configure("nats://127.0.0.1:1", "", &["console"]);
    let db = Db::connect(&format!("sqlite://{}", desk.path("console.db").display()), "test").await.unwrap();
    let tables = "CREATE TABLE ticket (ticket_id text PRIMARY KEY, number text); \
                  CREATE TABLE event (ticket_id text, fact text, kind text, at_ms bigint, body text, PRIMARY KEY (ticket_id, fact)); \
                  CREATE TABLE rules (version bigint PRIMARY KEY, body text)";
    db.read().execute_unprepared(tables).await.unwrap();
    let insert = |sql: &str, values: Vec<sea_orm::Value>| Statement::from_sql_and_values(db.backend(), sql, values);
    let id = facts[0].head().ticket.to_string();
    let ticket = insert("INSERT INTO ticket VALUES ($1, $2)", vec![id.clone().into(), NUMBER.into()]);
    db.read().execute_raw(ticket).await.unwrap();
    for (seq, fact) in (1..).zip(facts) {
        let kind = format!("ticket.v1.{}", fact.kind());
        let values = vec![id.clone().into(), format!("{seq}").into(), kind.into(), 0_i64.into(), fact.encode().into()];
        db.read().execute_raw(insert("INSERT INTO event VALUES ($1, $2, $3, $4, $5)", values)).await.unwrap();
    }
    db.close().await.unwrap();
}

fn ticket() -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), "1")
}

#[tokio::test]
async fn a_deadline_is_explained_step_by_step_and_confirmed() {
    let desk = Desk::new();
    console(&desk, &life(ticket())).await;
    let ran = desk.run(&["deadline", "explain", NUMBER]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for told in [
        "2026-02-13 16:00:00  派单 (审核员, D02) 理由：等待配件",
        "K5 办理时限：开始 5 个工作日，到期 2026-02-27 23:59:59（其间休息日 9 天不计）",
        "K5 办理时限：暂停，原到期 2026-02-27 23:59:59，已用 0 个工作日",
        // the ends of the 14th and the 24th lie in the pause
        "K5 办理时限：继续，原到期 2026-02-27 23:59:59，到期 2026-03-02 23:59:59",
        "K5 办理时限：延后，原到期 2026-03-02 23:59:59，到期 2026-12-29 23:59:59",
        "K5 办理时限：重算 15 个工作日，到期 2026-12-29 23:59:59",
        "K9 审核时限：开始 1 个工作日，到期 2027-01-04 23:59:59",
        "，暂定（日历 cn-2021-2026-",
        "全部时限复算一致。",
    ] {
        assert!(ran.out.contains(told), "{told}\n{}", ran.out);
    }
    let english = desk.run(&["deadline", "explain", NUMBER, "--lang", "en"]);
    let told = "K5 time to handle: started 5 working days, due 2026-02-27 23:59:59 (9 days off not counted), warns ";
    assert!(english.out.contains(told) && english.out.ends_with("Every deadline is confirmed.\n"), "{}", english.out);
    let ran = desk.run(&["deadline", "verify", "--all"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    assert!(ran.err.contains("1 tickets, 6 lines, 0 differ, 0 provisional under an unknown calendar, 0 tickets lack facts"));
}

#[tokio::test]
async fn a_deadline_that_was_told_wrong_is_found() {
    let (desk, mut facts) = (Desk::new(), life(ticket()));
    let TicketFact::Moved(f) = &mut facts[2] else { unreachable!() };
    f.by.clocks[0].due = Some(china("2026-03-03T23:59:59"));
    facts.remove(4);
    console(&desk, &facts).await;
    let ran = desk.run(&["deadline", "verify", NUMBER]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out, format!("{NUMBER}\t3\tK5\tresumed\t2026-03-03 23:59:59\t2026-03-02 23:59:59\n"));
    let ran = desk.run(&["deadline", "explain", NUMBER]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("✗ 应为 2026-03-02 23:59:59") && ran.out.contains("有时限复算不一致"), "{}", ran.out);
    let ran = desk.run(&["deadline", "explain", "JZ20260213-000002"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("there is no ticket JZ20260213-000002"), "{}", ran.err);
}

#[tokio::test]
async fn a_history_with_a_hole_is_not_confirmed() {
    let (desk, facts) = (Desk::new(), life(ticket()));
    console(&desk, &facts).await;
    let db = Db::connect(&format!("sqlite://{}", desk.path("console.db").display()), "test").await.unwrap();
    db.read().execute_unprepared("DELETE FROM event WHERE fact = '2'").await.unwrap();
    db.close().await.unwrap();
    let ran = desk.run(&["deadline", "verify", "--all"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("facts are missing: [2]"), "{}", ran.out);
    assert!(ran.out.contains("3\tK5\tresumed\t2026-03-02 23:59:59\t此时不可能发生 / can't happen then"), "{}", ran.out);
}
