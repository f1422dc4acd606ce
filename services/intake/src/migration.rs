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
        vec![outbox::migration(), Box::new(First), Box::new(Citizens)]
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
                .col(text_null("phone"))
                .to_owned(),
        )
        .await?;
        let index = "CREATE INDEX registration_phone ON registration (phone, received_ms) WHERE phone IS NOT NULL";
        m.get_connection().execute_unprepared(index).await?;
        m.create_table(
            Table::create()
                .table("progress")
                .col(text("ticket_id").primary_key())
                .col(big_integer("seq"))
                .col(text("state"))
                .col(big_integer_null("due_ms"))
                .col(text_null("reply"))
                .col(big_integer("at_ms"))
                .col(text_null("division"))
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

/// Changes of the promised date, and what citizens do.
struct Citizens;

impl MigrationName for Citizens {
    fn name(&self) -> &'static str {
        "m0003_intake_citizens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Citizens {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // one column at a time: SQLite adds no more at once
        m.alter_table(Table::alter().table("progress").add_column(big_integer("version").default(0)).to_owned()).await?;
        m.alter_table(Table::alter().table("progress").add_column(text_null("told")).to_owned()).await?;
        m.create_table(
            Table::create()
                .table("citizen_act")
                .col(text("act_id").primary_key())
                .col(text("ticket_id"))
                .col(text("what"))
                .col(text("digest"))
                .col(big_integer("at_ms"))
                .col(text("outcome"))
                .col(text_null("problem"))
                .col(big_integer_null("answered_ms"))
                .to_owned(),
        )
        .await?;
        let index = "CREATE INDEX citizen_act_ticket ON citizen_act (ticket_id, at_ms)";
        m.get_connection().execute_unprepared(index).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("citizen_act").to_owned()).await?;
        for column in ["told", "version"] {
            m.alter_table(Table::alter().table("progress").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
