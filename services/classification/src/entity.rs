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
