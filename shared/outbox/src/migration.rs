//! Tables of inbox, outbox and dead letters.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, text_null},
};

/// PostgreSQL compresses packets; with its own method that costs more than all else that it does for them.
const QUICK_COMPRESSION: &str = "DO $$ BEGIN \
     IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN \
     ALTER TABLE outbox ALTER COLUMN messages SET COMPRESSION lz4; END IF; END $$";

/// The first migration of every service.
pub fn tables() -> Box<dyn MigrationTrait> {
    Box::new(Tables)
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "m0001_outbox"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(Table::create().table("inbox").col(text("msg_id").primary_key()).col(big_integer("at_ms")).to_owned())
            .await?;
        m.create_index(Index::create().name("inbox_at").table("inbox").col("at_ms").to_owned()).await?;
        m.create_table(
            Table::create()
                .table("outbox")
                .col(big_integer("created_ms"))
                .col(text("msg_id"))
                .col(text("stream"))
                .col(text("messages"))
                .primary_key(Index::create().col("created_ms").col("msg_id"))
                .to_owned(),
        )
        .await?;
        if m.get_database_backend() == sea_orm::DbBackend::Postgres {
            m.get_connection().execute_unprepared(QUICK_COMPRESSION).await?;
        }
        // submissions carry a reporter and are forgotten first; only the bridge has any
        let submissions = "CREATE INDEX outbox_submission ON outbox (created_ms) WHERE stream = 'INTAKE'";
        m.get_connection().execute_unprepared(submissions).await?;
        m.create_table(
            Table::create()
                .table("unsent")
                .col(big_integer("created_ms"))
                .col(text("msg_id"))
                .col(integer("messages"))
                .col(text_null("rest"))
                .primary_key(Index::create().col("created_ms").col("msg_id"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("dead_letter")
                .col(text("msg_id").primary_key())
                .col(text("stream"))
                .col(text("subject"))
                .col(text("headers"))
                .col(text("body"))
                .col(text("code"))
                .col(text("reason"))
                .col(big_integer("at_ms"))
                .col(big_integer_null("replayed_ms"))
                .col(integer("replays"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["dead_letter", "unsent", "outbox", "inbox"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
