//! The only queries of dispatch.

use std::collections::HashMap;

use outbox::{
    Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::DbErr;

use crate::{
    case::Case,
    entity::{ticket, work_order},
};

/// The tickets among `ids` that are known, each with its work orders.
pub async fn cases(tx: &Tx, ids: &[String]) -> Result<HashMap<String, Case>, DbErr> {
    let tickets = bulk::find_in::<ticket::Entity>(&**tx, ticket::Column::TicketId, ids).await?;
    if tickets.is_empty() {
        return Ok(HashMap::new());
    }
    let orders = bulk::find_in::<work_order::Entity>(&**tx, work_order::Column::TicketId, ids).await?;
    let mut cases: HashMap<String, Case> = tickets.into_iter().map(|t| (t.ticket_id.clone(), Case::stored(t))).collect();
    for order in orders {
        if let Some(case) = cases.get_mut(&order.ticket_id) {
            case.orders.push(order);
        }
    }
    Ok(cases)
}

/// Saves what changed. A ticket that another replica changed first is a conflict.
pub async fn save(tx: &Tx, cases: Vec<Case>) -> Result<(), Fault> {
    let mut tickets = Vec::with_capacity(cases.len());
    let mut ended = Vec::new();
    let mut current = Vec::new();
    for case in cases {
        tickets.push(ticket::Model { version: case.ticket.version + 1, ..case.ticket });
        for order in case.orders.into_iter().filter(|o| case.changed.contains(&o.order_id)) {
            if order.active == 0 { ended.push(order) } else { current.push(order) }
        }
    }
    bulk::write::<ticket::Entity>(&**tx, &tickets, Existing::NextVersion).await?;
    // the old lead ends before the new one begins: at most one is in effect at any moment
    bulk::write::<work_order::Entity>(&**tx, &ended, Existing::Replace).await?;
    bulk::write::<work_order::Entity>(&**tx, &current, Existing::Replace).await?;
    Ok(())
}
