//! Names for codes. What the district does not know is shown by its code.

use contracts::{
    district::{District, Level, UnitKind},
    id::{DivisionCode, UnitId},
    intake::Channel,
    ticket::{Nature, Part},
};

use crate::{filter::NONE, lang::Lang};

/// Name of a unit.
pub fn unit(id: &UnitId) -> String {
    District::sample().unit(id).map_or_else(|| id.to_string(), |u| u.name.clone())
}

/// Name of a unit by its id as text.
pub fn unit_text(id: &str) -> String {
    id.parse().map_or_else(|_| id.to_owned(), |id| unit(&id))
}

/// Names of units, in their order.
pub fn units(ids: &[UnitId]) -> String {
    ids.iter().map(unit).collect::<Vec<_>>().join("、")
}

/// Name of a division with its town: 古南 · 桃树下社区.
pub fn division(code: &DivisionCode) -> String {
    let district = District::sample();
    match (district.division(code), district.town_of(code)) {
        (Some(d), Some(town)) if d.level == Level::Village => format!("{} · {}", town.short_name, d.short_name),
        (Some(d), _) => d.short_name.clone(),
        (None, _) => code.to_string(),
    }
}

/// Name of a division by its code as text.
pub fn division_text(code: &str) -> String {
    code.parse().map_or_else(|_| code.to_owned(), |c| division(&c))
}

/// A category with its code: 0203 路灯照明.
pub fn category(code: &str) -> String {
    District::sample().category(code).map_or_else(|| code.to_owned(), |c| format!("{code} {}", c.name))
}

/// Name of the district.
pub fn district() -> &'static str {
    District::sample().root().map_or("", |d| d.short_name.as_str())
}

/// How a report came in.
pub fn channel(channel: Channel, lang: Lang) -> &'static str {
    match channel {
        Channel::Phone => lang.pick("电话", "phone"),
        Channel::Wechat => lang.pick("微信", "WeChat"),
        Channel::Qr => lang.pick("扫码（码上办）", "QR code"),
        Channel::Web => lang.pick("网页", "web"),
        Channel::GridOfficer => lang.pick("网格员推送", "grid worker"),
        Channel::Sms => lang.pick("短信", "text message"),
        Channel::Letter => lang.pick("信件", "letter"),
        Channel::Platform => lang.pick("平台转办", "other platform"),
    }
}

/// By which place a matter belongs.
pub fn nature(nature: Nature, lang: Lang) -> &'static str {
    match nature {
        Nature::Service => lang.pick("服务类（按事发地）", "service (by place)"),
        Nature::Rights => lang.pick("权益类（按户籍地）", "rights (by registration)"),
    }
}

/// A unit's part in a dispatch.
pub fn part(part: Part, lang: Lang) -> &'static str {
    match part {
        Part::Lead => lang.pick("主办", "lead"),
        Part::Responsible => lang.pick("协办", "co-handler"),
    }
}

/// One choice of a filter.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Value in the address.
    pub value: String,
    /// What people read.
    pub label: String,
    /// It is the one that is asked.
    pub chosen: bool,
}

impl Choice {
    /// A choice, where `asked` is what the address has.
    pub fn new(value: &str, label: impl Into<String>, asked: &str) -> Self {
        Self { value: value.to_owned(), label: label.into(), chosen: value == asked }
    }
}

/// Choices under a heading.
#[derive(Clone, Debug)]
pub struct Group {
    /// The heading.
    pub label: String,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// All units, as a form's field offers them.
pub fn all_units() -> Vec<Choice> {
    District::sample().units().iter().map(|u| Choice::new(u.id.as_str(), &u.name, "")).collect()
}

/// All units, by kind.
pub fn unit_choices(asked: &str, lang: Lang) -> Vec<Group> {
    let kinds = [
        (UnitKind::Centre, lang.pick("区级", "District")),
        (UnitKind::Department, lang.pick("部门、公共企业", "Departments and utilities")),
        (UnitKind::Town, lang.pick("镇街", "Towns and streets")),
        (UnitKind::Grid, lang.pick("网格", "Grids")),
    ];
    let choices = |kind| {
        let units = District::sample().units().iter().filter(move |u| u.kind == kind);
        units.map(|u| Choice::new(u.id.as_str(), &u.name, asked)).collect()
    };
    let groups = kinds.into_iter().map(|(kind, label)| Group { label: label.to_owned(), choices: choices(kind) });
    std::iter::once(none(asked, lang.pick("尚无单位", "no unit yet"))).chain(groups).collect()
}

/// All divisions, by town; a town's own choice takes in all of it.
pub fn division_choices(asked: &str, lang: Lang) -> Vec<Group> {
    let divisions = District::sample().divisions();
    let towns = divisions.iter().filter(|d| d.level == Level::Town);
    let groups = towns.map(|town| {
        let all = Choice::new(town.code.as_str(), format!("{}{}", town.short_name, lang.pick("（全部）", " (all)")), asked);
        let inside = divisions.iter().filter(|d| d.parent.as_ref() == Some(&town.code));
        let inside = inside.map(|d| Choice::new(d.code.as_str(), &d.short_name, asked));
        Group { label: town.name.clone(), choices: std::iter::once(all).chain(inside).collect() }
    });
    std::iter::once(none(asked, lang.pick("地点不明", "place not known"))).chain(groups).collect()
}

fn none(asked: &str, label: &str) -> Group {
    Group { label: label.to_owned(), choices: vec![Choice::new(NONE, label, asked)] }
}
