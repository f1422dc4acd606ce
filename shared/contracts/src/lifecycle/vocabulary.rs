//! The shape of every closed list of domain.md: variant, code, Chinese, English, one line each.
//!
//! The code is what is stored and sent; it is the only spelling that serde and `FromStr` know.

/// A code that is not in the list, with those that are. What was given is not quoted: it could be
/// personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {list} code; known: {known}")]
pub struct UnknownCode {
    /// Which list was asked: "state", "act", "role" …
    pub list: &'static str,
    /// All codes of the list, comma separated.
    pub known: String,
}

/// Declares a closed list: `Variant "code" "中文" "English";`.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        enum $name:ident, $list:literal {
            $($variant:ident $code:literal $zh:literal $en:literal;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!($zh, " — ", $en, " (`", $code, "`)")] $variant,)+
        }

        impl $name {
            /// Every member, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code: stored, sent and parsed.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What people read, in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)+ }
            }

            /// What people read, in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::lifecycle::UnknownCode;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|member| member.code() == code).ok_or_else(|| {
                    $crate::lifecycle::UnknownCode {
                        list: $list,
                        known: [$($code),+].join(", "),
                    }
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                code.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
