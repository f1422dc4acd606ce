//! The only queries of what belongs together.

use outbox::{
    Db, Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::entity::{cluster, matter, member, repeat};

/// How far tickets are numbered, and how far it was decided where they belong.
const HEARD: &str = "heard";
const GATHERED: &str = "gathered";

/// Takes `n` places; returns the one before the first. The row stays locked until the commit, so that places are seen
/// in their order: who reads up to one has read all before it.
pub async fn take_places(tx: &Tx, n: i64) -> Result<i64, Fault> {
    Ok(mark(tx, HEARD, n).await? - n)
}

/// The place up to which it was decided where tickets belong; locked until the commit.
pub async fn gathered(tx: &Tx) -> Result<i64, Fault> {
    mark(tx, GATHERED, 0).await
}

/// It was decided up to `n` places further.
pub async fn gathered_further(tx: &Tx, n: i64) -> Result<i64, Fault> {
    mark(tx, GATHERED, n).await
}

async fn mark(tx: &Tx, name: &str, add: i64) -> Result<i64, Fault> {
    let (a, b) = match tx.get_database_backend() {
        DbBackend::Postgres => ("$1", "$2"),
        _ => ("?", "?"),
    };
    let sql = format!(
        "INSERT INTO mark (name, at) VALUES ({a}, {b}) ON CONFLICT (name) DO UPDATE SET at = mark.at + excluded.at RETURNING at"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [name.into(), add.into()]);
    let row = tx.query_one_raw(statement).await?.ok_or_else(|| DbErr::RecordNotFound("mark".into()))?;
    Ok(row.try_get::<i64>("", "at")?)
}

/// Whether there are tickets beyond this place, or clusters of which to tell. Looks without a lock, so that nothing is
/// written while nothing happens.
pub async fn waits(db: &Db, place: i64, now_ms: i64) -> Result<bool, DbErr> {
    let newer = matter::Entity::find().filter(matter::Column::Place.gt(place)).limit(1);
    if newer.one(db.read()).await?.is_some() {
        return Ok(true);
    }
    let due = cluster::Entity::find().filter(cluster::Column::TellMs.lte(now_ms)).limit(1);
    Ok(due.one(db.read()).await?.is_some())
}

/// The tickets among these that are known.
pub async fn matters(on: &impl ConnectionTrait, tickets: &[String]) -> Result<Vec<matter::Model>, DbErr> {
    bulk::find_in::<matter::Entity>(on, matter::Column::TicketId, tickets).await
}

/// Tickets that changed after a place and up to another, in this order.
pub async fn changed(tx: &Tx, after: i64, up_to: i64, most: u64) -> Result<Vec<matter::Model>, DbErr> {
    let between = matter::Entity::find().filter(matter::Column::Place.gt(after)).filter(matter::Column::Place.lte(up_to));
    between.order_by_asc(matter::Column::Place).limit(most).all(&**tx).await
}

/// Writes tickets and repeats.
pub async fn save(tx: &Tx, matters: &[matter::Model], repeats: &[repeat::Model]) -> Result<(), Fault> {
    bulk::write::<matter::Entity>(&**tx, matters, Existing::Replace).await?;
    bulk::write::<repeat::Entity>(&**tx, repeats, Existing::Keep).await?;
    Ok(())
}

/// In which clusters these tickets are.
pub async fn members(tx: &Tx, tickets: &[String]) -> Result<Vec<member::Model>, DbErr> {
    bulk::find_in::<member::Entity>(&**tx, member::Column::TicketId, tickets).await
}

/// Tickets whose cluster was decided after a place and up to another.
pub async fn moved(tx: &Tx, after: i64, up_to: i64) -> Result<Vec<member::Model>, DbErr> {
    let between = member::Entity::find().filter(member::Column::Place.gt(after)).filter(member::Column::Place.lte(up_to));
    between.all(&**tx).await
}

/// The tickets of these clusters, in the order of their arrival.
pub async fn tickets_of(tx: &Tx, clusters: &[String]) -> Result<Vec<member::Model>, DbErr> {
    let mut rows = bulk::find_in::<member::Entity>(&**tx, member::Column::ClusterId, clusters).await?;
    rows.sort_by(|a, b| (a.received_ms, &a.ticket_id).cmp(&(b.received_ms, &b.ticket_id)));
    Ok(rows)
}

/// The repeats among these tickets.
pub async fn repeats(tx: &Tx, tickets: &[String]) -> Result<Vec<repeat::Model>, DbErr> {
    bulk::find_in::<repeat::Entity>(&**tx, repeat::Column::TicketId, tickets).await
}

/// The clusters of these ids that are known.
pub async fn clusters(tx: &Tx, ids: &[String]) -> Result<Vec<cluster::Model>, DbErr> {
    bulk::find_in::<cluster::Entity>(&**tx, cluster::Column::ClusterId, ids).await
}

/// Clusters of which it is time to look whether there is something to tell.
pub async fn due(tx: &Tx, now_ms: i64, most: u64) -> Result<Vec<cluster::Model>, DbErr> {
    let due = cluster::Entity::find().filter(cluster::Column::TellMs.lte(now_ms));
    due.order_by_asc(cluster::Column::TellMs).limit(most).all(&**tx).await
}

/// Writes what was decided.
pub async fn decided(tx: &Tx, members: &[member::Model], clusters: &[cluster::Model]) -> Result<(), Fault> {
    bulk::write::<member::Entity>(&**tx, members, Existing::Replace).await?;
    bulk::write::<cluster::Entity>(&**tx, clusters, Existing::Replace).await?;
    Ok(())
}

/// Deletes tickets that are done with and were received before this.
pub async fn purge(db: &Db, before_ms: i64) -> Result<(), Fault> {
    let tx = db.write().await?;
    let old = matter::Entity::delete_many().filter(matter::Column::Ended.eq(1)).filter(matter::Column::ReceivedMs.lt(before_ms));
    old.exec(&*tx).await?;
    tx.commit().await?;
    Ok(())
}
