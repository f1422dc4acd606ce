//! The only queries of clusters.

use outbox::{
    Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{cluster, cluster_ticket};

/// The clusters among `ids` that are known.
pub async fn clusters(tx: &Tx, ids: &[String]) -> Result<Vec<cluster::Model>, DbErr> {
    bulk::find_in::<cluster::Entity>(&**tx, cluster::Column::ClusterId, ids).await
}

/// Writes clusters and the tickets that joined; a cluster that another replica changed first is a conflict. A ticket
/// stays in the cluster that it joined first.
pub async fn save(tx: &Tx, clusters: Vec<cluster::Model>, joined: &[cluster_ticket::Model]) -> Result<(), Fault> {
    let next: Vec<cluster::Model> = clusters.into_iter().map(|c| cluster::Model { version: c.version + 1, ..c }).collect();
    bulk::write::<cluster::Entity>(&**tx, &next, Existing::NextVersion).await?;
    bulk::write::<cluster_ticket::Entity>(&**tx, joined, Existing::Keep).await?;
    Ok(())
}

/// The cluster whose reporters have waited longest to be told.
pub async fn telling(on: &impl ConnectionTrait) -> Result<Option<cluster::Model>, DbErr> {
    let telling = cluster::Entity::find().filter(cluster::Column::TellingMs.is_not_null());
    telling.order_by_asc(cluster::Column::TellingMs).order_by_asc(cluster::Column::ClusterId).one(on).await
}

/// Some tickets of a cluster whose reporters were not told.
pub async fn untold(tx: &Tx, cluster: &str, most: u64) -> Result<Vec<cluster_ticket::Model>, DbErr> {
    let own = cluster_ticket::Entity::find().filter(cluster_ticket::Column::ClusterId.eq(cluster));
    let untold = own.filter(cluster_ticket::Column::Told.eq(cluster_ticket::WAITS));
    untold.order_by_asc(cluster_ticket::Column::TicketId).limit(most).all(&**tx).await
}

/// Notes whose reporters were told.
pub async fn told(tx: &Tx, told: &[cluster_ticket::Model]) -> Result<(), Fault> {
    bulk::write::<cluster_ticket::Entity>(&**tx, told, Existing::Replace).await.map(drop)
}
