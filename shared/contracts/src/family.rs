//! Message families: one enum per group of subjects, one variant per kind.

use crate::problem::Problem;

/// A group of messages that share a subject prefix and a schema version.
pub trait Family: Sized {
    /// Prefix with version: `ticket.v1`.
    const FAMILY: &'static str;
    /// Every kind of the family, in the order of declaration.
    const KINDS: &'static [&'static str];
    /// The kind of this message: `received`.
    fn kind(&self) -> &'static str;
    /// Reads the body of a message of this kind.
    fn decode(kind: &str, body: &[u8]) -> Result<Self, Problem>;
    /// The JSON body.
    fn encode(&self) -> String;
}

/// Declares a family: `pub enum TicketFact: "ticket.v1" { Received = "received", … }`, each variant holding the
/// struct of its own name.
macro_rules! family {
    ($(#[$doc:meta])* pub enum $name:ident: $family:literal { $($(#[$vdoc:meta])* $variant:ident = $kind:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($variant),)+
        }

        impl $crate::family::Family for $name {
            const FAMILY: &'static str = $family;
            const KINDS: &'static [&'static str] = &[$($kind),+];

            fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)+ }
            }

            fn decode(kind: &str, body: &[u8]) -> Result<Self, $crate::problem::Problem> {
                match kind {
                    $($kind => serde_json::from_slice(body).map(Self::$variant).map_err(|e| $crate::envelope::bad_body(&e)),)+
                    _ => Err($crate::family::unknown_kind($family, Self::KINDS)),
                }
            }

            fn encode(&self) -> String {
                match self { $(Self::$variant(m) => serde_json::to_string(m),)+ }.unwrap_or_else(|_| "{}".to_owned())
            }
        }

        $(impl From<$variant> for $name {
            fn from(m: $variant) -> Self {
                Self::$variant(m)
            }
        })+
    };
}
pub(crate) use family;

pub(crate) fn unknown_kind(family: &str, kinds: &[&str]) -> Problem {
    let kinds = kinds.join(", ");
    Problem::new(
        "unknown_kind",
        format!("{family} 没有这种消息，可用：{kinds}"),
        format!("{family} has no such kind; there are: {kinds}"),
    )
}
