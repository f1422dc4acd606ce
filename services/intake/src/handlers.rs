//! What intake does with what it hears: load, decide, save, say.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bus::consume::Delivery;
use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    district::District,
    envelope::{Envelope, Inbound, Outbound},
    id::{DivisionCode, MessageId, SourceId, TicketId},
    intake::{Intake as IntakeMessage, Submit},
    problem::Problem,
    subject,
    ticket::TicketFact,
    work::{Answers, UnitAnswer},
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx,
    bulk::{self, Existing},
};

use crate::{
    citizen::{self, Acted, Verdict},
    config::Config,
    domain::{self, Registered, Whereabouts},
    entity::{citizen_act, progress, registration},
    place::Ground,
    progress as going, store,
};

/// So far back the record of a reporter says where to ask.
const LATELY: TimeDelta = TimeDelta::days(365);

/// What intake hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A report of a source.
    Submit(SourceId, Box<Submit>),
    /// How a ticket goes.
    Fact(Box<TicketFact>),
    /// What a citizen does; number and code were checked.
    Citizen(Box<citizen::Act>),
    /// What became of a citizen's act.
    Answer(Box<UnitAnswer>),
}

/// For who asked directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A report.
    Registered(Registered),
    /// An act.
    Acted(Acted),
    /// Nobody asked.
    Nobody,
}

impl HeardTrait for Heard {
    fn read(subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        if subject.starts_with("ticket.") {
            return envelope.open::<TicketFact>(body).map(|f| Self::Fact(Box::new(f)));
        }
        if subject.starts_with("answer.") {
            let Answers::UnitAnswer(answer) = envelope.open(body)?;
            return Ok(Self::Answer(Box::new(answer)));
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

    /// A report is known by its registration, a fact by its place, an act by its id.
    fn remembered(&self) -> bool {
        false
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
    ground: Ground,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    known: HashMap<String, registration::Model>,
    new: Vec<registration::Model>,
    /// The day that the numbers belong to: one for the whole batch, also over midnight.
    day: String,
    numbers: std::ops::Range<i64>,
    /// Where matters of the reporters of new reports were, by phone.
    lately: HashMap<String, Vec<DivisionCode>>,
    progress: HashMap<String, progress::Model>,
    changed: BTreeSet<String>,
    /// All acts on the tickets that a citizen acts on, by ticket.
    acts: HashMap<String, Vec<citizen_act::Model>>,
    acted: Vec<citizen_act::Model>,
    /// The acts that are answered, by id.
    answered: BTreeMap<String, citizen_act::Model>,
}

impl Intake {
    /// With these settings.
    pub fn new(config: Config) -> Self {
        Self { sources: config.sources.iter().cloned().collect(), config, ground: Ground::default() }
    }

    /// On this ground, by which a phone's place is known.
    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// Where it is, as the source says or as the phone is.
    fn place(&self, submit: &Submit) -> Option<DivisionCode> {
        let by_phone = || submit.point.and_then(|p| self.ground.division(p, District::sample()));
        submit.division.clone().or_else(by_phone)
    }

    /// The phones of new reports of which nothing but the text can say where.
    fn without_place(&self, batch: &[Inbound<Heard>], known: &HashMap<String, registration::Model>) -> Vec<String> {
        let mut phones: Vec<String> = Vec::new();
        for message in batch {
            if let Heard::Submit(source, submit) = &message.body
                && self.place(submit).is_none()
                && let Some(phone) = domain::phone(submit)
                && !known.contains_key(&TicketId::derive(source, submit.external_id.as_str()).to_string())
            {
                phones.push(phone);
            }
        }
        phones.sort_unstable();
        phones.dedup();
        phones
    }

    fn whereabouts(&self, desk: &Desk, submit: &Submit, phone: Option<&String>) -> Whereabouts {
        let division = self.place(submit);
        let lately = phone.filter(|_| division.is_none()).and_then(|p| desk.lately.get(p)).cloned().unwrap_or_default();
        Whereabouts { division, lately }
    }

    fn submit(
        &self,
        desk: &mut Desk,
        message: &Inbound<Heard>,
        source: &SourceId,
        submit: &Submit,
    ) -> Decision<Result<Answer, Problem>> {
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
                let whereabouts = self.whereabouts(desk, submit, row.phone.as_ref());
                outbound.push(
                    domain::received(ticket, source, (submit, whereabouts), &row.number, message.now)
                        .map_err(Refusal::Illegal)?,
                );
                let registered = Registered { ticket, number: row.number.clone(), code: row.code.clone(), repeated: false };
                desk.known.insert(row.ticket_id.clone(), row.clone());
                desk.new.push(row);
                Ok(registered)
            }
        };
        outbound.push(domain::receipt(message, source, Some(external_id), answer.as_ref().map_err(Clone::clone)));
        Ok(Said { outbound, answer: answer.map(Answer::Registered) })
    }

    fn act(&self, desk: &mut Desk, act: &citizen::Act, now: DateTime<Utc>) -> Decision<Result<Answer, Problem>> {
        let known = desk.acts.entry(act.ticket.to_string()).or_default();
        let nothing = |answer| Ok(Said { outbound: Vec::new(), answer });
        match citizen::decide(act, known, self.config.acts_per_day, now) {
            Err(problem) => nothing(Err(problem)),
            Ok(Verdict::Before(acted)) => nothing(Ok(Answer::Acted(acted))),
            Ok(Verdict::New(acted, row)) => {
                let outbound = vec![citizen::told(act, now).map_err(Refusal::Illegal)?];
                known.push(row.clone());
                desk.acted.push(row);
                Ok(Said { outbound, answer: Ok(Answer::Acted(acted)) })
            }
        }
    }

    /// The reporter's view of the ticket after this fact.
    fn fact(desk: &mut Desk, message: &Inbound<Heard>, fact: &TicketFact) {
        let ticket = fact.head().ticket.to_string();
        let seq = message.seq.unwrap_or(0);
        if let Some(after) = going::after(desk.progress.get(&ticket), fact, seq, message.now) {
            desk.progress.insert(ticket.clone(), after);
            desk.changed.insert(ticket);
        }
    }

    fn answer(desk: &mut Desk, answer: &UnitAnswer) {
        if let Some(row) = desk.answered.get_mut(&answer.act) {
            citizen::answered(row, answer);
        }
    }
}

/// What a batch asks of the database.
#[derive(Default)]
struct Wanted {
    submitted: HashSet<String>,
    going: HashSet<String>,
    acted: HashSet<String>,
    answered: HashSet<String>,
}

impl Wanted {
    fn of(batch: &[Inbound<Heard>]) -> Self {
        let mut wanted = Self::default();
        for m in batch {
            match &m.body {
                Heard::Submit(source, s) => wanted.submitted.insert(TicketId::derive(source, s.external_id.as_str()).to_string()),
                Heard::Fact(f) => going::concerns(f) && wanted.going.insert(f.head().ticket.to_string()),
                Heard::Citizen(act) => wanted.acted.insert(act.ticket.to_string()),
                Heard::Answer(answer) => wanted.answered.insert(answer.act.clone()),
            };
        }
        wanted
    }
}

impl Handler for Intake {
    const SERVICE: &'static str = "intake";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = Result<Answer, Problem>;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let wanted = Wanted::of(batch);
        let list = |set: HashSet<String>| set.into_iter().collect::<Vec<String>>();
        let submitted = list(wanted.submitted);
        let known = store::registrations(tx, &submitted).await?;
        let new = i64::try_from(submitted.len().saturating_sub(known.len())).unwrap_or(0);
        let day = batch.first().map(|m| domain::day(m.now)).unwrap_or_default();
        let before = if new > 0 { store::take_numbers(tx, &day, new).await? } else { 0 };
        let numbers = before + 1..before + 1 + new;
        let since_ms = batch.first().map_or(0, |m| (m.now - LATELY).timestamp_millis());
        let lately = store::lately(tx, &self.without_place(batch, &known), since_ms).await?;
        let progress = store::progress_of(tx, &list(wanted.going)).await?;
        let mut acts: HashMap<String, Vec<citizen_act::Model>> = HashMap::new();
        for act in store::acts_on(tx, &list(wanted.acted)).await? {
            acts.entry(act.ticket_id.clone()).or_default().push(act);
        }
        let answered = store::acts(tx, &list(wanted.answered)).await?;
        let answered = answered.into_iter().map(|a| (a.act_id.clone(), a)).collect();
        Ok(Desk { known, day, numbers, lately, progress, acts, answered, ..Desk::default() })
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<Self::Answer> {
        match &message.body {
            Heard::Submit(source, submit) => return self.submit(desk, message, source, submit),
            Heard::Citizen(act) => return self.act(desk, act, message.now),
            Heard::Fact(fact) => Self::fact(desk, message, fact),
            Heard::Answer(answer) => Self::answer(desk, answer),
        }
        Ok(Said { outbound: Vec::new(), answer: Ok(Answer::Nobody) })
    }

    async fn save(&self, tx: &Tx, mut desk: Desk) -> Result<(), Fault> {
        bulk::write::<registration::Entity>(&**tx, &desk.new, Existing::Fail).await?;
        let next = |row: progress::Model| progress::Model { version: row.version + 1, ..row };
        let changed: Vec<progress::Model> = desk.changed.iter().filter_map(|t| desk.progress.remove(t)).map(next).collect();
        bulk::write::<progress::Entity>(&**tx, &changed, Existing::NextVersion).await?;
        bulk::write::<citizen_act::Entity>(&**tx, &desk.acted, Existing::Fail).await?;
        let answered: Vec<citizen_act::Model> = desk.answered.into_values().collect();
        bulk::write::<citizen_act::Entity>(&**tx, &answered, Existing::Replace).await?;
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
