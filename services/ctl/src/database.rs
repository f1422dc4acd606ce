//! Services' databases, opened as they are.

use std::path::Path;

use contracts::problem::Problem;
use outbox::Db;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};

use crate::settings::Service;

/// The file of a SQLite URL; none for PostgreSQL.
pub fn sqlite_file(url: &str) -> Option<&Path> {
    let file = url.strip_prefix("sqlite:")?;
    let file = file.strip_prefix("//").unwrap_or(file);
    Some(Path::new(file.split('?').next().unwrap_or(file)))
}

/// Opens the database of `service`. A SQLite file that is not there is told, not made: a tool that looks at a
/// wrong path would else leave an empty database there and find nothing amiss.
pub async fn open(service: Service, url: &str) -> Result<Db, Problem> {
    if let Some(file) = sqlite_file(url).filter(|f| !f.is_file()) {
        let (name, key) = (file.display(), service.key());
        return Err(Problem::new(
            "no_database",
            format!("找不到数据库文件 {name}；请先启动该服务，或检查设置 services.{key}.database"),
            format!("there is no file {name}; start the service once, or check the setting services.{key}.database"),
        ));
    }
    Db::connect(url, "ctl").await.map_err(|e| unreadable(&e))
}

/// The database does not answer as it must.
pub fn unreadable(e: &DbErr) -> Problem {
    Problem::new("database_away", format!("数据库读不出：{e}"), format!("the database can't be read: {e}"))
}

/// All rows of a query.
pub async fn rows(db: &Db, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    db.read().query_all_raw(Statement::from_string(db.backend(), sql)).await
}

/// The one row of a query.
pub async fn row(db: &Db, sql: &str) -> Result<QueryResult, DbErr> {
    let row = db.read().query_one_raw(Statement::from_string(db.backend(), sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("no row".into()))
}
