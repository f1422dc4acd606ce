//! Dispatch's tables.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, text_null},
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
        "m0002_dispatch"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("ticket")
                .col(text("ticket_id").primary_key())
                .col(big_integer("version"))
                .col(big_integer("seq"))
                .col(text("number"))
                .col(text("state"))
                .col(text("class"))
                .col(text("category"))
                .col(text("category_name"))
                .col(integer("urgent"))
                .col(text("text"))
                .col(text_null("division"))
                .col(text("history"))
                .col(integer("opened"))
                .col(big_integer_null("due_ms"))
                .col(text_null("result"))
                .col(big_integer("at_ms"))
                .col(text("clocks"))
                .col(text("beside"))
                .col(text_null("lead_ticket"))
                .col(integer("followers"))
                .col(text_null("provisional"))
                .to_owned(),
        )
        .await?;
        // a new calendar finds those that wait for it without looking at any other
        let waiting = "CREATE INDEX ticket_provisional ON ticket (provisional) WHERE provisional IS NOT NULL";
        m.get_connection().execute_unprepared(waiting).await?;
        let followers = "CREATE INDEX ticket_lead ON ticket (lead_ticket) WHERE lead_ticket IS NOT NULL";
        m.get_connection().execute_unprepared(followers).await?;
        m.create_table(
            Table::create()
                .table("work_order")
                .col(text("order_id"))
                .col(text("ticket_id"))
                .col(text("unit"))
                .col(text("part"))
                .col(integer("round"))
                .col(text("state"))
                .col(integer("active"))
                .col(text_null("person"))
                .col(big_integer_null("due_ms"))
                .col(text_null("clock"))
                .col(integer("required"))
                .col(text_null("officer"))
                .col(integer("n"))
                .primary_key(Index::create().col("ticket_id").col("n"))
                .to_owned(),
        )
        .await?;
        let in_effect = "CREATE INDEX work_order_unit ON work_order (unit) WHERE active = 1";
        m.get_connection().execute_unprepared(in_effect).await?;
        // the promise "never two effective dispatches" is kept by the database, whatever the code does
        let one_lead = "CREATE UNIQUE INDEX work_order_one_lead ON work_order (ticket_id) WHERE part = 'lead' AND active = 1";
        m.get_connection().execute_unprepared(one_lead).await?;
        m.create_table(
            Table::create()
                .table("register")
                .col(big_integer("version").primary_key())
                .col(text("book"))
                .col(text_null("calendar"))
                .col(text("person"))
                .col(text("reason"))
                .col(big_integer("at_ms"))
                .to_owned(),
        )
        .await?;
        let first_run =
            Table::create().table("first_run").col(big_integer("id").primary_key()).col(big_integer("at_ms")).to_owned();
        m.create_table(first_run).await?;
        m.create_table(
            Table::create()
                .table("supervision_task")
                .col(text("task").primary_key())
                .col(big_integer("version"))
                .col(text("kind"))
                .col(big_integer("from_ms"))
                .col(big_integer("to_ms"))
                .col(big_integer("due_ms"))
                .col(big_integer("opened_ms"))
                .col(big_integer_null("closed_ms"))
                .col(text_null("person"))
                .col(text_null("minutes"))
                .to_owned(),
        )
        .await?;
        clusters(m).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["cluster_ticket", "cluster", "first_run", "supervision_task", "register", "work_order", "ticket"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

async fn clusters(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cluster = Table::create()
        .table("cluster")
        .col(text("cluster_id").primary_key())
        .col(big_integer("version"))
        .col(big_integer("seq"))
        .col(text("state"))
        .col(text("first_ticket"))
        .col(big_integer("tickets"))
        .col(big_integer("people"))
        .col(big_integer_null("rested"))
        .col(text_null("unit"))
        .col(text_null("cause"))
        .col(text_null("done"))
        .col(text_null("person"))
        .col(big_integer_null("telling_ms"))
        .to_owned();
    let ticket = Table::create()
        .table("cluster_ticket")
        .col(text("ticket_id").primary_key())
        .col(text("cluster_id"))
        .col(integer("told"))
        .to_owned();
    m.create_table(cluster).await?;
    m.create_table(ticket).await?;
    // who waits to be told is found without looking at any other
    let telling = "CREATE INDEX cluster_telling ON cluster (telling_ms) WHERE telling_ms IS NOT NULL";
    let untold = "CREATE INDEX cluster_ticket_cluster ON cluster_ticket (cluster_id, told, ticket_id)";
    for index in [telling, untold] {
        m.get_connection().execute_unprepared(index).await?;
    }
    Ok(())
}
