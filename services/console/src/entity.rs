//! Tables.

/// One ticket as the list shows it.
pub mod ticket {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One ticket. Everything else about it is in its events.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "ticket")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Counts writes, so that two replicas never overwrite each other.
        pub version: i64,
        /// Highest sequence number heard.
        pub seq: i64,
        /// Number for people; the ticket's id until it is known.
        #[sea_orm(unique)]
        pub number: String,
        /// Where it came from.
        pub source: Option<String>,
        /// How it came in, code.
        pub channel: Option<String>,
        /// Beginning of the text, numbers masked.
        pub excerpt: String,
        /// State code.
        pub state: String,
        /// Difficulty class code.
        pub class: Option<String>,
        /// Category code.
        pub category: Option<String>,
        /// Category name.
        pub category_name: Option<String>,
        /// Nature code.
        pub nature: Option<String>,
        /// Danger to life or limb.
        pub urgent: bool,
        /// Lead unit: as classified, then as dispatched or handed on.
        pub unit: Option<String>,
        /// Division code.
        pub division: Option<String>,
        /// Town or street that the division lies in, code.
        pub town: Option<String>,
        /// Round of handling, from 1.
        pub round: i32,
        /// When it was received, ms; until that is known, when it was first heard of.
        pub received_ms: i64,
        /// When the work orders of this round went out, ms.
        pub dispatched_ms: Option<i64>,
        /// When it warns, ms.
        pub warn_ms: Option<i64>,
        /// The deadline, ms; null while the handling clock stands still.
        pub due_ms: Option<i64>,
        /// The deadline lies beyond the published calendar.
        pub provisional: bool,
        /// When the result was reported and the handling clock stopped, ms.
        pub done_ms: Option<i64>,
        /// When it was closed, ms.
        pub closed_ms: Option<i64>,
        /// The lead case of a merged ticket.
        pub lead: Option<String>,
        /// It does not count in the assessment (剔除).
        pub excluded: bool,
        /// Until when the alarm that waits is to be answered, ms; null while none waits.
        pub alarm_ms: Option<i64>,
        /// Who succeeded a reorganised unit, JSON: see `domain`.
        pub heirs: Option<String>,
        /// Which fact set which fields: see `domain`.
        pub owners: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every fact as it was told.
pub mod event {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One fact.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Sequence number of a ticket's fact, message id of a clock's.
        #[sea_orm(primary_key, auto_increment = false)]
        pub fact: String,
        /// Type with version: `ticket.v1.signed`.
        pub kind: String,
        /// When it happened, ms.
        pub at_ms: i64,
        /// The JSON body as it came.
        #[sea_orm(column_type = "Text")]
        pub body: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rules that were put in force.
pub mod rules {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "rules")]
    pub struct Model {
        /// Version of dispatch's register.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// `contracts::rules::Changed`, JSON.
        #[sea_orm(column_type = "Text")]
        pub body: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Periodic work of the district centre.
pub mod supervision_task {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One task.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "supervision_task")]
    pub struct Model {
        /// `monthly-2026-10`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub task: String,
        /// Beginning of its period, ms.
        pub from_ms: i64,
        /// End of its period, ms.
        pub to_ms: i64,
        /// Until when it is to be done, ms.
        pub due_ms: i64,
        /// When it opened, ms.
        pub opened_ms: i64,
        /// When it was closed, ms.
        pub closed_ms: Option<i64>,
        /// Staff number of who closed it.
        pub person: Option<String>,
        /// The minutes, numbers masked.
        #[sea_orm(column_type = "Text", nullable)]
        pub minutes: Option<String>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
