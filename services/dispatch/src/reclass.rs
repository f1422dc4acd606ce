//! 重新分类: asked by one person, granted by another; then route and clocks are computed anew. Pure.

use contracts::{
    district::{Category, UnitKind},
    id::UnitId,
    lifecycle::{Act, Actor, Class, Context, Note, People, Request, Role, State},
    problem::Problem,
    text::Text,
    ticket::RequestKind,
};
use serde::{Deserialize, Serialize};

use crate::{
    beside::{Beside, Pending},
    case::{Case, Granted},
    entity::work_order,
    hand::Hand,
    opening,
    orders::{self, Plan},
    together,
};

/// What is to be changed; none stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The class.
    pub class: Option<Class>,
    /// The category code.
    pub category: Option<String>,
    /// The unit that must act.
    pub lead: Option<UnitId>,
}

impl Hand<'_> {
    /// 申请重新分类, by the unit that has the work or by the centre's staff. What is asked must be another than what is.
    pub fn ask_reclass(
        &self,
        case: &mut Case,
        order: Option<&work_order::Model>,
        (class, category, lead, reason): (Option<Class>, Option<&Text<8>>, Option<&UnitId>, &Text<2000>),
    ) -> Result<(), Problem> {
        case.note(self.at, Note::Reclassify, Role::Dispatcher)?;
        let category = category.map(|c| self.category(c)).transpose()?;
        let lead = lead.map(|l| self.at.rules.known(l)).transpose()?;
        let change = Change {
            class: class.filter(|c| case.class().is_ok_and(|now| now != *c)),
            category: category.map(|c| c.code.clone()).filter(|c| *c != case.ticket.category),
            lead: lead.filter(|l| case.lead().is_none_or(|o| o.unit != l.as_str())),
        };
        if change == Change::default() {
            return Err(Problem::new("same_class", "分类没有变化，请写明改什么", "nothing would change; say what should"));
        }
        let words = format!("{}：{}", self.told(case, &change)?, reason.masked());
        self.request(case, order, (RequestKind::Reclassify, words, None, Some(change)))
    }

    /// 同意重新分类: the ledger and the fact keep old and new.
    pub fn reclassify(
        &self,
        case: &mut Case,
        (mut beside, pending): (Beside, Pending),
        word: Option<&Text<2000>>,
    ) -> Result<(), Problem> {
        let change = pending.to.clone().unwrap_or_default();
        beside.take(RequestKind::Reclassify);
        case.remember(&beside)?;
        let lead = self.rerouted(case, &change)?;
        self.relabel(case, &change)?;
        if let Some(class) = change.class {
            together::reclass(case, self.at, class)?;
        }
        let mut noted = self.noted(case, Note::Reclassify, Role::Dispatcher)?;
        (noted.request, noted.order) = (Some(RequestKind::Reclassify), pending.order);
        (noted.class, noted.category, noted.lead) = (change.class, change.category.clone(), lead.clone());
        noted.units = case.lead().and_then(|o| o.unit.parse().ok()).into_iter().collect();
        let said = match word {
            Some(word) => format!("{}；{}", pending.reason, word.masked()),
            None => pending.reason,
        };
        noted.text = Some(said.clone());
        case.tell(noted, self.at.now)?;
        self.route(case, (change.class, lead), said)
    }

    /// Sends the ticket to who must act on it now.
    fn route(&self, case: &mut Case, (class, lead): (Option<Class>, Option<UnitId>), said: String) -> Result<(), Problem> {
        if let Some(lead) = &lead {
            self.name(case, lead)?;
        }
        if class == Some(Class::KeyDifficult) {
            self.end_work(case, "已改为重点难点，启动会商，原任务结束", &[])?;
            return opening::consult(case, self.at, &self.acting(Role::Convener), None);
        }
        match lead {
            Some(_) if case.state()? == State::PendingDispatch => orders::requeue(case, self.at),
            Some(lead) => {
                let request = Request { pending: true, ..Request::default() };
                let people = People { actor: Actor::Independent, ..People::default() };
                let facts = Context { request, people, ..orders::named() };
                case.step(self.at, Act::Reroute, Role::Dispatcher, facts, Granted::default())?;
                self.end_work(case, "工单已重新分类，改由其他单位办理", &[&lead])?;
                orders::send(case, self.at, Plan::to(lead, format!("重新分类：{said}")), &self.acting(Role::Dispatcher))
            }
            None => self.tell_holder(case, &said),
        }
    }

    /// The unit that must act after a change, if it is another one: the one that is named; for a simple matter its grid;
    /// else, if the category changed or the matter was simple, the category's own; for a town's matter the place's town.
    pub fn rerouted(&self, case: &Case, change: &Change) -> Result<Option<UnitId>, Problem> {
        let (district, place) = (self.at.rules.district, case.division());
        let now = acting(case)?;
        let of_category = || {
            let code = change.category.as_deref().unwrap_or(&case.ticket.category);
            let unit = district.category(code).and_then(|c| district.resolve(&c.lead, place.as_ref()));
            unit.and_then(|u| self.at.rules.known(&u).ok())
        };
        let before = case.class()?;
        let lead = match &change.lead {
            Some(lead) => Some(lead.clone()),
            None if change.class.unwrap_or(before) == Class::Simple => Some(district.grid_of(place.as_ref())),
            None if before == Class::Simple || change.category.is_some() => of_category(),
            None if district.unit(&now).is_some_and(|u| u.kind == UnitKind::Town) => Some(district.town_unit_of(place.as_ref())),
            None => None,
        };
        Ok(lead.filter(|l| *l != now))
    }

    /// Another category on the ticket.
    pub fn relabel(&self, case: &mut Case, change: &Change) -> Result<(), Problem> {
        if let Some(code) = &change.category {
            let category = self.at.rules.district.category(code).ok_or_else(unknown_category)?;
            case.ticket.category.clone_from(&category.code);
            case.ticket.category_name.clone_from(&category.name);
        }
        Ok(())
    }

    /// The category that a text names.
    pub fn category(&self, code: &Text<8>) -> Result<&'static Category, Problem> {
        self.at.rules.district.category(code.as_str().trim()).ok_or_else(unknown_category)
    }

    /// Old and new, in words.
    pub fn told(&self, case: &Case, change: &Change) -> Result<String, Problem> {
        let district = self.at.rules.district;
        let name = |unit: &UnitId| district.unit(unit).map_or_else(|| unit.to_string(), |u| u.name.clone());
        let mut parts = Vec::new();
        if let Some(category) = change.category.as_deref().and_then(|c| district.category(c)) {
            parts.push(format!("{}改为{}", case.ticket.category_name, category.name));
        }
        if let Some(class) = change.class {
            parts.push(format!("{}改为{}", case.class()?.zh(), class.zh()));
        }
        if let Some(lead) = &change.lead {
            parts.push(format!("主办由{}改为{}", name(&acting(case)?), name(lead)));
        }
        Ok(parts.join("，"))
    }
}

/// The unit that leads, or that is to lead.
fn acting(case: &Case) -> Result<UnitId, Problem> {
    match case.lead() {
        Some(order) => order.unit.parse(),
        None => opening::named_lead(case),
    }
}

fn unknown_category() -> Problem {
    Problem::field("category", "没有这个类别，请核对代码", "there is no such category; check its code")
}
