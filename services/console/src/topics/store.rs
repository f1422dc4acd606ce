//! The only queries of topics.

use contracts::lifecycle::State;
use outbox::{Db, bulk};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::entity::{attention, topic, topic_step, topic_ticket};
use crate::entity::ticket;

/// Topics of one list, and tickets of one topic that are shown.
const TOPICS: u64 = 50;
const TICKETS: u64 = 500;

/// How a topic stands in a time.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Counted {
    /// Topic.
    pub topic_id: String,
    /// Tickets received in this time.
    pub now: i64,
    /// Tickets received in as long a time before.
    pub before: i64,
    /// Weeks, of those that are looked at, in which some were received.
    pub weeks: i64,
    /// Tickets on which somebody still has to act.
    pub open: i64,
    /// Tickets that a dispatcher merged.
    pub merged: i64,
}

/// The topics of these ids that are known.
pub async fn topics(on: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<topic::Model>, DbErr> {
    bulk::find_in::<topic::Entity>(on, topic::Column::TopicId, ids).await
}

/// The topics with most tickets since a time, beside what came since an earlier one; `looked` is how far back weeks are
/// counted. All ms.
pub async fn most(db: &Db, since: i64, before: i64, looked: i64) -> Result<Vec<Counted>, DbErr> {
    let open = State::OPEN.iter().map(|s| format!("'{}'", s.code())).collect::<Vec<_>>().join(", ");
    let merged = State::Merged.code();
    let sql = format!(
        "SELECT tt.topic_id AS topic_id, COUNT(CASE WHEN tt.received_ms >= $1 THEN 1 END) AS now, \
        COUNT(CASE WHEN tt.received_ms >= $2 AND tt.received_ms < $1 THEN 1 END) AS before, \
        COUNT(DISTINCT tt.received_ms / 604800000) AS weeks, \
        COUNT(CASE WHEN t.state IN ({open}) THEN 1 END) AS open, COUNT(CASE WHEN t.state = '{merged}' THEN 1 END) AS merged \
        FROM topic_ticket tt LEFT JOIN ticket t ON t.ticket_id = tt.ticket_id WHERE tt.received_ms >= $3 \
        GROUP BY tt.topic_id HAVING COUNT(CASE WHEN tt.received_ms >= $1 THEN 1 END) > 0 \
        ORDER BY 2 DESC, 3 DESC, 1 LIMIT {TOPICS}"
    );
    let values = [since.into(), before.into(), looked.into()];
    Counted::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, values)).all(db.read()).await
}

/// The tickets of a topic, in the order of their arrival.
pub async fn tickets(db: &Db, topic: &str) -> Result<Vec<ticket::Model>, DbErr> {
    let own = topic_ticket::Entity::find().filter(topic_ticket::Column::TopicId.eq(topic));
    let own = own.order_by_asc(topic_ticket::Column::ReceivedMs).order_by_asc(topic_ticket::Column::TicketId);
    let ids: Vec<String> = own.limit(TICKETS).all(db.read()).await?.into_iter().map(|t| t.ticket_id).collect();
    let mut rows = bulk::find_in::<ticket::Entity>(db.read(), ticket::Column::TicketId, &ids).await?;
    rows.sort_by(|a, b| (a.received_ms, &a.ticket_id).cmp(&(b.received_ms, &b.ticket_id)));
    Ok(rows)
}

/// What was done with these topics, each topic's steps in their order.
pub async fn steps(db: &Db, topics: &[String]) -> Result<Vec<topic_step::Model>, DbErr> {
    let mut rows = bulk::find_in::<topic_step::Entity>(db.read(), topic_step::Column::TopicId, topics).await?;
    rows.sort_by(|a, b| (&a.topic_id, a.seq).cmp(&(&b.topic_id, b.seq)));
    Ok(rows)
}

/// Tickets that people were called to look at since a time, the newest first.
pub async fn attention(db: &Db, since: i64) -> Result<Vec<attention::Model>, DbErr> {
    let newer = attention::Entity::find().filter(attention::Column::AtMs.gte(since));
    newer.order_by_desc(attention::Column::AtMs).order_by_asc(attention::Column::TicketId).limit(TOPICS).all(db.read()).await
}
