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
        /// What was reported, numbers masked: a new model is tried on it.
        #[sea_orm(column_type = "Text")]
        pub text: String,
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

/// Versions of what a person may change: the catalogue and the model. Nothing is ever overwritten.
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
        /// `accept`, `import`, `model` or `undo`.
        pub what: String,
        /// The model in force from this version on; empty: the one shipped.
        pub model: String,
        /// The version that it takes back.
        pub undoes: Option<i64>,
        /// Staff number of who decided.
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

/// 派单目录: entries that a person accepted.
pub mod entry {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One entry.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "catalogue")]
    pub struct Model {
        /// The how-manieth entry ever.
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i64,
        /// Version of the register that it came with.
        pub since: i64,
        /// Version that it went with; none while it is in force.
        pub until: Option<i64>,
        /// Category code.
        pub category: String,
        /// A word: texts that have it are of this category, whatever it is that acts; empty: the entry says who acts.
        pub word: String,
        /// Division code; a town's holds for all of it; empty: everywhere.
        pub place: String,
        /// Hours of the day in China, `22-6`; empty: always.
        pub hours: String,
        /// The unit, or with a word the category, that classification would name; empty: whichever.
        pub instead_of: String,
        /// The unit that acts; empty with a word.
        pub unit: String,
        /// The unit that answers for the entry.
        pub owner: String,
        /// The proposal that it came from; empty: written by hand.
        pub proposal: String,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What rulings and reclassifications propose for the catalogue.
pub mod proposal {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One proposal.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "proposal")]
    pub struct Model {
        /// Id, from the message that it came from.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The ticket that it comes from.
        pub ticket_id: String,
        /// Category code.
        pub category: String,
        /// A word that tickets of this category share; empty: the proposal is about who acts.
        pub word: String,
        /// Division code; empty if the ticket had none.
        pub place: String,
        /// The unit that had it; with a word the category that classification said.
        pub instead_of: String,
        /// The unit that a person said must act; empty with a word.
        pub unit: String,
        /// `ruled`, `reclassified` or `words`.
        pub source: String,
        /// Why, as it was said.
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

/// What people said that tickets are: models are trained and judged by it.
pub mod sample {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One ticket, as a person labelled it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "sample")]
    pub struct Model {
        /// Id, from the message that it came from.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The ticket.
        pub ticket_id: String,
        /// Category code, if a person said it.
        pub category: Option<String>,
        /// Class code, if a person said it.
        pub class: Option<String>,
        /// The unit that must act, if a person said it.
        pub lead: Option<String>,
        /// 1 danger to life or limb, 0 none, if a person said it.
        pub urgent: Option<i32>,
        /// `ruled`, `reclassified` or `alarm`.
        pub source: String,
        /// When, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Models that were tried in shadow.
pub mod model {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One model.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "model")]
    pub struct Model {
        /// Start of its SHA-256.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The file.
        #[sea_orm(column_type = "Blob")]
        pub bytes: Vec<u8>,
        /// What it changes (`shadow::Report`), JSON.
        #[sea_orm(column_type = "Text")]
        pub report: String,
        /// When it was tried, ms.
        pub at_ms: i64,
    }

    /// None.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
