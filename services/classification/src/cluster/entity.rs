//! Tables of what belongs together.

/// A ticket that can be found: its text is masked, and nobody's name is here.
pub mod matter {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One ticket.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "matter")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Number of its last change, from 1: who follows the table reads on from there.
        pub place: i64,
        /// Number for people; empty until its classification was heard.
        pub number: String,
        /// What was reported, numbers masked.
        #[sea_orm(column_type = "Text")]
        pub text: String,
        /// Category code.
        pub category: String,
        /// Categories that it may be of as well with their percentage, separated by spaces: `0604:35 1102:8`.
        pub also: String,
        /// Division code.
        pub division: Option<String>,
        /// When it was received, ms.
        pub received_ms: i64,
        /// Nobody has to act on it any more, 0 or 1.
        pub ended: i32,
        /// The fact that told so last.
        pub seq: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which cluster a ticket is in.
pub mod member {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One ticket of a cluster.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "member")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Cluster.
        pub cluster_id: String,
        /// Place up to which the table of tickets was read when this was decided.
        pub place: i64,
        /// When the ticket was received, ms.
        pub received_ms: i64,
        /// It was told that the ticket is in the cluster, 0 or 1.
        pub told: i32,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Clusters of two tickets or more.
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
        /// It was proposed as one cause of many, 0 or 1.
        pub proposed: i32,
        /// When it was told to be hot last, ms.
        pub heated_ms: Option<i64>,
        /// When to look whether there is something to tell, ms.
        pub tell_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tickets that repeat another one of the same reporter, as intake said.
pub mod repeat {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One repeat.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "repeat")]
    pub struct Model {
        /// The later ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// The earlier one.
        pub of: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
