//! The life of tickets as it happens: one line a fact.

use std::collections::HashMap;

use anyhow::anyhow;
use bus::observe::Seen;
use chrono::{DateTime, Utc};
use contracts::{
    clock::{ClockAt, ClockFact},
    district::District,
    envelope::Envelope,
    id::{TicketId, UnitId},
    lifecycle::{Clock, State},
    problem::Problem,
    ticket::{By, Class, Head, TicketFact},
};
use outbox::Db;
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    database,
    screen::{Outcome, both, note, say},
    settings::{BrokerArgs, DatabaseArgs, Operator, Service},
};

/// Numbers that are remembered; a fact of an older ticket shows the beginning of its id instead.
const REMEMBERED: usize = 10_000;

/// 实时查看工单流转，Ctrl-C 结束 / show what happens to tickets until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: gridline watch --ticket JZ20261122-000001")]
pub struct Args {
    /// 只看一件工单（编号或标识） / one ticket only, by its number or id
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
    /// 英文显示 / in English
    #[arg(long)]
    english: bool,
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    databases: DatabaseArgs,
}

/// What one fact shows.
struct Shown {
    ticket: TicketId,
    at: DateTime<Utc>,
    zh: &'static str,
    en: &'static str,
    class: Option<Class>,
    units: Vec<UnitId>,
    state: Option<State>,
    due: Option<DateTime<Utc>>,
}

/// Prints until Ctrl-C.
pub async fn run(args: Args) -> anyhow::Result<Outcome> {
    let operator = Operator::read()?.with(&args.databases).at(args.broker);
    let bus = operator.connect().await?;
    let mut sight = bus.observe(&["ticket.v1.*", "clock.v1.*"]).await?;
    let mut watcher = Watcher { english: args.english, numbers: HashMap::new(), only: None };
    if let Some(wanted) = args.ticket {
        let id = id_of(&operator, &wanted).await;
        if let Some(id) = id {
            watcher.numbers.insert(id, wanted.clone());
        }
        watcher.only = Some((wanted, id));
    }
    note("等待消息，按 Ctrl-C 结束 / watching; Ctrl-C ends it");
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            seen = sight.next() => {
                let seen = seen.ok_or_else(|| anyhow!("the connection was closed"))?;
                match watcher.line(&seen) {
                    Ok(Some(line)) => say(&line)?,
                    Ok(None) => {}
                    Err(problem) => note(&format!("? {}", both(&problem))),
                }
            }
        }
    }
    bus.close().await;
    Ok(Outcome::Good)
}

/// The id of a ticket: given itself, or known to intake. Else its number shows when it is received.
async fn id_of(operator: &Operator, wanted: &str) -> Option<TicketId> {
    if let Ok(id) = wanted.parse() {
        return Some(id);
    }
    let db: Db = database::open(Service::Intake, operator.database(Service::Intake)?).await.ok()?;
    let sql = "SELECT ticket_id FROM registration WHERE number = $1";
    let statement = Statement::from_sql_and_values(db.backend(), sql, [wanted.into()]);
    let row = db.read().query_one_raw(statement).await.ok()??;
    row.try_get::<String>("", "ticket_id").ok()?.parse().ok()
}

struct Watcher {
    english: bool,
    numbers: HashMap<TicketId, String>,
    /// The number that is asked for, and its ticket as soon as that is known.
    only: Option<(String, Option<TicketId>)>,
}

impl Watcher {
    fn line(&mut self, seen: &Seen) -> Result<Option<String>, Problem> {
        let envelope = Envelope::read(|name| seen.header(name))?;
        let shown = if seen.subject.starts_with("clock.") {
            clock(&envelope.open(&seen.body)?)
        } else {
            let fact = envelope.open(&seen.body)?;
            self.remember(&fact);
            ticket(&fact)
        };
        let wanted = self.only.as_ref().is_none_or(|(_, id)| *id == Some(shown.ticket));
        Ok(wanted.then(|| self.show(&shown)))
    }

    fn remember(&mut self, fact: &TicketFact) {
        let (ticket, number) = match fact {
            TicketFact::Received(f) => (f.ticket, &f.number),
            TicketFact::Classified(f) => (f.ticket, &f.number),
            _ => return,
        };
        if let Some((wanted, id)) = &mut self.only {
            if wanted != number {
                return;
            }
            *id = Some(ticket);
        }
        if self.numbers.len() >= REMEMBERED {
            self.numbers.clear();
        }
        self.numbers.insert(ticket, number.clone());
    }

    fn show(&self, s: &Shown) -> String {
        let time = s.at.with_timezone(&sla::CHINA).format("%H:%M:%S");
        let short = || s.ticket.to_string().chars().take(8).collect();
        let number = self.numbers.get(&s.ticket).cloned().unwrap_or_else(short);
        let mut parts = vec![if self.english { s.en } else { s.zh }.to_owned()];
        parts.extend(s.class.map(|class| if self.english { class.en() } else { class.zh() }.to_owned()));
        if !s.units.is_empty() {
            parts.push(s.units.iter().map(unit).collect::<Vec<_>>().join(if self.english { ", " } else { "、" }));
        }
        parts.extend(s.state.map(|state| if self.english { state.en() } else { state.zh() }.to_owned()));
        if let Some(due) = s.due {
            let due = due.with_timezone(&sla::CHINA).format("%Y-%m-%d %H:%M:%S");
            parts.push(if self.english { format!("due {due}") } else { format!("时限 {due}") });
        }
        format!("{time}  {number}  {}", parts.join("  "))
    }
}

fn unit(id: &UnitId) -> String {
    District::sample().unit(id).map_or_else(|| id.to_string(), |u| u.name.clone())
}

fn clock(fact: &ClockFact) -> Shown {
    let of = |c: &ClockAt, zh, en, to: Option<&UnitId>| Shown {
        ticket: c.ticket,
        at: c.at,
        zh,
        en,
        class: None,
        units: vec![to.unwrap_or(&c.unit).clone()],
        state: None,
        due: Some(c.due),
    };
    match fact {
        ClockFact::Warned(f) => of(&f.clock, "时限预警", "warned", None),
        ClockFact::Overdue(f) => of(&f.clock, "逾期", "overdue", None),
        ClockFact::Escalated(f) => of(&f.clock, f.notice.zh(), f.notice.en(), Some(&f.to)),
        ClockFact::Expired(f) => Shown {
            ticket: f.ticket,
            at: f.due,
            zh: f.clock.zh(),
            en: f.clock.en(),
            class: None,
            units: Vec::new(),
            state: None,
            due: Some(f.due),
        },
    }
}

fn ticket(fact: &TicketFact) -> Shown {
    let Head { ticket, at, by } = fact.head();
    let (class, units) = match fact {
        TicketFact::Received(_) => (None, Vec::new()),
        TicketFact::Classified(f) => (Some(f.class), std::iter::once(&f.lead).chain(&f.others).cloned().collect()),
        TicketFact::Dispatched(f) => (None, f.orders.iter().map(|o| o.unit.clone()).collect()),
        TicketFact::ConsultationOpened(f) => (None, f.invited.clone()),
        TicketFact::Signed(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::Progressed(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::ReturnAsked(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::ReturnRuled(f) => (None, f.to.iter().cloned().collect()),
        TicketFact::CoReported(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::Reported(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::Checked(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::Closed(f) => (None, vec![f.of.unit.clone()]),
        TicketFact::Moved(f) => (f.class, f.to.iter().cloned().collect()),
        TicketFact::Noted(f) => (f.class, f.units.clone()),
    };
    let due = match fact {
        TicketFact::Dispatched(f) => Some(f.due),
        _ => by.and_then(new_due),
    };
    Shown { ticket, at, zh: fact.zh(), en: fact.en(), class, units, state: by.map(|by| by.state), due }
}

/// The deadline that a fact gave the handling clock.
fn new_due(by: &By) -> Option<DateTime<Utc>> {
    by.clocks.iter().rfind(|turn| turn.clock == Clock::K5 && turn.order.is_none())?.due
}
