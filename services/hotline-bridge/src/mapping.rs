//! The platform's order into a submission: pure, and all that is particular to a platform is in the table.
//!
//! What is wrong is told by the platform's own name of the field, and never quoted.

use std::collections::BTreeMap;

use anyhow::{bail, ensure};
use contracts::{
    district::District,
    id::DivisionCode,
    intake::{Channel, Reporter, Submit},
    lifecycle::Class,
    problem::Problem,
    text::Text,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Our fields, each with the rule that finds it in the platform's order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderTable {
    /// The platform's number; required.
    pub order_no: Rule,
    /// What is reported; required.
    pub text: Rule,
    /// How it came in; required, so it needs a default if the platform may leave it out.
    pub channel: Rule,
    /// Class.
    #[serde(default)]
    pub class: Rule,
    /// Division.
    #[serde(default)]
    pub division: Rule,
    /// Whether a call-taker decides on it first: `true` or `false`.
    #[serde(default)]
    pub hold: Rule,
    /// Reporter's name.
    #[serde(default)]
    pub name: Rule,
    /// Reporter's phone number.
    #[serde(default)]
    pub phone: Rule,
    /// Reporter's address.
    #[serde(default)]
    pub address: Rule,
    /// Further fields, written below the text.
    #[serde(default)]
    pub also: Vec<Rule>,
}

/// How one of our fields is found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// JSON pointer into the platform's order; empty: the default only.
    pub from: String,
    /// The platform's word = ours; an empty one of ours means: missing.
    pub values: BTreeMap<String, String>,
    /// What to do with any other word.
    pub others: Others,
    /// Stands in for a missing one; empty: none.
    pub default: String,
    /// Heads the line below the text.
    pub label: String,
}

/// What to do with a word that is not in `values`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// Refuse the order, unless there are no `values` and it is one of our words.
    #[default]
    Refuse,
    /// Take it as it is.
    Keep,
    /// Take it if it is one of our words, else the default.
    Default,
}

/// The submission that an order means.
pub fn submission(table: &OrderTable, order: &Value) -> Result<Submit, Problem> {
    if !order.is_object() {
        return Err(Problem::new("not_object", "内容应为一个 JSON 对象", "the body must be one JSON object"));
    }
    let text = required(&table.text, order, text)?;
    let reporter = Reporter {
        name: table.name.read(order, text_of)?,
        phone: table.phone.read(order, text_of)?,
        address: table.address.read(order, text_of)?,
    };
    let known = reporter.name.is_some() || reporter.phone.is_some() || reporter.address.is_some();
    Ok(Submit {
        external_id: required(&table.order_no, order, text_of)?,
        channel: required(&table.channel, order, word::<Channel>)?,
        text: with_lines(table, text, order)?,
        division: table.division.read(order, division)?,
        point: None,
        class: table.class.read(order, word::<Class>)?,
        hold: table.hold.read(order, flag)?.unwrap_or(false),
        reporter: known.then_some(reporter),
    })
}

/// The text, and below it what the report has no place for.
fn with_lines(table: &OrderTable, mut whole: String, order: &Value) -> Result<Text<5000>, Problem> {
    for rule in &table.also {
        if let Some(line) = rule.read(order, text)?.filter(|line| !whole.contains(line)) {
            whole.push_str(&format!("\n{}：{line}", rule.label));
        }
    }
    text_of(&whole).map_err(|p| at_field(&table.text, &p))
}

fn required<T>(rule: &Rule, order: &Value, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<T, Problem> {
    rule.read(order, parse)?.ok_or_else(|| {
        let name = rule.name();
        Problem::new("missing_field", format!("缺少字段 {name}，或其值为空"), format!("field {name} is missing or empty"))
    })
}

impl Rule {
    /// The field of this order in our terms; none if it is missing and has no default.
    fn read<T>(&self, order: &Value, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
        let Some(given) = self.given(order)? else { return self.fallback(&parse) };
        if let Some(ours) = self.values.get(&given) {
            return (!ours.is_empty()).then(|| parse(ours)).transpose();
        }
        match (self.others, parse(&given)) {
            (Others::Keep | Others::Default, Ok(value)) => Ok(Some(value)),
            (Others::Refuse, Ok(value)) if self.values.is_empty() => Ok(Some(value)),
            (Others::Default, Err(_)) => self.fallback(&parse),
            (_, Err(problem)) if self.values.is_empty() => Err(at_field(self, &problem)),
            _ => {
                let known = self.values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                Err(Problem::field(&self.name(), &format!("应为其中之一：{known}"), &format!("takes one of: {known}")))
            }
        }
    }

    /// The platform's value as text; none if it is missing, null or blank.
    fn given(&self, order: &Value) -> Result<Option<String>, Problem> {
        match order.pointer(&self.from).filter(|_| !self.from.is_empty()) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => Ok(Some(s.trim().to_owned()).filter(|s| !s.is_empty())),
            Some(Value::Number(n)) => Ok(Some(n.to_string())),
            Some(_) => Err(Problem::field(&self.name(), "应为文本或数字", "takes a text or a number")),
        }
    }

    fn fallback<T>(&self, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
        (!self.default.is_empty()).then(|| parse(&self.default)).transpose()
    }

    /// The platform's own name of the field.
    fn name(&self) -> String {
        self.from.trim_start_matches('/').replace('/', ".")
    }

    fn check<T>(&self, field: &str, parse: impl Fn(&str) -> Result<T, Problem>) -> anyhow::Result<()> {
        ensure!(self.from.is_empty() || self.from.starts_with('/'), "{field}.from is a JSON pointer: it begins with /");
        for ours in self.values.values().chain([&self.default]).filter(|w| !w.is_empty()) {
            if let Err(p) = parse(ours) {
                bail!("{field}: `{ours}`: {}", p.en);
            }
        }
        Ok(())
    }
}

impl OrderTable {
    /// Says what can't be used.
    pub fn check(&self) -> anyhow::Result<()> {
        for (field, rule) in [("order_no", &self.order_no), ("text", &self.text)] {
            ensure!(!rule.from.is_empty(), "{field}.from must be set");
            rule.check(field, text)?;
        }
        self.channel.check("channel", word::<Channel>)?;
        self.class.check("class", word::<Class>)?;
        self.division.check("division", division)?;
        self.hold.check("hold", flag)?;
        for (field, rule) in [("name", &self.name), ("phone", &self.phone), ("address", &self.address)] {
            rule.check(field, text)?;
        }
        for rule in &self.also {
            ensure!(!rule.label.is_empty(), "also: {} needs a label", rule.from);
            rule.check("also", text)?;
        }
        Ok(())
    }
}

/// The same problem, said of the platform's field.
fn at_field(rule: &Rule, p: &Problem) -> Problem {
    let name = rule.name();
    Problem::new(p.code.clone(), format!("字段 {name}：{}", p.zh), format!("field {name}: {}", p.en))
}

fn text(s: &str) -> Result<String, Problem> {
    Ok(s.to_owned())
}

fn text_of<const MAX: usize>(s: &str) -> Result<Text<MAX>, Problem> {
    Text::try_from(s.to_owned())
}

/// One of our own words.
fn word<T: DeserializeOwned>(s: &str) -> Result<T, Problem> {
    serde_json::from_value(s.into())
        .map_err(|_| Problem::new("unknown_word", "不是可用的取值", "is not one of the words that are known"))
}

fn flag(s: &str) -> Result<bool, Problem> {
    s.parse().map_err(|_| Problem::new("unknown_word", "应为 true 或 false", "takes true or false"))
}

/// A code of 6, 9 or 12 digits (the shorter ones are the upper levels), or the name of exactly one division.
fn division(s: &str) -> Result<DivisionCode, Problem> {
    if s.bytes().all(|b| b.is_ascii_digit()) && matches!(s.len(), 6 | 9) {
        return format!("{s:0<12}").parse();
    }
    s.parse().or_else(|problem| {
        let mut named = District::sample().divisions().iter().filter(|d| d.name == s || d.short_name == s);
        match (named.next(), named.next()) {
            (Some(d), None) => Ok(d.code.clone()),
            _ => Err(problem),
        }
    })
}
