//! 告警: danger to life or limb is told at once, again until somebody answers, and to more than the centre. Pure.

use chrono::{DateTime, Utc};
use contracts::{
    district::centre,
    id::UnitId,
    lifecycle::{Clock, Note, Role},
    problem::Problem,
    text::Text,
    ticket::{AlarmAnswer, Noted},
};

use crate::{
    case::Case,
    entity::work_order,
    hand::{Hand, said},
    rules::At,
    watch,
};

/// An alarm that nobody answers is raised so often: with 5 minutes each time, for an hour.
const MOST: u16 = 12;

impl Hand<'_> {
    /// 告警 by a person who sees danger where classification saw none: the ticket is urgent from now on.
    pub fn alarm(&self, case: &mut Case, order: Option<&work_order::Model>, danger: &Text<2000>) -> Result<(), Problem> {
        let role = self.watchful(case, order)?;
        case.ticket.urgent = 1;
        count(case, 1)?;
        let mut noted = self.noted(case, Note::Alarm, role)?;
        noted.text = Some(danger.masked());
        tell(case, self.at, noted, &[centre()])
    }

    /// 告警处置: who has the danger in hand, or that there is none.
    pub fn answer_alarm(
        &self,
        case: &mut Case,
        order: Option<&work_order::Model>,
        (answer, told): (AlarmAnswer, &Text<2000>),
    ) -> Result<(), Problem> {
        let role = self.watchful(case, order)?;
        if answer_due(case)?.is_none() {
            let (zh, en) = ("本单没有待处置的告警；可以补记", "no alarm waits for an answer on this ticket; add a note instead");
            return Err(Problem::new("no_alarm", zh, en));
        }
        if answer == AlarmAnswer::NoDanger {
            case.ticket.urgent = 0;
        }
        count(case, 0)?;
        let mut noted = self.noted(case, Note::AnswerAlarm, role)?;
        noted.order = order.and_then(|o| o.order_id.parse().ok());
        (noted.alarm, noted.text) = (Some(answer), Some(told.masked()));
        case.tell(noted, self.at.now)
    }

    /// Who may raise and answer alarms: whoever has work on the ticket, the centre, and the town, which is told as well.
    fn watchful(&self, case: &Case, order: Option<&work_order::Model>) -> Result<Role, Problem> {
        match order {
            Some(order) => Ok(self.handler(order)),
            None if *self.unit == self.at.rules.district.town_unit_of(case.division().as_ref()) => Ok(Role::HandlingUnit),
            None => self.only_centre().map(|()| Role::CallTaker),
        }
    }
}

/// Classification saw danger: the centre, which reaches 110, 119 and 120, is told at once, whatever else is done.
pub fn raise(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    ring(case, at, 1)
}

/// Nobody answered in time: it is raised again, and the town, which is nearest, is told as well.
pub fn unanswered(case: &mut Case, at: At<'_>) -> Result<(), Problem> {
    let n = case.beside()?.alarms + 1;
    let here = Note::Alarm.row().states.contains(&case.state()?);
    if here && n <= MOST { ring(case, at, n) } else { Ok(()) }
}

fn ring(case: &mut Case, at: At<'_>, n: u16) -> Result<(), Problem> {
    count(case, n)?;
    let what = "可能危及人身安全，请立即联系 110、119、120 或抢修单位，核实后填写告警处置 / danger to life or limb: \
        call 110, 119, 120 or the repair crew at once, then answer the alarm";
    let why = if n == 1 { what.to_owned() } else { format!("第 {n} 次告警，前次无人处置：{what}") };
    let noted = said(case, at, Note::Alarm, &why)?;
    let town = (n > 1).then(|| at.rules.district.town_unit_of(case.division().as_ref()));
    let units: Vec<_> = std::iter::once(centre()).chain(town.filter(|town| *town != centre())).collect();
    tell(case, at, noted, &units)
}

/// Tells an alarm, with the end of the time to answer it.
fn tell(case: &mut Case, at: At<'_>, mut noted: Noted, units: &[UnitId]) -> Result<(), Problem> {
    noted.reply_due = answer_due(case)?;
    watch::to_units(case, at, noted, units)
}

/// Until when the alarm that waits is to be answered; none while none waits.
pub fn answer_due(case: &Case) -> Result<Option<DateTime<Utc>>, Problem> {
    Ok(case.clocks()?.due(Clock::K15))
}

/// Remembers how often the alarm was raised since it was last answered.
fn count(case: &mut Case, alarms: u16) -> Result<(), Problem> {
    let mut beside = case.beside()?;
    beside.alarms = alarms;
    case.remember(&beside)
}
