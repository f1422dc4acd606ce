//! Chinese first, English by switch.

/// Language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The one of a pair that this language shows.
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The language in which deadlines are explained.
    pub fn of_sla(self) -> sla::Lang {
        match self {
            Self::Zh => sla::Lang::Zh,
            Self::En => sla::Lang::En,
        }
    }

    /// The language of a code: `zh`, `en`.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Zh, Self::En].into_iter().find(|l| l.code() == code)
    }

    /// As in `?lang=` and in the cookie.
    pub fn code(&self) -> &'static str {
        self.pick("zh", "en")
    }

    /// As in `<html lang>`.
    pub fn tag(&self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// The other one.
    pub fn other(&self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}
