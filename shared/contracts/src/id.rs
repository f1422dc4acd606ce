//! One type per identity, so that none is taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::Problem;

/// Root of all derived ids: an id is always derived from its cause, never drawn at random,
/// so that doing a thing twice gives the same id twice.
const ROOT: Uuid = Uuid::from_u128(0x6b1d_7f0e_52c4_4d0c_9a53_1234_5343_0001);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Problem;
            fn from_str(s: &str) -> Result<Self, Problem> {
                Uuid::parse_str(s).map(Self).map_err(|_| Problem::field(stringify!($name), "不是有效的 UUID", "is not a UUID"))
            }
        }
    };
}

uuid_id!(
    /// A ticket (工单). Derived from (source, external id): the same report is the same ticket on every face.
    TicketId
);
uuid_id!(
    /// One unit's piece of work on a ticket: a work order, a consultation, a check, a callback.
    OrderId
);
uuid_id!(
    /// Tickets of one matter (群体件, 热点).
    ClusterId
);
uuid_id!(
    /// A message, the key of inbox and outbox.
    MessageId
);

impl TicketId {
    /// The ticket of a report.
    pub fn derive(source: &SourceId, external_id: &str) -> Self {
        Self(Uuid::new_v5(&ROOT, format!("{source}\n{external_id}").as_bytes()))
    }
}

impl OrderId {
    /// The `n`-th piece of work that dispatch opened on this ticket.
    pub fn derive(ticket: TicketId, n: u32) -> Self {
        Self(Uuid::new_v5(&ticket.0, format!("order {n}").as_bytes()))
    }
}

impl ClusterId {
    /// The cluster that began with this ticket.
    pub fn derive(first: TicketId) -> Self {
        Self(Uuid::new_v5(&first.0, b"cluster"))
    }
}

impl MessageId {
    /// The message that `cause` gives rise to under the name `key`.
    pub fn derive(cause: Uuid, key: &str) -> Self {
        Self(Uuid::new_v5(&cause, key.as_bytes()))
    }

    /// The inbox key of a message from outside: CloudEvents says that source and id together are unique.
    pub fn of_event(source: &str, id: &str) -> Self {
        Self(Uuid::new_v5(&ROOT, format!("event\n{source}\n{id}").as_bytes()))
    }

    /// The inbox key of one delivery: the place of a message in its stream.
    pub fn of_delivery(stream: &str, sequence: u64) -> Self {
        Self(Uuid::new_v5(&ROOT, format!("delivery\n{stream}\n{sequence}").as_bytes()))
    }
}

macro_rules! token_id {
    ($(#[$doc:meta])* $name:ident, $zh:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As text; safe as one token of a subject.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Problem;
            fn try_from(s: String) -> Result<Self, Problem> {
                let token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                if s.is_empty() || s.len() > 40 || !s.chars().all(token) {
                    return Err(Problem::field(
                        stringify!($name),
                        concat!($zh, "应为 1 到 40 个字母、数字、连字符或下划线"),
                        "takes 1 to 40 letters, digits, hyphens or underscores",
                    ));
                }
                Ok(Self(s))
            }
        }

        impl std::str::FromStr for $name {
            type Err = Problem;
            fn from_str(s: &str) -> Result<Self, Problem> {
                Self::try_from(s.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(v: $name) -> String {
                v.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

token_id!(
    /// A system that sends reports: a hotline connection, the QR page, a grid app.
    SourceId, "来源"
);
token_id!(
    /// A unit that can have work: `D02`, `TOWN-360802001000`, `GRID-360802001001`, `CENTRE`.
    UnitId, "单位"
);

/// A statistical division code of 12 digits (国家统计局统计用区划代码).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode(String);

impl DivisionCode {
    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = Problem;
    fn try_from(s: String) -> Result<Self, Problem> {
        if s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(s));
        }
        Err(Problem::field("division", "应为 12 位统计用区划代码", "takes a division code of 12 digits"))
    }
}

impl std::str::FromStr for DivisionCode {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::try_from(s.to_owned())
    }
}

impl From<DivisionCode> for String {
    fn from(v: DivisionCode) -> String {
        v.0
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
