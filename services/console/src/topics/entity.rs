//! Tables of what belongs together.

/// A matter that several tickets are about.
pub mod topic {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One topic, as the fact with most tickets told it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "topic")]
    pub struct Model {
        /// Cluster.
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: String,
        /// Category code.
        pub category: String,
        /// Division code.
        pub division: Option<String>,
        /// Beginning of what was reported first.
        #[sea_orm(column_type = "Text")]
        pub text: String,
        /// Tickets.
        pub tickets: i64,
        /// The same without repeats of one person.
        pub people: i64,
        /// When it was told to be hot last, ms.
        pub heated_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which ticket is about which topic.
pub mod topic_ticket {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One ticket.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "topic_ticket")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Topic.
        pub topic_id: String,
        /// Number for people.
        pub number: String,
        /// When it was received, ms.
        pub received_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was done with a proposed cluster, and by whom.
pub mod topic_step {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One step.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "topic_step")]
    pub struct Model {
        /// Topic.
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: String,
        /// Number of the step, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        /// Step code (`contracts::cluster::ClusterStep`).
        pub step: String,
        /// State code from then on (`contracts::cluster::ClusterState`).
        pub state: String,
        /// The responsible unit.
        pub unit: Option<String>,
        /// The words.
        #[sea_orm(column_type = "Text", nullable)]
        pub text: Option<String>,
        /// Staff number; none if it was done by rule.
        pub person: Option<String>,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tickets of which leaders hear: sensitive words, or the same person once more.
pub mod attention {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One reason to look at a ticket.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "attention")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// `sensitive` or `repeated`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        /// Number for people.
        pub number: String,
        /// Kinds and words, or the number of the earlier ticket.
        pub what: String,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
