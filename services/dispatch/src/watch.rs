//! 催办、督办、约谈、升级、抄送、补记: acts that leave the state as it is. Pure.

use contracts::{
    district::centre,
    id::{OrderId, UnitId},
    lifecycle::{Note, Role},
    problem::Problem,
    text::Text,
    ticket::{Noted, SupervisionLevel},
};
use sla::Limit;

use crate::{
    case::{Acting, Case},
    entity::work_order,
    hand::{Hand, blank, holder, notify},
    orders,
    rules::At,
};

/// Working days until the reply to a supervision by rule is due.
const REPLY_DAYS: u32 = 2;

impl Hand<'_> {
    /// Says something to the unit that has the ticket.
    pub fn say(&self, case: &mut Case, (note, text): (Note, &Text<2000>)) -> Result<(), Problem> {
        let role = self.supervisor(case)?;
        let mut noted = self.noted(case, note, role)?;
        noted.text = Some(text.masked());
        to_holder(case, self.at, noted)
    }

    /// 督办, with a reply due.
    pub fn supervise(&self, case: &mut Case, (level, text, days): (SupervisionLevel, &Text<2000>, u32)) -> Result<(), Problem> {
        let role = self.supervisor(case)?;
        let mut noted = self.noted(case, Note::Supervise, role)?;
        noted.level = Some(level);
        noted.reply_due = Some(orders::after(self.at, Limit::WorkingDays(days.max(1)))?);
        noted.text = Some(text.masked());
        to_holder(case, self.at, noted)
    }

    /// 抄送.
    pub fn copy(&self, case: &mut Case, (to, text): (&UnitId, &Text<2000>)) -> Result<(), Problem> {
        self.only_centre()?;
        let to = self.at.rules.known(to)?;
        let mut noted = self.noted(case, Note::Copy, Role::Dispatcher)?;
        noted.units = vec![to.clone()];
        noted.text = Some(text.masked());
        let order = holder(case)?.map_or(OrderId::derive(case.id()?, 0), |(_, order)| order);
        case.tell(noted.clone(), self.at.now)?;
        notify(case, self.at, &to, order, &noted)
    }

    /// 补记, by anybody who has to do with the ticket.
    pub fn add_note(&self, case: &mut Case, order: Option<&work_order::Model>, text: &Text<2000>) -> Result<(), Problem> {
        let role = match order {
            Some(order) => self.handler(order),
            None if self.only_centre().is_ok() => Role::Dispatcher,
            None => self.supervisor(case)?,
        };
        let mut noted = self.noted(case, Note::AddNote, role)?;
        noted.order = order.and_then(|o| o.order_id.parse().ok());
        noted.text = Some(text.masked());
        case.tell(noted, self.at.now)
    }

    /// 督办回复: told to the centre.
    pub fn reply(&self, case: &mut Case, order: &work_order::Model, text: &Text<2000>) -> Result<(), Problem> {
        self.took_part(case)?;
        let mut noted = self.noted(case, Note::Reply, self.handler(order))?;
        noted.order = order.order_id.parse().ok();
        noted.units = vec![centre()];
        noted.text = Some(text.masked());
        case.tell(noted.clone(), self.at.now)?;
        notify(case, self.at, &centre(), order.order_id.parse()?, &noted)
    }
}

/// Tells a note, and puts it into the queue of the unit that has the ticket.
pub fn to_holder(case: &mut Case, at: At<'_>, noted: Noted) -> Result<(), Problem> {
    let unit = holder(case)?.map_or_else(centre, |(unit, _)| unit);
    to_units(case, at, noted, &[unit])
}

/// Tells a note, and puts it into the queue of each of these units.
pub fn to_units(case: &mut Case, at: At<'_>, mut noted: Noted, units: &[UnitId]) -> Result<(), Problem> {
    let order = holder(case)?.map_or(OrderId::derive(case.id()?, 0), |(_, order)| order);
    (noted.units, noted.order) = (units.to_vec(), Some(order));
    case.tell(noted.clone(), at.now)?;
    units.iter().try_for_each(|unit| notify(case, at, unit, order, &noted))
}

/// From the round of the policy on a ticket is supervised, by rule (T28).
pub fn by_round(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let history = case.history()?;
    if !history.calls_for_supervision(&at.rules.book.limits) {
        return Ok(());
    }
    let acting = Acting { role: Role::Supervisor, unit: Some(centre()), person: None };
    case.note(at, Note::Supervise, acting.role)?;
    let mut noted = blank(case, at, Note::Supervise, &acting)?;
    noted.level = Some(SupervisionLevel::Listed);
    noted.reply_due = Some(orders::after(at, Limit::WorkingDays(REPLY_DAYS))?);
    noted.text = Some(format!("第 {} 轮办理，自动挂牌督办", history.round));
    to_holder(case, at, noted)
}
