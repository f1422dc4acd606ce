//! Same order or another, what goes out, and when to try again: pure.

use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    id::{MessageId, SourceId, TicketId},
    intake::{Intake, Submit},
    problem::Problem,
    subject,
};
use sha2::{Digest, Sha256};

use crate::{
    entity::{callback, outside_order},
    outward::Told,
};

/// Longest wait between two attempts.
const RETRY_CAP_MS: i64 = 300_000;

/// To be sent, or under way.
pub const WAITING: &str = "waiting";
/// The platform took it.
pub const DELIVERED: &str = "delivered";
/// Given up.
pub const FAILED: &str = "failed";
/// The connection has no callback address: for the record only.
pub const KEPT: &str = "kept";

/// What the platform is told of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The ticket that it became.
    pub ticket: TicketId,
    /// The same order had been taken before.
    pub repeated: bool,
}

/// What makes two orders the same: all that we take of them but the number they share.
pub fn digest(submit: &Submit) -> String {
    let content = serde_json::to_vec(&(&submit.channel, &submit.text, &submit.division, &submit.class, &submit.reporter));
    hex::encode(Sha256::digest(content.unwrap_or_default()))
}

/// The same number again: the same answer for the same content, a refusal for other content.
pub fn repeat(known: &outside_order::Model, ticket: TicketId, submit: &Submit) -> Result<Accepted, Problem> {
    if known.digest != digest(submit) {
        return Err(Problem::new(
            "order_no_reused",
            "该工单编号已用于另一件内容不同的工单；新工单请用新编号",
            "this order number belongs to an order with other content; send a new order under a new number",
        ));
    }
    Ok(Accepted { ticket, repeated: true })
}

/// The row of a new order. It has nothing of who reported, and not the text.
pub fn taken(connection: &str, ticket: TicketId, submit: &Submit, now: DateTime<Utc>) -> outside_order::Model {
    outside_order::Model {
        ticket_id: ticket.to_string(),
        connection: connection.to_owned(),
        order_no: submit.external_id.as_str().to_owned(),
        digest: digest(submit),
        taken_ms: now.timestamp_millis(),
    }
}

/// The submission to intake, said for the platform.
pub fn submission(source: &SourceId, ticket: TicketId, submit: &Submit, now: DateTime<Utc>) -> Outbound {
    let message = Intake::from(submit.clone());
    Outbound::new(MessageId::derive(ticket.0, "submit"), subject::INTAKE, subject::submit(source), &message, now)
        .about(ticket)
        .on_behalf_of(subject::source_uri(source))
}

/// The row of a callback. Its id is the idempotency key: derived from ticket and sequence number, so it is the
/// same whenever the same fact is heard.
pub fn callback(
    order: &outside_order::Model,
    ticket: TicketId,
    seq: u64,
    told: Told,
    sent: bool,
    now: DateTime<Utc>,
) -> callback::Model {
    let now = now.timestamp_millis();
    callback::Model {
        callback_id: MessageId::derive(ticket.0, &format!("callback {seq}")).to_string(),
        ticket_id: order.ticket_id.clone(),
        seq: i64::try_from(seq).unwrap_or(i64::MAX),
        connection: order.connection.clone(),
        order_no: order.order_no.clone(),
        kind: told.kind.to_owned(),
        body: told.body,
        status: if sent { WAITING } else { KEPT }.to_owned(),
        attempts: 0,
        next_ms: now,
        claim_until_ms: 0,
        created_ms: now,
        done_ms: None,
    }
}

/// Wait after the `n`-th failed attempt, in milliseconds: doubles from `first` to five minutes, up to a quarter
/// less. How much less is derived from the callback, so that a crowd that failed together does not come back
/// together.
pub fn retry_wait_ms(callback_id: &str, n: i32, first: i64) -> i64 {
    let doublings = n.saturating_sub(1).clamp(0, 30);
    let full = first.max(1).saturating_mul(1 << doublings).min(RETRY_CAP_MS);
    let hash = Sha256::digest(format!("{callback_id} {n}"));
    let spread = i64::from(u16::from_be_bytes([hash[0], hash[1]]));
    full - full / 4 * spread / i64::from(u16::MAX)
}
