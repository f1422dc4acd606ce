//! Tables of what belongs together.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, text_null},
};

/// Makes them.
pub struct Clusters;

impl MigrationName for Clusters {
    fn name(&self) -> &'static str {
        "m0003_clusters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Clusters {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let matter = Table::create()
            .table("matter")
            .col(text("ticket_id").primary_key())
            .col(big_integer("place"))
            .col(text("number"))
            .col(text("text"))
            .col(text("category"))
            .col(text("also"))
            .col(text_null("division"))
            .col(big_integer("received_ms"))
            .col(integer("ended"))
            .col(big_integer("seq"))
            .to_owned();
        let member = Table::create()
            .table("member")
            .col(text("ticket_id").primary_key())
            .col(text("cluster_id"))
            .col(big_integer("place"))
            .col(big_integer("received_ms"))
            .col(integer("told"))
            .to_owned();
        let cluster = Table::create()
            .table("cluster")
            .col(text("cluster_id").primary_key())
            .col(integer("proposed"))
            .col(big_integer_null("heated_ms"))
            .col(big_integer_null("tell_ms"))
            .to_owned();
        let repeat = Table::create().table("repeat").col(text("ticket_id").primary_key()).col(text("of")).to_owned();
        let mark = Table::create().table("mark").col(text("name").primary_key()).col(big_integer("at")).to_owned();
        for table in [matter, member, cluster, repeat, mark] {
            m.create_table(table).await?;
        }
        for index in [
            "CREATE INDEX matter_place ON matter (place)",
            "CREATE INDEX matter_old ON matter (received_ms) WHERE ended = 1",
            "CREATE INDEX member_cluster ON member (cluster_id)",
            "CREATE INDEX member_place ON member (place)",
            "CREATE INDEX cluster_tell ON cluster (tell_ms) WHERE tell_ms IS NOT NULL",
        ] {
            m.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["mark", "repeat", "cluster", "member", "matter"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
