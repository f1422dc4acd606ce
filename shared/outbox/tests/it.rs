//! Bulk statements, durability settings and dead letters on a real SQLite; the scenarios in `tests/` run the same
//! code on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use chrono::DateTime;
use outbox::{
    Db, Fault,
    bulk::{self, Existing},
    dead_letter,
    entity::{dead_letter as dead, outbox as sent},
};
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use sea_orm_migration::prelude::*;

struct Tables;

#[async_trait::async_trait]
impl MigratorTrait for Tables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration()]
    }
}

/// A table of its own, with the two columns that guarded writes look at.
mod thing {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "thing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub seq: i64,
        pub version: i64,
        pub name: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

async fn database() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open::<Tables>(&format!("sqlite://{}/o.db", dir.path().display()), "test").await.unwrap();
    let sql = "CREATE TABLE thing (id TEXT PRIMARY KEY, seq BIGINT, version BIGINT, name TEXT)";
    db.read().execute_unprepared(sql).await.unwrap();
    (db, dir)
}

fn thing(id: &str, seq: i64, version: i64, name: Option<&str>) -> thing::Model {
    thing::Model { id: id.into(), seq, version, name: name.map(str::to_owned) }
}

async fn names(db: &Db) -> Vec<(String, Option<String>)> {
    let mut all: Vec<_> = thing::Entity::find().all(db.read()).await.unwrap().into_iter().map(|t| (t.id, t.name)).collect();
    all.sort();
    all
}

/// Writes in a transaction of its own, which is committed only if the write took effect.
async fn write(db: &Db, rows: &[thing::Model], existing: Existing) -> Result<u64, Fault> {
    let tx = db.write().await?;
    let written = bulk::write::<thing::Entity>(&*tx, rows, existing).await?;
    tx.commit().await?;
    Ok(written)
}

#[tokio::test]
async fn each_way_of_writing_does_what_it_says_to_rows_that_are_there() {
    let (db, _dir) = database().await;
    let rows = [thing("a", 1, 1, Some("𠮷\"'\\ {}")), thing("b", 5, 1, None)];
    assert_eq!(write(&db, &rows, Existing::Fail).await.unwrap(), 2);
    assert_eq!(names(&db).await, [("a".into(), Some("𠮷\"'\\ {}".into())), ("b".into(), None)]);
    assert!(matches!(write(&db, &[thing("c", 1, 1, None), thing("a", 1, 1, None)], Existing::Fail).await, Err(Fault::Db(_))));
    assert_eq!(names(&db).await.len(), 2, "nothing of a failed write stays");
    assert_eq!(write(&db, &[thing("a", 9, 9, None), thing("c", 1, 1, None)], Existing::Keep).await.unwrap(), 1);
    assert_eq!(write(&db, &[thing("b", 5, 1, Some("new"))], Existing::Replace).await.unwrap(), 1);
    let expected = [("a".into(), Some("𠮷\"'\\ {}".into())), ("b".into(), Some("new".into())), ("c".into(), None)];
    assert_eq!(names(&db).await, expected);
}

#[tokio::test]
async fn a_row_that_somebody_else_changed_first_is_a_conflict() {
    let (db, _dir) = database().await;
    write(&db, &[thing("a", 0, 1, None), thing("b", 0, 1, None)], Existing::NextVersion).await.unwrap();
    write(&db, &[thing("a", 0, 2, Some("first"))], Existing::NextVersion).await.unwrap();
    let both = [thing("a", 0, 2, Some("second")), thing("b", 0, 2, Some("second"))];
    assert!(matches!(write(&db, &both, Existing::NextVersion).await, Err(Fault::Conflict)));
    assert_eq!(names(&db).await, [("a".into(), Some("first".into())), ("b".into(), None)]);
}

#[tokio::test]
async fn an_acknowledged_commit_survives_a_power_failure() {
    let (db, _dir) = database().await;
    let pragma = async |name: &str| {
        let row = db.read().query_one_raw(Statement::from_string(db.backend(), format!("PRAGMA {name}"))).await.unwrap().unwrap();
        row.try_get_by_index::<String>(0).or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string())).unwrap()
    };
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("synchronous").await, "2", "FULL");
}

#[tokio::test]
async fn a_dead_letter_is_replayed_under_a_new_dedupe_id_and_its_old_message_id() {
    let (db, _dir) = database().await;
    let letter = dead::Model {
        msg_id: "m1".into(),
        stream: "INTAKE".into(),
        subject: "intake.v1.submit.web".into(),
        headers: "[[\"ce-id\",\"1\"]]".into(),
        body: "{}".into(),
        code: "bad_body".into(),
        reason: "r".into(),
        at_ms: 1,
        replayed_ms: None,
        replays: 0,
    };
    let tx = db.write().await.unwrap();
    bulk::write::<dead::Entity>(&*tx, &[letter], Existing::Fail).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(dead_letter::count(&db).await.unwrap(), 1);
    let now = DateTime::from_timestamp_millis(5).unwrap();
    for replays in 1..=2 {
        assert_eq!(dead_letter::replay(&db, &["m1".into(), "unknown".into()], now).await.unwrap(), 1);
        let again = sent::Entity::find_by_id((5, format!("m1#{replays}"))).one(db.read()).await.unwrap().unwrap();
        let messages = again.read().unwrap();
        assert_eq!((messages.len(), messages[0].id.as_str()), (1, format!("m1#{replays}").as_str()));
        assert_eq!(messages[0].headers, [("ce-id".to_owned(), "1".to_owned())]);
    }
    assert_eq!(dead_letter::count(&db).await.unwrap(), 0, "what was replayed no longer waits");
    assert_eq!(outbox::relay::unsent(&db).await.unwrap(), 2);
}
