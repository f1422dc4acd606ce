//! The rule register: policy, limits, rosters, successors and the calendar are data that a person changes; every version
//! is kept with who changed it and why, told to all who decide by it, and none changes what was decided before. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    family::Family,
    id::{MessageId, UnitId},
    lifecycle::{Note, Role},
    problem::Problem,
    rules::{Changed, RulesFact},
    subject,
};

use crate::{
    case::{Acting, Case, stored_badly},
    entity::register,
    hand::{blank, notify},
    handlers::Desk,
    heard::NewRules,
    orders,
    rules::{At, RuleBook, Rules},
};

/// Puts a new version in force; the open work of a reorganised unit passes to its successor.
pub fn change(desk: &mut Desk, new: &NewRules, now: DateTime<Utc>) -> Result<Vec<Outbound>, Problem> {
    if new.from != desk.rules.version {
        let (zh, en) = (
            format!("规则已被他人修改（现为第 {} 版），请在新版上重做", desk.rules.version),
            format!("somebody changed the rules meanwhile (version {} now); make your change again on that", desk.rules.version),
        );
        return Err(Problem::new("stale", zh, en));
    }
    new.book.policy.check().map_err(|e| Problem::new("bad_policy", format!("规则不成立：{e}"), e.to_string()))?;
    if is_another(desk, &new.book.policy) {
        let (zh, en) = ("时限规则的版本号已用于另一套规则，请更换", "another policy had this version; give yours a new one");
        return Err(Problem::new("policy_version", zh, en));
    }
    new.book.agenda.check()?;
    if new.book.limits.callback_tries == 0 || new.book.limits.returns > 10 {
        let (zh, en) = ("回访次数至少为 1，退单次数至多为 10", "at least one callback try, at most ten returns");
        return Err(Problem::new("bad_limits", zh, en));
    }
    let version = desk.rules.version + 1;
    let rules = Rules { book: new.book.clone(), version, ..(*desk.rules).clone() };
    rules.check_rosters()?;
    for from in rules.book.successors.keys() {
        if rules.book.successors.contains_key(&rules.known(from)?) {
            let (zh, en) = ("承接单位不能绕回原单位", "a chain of successors must not come back to its beginning");
            return Err(Problem::new("ring", zh, en));
        }
    }
    let mut said = Vec::new();
    if let Some(unit) = &new.succeeded {
        said = succeed(desk, At { rules: &rules, now }, unit, new.person.as_str())?;
    }
    said.push(put(desk, rules, (new.person.as_str(), new.reason.masked()), now)?);
    Ok(said)
}

/// Whether another policy ever had this version: a deadline names the policy that it was computed with, and the name is
/// never another's.
fn is_another(desk: &Desk, policy: &sla::Policy) -> bool {
    let (shipped, now) = (RuleBook::default(), &desk.rules.book);
    let mut before = desk.past.iter().chain([&shipped, now]);
    before.any(|book| book.policy.version == policy.version && book.policy != *policy)
}

/// Puts rules in force; gives the fact that tells it.
pub fn put(desk: &mut Desk, rules: Rules, (person, reason): (&str, String), now: DateTime<Utc>) -> Result<Outbound, Problem> {
    let calendar = rules.loaded.as_ref().map(serde_json::to_string).transpose().map_err(|_| stored_badly("calendar"))?;
    let row = register::Model {
        version: rules.version,
        book: serde_json::to_string(&rules.book).map_err(|_| stored_badly("book"))?,
        calendar,
        person: person.to_owned(),
        reason,
        at_ms: now.timestamp_millis(),
    };
    let told = told(&row, &rules, now)?;
    (desk.new_rules, desk.rules) = (Some(row), rules.into());
    Ok(told)
}

/// The fact that these rules are in force; told again it is the same one.
pub fn told(row: &register::Model, rules: &Rules, now: DateTime<Utc>) -> Result<Outbound, Problem> {
    let fact: RulesFact = Changed {
        version: u64::try_from(row.version).map_err(|_| stored_badly("version"))?,
        policy: serde_json::to_value(&rules.book.policy).map_err(|_| stored_badly("book"))?,
        calendar_version: rules.calendar.version().to_owned(),
        calendar: rules.loaded.as_ref().map(|loaded| loaded.days.clone()),
        duty: rules.book.duty.clone(),
        person: row.person.clone(),
        reason: row.reason.clone(),
        at: DateTime::from_timestamp_millis(row.at_ms).ok_or_else(|| stored_badly("at_ms"))?,
    }
    .into();
    let id = MessageId::of_event("/rules/versions", &row.version.to_string());
    Ok(Outbound::new(id, subject::FACTS, subject::fact(RulesFact::FAMILY, fact.kind()), &fact, now))
}

fn succeed(desk: &mut Desk, at: At<'_>, from: &UnitId, person: &str) -> Result<Vec<Outbound>, Problem> {
    let to = at.rules.known(from)?;
    if to == *from {
        let (zh, en) = ("请先写明由哪个单位承接", "name the successor first");
        return Err(Problem::new("no_successor", zh, en));
    }
    let has = |c: &Case| c.orders.iter().any(|o| o.active == 1 && o.unit == from.as_str());
    let ids: Vec<String> = desk.cases.iter().filter(|(_, c)| has(c)).map(|(id, _)| id.clone()).collect();
    let mut said = Vec::new();
    for id in ids {
        let Some(case) = desk.cases.get_mut(&id) else { continue };
        pass_on(case, at, (from, &to), person)?;
        said.extend(case.said());
        desk.changed.insert(id);
    }
    Ok(said)
}

/// The order is the same one, with its clock; only who has it changes.
fn pass_on(case: &mut Case, at: At<'_>, (from, to): (&UnitId, &UnitId), person: &str) -> Result<(), Problem> {
    let acting = Acting { role: Role::Administrator, unit: None, person: Some(person.to_owned()) };
    case.note(at, Note::Succeed, acting.role)?;
    let mine: Vec<String> =
        case.orders.iter().filter(|o| o.active == 1 && o.unit == from.as_str()).map(|o| o.order_id.clone()).collect();
    for order in &mine {
        case.change(order, |o| to.as_str().clone_into(&mut o.unit));
    }
    let mut noted = blank(case, at, Note::Succeed, &acting)?;
    noted.units = vec![from.clone(), to.clone()];
    noted.order = mine.first().and_then(|o| o.parse().ok());
    case.tell(noted.clone(), at.now)?;
    for order in case.orders.clone().iter().filter(|o| mine.contains(&o.order_id)) {
        match order.part.as_str() {
            "lead" => orders::requeue(case, at)?,
            "responsible" => orders::hand_over(case, at, order)?,
            _ => notify(case, at, to, order.order_id.parse()?, &noted)?,
        }
    }
    Ok(())
}
