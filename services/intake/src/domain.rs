//! Decisions on reports: pure.

use chrono::{DateTime, FixedOffset, Utc};
use contracts::{
    envelope::{Inbound, Outbound},
    family::Family,
    id::{DivisionCode, MessageId, SourceId, TicketId},
    intake::{Receipt, ReceiptOutcome, Receipts, Submit},
    lifecycle::{Act, Context, Intake as IntakeFacts, Role, next},
    problem::Problem,
    subject,
    ticket::{By, Received, TicketFact},
};
use sha2::{Digest, Sha256};

use crate::entity::registration;

/// Numbers are counted by the day in China.
const CHINA_HOURS: i32 = 8;

/// Digits that a phone number has at least, and those of a mobile number in China.
const LEAST_DIGITS: usize = 7;
const MOBILE_DIGITS: usize = 11;

/// Where a report is, as far as intake knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The division, if the source, the wall or the phone says it.
    pub division: Option<DivisionCode>,
    /// Else: where matters of the same reporter were lately.
    pub lately: Vec<DivisionCode>,
}

/// What the sender of a report is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The ticket.
    pub ticket: TicketId,
    /// Number for people.
    pub number: String,
    /// With the number, lets the reporter look.
    pub code: String,
    /// The same report had been taken before.
    pub repeated: bool,
}

/// The day that a number belongs to, `yyyymmdd`.
pub fn day(at: DateTime<Utc>) -> String {
    let china = FixedOffset::east_opt(CHINA_HOURS * 3600).map_or_else(|| at.naive_utc(), |z| at.with_timezone(&z).naive_local());
    china.format("%Y%m%d").to_string()
}

/// What makes two submissions the same: everything but the number they share, and where the phone was meanwhile.
pub fn digest(submit: &Submit) -> String {
    let content = serde_json::to_vec(&(&submit.channel, &submit.text, &submit.division, &submit.class, &submit.reporter));
    Sha256::digest(content.unwrap_or_default()).iter().map(|b| format!("{b:02x}")).collect()
}

/// The same number again: the same receipt for the same content, a refusal for other content.
pub fn repeat(known: &registration::Model, ticket: TicketId, submit: &Submit) -> Result<Registered, Problem> {
    if known.digest != digest(submit) {
        return Err(Problem::new(
            "external_id_reused",
            "该来源编号已用于另一件内容不同的诉求；新诉求请用新编号",
            "this external id belongs to a report with other content; send a new report under a new id",
        ));
    }
    Ok(Registered { ticket, number: known.number.clone(), code: known.code.clone(), repeated: true })
}

/// The row of a new report.
pub fn register(
    ticket: TicketId,
    source: &SourceId,
    submit: &Submit,
    number: String,
    code: String,
    now: DateTime<Utc>,
) -> registration::Model {
    registration::Model {
        ticket_id: ticket.to_string(),
        source: source.to_string(),
        external_id: submit.external_id.as_str().to_owned(),
        digest: digest(submit),
        number,
        code,
        submission: serde_json::to_string(submit).unwrap_or_default(),
        received_ms: now.timestamp_millis(),
        phone: phone(submit),
    }
}

/// The reporter's number as digits, however it was written; none if there is none.
pub fn phone(submit: &Submit) -> Option<String> {
    let written = submit.reporter.as_ref()?.phone.as_ref()?;
    let digits: String = written.as_str().chars().filter(char::is_ascii_digit).collect();
    // +86 and 0086 before a mobile number
    let at = digits.len().checked_sub(MOBILE_DIGITS).filter(|at| digits[..*at].ends_with("86")).unwrap_or(0);
    (digits.len() - at >= LEAST_DIGITS).then(|| digits[at..].to_owned())
}

/// The fact that a report was registered (T1). Carries nothing of the reporter, and numbers in the text are masked.
pub fn received(
    ticket: TicketId,
    source: &SourceId,
    (submit, whereabouts): (&Submit, Whereabouts),
    number: &str,
    now: DateTime<Utc>,
) -> Result<Outbound, Problem> {
    let context = Context { intake: IntakeFacts { number_is_new: true, ..IntakeFacts::default() }, ..Context::default() };
    let role = Role::System;
    let step = next(None, Act::Register, role, &context)?;
    let Whereabouts { division, lately } = whereabouts;
    let fact = TicketFact::from(Received {
        ticket,
        number: number.to_owned(),
        source: source.clone(),
        channel: submit.channel,
        text: submit.text.masked(),
        division,
        lately,
        class: submit.class,
        hold: submit.hold,
        at: now,
        by: By { role, unit: None, person: None, steps: vec![step.transition], state: step.to, clocks: Vec::new() },
    });
    let id = MessageId::derive(ticket.0, "1 received");
    Ok(Outbound::new(id, subject::FACTS, subject::fact(TicketFact::FAMILY, fact.kind()), &fact, now).about(ticket).at_seq(1))
}

/// The receipt for one submission.
pub fn receipt<B>(
    message: &Inbound<B>,
    source: &SourceId,
    external_id: Option<&str>,
    outcome: Result<&Registered, Problem>,
) -> Outbound {
    let outcome = match outcome {
        Ok(r) => ReceiptOutcome::Accepted { ticket: r.ticket, number: r.number.clone(), code: r.code.clone() },
        Err(problem) => ReceiptOutcome::Refused { problem },
    };
    let receipt = Receipts::from(Receipt { external_id: external_id.map(str::to_owned), at: message.now, outcome });
    Outbound::new(MessageId::derive(message.id.0, "receipt"), subject::RECEIPTS, subject::receipt(source), &receipt, message.now)
}
