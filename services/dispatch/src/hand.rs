//! Who acts, at which instant, by which rules; and how what is done is told. Pure.

use contracts::{
    district::{CENTRE, UnitKind},
    id::{OrderId, TicketId, UnitId},
    lifecycle::{Act, Actor, Class, Note, People, Role},
    problem::Problem,
    ticket::{Assigned, Moved, Noted, OrderFact},
    work::Notice,
};

use crate::{
    case::{Acting, Case},
    entity::work_order,
    rules::At,
};

/// A person of a unit who acts.
#[derive(Clone, Copy, Debug)]
pub struct Hand<'a> {
    /// By which rules, when.
    pub at: At<'a>,
    /// For which unit.
    pub unit: &'a UnitId,
    /// Staff number.
    pub person: &'a str,
}

/// What a [`Moved`] tells besides the act.
#[derive(Debug, Default)]
pub struct Move {
    /// The work order.
    pub order: Option<OrderId>,
    /// The unit that has it now.
    pub to: Option<UnitId>,
    /// The lead case.
    pub lead: Option<TicketId>,
    /// The class that it rose to.
    pub class: Option<Class>,
    /// Co-handlers that were asked.
    pub orders: Vec<Assigned>,
    /// Why.
    pub reason: Option<String>,
}

impl Move {
    /// A step with a reason.
    pub fn because(reason: String) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

impl Hand<'_> {
    /// In a role.
    pub fn acting(&self, role: Role) -> Acting {
        Acting { role, unit: Some(self.unit.clone()), person: Some(self.person.to_owned()) }
    }

    /// Is it this unit's piece of work, its own or its predecessor's?
    pub fn has(&self, order: &work_order::Model) -> bool {
        let today = order.unit.parse().ok().and_then(|u: UnitId| self.at.rules.known(&u).ok());
        today.is_some_and(|u| u == *self.unit)
    }

    /// The role in which a unit has its work order in hand.
    pub fn handler(&self, order: &work_order::Model) -> Role {
        let grid = self.at.rules.district.unit(self.unit).is_some_and(|u| u.kind == UnitKind::Grid);
        match (order.part.as_str(), grid) {
            ("lead", _) if order.officer.is_some() => Role::CommunityOfficer,
            ("lead", true) => Role::GridWorker,
            ("lead", false) => Role::HandlingUnit,
            _ => Role::CoHandler,
        }
    }

    /// Who supervises: the district centre, or the department that got the copy.
    pub fn supervisor(&self, case: &Case) -> Result<Role, Problem> {
        if self.unit.as_str() == CENTRE {
            return Ok(Role::Supervisor);
        }
        let lead = case.lead().and_then(|o| o.unit.parse().ok());
        let supervises = lead.is_some_and(|lead: UnitId| self.at.rules.district.supervisor_of(&lead) == *self.unit);
        if supervises { Ok(Role::SupervisingDepartment) } else { Err(not_yours()) }
    }

    /// Only the district centre does this.
    pub fn only_centre(&self) -> Result<(), Problem> {
        if self.unit.as_str() == CENTRE { Ok(()) } else { Err(not_yours()) }
    }

    /// Had this person a hand in the handling?
    pub fn people(&self, case: &Case) -> Result<People, Problem> {
        let involved = case.beside()?.handlers.iter().any(|p| p == self.person);
        let actor = if involved { Actor::Involved } else { Actor::Independent };
        // the centre is the convener: when it checks a consulted ticket, the convener agrees
        Ok(People { actor, convener_agrees: self.unit.as_str() == CENTRE, ..People::default() })
    }

    /// What a fact about a work order tells.
    pub fn of(&self, case: &mut Case, order: &work_order::Model, role: Role) -> Result<OrderFact, Problem> {
        let by = case.by(&self.acting(role))?;
        Ok(OrderFact { ticket: case.id()?, order: order.order_id.parse()?, unit: self.unit.clone(), at: self.at.now, by })
    }

    /// Tells a step that has no fact of its own.
    pub fn moved(&self, case: &mut Case, act: Act, role: Role, what: Move) -> Result<(), Problem> {
        tell_moved(case, self.at, act, &self.acting(role), what)
    }

    /// A note, as this person makes it; to be filled and told.
    pub fn noted(&self, case: &mut Case, note: Note, role: Role) -> Result<Noted, Problem> {
        case.note(self.at, note, role)?;
        blank(case, self.at, note, &self.acting(role))
    }

    /// Tells the unit that has the ticket what was decided about it.
    pub fn tell_holder(&self, case: &mut Case, said: &str) -> Result<(), Problem> {
        let Some((to, order)) = holder(case)? else { return Ok(()) };
        self.word(case, &to, order, said)
    }

    /// Ends all work on the ticket and tells each unit that had some, but those of `but`.
    pub fn end_work(&self, case: &mut Case, said: &str, but: &[&UnitId]) -> Result<(), Problem> {
        for order in case.end_orders(self.at)? {
            let unit: UnitId = order.unit.parse()?;
            if matches!(order.part.as_str(), "lead" | "responsible" | "whistle") && !but.contains(&&unit) {
                self.word(case, &unit, order.order_id.parse()?, said)?;
            }
        }
        Ok(())
    }

    fn word(&self, case: &mut Case, to: &UnitId, order: OrderId, said: &str) -> Result<(), Problem> {
        let item = Notice {
            task: case.task(order, self.at.now)?,
            note: Note::AddNote,
            unit: Some(self.unit.clone()),
            said: said.to_owned(),
            reply_due: None,
        };
        case.enqueue(to, order, item, self.at.now)
    }

    /// Remembers that this person had a hand in the handling.
    pub fn took_part(&self, case: &mut Case) -> Result<(), Problem> {
        let mut beside = case.beside()?;
        beside.handled(self.person);
        case.remember(&beside)
    }

    /// Units as they act today: each once, not none, and not more than can be called together.
    pub fn units(&self, units: &[UnitId]) -> Result<Vec<UnitId>, Problem> {
        let mut known: Vec<UnitId> = units.iter().map(|u| self.at.rules.known(u)).collect::<Result<_, _>>()?;
        known.sort_unstable();
        known.dedup();
        if known.is_empty() || units.len() > MOST_UNITS {
            let (zh, en) = (format!("请写明 1 至 {MOST_UNITS} 个单位"), format!("name 1 to {MOST_UNITS} units"));
            return Err(Problem::new("units", zh, en));
        }
        Ok(known)
    }
}

/// Units that one act may name.
const MOST_UNITS: usize = 50;

/// The unit that has the ticket, with its order; none while none has.
pub fn holder(case: &Case) -> Result<Option<(UnitId, OrderId)>, Problem> {
    let active = case.lead().or_else(|| case.orders.iter().find(|o| o.active == 1));
    active.map(|o| Ok((o.unit.parse()?, o.order_id.parse()?))).transpose()
}

/// Tells a step that has no fact of its own.
pub fn tell_moved(case: &mut Case, at: At<'_>, act: Act, acting: &Acting, what: Move) -> Result<(), Problem> {
    let by = case.by(acting)?;
    let Move { order, to, lead, class, orders, reason } = what;
    case.tell(Moved { ticket: case.id()?, act, order, to, lead, class, orders, reason, at: at.now, by }, at.now)
}

/// A note with nothing in it yet.
pub fn blank(case: &mut Case, at: At<'_>, note: Note, acting: &Acting) -> Result<Noted, Problem> {
    Ok(Noted::new(case.id()?, note, at.now, case.by(acting)?))
}

/// A note that the product makes by itself.
pub fn said(case: &mut Case, at: At<'_>, note: Note, why: &str) -> Result<Noted, Problem> {
    let acting = Acting::rule(Role::System);
    case.note(at, note, acting.role)?;
    let mut noted = blank(case, at, note, &acting)?;
    noted.text = Some(why.to_owned());
    Ok(noted)
}

/// Puts what a note says into a unit's queue.
pub fn notify(case: &mut Case, at: At<'_>, to: &UnitId, order: OrderId, noted: &Noted) -> Result<(), Problem> {
    let item = Notice {
        task: case.task(order, at.now)?,
        note: noted.note,
        unit: noted.by.unit.clone(),
        said: noted.text.clone().unwrap_or_default(),
        reply_due: noted.reply_due,
    };
    case.enqueue(to, order, item, at.now)
}

/// The order belongs to another unit.
pub fn not_yours() -> Problem {
    Problem::new("not_yours", "这件任务不在本单位，请核对任务编号", "this piece of work is not your unit's; check its id")
}
