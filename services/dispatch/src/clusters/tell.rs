//! Each reporter of a handled cluster is told, some tickets at a time; who reports later, too. Any replica may do it.

use std::time::Duration;

use contracts::{
    district::centre,
    envelope::Outbound,
    lifecycle::{Note, Role},
    problem::Problem,
};
use outbox::{Db, Engine, Fault, Tx};
use sea_orm::DbErr;

use super::{
    Clusters,
    entity::{cluster, cluster_ticket},
    life, store,
};
use crate::{
    case::{Acting, Case},
    hand::blank,
    rules::At,
    store as tickets,
};

/// Pause between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Tickets that one transaction tells at most.
const BATCH: u64 = 200;

/// One look; tells when to look again.
pub async fn round(engine: &Engine<Clusters>, db: &Db) -> anyhow::Result<Duration> {
    if store::telling(db.read()).await?.is_none() {
        return Ok(LOOK);
    }
    let told = engine.spontaneous(async |tx| some(engine, tx).await).await?;
    // tickets that were not heard of yet come in a moment
    Ok(if told == 0 { LOOK } else { Duration::ZERO })
}

/// Tells some reporters of the cluster that waits longest.
async fn some(engine: &Engine<Clusters>, tx: &Tx) -> Result<Vec<Outbound>, Fault> {
    let Some(mut row) = store::telling(&**tx).await? else { return Ok(Vec::new()) };
    let rules = engine.handler().rules.read(&**tx).await?;
    let at = At { rules: &rules, now: engine.clock().now() };
    let mut members = store::untold(tx, &row.cluster_id, BATCH).await?;
    let ids: Vec<String> = members.iter().map(|m| m.ticket_id.clone()).collect();
    let mut cases = tickets::cases(tx, &ids).await?;
    let all = (members.len() as u64) < BATCH && cases.len() == members.len();
    members.retain(|m| cases.contains_key(&m.ticket_id));
    let mut said = Vec::new();
    for member in &mut members {
        let Some(case) = cases.get_mut(&member.ticket_id) else { continue };
        let told = inform(case, at, &row).map_err(broken)?;
        member.told = if told { cluster_ticket::TOLD } else { cluster_ticket::OVER };
        said.extend(case.said());
    }
    if all {
        said.extend(life::told(&mut row, at.now).map_err(broken)?);
    } else {
        row.telling_ms = Some(at.now.timestamp_millis());
    }
    let told = |m: &&cluster_ticket::Model| m.told == cluster_ticket::TOLD;
    let changed = members.iter().filter(told).filter_map(|m| cases.remove(&m.ticket_id)).collect();
    tickets::save(tx, changed).await?;
    store::told(tx, &members).await?;
    store::save(tx, vec![row], &[]).await?;
    Ok(said)
}

/// Notes the answer on a ticket; false if the ticket is over for good. No clock is touched.
fn inform(case: &mut Case, at: At<'_>, row: &cluster::Model) -> Result<bool, Problem> {
    let acting = Acting { role: Role::Dispatcher, unit: Some(centre()), person: row.person.clone() };
    case.state()?;
    if case.note(at, Note::Inform, acting.role).is_err() {
        return Ok(false);
    }
    let mut noted = blank(case, at, Note::Inform, &acting)?;
    noted.text = Some(life::answer(row)?);
    case.tell(noted, at.now)?;
    Ok(true)
}

fn broken(problem: Problem) -> Fault {
    Fault::Db(DbErr::Custom(problem.en))
}
