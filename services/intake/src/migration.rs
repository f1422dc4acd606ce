//! Intake's tables.

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
        "m0002_intake"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("registration")
                .col(text("ticket_id").primary_key())
                .col(text("source"))
                .col(text("external_id"))
                .col(text("digest"))
                .col(text("number").unique_key())
                .col(text("code"))
                .col(text("submission"))
                .col(big_integer("received_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("progress")
                .col(text("ticket_id").primary_key())
                .col(big_integer("seq"))
                .col(text("state"))
                .col(big_integer_null("due_ms"))
                .col(text_null("reply"))
                .col(big_integer("at_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(Table::create().table("counter").col(text("day").primary_key()).col(big_integer("last")).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["counter", "progress", "registration"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
