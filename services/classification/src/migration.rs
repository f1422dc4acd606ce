//! Classification's tables.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, integer, integer_null, text, text_null},
};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration(), Box::new(First), Box::new(crate::cluster::Migration), Box::new(Danger)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &'static str {
        "m0002_classification"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("classification")
                .col(text("ticket_id").primary_key())
                .col(text("category"))
                .col(text("class"))
                .col(text("lead"))
                .col(integer("urgent"))
                .col(text_null("division"))
                .col(text("text"))
                .col(text("rules_version"))
                .col(big_integer("at_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("register")
                .col(big_integer("version").primary_key())
                .col(text("what"))
                .col(text("model"))
                .col(big_integer_null("undoes"))
                .col(text("person"))
                .col(text("reason"))
                .col(big_integer("at_ms"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("catalogue")
                .col(big_integer("n").primary_key())
                .col(big_integer("since"))
                .col(big_integer_null("until"))
                .col(text("category"))
                .col(text("word"))
                .col(text("place"))
                .col(text("hours"))
                .col(text("instead_of"))
                .col(text("unit"))
                .col(text("owner"))
                .col(text("proposal"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("proposal")
                .col(text("id").primary_key())
                .col(text("ticket_id"))
                .col(text("category"))
                .col(text("word"))
                .col(text("place"))
                .col(text("instead_of"))
                .col(text("unit"))
                .col(text("source"))
                .col(text("reason"))
                .col(text("state"))
                .col(big_integer("at_ms"))
                .to_owned(),
        )
        .await?;
        m.create_index(Index::create().name("proposal_state").table("proposal").col("state").col("at_ms").to_owned()).await?;
        learning(m).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["model", "sample", "proposal", "catalogue", "register", "classification"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Whether there was danger, as a person said.
struct Danger;

impl MigrationName for Danger {
    fn name(&self) -> &'static str {
        "m0004_danger"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Danger {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("sample").add_column(integer_null("urgent")).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("sample").drop_column("urgent").to_owned()).await
    }
}

/// What a model is trained from and judged by.
async fn learning(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("sample")
            .col(text("id").primary_key())
            .col(text("ticket_id"))
            .col(text_null("category"))
            .col(text_null("class"))
            .col(text_null("lead"))
            .col(text("source"))
            .col(big_integer("at_ms"))
            .to_owned(),
    )
    .await?;
    m.create_index(Index::create().name("sample_at").table("sample").col("at_ms").to_owned()).await?;
    m.create_table(
        Table::create()
            .table("model")
            .col(text("id").primary_key())
            .col(blob("bytes"))
            .col(text("report"))
            .col(big_integer("at_ms"))
            .to_owned(),
    )
    .await
}
