//! Tables.

/// Orders that came in. No personal data: who reported what only passes through.
pub mod outside_order {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// An order of a platform. Never changed after it was taken.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "outside_order")]
    pub struct Model {
        /// Ticket; derived from source and outside number, so it is the business key too.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Connection that it came in by.
        pub connection: String,
        /// The platform's number.
        pub order_no: String,
        /// SHA-256 of the content: the same number with other content is refused.
        pub digest: String,
        /// When, ms.
        pub taken_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the platforms are told.
pub mod callback {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One thing that a platform is told of one order.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "callback")]
    pub struct Model {
        /// Idempotency key, derived from ticket and sequence number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub callback_id: String,
        /// Ticket.
        pub ticket_id: String,
        /// Sequence number of the fact, 0 for a refusal by intake; an earlier one is delivered first.
        pub seq: i64,
        /// Connection that it goes out by.
        pub connection: String,
        /// The platform's number of the order.
        pub order_no: String,
        /// Kind, in our words.
        pub kind: String,
        /// JSON in the platform's words; the same with every attempt.
        #[sea_orm(column_type = "Text")]
        pub body: String,
        /// `waiting`, `delivered`, `failed` or `kept`.
        pub status: String,
        /// Attempts that were begun.
        pub attempts: i32,
        /// When it is due, ms.
        pub next_ms: i64,
        /// Somebody is at it until then, ms.
        pub claim_until_ms: i64,
        /// When the fact was heard, ms.
        pub created_ms: i64,
        /// When it was delivered or given up, ms.
        pub done_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The ledger.
pub mod attempt {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One attempt to deliver a callback. Written before it is made: one without a duration was cut off, and the
    /// platform may have got it or not.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "attempt")]
    pub struct Model {
        /// Callback.
        #[sea_orm(primary_key, auto_increment = false)]
        pub callback_id: String,
        /// Which attempt, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i32,
        /// When it was begun, ms.
        pub at_ms: i64,
        /// Status that the platform answered.
        pub http_status: Option<i32>,
        /// `timeout`, `connect` or `broken`, if there was no answer.
        pub error: Option<String>,
        /// How long it took.
        pub duration_ms: Option<i64>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
