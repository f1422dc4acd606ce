//! The watchdog's table.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, text_null},
};

/// All migrations, oldest first.
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
        "m0002_sla_watchdog"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("clock")
                .col(text("ticket_id").primary_key())
                .col(big_integer("seq"))
                .col(big_integer_null("since_ms"))
                .col(big_integer_null("promise_seq"))
                .col(text_null("order_id"))
                .col(text_null("unit"))
                .col(text_null("division"))
                .col(big_integer_null("round"))
                .col(text_null("class"))
                .col(big_integer_null("started_ms"))
                .col(big_integer_null("warn_ms"))
                .col(big_integer_null("due_ms"))
                .col(text_null("reached"))
                .col(big_integer_null("next_ms"))
                .col(big_integer("version"))
                .to_owned(),
        )
        .await?;
        // holds only clocks that run, in the order in which they ring: looking costs the same however many there are
        let next = "CREATE INDEX clock_next ON clock (next_ms) WHERE next_ms IS NOT NULL";
        m.get_connection().execute_unprepared(next).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("clock").to_owned()).await
    }
}
