//! Tables of what belongs together.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, text_null},
};

/// Makes them.
pub struct Topics;

impl MigrationName for Topics {
    fn name(&self) -> &'static str {
        "m0005_console_topics"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Topics {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let topic = Table::create()
            .table("topic")
            .col(text("topic_id").primary_key())
            .col(text("category"))
            .col(text_null("division"))
            .col(text("text"))
            .col(big_integer("tickets"))
            .col(big_integer("people"))
            .col(big_integer_null("heated_ms"))
            .to_owned();
        let ticket = Table::create()
            .table("topic_ticket")
            .col(text("ticket_id").primary_key())
            .col(text("topic_id"))
            .col(text("number"))
            .col(big_integer("received_ms"))
            .to_owned();
        let attention = Table::create()
            .table("attention")
            .col(text("ticket_id"))
            .col(text("kind"))
            .col(text("number"))
            .col(text("what"))
            .col(big_integer("at_ms"))
            .primary_key(Index::create().col("ticket_id").col("kind"))
            .to_owned();
        let step = Table::create()
            .table("topic_step")
            .col(text("topic_id"))
            .col(big_integer("seq"))
            .col(text("step"))
            .col(text("state"))
            .col(text_null("unit"))
            .col(text_null("text"))
            .col(text_null("person"))
            .col(big_integer("at_ms"))
            .primary_key(Index::create().col("topic_id").col("seq"))
            .to_owned();
        for table in [topic, ticket, attention, step] {
            m.create_table(table).await?;
        }
        for index in [
            "CREATE INDEX topic_ticket_topic ON topic_ticket (topic_id, received_ms)",
            "CREATE INDEX topic_ticket_received ON topic_ticket (received_ms, topic_id, ticket_id)",
            "CREATE INDEX attention_at ON attention (at_ms)",
        ] {
            m.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["topic_step", "attention", "topic_ticket", "topic"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
