//! The watchdog's tables.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, text_null},
};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![outbox::migration(), Box::new(Clocks)]
    }
}

struct Clocks;

impl MigrationName for Clocks {
    fn name(&self) -> &'static str {
        "m0002_sla_watchdog"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Clocks {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("clock")
                .col(text("ticket_id").primary_key())
                .col(integer("urgent"))
                .col(text_null("promise"))
                .col(text_null("risen"))
                .col(text("clocks"))
                .col(big_integer_null("next_ms"))
                .col(big_integer("version"))
                .to_owned(),
        )
        .await?;
        // they hold only clocks that run, in the order in which they ring: looking costs the same however many there
        // are; in a burst the urgent ones are found without passing the others
        for index in [
            "CREATE INDEX clock_next ON clock (next_ms) WHERE next_ms IS NOT NULL",
            "CREATE INDEX clock_urgent ON clock (next_ms) WHERE urgent = 1 AND next_ms IS NOT NULL",
        ] {
            m.get_connection().execute_unprepared(index).await?;
        }
        m.create_table(
            Table::create()
                .table("rules")
                .col(big_integer("version").primary_key())
                .col(big_integer("heard_ms"))
                .col(text_null("after"))
                .col(big_integer("moved"))
                .col(text("told"))
                .to_owned(),
        )
        .await?;
        // a row is long: looking whether alarms must be set anew reads none
        let under_way = "CREATE INDEX rules_under_way ON rules (version) WHERE after IS NOT NULL";
        m.get_connection().execute_unprepared(under_way).await.map(drop)
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["rules", "clock"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
