//! What is asked of the list: read from the address, and written back into links.

use contracts::{
    district::{District, Level},
    id::{DivisionCode, TicketId, UnitId},
    lifecycle::{Class, State},
    problem::Problem,
};

use crate::{entity::ticket, lamp::Lamp};

/// Most tickets that one answer holds.
pub const MAX_LIMIT: u64 = 500;

/// Stands in an address for "none": no unit yet, no place known.
pub const NONE: &str = "-";

/// Stands in an address for an alarm that nobody has answered.
const WAITING: &str = "waiting";

/// A value, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick<T> {
    /// None is set.
    Nothing,
    /// This one.
    Is(T),
}

/// Where a division filter looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A town with all that lies in it.
    Town(DivisionCode),
    /// A village or community of a town.
    Village {
        /// The village.
        code: DivisionCode,
        /// Its town.
        town: DivisionCode,
    },
    /// Just this code.
    Exactly(DivisionCode),
}

/// A ticket's place in the list: keyset paging goes on from there, whatever came in meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it was received.
    pub received_ms: i64,
    /// Which of that instant.
    pub ticket: TicketId,
}

impl Cursor {
    /// Of a row.
    pub fn of(row: &ticket::Model) -> Option<Self> {
        Some(Self { received_ms: row.received_ms, ticket: row.ticket_id.parse().ok()? })
    }

    fn read(text: &str) -> Option<Self> {
        let (ms, ticket) = text.split_once('.')?;
        Some(Self { received_ms: ms.parse().ok()?, ticket: ticket.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.received_ms, self.ticket)
    }
}

/// Which page of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The newest.
    #[default]
    Newest,
    /// What is older than this ticket.
    Before(Cursor),
    /// What is newer than this ticket.
    After(Cursor),
}

/// What is asked of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these states; empty: any.
    pub states: Vec<State>,
    /// Lead unit.
    pub unit: Option<Pick<UnitId>>,
    /// Where.
    pub division: Option<Pick<Place>>,
    /// Lamp now.
    pub lamp: Option<Lamp>,
    /// Only those whose alarm waits for an answer.
    pub alarm: bool,
    /// Difficulty class.
    pub class: Option<Class>,
    /// Number for people.
    pub number: Option<String>,
    /// Tickets in one answer.
    pub limit: Option<u64>,
    /// Which page.
    pub page: Page,
}

impl Filter {
    /// Reads an address. What is empty is not asked; what is unknown or wrong is refused, for a filter that is
    /// passed over in silence would show more than was asked.
    pub fn read(pairs: &[(String, String)]) -> Result<Self, Problem> {
        let mut filter = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if seen.contains(&key.as_str()) {
                return Err(Problem::field(key_name(key), "重复出现", "is given twice"));
            }
            seen.push(key);
            filter.set(key, value)?;
        }
        if seen.contains(&"before") && seen.contains(&"after") {
            return Err(Problem::field("before", "不能与 after 同用", "can't go with after"));
        }
        Ok(filter)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        match key {
            "state" => self.states = value.split(',').map(state).collect::<Result<_, _>>()?,
            "unit" => self.unit = Some(if value == NONE { Pick::Nothing } else { Pick::Is(value.parse()?) }),
            "division" => self.division = Some(if value == NONE { Pick::Nothing } else { Pick::Is(place(value.parse()?)) }),
            "lamp" => self.lamp = Some(lamp(value)?),
            "alarm" if value == WAITING => self.alarm = true,
            "alarm" => return Err(one_of("alarm", [WAITING].into_iter())),
            "class" => self.class = Some(value.parse().map_err(|_| one_of("class", Class::ALL.iter().map(|c| c.code())))?),
            "number" => self.number = Some(number(value)?),
            "limit" => self.limit = Some(limit(value)?),
            "before" => self.page = Page::Before(cursor("before", value)?),
            "after" => self.page = Page::After(cursor("after", value)?),
            _ => return Err(unknown_key()),
        }
        Ok(())
    }

    /// The address of the list with this filter, on this page.
    pub fn link(&self, page: Page) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if !self.states.is_empty() {
            pairs.push(("state", self.state_value()));
        }
        pairs.extend(self.unit.as_ref().map(|u| ("unit", pick_value(u, ToString::to_string))));
        pairs.extend(self.division_value().map(|d| ("division", d)));
        pairs.extend(self.lamp.map(|l| ("lamp", l.code().to_owned())));
        pairs.extend(self.alarm.then(|| ("alarm", WAITING.to_owned())));
        pairs.extend(self.class.map(|c| ("class", c.code().to_owned())));
        pairs.extend(self.number.iter().map(|n| ("number", n.clone())));
        pairs.extend(self.limit.map(|l| ("limit", l.to_string())));
        match page {
            Page::Newest => {}
            Page::Before(c) => pairs.push(("before", c.to_string())),
            Page::After(c) => pairs.push(("after", c.to_string())),
        }
        // every value is of letters, digits and `-_,.`: nothing needs an escape
        let query = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&");
        if query.is_empty() { "/tickets".to_owned() } else { format!("/tickets?{query}") }
    }

    /// States as in the address.
    pub fn state_value(&self) -> String {
        self.states.iter().map(|s| s.code()).collect::<Vec<_>>().join(",")
    }

    /// Unit as in the address.
    pub fn unit_value(&self) -> Option<String> {
        self.unit.as_ref().map(|u| pick_value(u, ToString::to_string))
    }

    /// Division as in the address.
    pub fn division_value(&self) -> Option<String> {
        let code = |p: &Place| match p {
            Place::Town(c) | Place::Exactly(c) | Place::Village { code: c, .. } => c.to_string(),
        };
        self.division.as_ref().map(|d| pick_value(d, code))
    }

    /// Is anything asked but the page?
    pub fn is_narrow(&self) -> bool {
        self.link(Page::Newest) != "/tickets"
    }
}

fn pick_value<T>(pick: &Pick<T>, text: impl Fn(&T) -> String) -> String {
    match pick {
        Pick::Nothing => NONE.to_owned(),
        Pick::Is(t) => text(t),
    }
}

fn state(code: &str) -> Result<State, Problem> {
    code.parse().map_err(|_| one_of("state", State::ALL.iter().map(|s| s.code())))
}

fn lamp(code: &str) -> Result<Lamp, Problem> {
    Lamp::ALL.into_iter().find(|l| l.code() == code).ok_or_else(|| one_of("lamp", Lamp::ALL.iter().map(|l| l.code())))
}

fn place(code: DivisionCode) -> Place {
    let district = District::sample();
    match (district.division(&code).map(|d| d.level), district.town_of(&code)) {
        (Some(Level::Town), _) => Place::Town(code),
        (Some(Level::Village), Some(town)) => Place::Village { code, town: town.code.clone() },
        _ => Place::Exactly(code),
    }
}

/// A number as people type it; ids of tickets whose number is not known yet are numbers too.
fn number(text: &str) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.len() > 40 || !text.chars().all(plain) {
        return Err(Problem::field(
            "number",
            "应为单号，如 JZ20261122-000001",
            "takes a ticket number such as JZ20261122-000001",
        ));
    }
    Ok(match text.parse::<TicketId>() {
        Ok(id) => id.to_string(),
        Err(_) => text.to_ascii_uppercase(),
    })
}

fn limit(text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::field("limit", "应为 1 到 500 的整数", "takes a whole number from 1 to 500");
    text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n)).ok_or_else(wrong)
}

fn cursor(key: &str, text: &str) -> Result<Cursor, Problem> {
    let wrong = || Problem::field(key, "应为上一个回答中的翻页位置", "takes a place in the list as an earlier answer gave it");
    Cursor::read(text).ok_or_else(wrong)
}

const KEYS: [&str; 10] = ["state", "unit", "division", "lamp", "alarm", "class", "number", "limit", "before", "after"];

/// The key, if it is one of ours: what was made up is not quoted.
fn key_name(key: &str) -> &str {
    KEYS.iter().find(|k| **k == key).unwrap_or(&"?")
}

fn unknown_key() -> Problem {
    let known = KEYS.join(", ");
    Problem::new(
        "unknown_parameter",
        format!("地址中有未知参数，可用：{known}"),
        format!("unknown parameter; there are: {known}"),
    )
}

fn one_of<'a>(field: &str, codes: impl Iterator<Item = &'a str>) -> Problem {
    let codes = codes.collect::<Vec<_>>().join(", ");
    Problem::field(field, &format!("应为以下之一：{codes}"), &format!("takes one of: {codes}"))
}
