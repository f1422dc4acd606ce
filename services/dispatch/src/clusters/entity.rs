//! Tables of clusters.

/// A proposed cluster, and what persons of the centre did with it.
pub mod cluster {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One cluster.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "cluster")]
    pub struct Model {
        /// Cluster.
        #[sea_orm(primary_key, auto_increment = false)]
        pub cluster_id: String,
        /// Grows by one with every save; two replicas can't both save the same next one.
        pub version: i64,
        /// Number of the last step.
        pub seq: i64,
        /// State code (`contracts::cluster::ClusterState`).
        pub state: String,
        /// The ticket that it began with.
        pub first_ticket: String,
        /// Its tickets, as classification told last.
        pub tickets: i64,
        /// The same without repeats of one person.
        pub people: i64,
        /// How many people it had when it was refused or closed; none while somebody has it in hand.
        pub rested: Option<i64>,
        /// The responsible unit.
        pub unit: Option<String>,
        /// The cause, numbers masked.
        #[sea_orm(column_type = "Text", nullable)]
        pub cause: Option<String>,
        /// What was done, numbers masked.
        #[sea_orm(column_type = "Text", nullable)]
        pub done: Option<String>,
        /// Staff number of who said what was done: in whose name each reporter is told.
        pub person: Option<String>,
        /// Reporters wait to be told, and it was last looked at then, ms: the one that waits longest comes next.
        pub telling_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tickets of clusters.
pub mod cluster_ticket {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// Its reporter was not told yet.
    pub const WAITS: i32 = 0;
    /// Its reporter was told.
    pub const TOLD: i32 = 1;
    /// It is over for good; nothing is told on it any more.
    pub const OVER: i32 = 2;

    /// One ticket.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "cluster_ticket")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Cluster.
        pub cluster_id: String,
        /// [`WAITS`], [`TOLD`] or [`OVER`].
        pub told: i32,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
