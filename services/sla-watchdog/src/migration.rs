//! The watchdog's table.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, text_null},
};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration(), Box::new(First), Box::new(AllClocks)]
    }
}

pub(crate) struct First;

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

/// From one clock a ticket to all of them: the handling clock's columns become part of two texts.
struct AllClocks;

impl MigrationName for AllClocks {
    fn name(&self) -> &'static str {
        "m0003_all_clocks"
    }
}

const FORMER: [&str; 12] = [
    "seq",
    "since_ms",
    "promise_seq",
    "order_id",
    "unit",
    "division",
    "round",
    "class",
    "started_ms",
    "warn_ms",
    "due_ms",
    "reached",
];

#[async_trait::async_trait]
impl MigrationTrait for AllClocks {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in [integer("urgent").default(0), &mut text_null("promise"), text("clocks").default("{}")] {
            m.alter_table(Table::alter().table("clock").add_column(column).to_owned()).await?;
        }
        let object = match m.get_database_backend() {
            sea_orm::DbBackend::Postgres => "json_build_object",
            _ => "json_object",
        };
        let clock = format!(
            "CAST({object}('K5', {object}('seq', seq, 'anew', coalesce(promise_seq, 0), 'since', since_ms, 'reached', reached)) AS text)"
        );
        let promise = format!(
            "CAST({object}('seq', promise_seq, 'order', order_id, 'unit', unit, 'division', division, 'round', round, \
             'class', class, 'start', started_ms, 'warn', warn_ms, 'due', due_ms) AS text)"
        );
        let fill =
            format!("UPDATE clock SET clocks = {clock}, promise = CASE WHEN promise_seq IS NULL THEN NULL ELSE {promise} END");
        m.get_connection().execute_unprepared(&fill).await?;
        for column in FORMER {
            m.alter_table(Table::alter().table("clock").drop_column(column).to_owned()).await?;
        }
        // in a burst the urgent ones are found without passing the others
        let urgent = "CREATE INDEX clock_urgent ON clock (next_ms) WHERE urgent = 1 AND next_ms IS NOT NULL";
        m.get_connection().execute_unprepared(urgent).await?;
        Ok(())
    }
}
