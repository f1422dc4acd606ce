use super::rows::{Replica, on_each};
use sea_orm::*;
#[tokio::test]
async fn tmp() {
    on_each(async |url| {
        let a = Replica::start(&url).await;
        if a.db.backend() == DbBackend::Postgres { return }

        for q in ["select next_ms from clock where next_ms is not null and next_ms >= ? order by next_ms limit ?", "select next_ms from clock where next_ms is not null and next_ms >= 0 order by next_ms limit ?", "select next_ms from clock where next_ms is not null and next_ms <= ? order by next_ms limit 1","select next_ms from clock where next_ms is not null and next_ms >= ? order by next_ms limit 1","select * from clock where next_ms is not null and next_ms >= ? order by next_ms limit 1"] {
        for v in [0i64, 1, 500] {
            let st = Statement::from_sql_and_values(DbBackend::Sqlite, format!("explain query plan {q}"), vec![Value::from(v); q.matches('?').count()]);
            let r = a.db.read().query_all_raw(st).await.unwrap();
            println!("{v} {q}: {:?}", r.iter().map(|r| r.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>());
        }}
    }).await;
}
