//! SQLite and PostgreSQL behind one door.

use std::{ops::Deref, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
    sqlx::{
        postgres::PgAdvisoryLock,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTrait;

/// Why a transaction took no effect.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database refused or is away.
    #[error("database: {0}")]
    Db(#[from] DbErr),
    /// Another replica changed the same rows first; load again and decide again.
    #[error("another replica changed the same rows first")]
    Conflict,
}

/// A service's own database. Clones share the pools.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    /// SQLite takes one writer at a time. One connection of its own keeps its pages cached (another connection's
    /// commit would make it read them again), and waiting for it is fair, which SQLite's busy handler is not.
    /// PostgreSQL is told what a batch needs, which is not what a page needs.
    writer: DatabaseConnection,
}

/// A write transaction. Dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub struct Tx {
    transaction: DatabaseTransaction,
}

impl Db {
    /// Opens the database of `url` (`sqlite://file.db` or `postgres://…`) and brings its tables up to date.
    pub async fn open<M: MigratorTrait>(url: &str, name: &str) -> Result<Self, DbErr> {
        let db = Self::connect(url, name).await?;
        db.migrate::<M>().await?;
        Ok(db)
    }

    /// Opens the database as it is; for tools that look at a service's database.
    pub async fn connect(url: &str, name: &str) -> Result<Self, DbErr> {
        let writers = if url.starts_with("sqlite:") { 1 } else { 8 };
        let reader = Database::connect(options(url, name, 4, &OF_PAGES)).await?;
        let writer = Database::connect(options(url, name, writers, &OF_BATCHES)).await?;
        Ok(Self { reader, writer })
    }

    /// Several replicas may start at once: one migrates, the others wait for it.
    async fn migrate<M: MigratorTrait>(&self) -> Result<(), DbErr> {
        if self.backend() != DbBackend::Postgres {
            return M::up(&self.reader, None).await;
        }
        let sqlx = |e| DbErr::Conn(sea_orm::RuntimeErr::SqlxError(Arc::new(e)));
        let pool = self.reader.get_postgres_connection_pool();
        let lock = PgAdvisoryLock::new("gridline-migrations");
        let guard = lock.acquire(pool.acquire().await.map_err(sqlx)?).await.map_err(sqlx)?;
        let done = M::up(&self.reader, None).await;
        guard.release_now().await.map_err(sqlx)?;
        done
    }

    /// Begins a write. On SQLite the lock is taken at once: a transaction that reads and then writes would
    /// otherwise fail with SQLITE_BUSY_SNAPSHOT, which no busy timeout covers.
    pub async fn write(&self) -> Result<Tx, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx { transaction: self.writer.begin_with_options(options).await? })
    }

    /// For reads.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// Closes the pools.
    pub async fn close(self) -> Result<(), DbErr> {
        self.writer.close().await?;
        self.reader.close().await
    }
}

impl Tx {
    /// Makes it permanent. An error is *unknown*: the commit may have happened; the redelivery finds out.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.transaction.commit().await
    }
}

impl Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

/// A setting of a connection to PostgreSQL.
type Setting = (&'static str, &'static str);
/// A process that was stopped in the middle of a transaction must not hold rows for ever: ours take milliseconds.
const IDLE: Setting = ("idle_in_transaction_session_timeout", "10s");
/// A plan that was made while a table was empty would scan it for ever after.
const OF_PAGES: [Setting; 2] = [IDLE, ("plan_cache_mode", "force_custom_plan")];
/// What a batch asks for is found by an index. The server scans a table of a few thousand rows instead, and while it grows
/// that is most of its work; without scans one plan is good for every batch, however large the table is. Where there is no
/// index a scan then seems so dear that it would be compiled first.
const OF_BATCHES: [Setting; 4] = [IDLE, ("enable_seqscan", "off"), ("plan_cache_mode", "force_generic_plan"), ("jit", "off")];

fn options(url: &str, name: &str, connections: u32, settings: &'static [Setting]) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging_level(log::LevelFilter::Trace)
        .acquire_timeout(Duration::from_secs(10))
        .max_connections(connections)
        .set_application_name(format!("gridline-{name}"))
        // asking before each transaction whether the connection still lives is one way more to the server and back
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .map_sqlx_postgres_opts(|o| o.options(settings.iter().copied()))
        .map_sqlx_sqlite_opts(|o| {
            // FULL: an acknowledged commit survives a power failure; NORMAL may lose the last ones
            o.create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                // the hot pages of a busy day fit; the default of 2 MB reads them again and again
                .pragma("cache_size", "-32768")
                // checkpoints of 32 MB instead of 4: each ends in fsyncs that writers wait for
                .pragma("wal_autocheckpoint", "8192")
                .foreign_keys(true)
        });
    options
}
