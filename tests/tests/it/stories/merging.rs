//! Merge of five, split of two: the two are as they were.

use chrono::TimeDelta;
use contracts::{
    id::TicketId,
    lifecycle::{
        Act::{Merge, ReportResult, Sign, Split, Suspend},
        Note,
    },
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, called, grant, sign, solved},
};
use sea_orm::{FromQueryResult, JsonValue, Statement};
use serde_json::json;

/// All that dispatch knows of a ticket: state, clocks, requests, and its work orders; not how often it was saved.
async fn row(city: &City, ticket: TicketId) -> Vec<JsonValue> {
    let db = city.database("dispatch").await;
    let backend = db.read().get_database_backend();
    let mut rows = Vec::new();
    for table in ["ticket", "work_order"] {
        let sql = format!("SELECT * FROM {table} WHERE ticket_id = '{ticket}' ORDER BY 1");
        rows.extend(JsonValue::find_by_statement(Statement::from_string(backend, sql)).all(db.read()).await.unwrap());
    }
    for column in ["version", "seq", "at_ms"] {
        assert!(rows[0].as_object_mut().unwrap().remove(column).is_some(), "{column} is a column");
    }
    rows
}

/// Five reports of one burst pipe in five places of their lives; four go under the first. After two days two of them
/// turn out to be something else: state, orders and clocks are what they were, and each goes on from there.
#[tokio::test(flavor = "multi_thread")]
async fn two_of_five_merged_tickets_are_split_and_are_as_before() {
    City::tells(async |story| {
        let city = story.city;
        let lead = story.in_progress(Class::Coordination, "D26").await;
        let dispatched = story.dispatched(Class::Coordination, "D02").await;
        let with_part = story.in_progress(Class::Coordination, "D05").await;
        let part = json!({"do": "ask_co_handlers", "tasks": [{"unit": "D02", "what": "配合围挡", "days": 2}]});
        story.does("D05", &with_part, part).await;
        let suspended = story.in_progress(Class::Coordination, "D02").await;
        let ask = json!({"kind": "suspend", "reason": "等待配件", "evidence": "订货单 8 号"});
        story.does("D02", &suspended, json!({"do": "ask", "request": ask})).await;
        story.gives(Suspend, CENTRE, &suspended, grant("suspend")).await;
        let waiting = story.held(Class::Coordination).await;

        let two = [&with_part, &suspended];
        let before = [row(city, two[0].id).await, row(city, two[1].id).await];
        for ticket in [&dispatched, &with_part, &suspended, &waiting] {
            let merge = json!({"do": "merge", "into": lead.id, "same": {"place": true, "time": true}, "reason": "同一处爆管"});
            story.gives(Merge, CENTRE, ticket, merge).await;
        }
        story.refuses(ReportResult, "D05", &with_part, solved(), "wrong_state").await;
        story.refuses(Sign, "D02", &with_part, sign(), "merged").await;
        city.settles().await;
        let shown = city.looks_up(&suspended).await;
        let states = (shown["state"].as_str(), shown["lead"]["state"].as_str());
        assert_eq!(states, (Some("MERGED"), Some("IN_PROGRESS")), "its reporter sees how the lead case stands");

        city.advance(TimeDelta::days(2));
        for (ticket, before) in two.into_iter().zip(before) {
            story.gives(Split, CENTRE, ticket, json!({"do": "split", "reason": "并非同一处"})).await;
            assert_eq!(row(city, ticket.id).await, before);
        }
        story.does("D02", &with_part, sign()).await;
        story.does("D02", &with_part, solved()).await;
        story.gives(ReportResult, "D05", &with_part, solved()).await;

        // the lead case is handled for the other two as well
        story.gives(ReportResult, "D26", &lead, solved()).await;
        story.does("CENTRE/checker", &lead, json!({"do": "check", "pass": true})).await;
        for ticket in [&lead, &dispatched, &waiting] {
            story.takes(CENTRE, "callback", ticket).await;
            story.does("CENTRE/clerk", ticket, called(true, true)).await;
        }
        for ticket in [&dispatched, &waiting] {
            assert!(story.hears(1, Note::CallBack, ticket).await.answers.is_some(), "each reporter is asked");
        }
    })
    .await;
}
