//! What rulings, reclassifications and alarms teach: proposals for the catalogue, and samples for training. Pure.

use contracts::{
    id::{MessageId, UnitId},
    lifecycle::{Note, Role},
    ticket::{AlarmAnswer, Noted, ReturnRuled},
};

use crate::{
    entity::{classification, proposal, sample},
    register::PENDING,
    store::News,
};

pub mod words;

const RULED: &str = "ruled";
const RECLASSIFIED: &str = "reclassified";
const ALARM: &str = "alarm";

/// A person said that the classification was wrong, or whether there was danger; what the product does by itself teaches
/// nothing.
pub fn teaches(noted: &Noted) -> bool {
    matches!(noted.note, Note::Reclassify | Note::Alarm | Note::AnswerAlarm) && noted.by.role != Role::System
}

/// A ruling that names another unit than classification did: whether the category was wrong too it does not say.
pub fn ruled(news: &mut News, decided: &classification::Model, r: &ReturnRuled, id: MessageId) {
    let Some(unit) = r.to.as_ref().filter(|to| to.as_str() != decided.lead) else { return };
    let at_ms = r.of.at.timestamp_millis();
    news.samples.push(sample::Model { lead: Some(unit.to_string()), ..sample(decided, RULED, id, at_ms) });
    news.proposals.push(proposal(decided, unit, (RULED, &r.reason), id, at_ms));
}

/// A note that teaches.
pub fn noted(news: &mut News, decided: &classification::Model, n: &Noted, id: MessageId) {
    match n.note {
        Note::Reclassify => reclassified(news, decided, n, id),
        _ => news.samples.push(sample::Model {
            urgent: Some((n.alarm != Some(AlarmAnswer::NoDanger)).into()),
            ..sample(decided, ALARM, id, n.at.timestamp_millis())
        }),
    }
}

/// A reclassification that two persons agreed on, or that the call-taker made when it was taken in. If the category stayed
/// and the unit changed, it is the catalogue that was wrong.
fn reclassified(news: &mut News, decided: &classification::Model, n: &Noted, id: MessageId) {
    let at_ms = n.at.timestamp_millis();
    news.samples.push(sample::Model {
        category: Some(n.category.clone().unwrap_or_else(|| decided.category.clone())),
        class: n.class.map(|c| c.code().to_owned()),
        lead: n.lead.as_ref().map(ToString::to_string),
        ..sample(decided, RECLASSIFIED, id, at_ms)
    });
    if let (None, None, Some(unit)) = (&n.category, n.class, &n.lead) {
        let reason = n.text.as_deref().unwrap_or_default();
        news.proposals.push(proposal(decided, unit, (RECLASSIFIED, reason), id, at_ms));
    }
}

/// A word on a ticket that says nothing yet.
fn sample(decided: &classification::Model, source: &str, id: MessageId, at_ms: i64) -> sample::Model {
    sample::Model {
        id: id.to_string(),
        ticket_id: decided.ticket_id.clone(),
        category: None,
        class: None,
        lead: None,
        urgent: None,
        source: source.to_owned(),
        at_ms,
    }
}

fn proposal(
    decided: &classification::Model,
    unit: &UnitId,
    (source, reason): (&str, &str),
    id: MessageId,
    at_ms: i64,
) -> proposal::Model {
    proposal::Model {
        id: id.to_string(),
        ticket_id: decided.ticket_id.clone(),
        category: decided.category.clone(),
        word: String::new(),
        place: decided.division.clone().unwrap_or_default(),
        instead_of: decided.lead.clone(),
        unit: unit.to_string(),
        source: source.to_owned(),
        reason: reason.to_owned(),
        state: PENDING.to_owned(),
        at_ms,
    }
}
