//! The bridge's tables.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, integer_null, text, text_null},
};

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration(), Box::new(First)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &'static str {
        "m0002_hotline_bridge"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("outside_order")
                .col(text("ticket_id").primary_key())
                .col(text("connection"))
                .col(text("order_no"))
                .col(text("digest"))
                .col(big_integer("taken_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("callback")
                .col(text("callback_id").primary_key())
                .col(text("ticket_id"))
                .col(big_integer("seq"))
                .col(text("connection"))
                .col(text("order_no"))
                .col(text("kind"))
                .col(text("body"))
                .col(text("status"))
                .col(integer("attempts"))
                .col(big_integer("next_ms"))
                .col(big_integer("claim_until_ms"))
                .col(big_integer("created_ms"))
                .col(big_integer_null("done_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("attempt")
                .col(text("callback_id"))
                .col(integer("n"))
                .col(big_integer("at_ms"))
                .col(integer_null("http_status"))
                .col(text_null("error"))
                .col(big_integer_null("duration_ms"))
                .primary_key(Index::create().col("callback_id").col("n"))
                .to_owned(),
        )
        .await?;
        // what is to be done is found without passing what is done
        let due = "CREATE INDEX callback_due ON callback (connection, next_ms, seq) WHERE status = 'waiting'";
        m.get_connection().execute_unprepared(due).await?;
        let of_ticket =
            Index::create().name("callback_of_ticket").table("callback").col("ticket_id").col("seq").unique().to_owned();
        m.create_index(of_ticket).await?;
        let newest = "CREATE INDEX callback_newest ON callback (connection, created_ms)";
        m.get_connection().execute_unprepared(newest).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["attempt", "callback", "outside_order"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
