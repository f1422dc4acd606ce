//! Inbox, outbox and dead letters as tables. Ids are text and times are milliseconds since 1970 on both
//! databases, so that one statement serves both and no driver converts.

/// Ids of the messages that took effect.
pub mod inbox {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One message that took effect.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "inbox")]
    pub struct Model {
        /// Message id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub msg_id: String,
        /// When, ms.
        pub at_ms: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was said, a packet a row: the messages of one transaction to one stream. A row is never changed: which ones are
/// still to be sent is told by [`unsent`], whose rows are small, so that marking does not write the messages again.
pub mod outbox {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One packet.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        /// When it was decided, ms. First in the key: rows come and go at its two ends, and are found in order.
        #[sea_orm(primary_key, auto_increment = false)]
        pub created_ms: i64,
        /// Dedupe id of its first message.
        #[sea_orm(primary_key, auto_increment = false)]
        pub msg_id: String,
        /// Stream that stores the messages.
        pub stream: String,
        /// JSON list of [`crate::packet::Message`].
        #[sea_orm(column_type = "Text")]
        pub messages: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Packets that the broker has not stored yet, as far as we know.
pub mod unsent {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One packet to send; the key is that of its row in the outbox.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "unsent")]
    pub struct Model {
        /// When it was decided, ms.
        #[sea_orm(primary_key, auto_increment = false)]
        pub created_ms: i64,
        /// Dedupe id of its first message.
        #[sea_orm(primary_key, auto_increment = false)]
        pub msg_id: String,
        /// How many messages are to be sent.
        pub messages: i32,
        /// Places in the packet, from 0, of the messages that are left, as a JSON list; null: all.
        pub rest: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Messages that could not take effect.
pub mod dead_letter {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// One message that could not take effect, with the reason.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "dead_letter")]
    pub struct Model {
        /// Message id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub msg_id: String,
        /// Stream that it came from.
        pub stream: String,
        /// Subject.
        pub subject: String,
        /// Headers as a JSON list of pairs.
        #[sea_orm(column_type = "Text")]
        pub headers: String,
        /// The body; what is not UTF-8 text without NUL is written as `\xNN`.
        #[sea_orm(column_type = "Text")]
        pub body: String,
        /// Stable code of the reason.
        pub code: String,
        /// The reason, Chinese and English.
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        /// When, ms.
        pub at_ms: i64,
        /// When it was last replayed, ms.
        pub replayed_ms: Option<i64>,
        /// How often it was replayed.
        pub replays: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
