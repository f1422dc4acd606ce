//! The console's tables.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, integer, text, text_null},
};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            outbox::migration(),
            Box::new(First),
            Box::new(LeadCase),
            Box::new(Decided),
            Box::new(crate::topics::Migration),
            Box::new(Alarms),
        ]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &'static str {
        "m0002_console"
    }
}

/// One for each way into the list. Every index costs on every fact, so there is none for class (each class is a
/// good part of all tickets, the list by time finds fifty at once) and none for villages (the town's serves).
const INDEXES: [&str; 5] = [
    "CREATE INDEX ticket_received ON ticket (received_ms, ticket_id)",
    "CREATE INDEX ticket_state ON ticket (state, received_ms, ticket_id)",
    // with what the counts per unit look at, so that they never touch the table
    "CREATE INDEX ticket_unit ON ticket (unit, received_ms, ticket_id, state, warn_ms, due_ms, done_ms)",
    // with the village, so that one among a town's many is found without the table
    "CREATE INDEX ticket_town ON ticket (town, received_ms, ticket_id, division)",
    // `done_ms IS NULL` first: what still runs is one short stretch of it, by deadline
    "CREATE INDEX ticket_clock ON ticket (done_ms, due_ms, warn_ms, received_ms, ticket_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(ticket()).await?;
        m.create_table(
            Table::create()
                .table("event")
                .col(text("ticket_id"))
                .col(text("fact"))
                .col(text("kind"))
                .col(big_integer("at_ms"))
                .col(text("body"))
                .primary_key(Index::create().col("ticket_id").col("fact"))
                .to_owned(),
        )
        .await?;
        for sql in INDEXES {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["event", "ticket"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Merged tickets know their lead case, and tickets the successors of their unit.
struct LeadCase;

impl MigrationName for LeadCase {
    fn name(&self) -> &'static str {
        "m0003_console_lead_case"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LeadCase {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // one column at a time: SQLite adds no more at once
        for column in ["lead", "heirs"] {
            m.alter_table(Table::alter().table("ticket").add_column(text_null(column)).to_owned()).await?;
        }
        // few tickets are merged: the others cost the index nothing
        let sql = "CREATE INDEX ticket_lead ON ticket (lead) WHERE lead IS NOT NULL";
        m.get_connection().execute_unprepared(sql).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.get_connection().execute_unprepared("DROP INDEX ticket_lead").await?;
        for column in ["heirs", "lead"] {
            m.alter_table(Table::alter().table("ticket").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Alarms that wait for an answer.
struct Alarms;

impl MigrationName for Alarms {
    fn name(&self) -> &'static str {
        "m0006_console_alarms"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Alarms {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("ticket").add_column(big_integer_null("alarm_ms")).to_owned()).await?;
        // few wait at a time: the others cost the index nothing
        let sql = "CREATE INDEX ticket_alarm ON ticket (received_ms, ticket_id) WHERE alarm_ms IS NOT NULL";
        m.get_connection().execute_unprepared(sql).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.get_connection().execute_unprepared("DROP INDEX ticket_alarm").await?;
        m.alter_table(Table::alter().table("ticket").drop_column("alarm_ms").to_owned()).await
    }
}

/// Rules that were put in force, and periodic work.
struct Decided;

impl MigrationName for Decided {
    fn name(&self) -> &'static str {
        "m0004_console_decided"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Decided {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(Table::create().table("rules").col(big_integer("version").primary_key()).col(text("body")).to_owned())
            .await?;
        m.create_table(
            Table::create()
                .table("supervision_task")
                .col(text("task").primary_key())
                .col(big_integer("from_ms"))
                .col(big_integer("to_ms"))
                .col(big_integer("due_ms"))
                .col(big_integer("opened_ms"))
                .col(big_integer_null("closed_ms"))
                .col(text_null("person"))
                .col(text_null("minutes"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["supervision_task", "rules"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn ticket() -> TableCreateStatement {
    Table::create()
        .table("ticket")
        .col(text("ticket_id").primary_key())
        .col(big_integer("version"))
        .col(big_integer("seq"))
        .col(text("number").unique_key())
        .col(text_null("source"))
        .col(text_null("channel"))
        .col(text("excerpt"))
        .col(text("state"))
        .col(text_null("class"))
        .col(text_null("category"))
        .col(text_null("category_name"))
        .col(text_null("nature"))
        .col(boolean("urgent"))
        .col(text_null("unit"))
        .col(text_null("division"))
        .col(text_null("town"))
        .col(integer("round"))
        .col(big_integer("received_ms"))
        .col(big_integer_null("dispatched_ms"))
        .col(big_integer_null("warn_ms"))
        .col(big_integer_null("due_ms"))
        .col(boolean("provisional"))
        .col(big_integer_null("done_ms"))
        .col(big_integer_null("closed_ms"))
        .col(boolean("excluded"))
        .col(text("owners"))
        .to_owned()
}
