//! Tables of inbox, outbox and dead letters.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text},
};

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
                .col(text("msg_id").primary_key())
                .col(text("stream"))
                .col(text("subject"))
                .col(text("headers"))
                .col(text("body"))
                .col(big_integer("created_ms"))
                .col(integer("ord"))
                .col(big_integer_null("published_ms"))
                .col(integer("epoch"))
                .to_owned(),
        )
        .await?;
        // holds only what is to be sent, so that looking for it costs nothing when there is nothing
        let unsent = "CREATE INDEX outbox_unsent ON outbox (created_ms, ord) WHERE published_ms IS NULL";
        m.get_connection().execute_unprepared(unsent).await?;
        let sent = "CREATE INDEX outbox_sent ON outbox (published_ms) WHERE published_ms IS NOT NULL";
        m.get_connection().execute_unprepared(sent).await?;
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
        for table in ["dead_letter", "outbox", "inbox"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
