//! What stays behind is found again: whole, or what the broker did not take of it.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

use super::*;
use crate::packet::Packets;

struct Tables;

#[async_trait::async_trait]
impl MigratorTrait for Tables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![crate::migration()]
    }
}

const NOW: i64 = 1_795_334_400_000;

/// Three messages to one stream, one to another, said at [`NOW`].
async fn said() -> (Db, tempfile::TempDir, Vec<Packet>) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open::<Tables>(&format!("sqlite://{}/o.db", dir.path().display()), "test").await.unwrap();
    let mut packets = Packets::default();
    for (n, stream) in ["FACTS", "QUEUES", "FACTS", "FACTS"].into_iter().enumerate() {
        let message = Message { id: format!("m{n}"), subject: format!("s.{n}"), headers: Vec::new(), body: "{}".to_owned() };
        packets.add(stream, NOW, message);
    }
    let tx = db.write().await.unwrap();
    let packets = packets.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    (db, dir, packets)
}

async fn behind(db: &Db, now: i64) -> Vec<String> {
    let loads = left_behind(db, now).await.unwrap();
    loads.into_iter().flat_map(|load| load.messages).map(|(place, message)| format!("{} at {place}", message.id)).collect()
}

#[tokio::test]
async fn a_packet_is_left_behind_until_it_is_marked() {
    let (db, _dir, packets) = said().await;
    assert_eq!(unsent(&db).await.unwrap(), 4);
    assert!(behind(&db, NOW + GRACE_MS).await.is_empty(), "it is still on the quick way");
    let all = ["m0 at 0", "m2 at 1", "m3 at 2", "m1 at 0"];
    assert_eq!(behind(&db, NOW + GRACE_MS + 1).await, all);
    assert_eq!(behind(&db, NOW - GRACE_MS - 1).await, all, "our clock was set back");
    mark(&db, &[packets[0].unsent()], &[]).await.unwrap();
    assert_eq!(behind(&db, NOW + 10_000).await, ["m1 at 0"]);
    assert_eq!(unsent(&db).await.unwrap(), 1);
}

#[tokio::test]
async fn of_a_packet_that_was_stored_in_part_the_rest_is_sent() {
    let (db, _dir, packets) = said().await;
    let cut = unsent::Model { messages: 2, rest: Some("[0,2]".to_owned()), ..packets[0].unsent() };
    mark(&db, &[packets[1].unsent()], &[cut]).await.unwrap();
    assert_eq!(behind(&db, NOW + 10_000).await, ["m0 at 0", "m3 at 2"]);
    assert_eq!(unsent(&db).await.unwrap(), 2);
}
