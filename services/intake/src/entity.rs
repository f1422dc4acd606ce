//! Tables.

/// One report. Never changed after it was taken.
pub mod registration {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One report.
    #[derive(Clone, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "registration")]
    pub struct Model {
        /// Ticket; derived from source and external id, so it is the business key too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Where it came from.
        pub source: String,
        /// The source's number.
        pub external_id: String,
        /// SHA-256 of the content: the same number with other content is refused.
        pub digest: String,
        /// Number for people.
        pub number: String,
        /// With the number, lets the reporter look.
        pub code: String,
        /// The submission as it came, JSON, reporter included.
        #[sea_orm(column_type = "Text")]
        pub submission: String,
        /// When, ms.
        pub received_ms: i64,
        /// The reporter's phone number as `domain::phone` reads it; never leaves this database.
        pub phone: Option<String>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    /// Never shows the reporter.
    impl std::fmt::Debug for Model {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Registration").field("ticket_id", &self.ticket_id).finish_non_exhaustive()
        }
    }
}

/// How far a ticket is, for its reporter.
pub mod progress {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// How far a ticket is.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "progress")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Sequence number of the last fact that was heard.
        pub seq: i64,
        /// State code.
        pub state: String,
        /// Promised date, ms.
        pub due_ms: Option<i64>,
        /// The public reply.
        #[sea_orm(column_type = "Text", nullable)]
        pub reply: Option<String>,
        /// When, ms.
        pub at_ms: i64,
        /// Counts writes, so that two replicas never overwrite each other.
        pub version: i64,
        /// What else is told, JSON: see `progress::Told`.
        #[sea_orm(column_type = "Text", nullable)]
        pub told: Option<String>,
        /// The division that owns the matter, as it was dispatched.
        pub division: Option<String>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What citizens did with their tickets, and what became of it.
pub mod citizen_act {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One act.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "citizen_act")]
    pub struct Model {
        /// Its id, that of the message too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub act_id: String,
        /// Ticket.
        pub ticket_id: String,
        /// What was done: supply, urge, reopen.
        pub what: String,
        /// SHA-256 of the content: the same key with other content is refused.
        pub digest: String,
        /// When, ms.
        pub at_ms: i64,
        /// waiting, done or refused.
        pub outcome: String,
        /// Why it was refused, JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub problem: Option<String>,
        /// When it was answered, ms.
        pub answered_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
