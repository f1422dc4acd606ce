//! Tables.

/// A ticket's state from acceptance on.
pub mod ticket {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A ticket.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "ticket")]
    pub struct Model {
        /// Ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// Grows by one with every save; two replicas can't both save the same next one.
        pub version: i64,
        /// Sequence number of the last fact.
        pub seq: i64,
        /// Number for people.
        pub number: String,
        /// State code.
        pub state: String,
        /// Class code.
        pub class: String,
        /// Category code.
        pub category: String,
        /// Category name.
        pub category_name: String,
        /// Danger to life or limb now, 0 or 1.
        pub urgent: i32,
        /// What was reported, numbers masked.
        #[sea_orm(column_type = "Text")]
        pub text: String,
        /// Owning division.
        pub division: Option<String>,
        /// What the lifecycle remembers, JSON.
        pub history: String,
        /// Pieces of work opened so far; names the next one.
        pub opened: i32,
        /// Deadline, ms.
        pub due_ms: Option<i64>,
        /// Result that is checked and told, JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub result: Option<String>,
        /// Last change, ms.
        pub at_ms: i64,
        /// Its clocks (`sla::ClockBook`), JSON.
        #[sea_orm(column_type = "Text")]
        pub clocks: String,
        /// What is remembered beside the state (`beside::Beside`), JSON.
        #[sea_orm(column_type = "Text")]
        pub beside: String,
        /// The lead case, while it is merged.
        pub lead_ticket: Option<String>,
        /// Tickets merged into it.
        pub followers: i32,
        /// A deadline of it counts days of which nobody knows yet whether they are worked: the version of the calendar
        /// that it was last looked at with.
        pub provisional: Option<String>,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Pieces of work.
pub mod work_order {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A piece of work of one unit.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "work_order")]
    pub struct Model {
        /// Work order.
        pub order_id: String,
        /// Ticket. With the number within it the key: the pieces of a ticket lie together, and no index is needed to
        /// find them.
        #[sea_orm(primary_key, auto_increment = false)]
        pub ticket_id: String,
        /// The unit that has it.
        pub unit: String,
        /// `lead`, `responsible`, `consultation`, `callback` or `whistle`.
        pub part: String,
        /// Round of handling.
        pub round: i32,
        /// `queued`, `signed`, `returned`, `reported`, `ended`; of a whistle also `arrived`, `absent`.
        pub state: String,
        /// 1 while it is in effect, 0 after. At most one lead of a ticket is in effect.
        pub active: i32,
        /// Staff number of who signed, reported or returned.
        pub person: Option<String>,
        /// When a co-handler's own part is due, ms.
        pub due_ms: Option<i64>,
        /// Its own clock (`sla::ClockBook`), JSON; none if it has the lead's deadline.
        #[sea_orm(column_type = "Text", nullable)]
        pub clock: Option<String>,
        /// 1 if the lead can't report before it is done.
        pub required: i32,
        /// Staff number of the community officer who has it.
        pub officer: Option<String>,
        /// The how-manieth piece of work of its ticket.
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i32,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Versions of the rules that a person of the district may change; nothing is ever overwritten.
pub mod register {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One version.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "register")]
    pub struct Model {
        /// Version, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        /// The rule book (`rules::RuleBook`), JSON.
        #[sea_orm(column_type = "Text")]
        pub book: String,
        /// The calendar (`calendar::Loaded`), JSON; none: the one that the program was built with.
        #[sea_orm(column_type = "Text", nullable)]
        pub calendar: Option<String>,
        /// Staff number of who changed it.
        pub person: String,
        /// Why.
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Periodic work of the district centre.
pub mod task {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One task. The key says which period of which kind, so no two open the same.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "supervision_task")]
    pub struct Model {
        /// `monthly-2026-10`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub task: String,
        /// Grows by one with every save.
        pub version: i64,
        /// Kind code.
        pub kind: String,
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

/// Since when there is this program here.
pub mod first_run {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// The one row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "first_run")]
    pub struct Model {
        /// 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
