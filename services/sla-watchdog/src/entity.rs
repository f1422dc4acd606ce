//! The clocks of a ticket, and the rules that alarms depend on.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The clocks of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "clock")]
pub struct Model {
    /// Ticket.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: String,
    /// 1 for danger to life or limb.
    pub urgent: i32,
    /// The last dispatch, JSON; null while none was heard.
    pub promise: Option<String>,
    /// How the class was changed after it, JSON; null if it was not.
    pub risen: Option<String>,
    /// How each clock was set last, JSON.
    pub clocks: String,
    /// The next alarm, ms; null if there is none.
    pub next_ms: Option<i64>,
    /// Grows by one with each change; two replicas can't overwrite each other.
    pub version: i64,
}

/// None.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Versions of the district's rules, as its register told them.
pub mod rules {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "rules")]
    pub struct Model {
        /// Version of the register.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// When it was heard, ms.
        pub heard_ms: i64,
        /// The last ticket whose alarms were set by it, empty before the first; null once all are.
        pub after: Option<String>,
        /// Alarms that it moved.
        pub moved: i64,
        /// The fact that told it, JSON.
        #[sea_orm(column_type = "Text")]
        pub told: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
