//! What intake does with what it hears: load, decide, save, say.

use std::collections::{HashMap, HashSet};

use bus::consume::Delivery;
use chrono::{DateTime, Utc};
use contracts::{
    envelope::{Envelope, Inbound, Outbound},
    id::{MessageId, SourceId, TicketId},
    intake::{Intake as IntakeMessage, Submit},
    problem::Problem,
    subject,
    ticket::TicketFact,
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx,
    bulk::{self, Existing},
};

use crate::{
    config::Config,
    domain::{self, Registered},
    entity::{progress, registration},
    store,
};

/// What intake hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A report of a source.
    Submit(SourceId, Box<Submit>),
    /// How a ticket goes.
    Fact(Box<TicketFact>),
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if !subject.starts_with("intake.") {
            return envelope.open::<TicketFact>(body).map(|f| Self::Fact(Box::new(f)));
        }
        let source: SourceId = subject::last_token(subject).parse()?;
        if subject != subject::submit(&source) {
            return Err(Problem::new(
                "wrong_version",
                "只支持 intake.v1.submit.<来源>",
                "only intake.v1.submit.<source> is spoken here",
            ));
        }
        if envelope.source != subject::source_uri(&source) {
            let (zh, en) = (
                format!("ce-source 应为 /sources/{source}，与主题一致"),
                format!("ce-source must be /sources/{source}, as the subject says"),
            );
            return Err(Problem::new("subject_disagrees", zh, en));
        }
        let IntakeMessage::Submit(submit) = envelope.open(body)?;
        Ok(Self::Submit(source, Box::new(submit)))
    }

    /// A source that did not get its receipt sends again and must be answered again: deliveries count, not ids.
    fn identity(envelope: &Envelope, delivery: &Delivery) -> MessageId {
        if delivery.stream == subject::INTAKE {
            return MessageId::of_delivery(&delivery.stream, delivery.sequence);
        }
        MessageId::of_event(&envelope.source, &envelope.id)
    }
}

/// Takes reports in.
#[derive(Debug)]
pub struct Intake {
    config: Config,
    sources: HashSet<SourceId>,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    known: HashMap<String, registration::Model>,
    new: Vec<registration::Model>,
    /// The day that the numbers belong to: one for the whole batch, also over midnight.
    day: String,
    numbers: std::ops::Range<i64>,
    progress: HashMap<String, progress::Model>,
    changed: HashSet<String>,
}

impl Intake {
    /// With these settings.
    pub fn new(config: Config) -> Self {
        Self { sources: config.sources.iter().cloned().collect(), config }
    }

    fn submit(
        &self,
        desk: &mut Desk,
        message: &Inbound<Heard>,
        source: &SourceId,
        submit: &Submit,
    ) -> Decision<Result<Registered, Problem>> {
        let external_id = submit.external_id.as_str();
        let ticket = TicketId::derive(source, external_id);
        let mut outbound = Vec::with_capacity(2);
        let answer = match desk.known.get(&ticket.to_string()) {
            _ if !self.sources.contains(source) => Err(unknown_source()),
            Some(known) => domain::repeat(known, ticket, submit),
            None => {
                let n = desk.numbers.next().ok_or(Refusal::TooEarly("no number left in this batch"))?;
                let number = format!("{}{}-{n:06}", self.config.number_prefix, desk.day);
                let row = domain::register(ticket, source, submit, number, code(), message.now);
                outbound.push(domain::received(ticket, source, submit, &row.number, message.now).map_err(Refusal::Illegal)?);
                let registered = Registered { ticket, number: row.number.clone(), code: row.code.clone(), repeated: false };
                desk.known.insert(row.ticket_id.clone(), row.clone());
                desk.new.push(row);
                Ok(registered)
            }
        };
        outbound.push(domain::receipt(message, source, Some(external_id), answer.as_ref().map_err(Clone::clone)));
        Ok(Said { outbound, answer })
    }
}

impl Handler for Intake {
    const SERVICE: &'static str = "intake";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = Result<Registered, Problem>;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let mut submitted = HashSet::new();
        let mut going = HashSet::new();
        for m in batch {
            match &m.body {
                Heard::Submit(source, s) => submitted.insert(TicketId::derive(source, s.external_id.as_str()).to_string()),
                Heard::Fact(f) => domain::progress(None, f, 0, m.now).is_some_and(|p| going.insert(p.ticket_id)),
            };
        }
        let submitted: Vec<String> = submitted.into_iter().collect();
        let known = store::registrations(tx, &submitted).await?;
        let new = i64::try_from(submitted.len().saturating_sub(known.len())).unwrap_or(0);
        let day = batch.first().map(|m| domain::day(m.now)).unwrap_or_default();
        let before = if new > 0 { store::take_numbers(tx, &day, new).await? } else { 0 };
        let numbers = before + 1..before + 1 + new;
        let progress = store::progress_of(tx, &going.into_iter().collect::<Vec<_>>()).await?;
        Ok(Desk { known, day, numbers, progress, ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<Self::Answer> {
        match &message.body {
            Heard::Submit(source, submit) => self.submit(desk, message, source, submit),
            Heard::Fact(fact) => {
                let seq = message.seq.unwrap_or(0);
                let ticket = domain::progress(None, fact, seq, message.now).map(|p| p.ticket_id).unwrap_or_default();
                if let Some(after) = domain::progress(desk.progress.get(&ticket), fact, seq, message.now) {
                    desk.progress.insert(ticket.clone(), after);
                    desk.changed.insert(ticket);
                }
                let ignored = Problem::new("not_asked", "", "");
                Ok(Said { outbound: Vec::new(), answer: Err(ignored) })
            }
        }
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        bulk::write::<registration::Entity>(&**tx, &desk.new, Existing::Fail).await?;
        let changed: Vec<progress::Model> = desk.changed.iter().filter_map(|t| desk.progress.remove(t)).collect();
        bulk::write::<progress::Entity>(&**tx, &changed, Existing::Replace).await?;
        Ok(())
    }

    /// The source is told what is wrong, if the subject names one.
    fn unreadable(&self, delivery: &Delivery, problem: &Problem, at: DateTime<Utc>) -> Vec<Outbound> {
        if delivery.stream != subject::INTAKE {
            return Vec::new();
        }
        let Ok(source) = subject::last_token(&delivery.subject).parse::<SourceId>() else { return Vec::new() };
        if !self.sources.contains(&source) {
            return Vec::new();
        }
        let id = MessageId::of_delivery(&delivery.stream, delivery.sequence);
        vec![domain::receipt(&Inbound { id, seq: None, now: at, body: () }, &source, None, Err(problem.clone()))]
    }
}

/// A source that is not in the settings.
fn unknown_source() -> Problem {
    Problem::new(
        "unknown_source",
        "未登记的来源，请联系管理员在 intake.sources 中登记",
        "this source is not registered; ask the administrator to add it to intake.sources",
    )
}

/// Eight characters that are not mixed up when read over the phone; 40 bits.
fn code() -> String {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let random = uuid::Uuid::new_v4().into_bytes();
    // bytes 6 and 8 hold the version, not chance
    [0, 1, 2, 3, 4, 5, 9, 10].iter().map(|&i| char::from(ALPHABET[usize::from(random[i]) % 32])).collect()
}
