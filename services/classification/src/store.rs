//! The only queries of classification.

use outbox::{
    Db, Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{classification, entry, proposal};

/// Proposals that one page shows.
const MOST: u64 = 500;

/// Number of the catalogue's last change: entries taken back count too.
pub async fn version(tx: &Tx) -> Result<i64, DbErr> {
    let newest = |column: entry::Column| {
        entry::Entity::find().select_only().column_as(column.max(), "version").into_tuple::<Option<i64>>()
    };
    let accepted = newest(entry::Column::Version).one(&**tx).await?.flatten();
    let undone = newest(entry::Column::Undone).one(&**tx).await?.flatten();
    Ok(accepted.max(undone).unwrap_or(0))
}

/// All entries.
pub async fn entries(tx: &Tx) -> Result<Vec<entry::Model>, DbErr> {
    entry::Entity::find().all(&**tx).await
}

/// The decisions on these tickets.
pub async fn decided(tx: &Tx, tickets: &[String]) -> Result<Vec<classification::Model>, DbErr> {
    bulk::find_in::<classification::Entity>(&**tx, classification::Column::TicketId, tickets).await
}

/// The proposals of these ids.
pub async fn proposals(tx: &Tx, ids: &[String]) -> Result<Vec<proposal::Model>, DbErr> {
    bulk::find_in::<proposal::Entity>(&**tx, proposal::Column::Id, ids).await
}

/// Decisions, proposals and entries that are new or changed. A version that another replica took first is a conflict.
pub async fn save(
    tx: &Tx,
    decisions: &[classification::Model],
    proposals: &[proposal::Model],
    (added, undone): (&[entry::Model], &[entry::Model]),
) -> Result<(), Fault> {
    bulk::write::<classification::Entity>(&**tx, decisions, Existing::Keep).await?;
    bulk::write::<proposal::Entity>(&**tx, proposals, Existing::Replace).await?;
    if bulk::write::<entry::Entity>(&**tx, added, Existing::Keep).await? != added.len() as u64 {
        return Err(Fault::Conflict);
    }
    bulk::write::<entry::Entity>(&**tx, undone, Existing::Replace).await?;
    Ok(())
}

/// The catalogue for people, the newest first.
pub async fn shown(db: &Db) -> Result<Vec<entry::Model>, DbErr> {
    entry::Entity::find().order_by_desc(entry::Column::Version).limit(MOST).all(db.read()).await
}

/// Proposals in this state, the newest first.
pub async fn proposed(db: &Db, state: &str) -> Result<Vec<proposal::Model>, DbErr> {
    let of_state = proposal::Entity::find().filter(proposal::Column::State.eq(state));
    of_state.order_by_desc(proposal::Column::AtMs).limit(MOST).all(db.read()).await
}
