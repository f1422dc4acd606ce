//! Tables.

/// What was decided on each ticket, and by which rules.
pub mod classification {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A decision.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "classification")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Category code.
        pub category: String,
        /// Class code.
        pub class: String,
        /// Lead unit.
        pub lead: String,
        /// Danger to life or limb now, 0 or 1.
        pub urgent: i32,
        /// Owning division.
        pub division: Option<String>,
        /// Reasons, JSON list (Chinese).
        #[sea_orm(column_type = "Text")]
        pub reasons: String,
        /// Version of the rules that decided.
        pub rules_version: String,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 派单目录: entries that a person accepted.
pub mod entry {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One entry.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "catalogue")]
    pub struct Model {
        /// Version of the catalogue that it came with.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// Category code.
        pub category: String,
        /// Division code; empty: everywhere.
        pub place: String,
        /// The unit that classification would name.
        pub instead_of: String,
        /// The unit that acts.
        pub unit: String,
        /// The proposal that it came from.
        pub proposal: String,
        /// Staff number of who accepted it.
        pub person: String,
        /// Why.
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        /// When, ms.
        pub at_ms: i64,
        /// Version that took it back.
        pub undone: Option<i64>,
        /// Staff number of who took it back.
        pub undone_by: Option<String>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What rulings propose for the catalogue.
pub mod proposal {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One proposal.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "proposal")]
    pub struct Model {
        /// Id, from the ruling's message.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The ticket that was ruled on.
        pub ticket_id: String,
        /// Category code.
        pub category: String,
        /// Division code; empty if the ticket had none.
        pub place: String,
        /// The unit that had it.
        pub instead_of: String,
        /// The unit that was ruled to act.
        pub unit: String,
        /// Why, as it was ruled.
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        /// `pending`, `accepted`, `refused`.
        pub state: String,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
