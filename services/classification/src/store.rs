//! The only queries of classification.

use std::collections::HashMap;

use outbox::{
    Db, Fault, Tx,
    bulk::{self, Existing},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    cluster,
    entity::{classification, entry, model, proposal, register, sample},
    register::{PENDING, Register},
};

/// Proposals, entries, versions or models that one answer shows.
const MOST: u64 = 500;
/// Past tickets that are read at once.
const PAGE: u64 = 500;

/// The version in force, and its model (empty: the one shipped).
pub async fn in_force(tx: &Tx) -> Result<(i64, String), DbErr> {
    let newest = register::Entity::find().select_only().column(register::Column::Version).column(register::Column::Model);
    let newest = newest.order_by_desc(register::Column::Version).limit(1).into_tuple();
    Ok(newest.one(&**tx).await?.unwrap_or_default())
}

/// The entries in force.
pub async fn entries(tx: &Tx) -> Result<Vec<entry::Model>, DbErr> {
    entry::Entity::find().filter(entry::Column::Until.is_null()).all(&**tx).await
}

/// The file of a model.
pub async fn model(tx: &Tx, id: &str) -> Result<Option<Vec<u8>>, DbErr> {
    let bytes = model::Entity::find_by_id(id).select_only().column(model::Column::Bytes);
    bytes.into_tuple().one(&**tx).await
}

/// All that a person's decision reads, with the proposals of these ids.
pub async fn register(tx: &Tx, proposals: &[String]) -> Result<Register, DbErr> {
    Ok(Register {
        versions: register::Entity::find().order_by_asc(register::Column::Version).all(&**tx).await?,
        entries: entry::Entity::find().all(&**tx).await?,
        proposals: bulk::find_in::<proposal::Entity>(&**tx, proposal::Column::Id, proposals).await?,
        tried: model::Entity::find().select_only().column(model::Column::Id).into_tuple().all(&**tx).await?,
        added: Vec::new(),
    })
}

/// The decisions on these tickets.
pub async fn decided(tx: &Tx, tickets: &[String]) -> Result<Vec<classification::Model>, DbErr> {
    bulk::find_in::<classification::Entity>(&**tx, classification::Column::TicketId, tickets).await
}

/// What a batch writes.
#[derive(Debug, Default)]
pub struct News {
    /// Decisions on tickets.
    pub decisions: Vec<classification::Model>,
    /// What rulings and reclassifications propose.
    pub proposals: Vec<proposal::Model>,
    /// What people said that tickets are.
    pub samples: Vec<sample::Model>,
}

/// Writes what is new. A ticket that another replica decided on at the same time makes it fail, and the batch runs again.
pub async fn save(tx: &Tx, news: &News) -> Result<(), Fault> {
    bulk::write::<classification::Entity>(&**tx, &news.decisions, Existing::Fail).await?;
    bulk::write::<proposal::Entity>(&**tx, &news.proposals, Existing::Keep).await?;
    bulk::write::<sample::Entity>(&**tx, &news.samples, Existing::Keep).await?;
    Ok(())
}

/// The numbers for people of tickets, as far as they are known.
pub async fn numbers(db: &Db, tickets: &[String]) -> Result<HashMap<String, String>, DbErr> {
    let known = cluster::store::matters(db.read(), tickets).await?;
    Ok(known.into_iter().filter(|m| !m.number.is_empty()).map(|m| (m.ticket_id, m.number)).collect())
}

/// Keeps proposals; one that was made before, and perhaps decided, stays as it is.
pub async fn propose(db: &Db, proposals: &[proposal::Model]) -> Result<(), Fault> {
    let tx = db.write().await?;
    bulk::write::<proposal::Entity>(&*tx, proposals, Existing::Keep).await?;
    Ok(tx.commit().await?)
}

/// Writes what a person decided. A version that another replica took first is a conflict.
pub async fn decide(tx: &Tx, register: &Register) -> Result<(), Fault> {
    if bulk::write::<register::Entity>(&**tx, &register.added, Existing::Keep).await? != register.added.len() as u64 {
        return Err(Fault::Conflict);
    }
    bulk::write::<entry::Entity>(&**tx, &register.entries, Existing::Replace).await?;
    bulk::write::<proposal::Entity>(&**tx, &register.proposals, Existing::Replace).await?;
    Ok(())
}

/// Versions for people, the newest first.
pub async fn versions(db: &Db) -> Result<Vec<register::Model>, DbErr> {
    register::Entity::find().order_by_desc(register::Column::Version).limit(MOST).all(db.read()).await
}

/// The catalogue for people: the entries in force.
pub async fn shown(db: &Db) -> Result<Vec<entry::Model>, DbErr> {
    let standing = entry::Entity::find().filter(entry::Column::Until.is_null());
    standing.order_by_asc(entry::Column::Category).order_by_asc(entry::Column::N).all(db.read()).await
}

/// Proposals that wait, the newest first.
pub async fn proposed(db: &Db) -> Result<Vec<proposal::Model>, DbErr> {
    let waiting = proposal::Entity::find().filter(proposal::Column::State.eq(PENDING));
    waiting.order_by_desc(proposal::Column::AtMs).limit(MOST).all(db.read()).await
}

/// Models that were tried, with their reports but without their files, the newest first.
pub async fn models(db: &Db) -> Result<Vec<(String, String, i64)>, DbErr> {
    let columns = [model::Column::Id, model::Column::Report, model::Column::AtMs];
    let tried = model::Entity::find().select_only().columns(columns).order_by_desc(model::Column::AtMs);
    tried.limit(MOST).into_tuple().all(db.read()).await
}

/// The file of the model in force; none: the one shipped.
pub async fn model_in_force(db: &Db) -> Result<Option<Vec<u8>>, DbErr> {
    let newest = register::Entity::find().order_by_desc(register::Column::Version).one(db.read()).await?;
    let Some(id) = newest.map(|v| v.model).filter(|id| !id.is_empty()) else { return Ok(None) };
    Ok(model::Entity::find_by_id(id).one(db.read()).await?.map(|m| m.bytes))
}

/// Keeps a model that was tried, with its newest report.
pub async fn keep_model(db: &Db, model: model::Model) -> Result<(), DbErr> {
    let tx = db.write().await?;
    let known = model::Entity::find_by_id(&model.id).count(&*tx).await? > 0;
    let row = model.into_active_model();
    if known {
        row.reset_all().update(&*tx).await?;
    } else {
        row.insert(&*tx).await?;
    }
    tx.commit().await
}

/// A page of past tickets behind this one. Ids are hashes, so the first of them are drawn evenly from all times.
pub async fn past(db: &Db, behind: &str) -> Result<Vec<classification::Model>, DbErr> {
    let next = classification::Entity::find().filter(classification::Column::TicketId.gt(behind));
    next.order_by_asc(classification::Column::TicketId).limit(PAGE).all(db.read()).await
}

/// The newest of what people said, put together for each ticket, with the decision on it.
pub async fn samples(db: &Db, most: u64) -> Result<Vec<(sample::Model, classification::Model)>, DbErr> {
    let said = sample::Entity::find().order_by_desc(sample::Column::AtMs).order_by_asc(sample::Column::Id).limit(most);
    let said = word_of_each(said.all(db.read()).await?);
    let mut both = Vec::with_capacity(said.len());
    for some in said.chunks(PAGE as usize) {
        let ids: Vec<String> = some.iter().map(|s| s.ticket_id.clone()).collect();
        let decided = bulk::find_in::<classification::Entity>(db.read(), classification::Column::TicketId, &ids).await?;
        let of = |s: &sample::Model| decided.iter().find(|d| d.ticket_id == s.ticket_id).cloned();
        both.extend(some.iter().filter_map(|s| Some((s.clone(), of(s)?))));
    }
    Ok(both)
}

/// One word a ticket, from several with the newest first: the newest on what it is and who acts, whole, and the newest on
/// danger.
fn word_of_each(said: Vec<sample::Model>) -> Vec<sample::Model> {
    let mut words: Vec<sample::Model> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    for older in said {
        let Some(word) = place.get(&older.ticket_id).and_then(|n| words.get_mut(*n)) else {
            place.insert(older.ticket_id.clone(), words.len());
            words.push(older);
            continue;
        };
        word.urgent = word.urgent.or(older.urgent);
        if word.category.is_none() && word.lead.is_none() {
            *word = sample::Model { urgent: word.urgent, ..older };
        }
    }
    words
}
