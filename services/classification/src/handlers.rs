//! What classification does with what it hears: load, decide, save, say.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use contracts::{
    district::District,
    envelope::{Inbound, Outbound},
    family::Family,
    id::{MessageId, UnitId},
    lifecycle::Class,
    problem::Problem,
    subject,
    ticket::{Classified, Received, ReturnRuled, TicketFact},
};
use outbox::{Decision, Fault, Handler, Refusal, Said, Tx};

use crate::{
    Classifier, Report, Verdict,
    catalogue::{self, Catalogue, Choice},
    entity::{classification, entry, proposal},
    heard::{Chosen, Heard},
    store,
};

/// Decides class, category, division and units.
#[derive(Debug)]
pub struct Classification {
    classifier: Classifier,
    district: &'static District,
    /// As it was last read; the database has the version in force.
    catalogue: RwLock<Arc<Catalogue>>,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug, Default)]
pub struct Desk {
    catalogue: Arc<Catalogue>,
    known: HashMap<String, classification::Model>,
    proposals: Vec<proposal::Model>,
    entries: Vec<entry::Model>,
    decisions: Vec<classification::Model>,
    changed: Vec<proposal::Model>,
    added: Vec<entry::Model>,
    undone: Vec<entry::Model>,
}

impl Classification {
    /// With these rules, for the sample district.
    pub fn new(classifier: Classifier) -> Self {
        Self { classifier, district: District::sample(), catalogue: RwLock::default() }
    }

    /// The catalogue in force; read again only if its version changed.
    async fn catalogue(&self, tx: &Tx) -> Result<Arc<Catalogue>, Fault> {
        let version = store::version(tx).await?;
        let known = self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.version == version {
            return Ok(known);
        }
        let read = Arc::new(Catalogue::of(store::entries(tx).await?));
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }

    fn fact(&self, catalogue: &Catalogue, r: &Received, v: &Verdict, now: DateTime<Utc>) -> Result<Classified, Problem> {
        let place = v.division.as_ref();
        let unit = |code: &str| self.district.resolve(code, place);
        let mut reasons = v.reasons.clone();
        let mut lead = unit(&v.lead)
            .ok_or_else(|| Problem::new("unknown_unit", "规则指向的单位不存在", "the rules name a unit that is not there"))?;
        // a simple matter stays with its grid, whatever departments were ruled to do
        if v.class != Class::Simple
            && let Some((version, taught)) = catalogue.instead(&v.category, place, &lead)
        {
            let name = self.district.unit(taught).map_or(taught.as_str(), |u| &u.name);
            reasons.push(format!("派单目录第 {version} 版：此类事项由{name}承办（退单裁定所定）"));
            lead = taught.clone();
        }
        let mut seen: HashSet<UnitId> = HashSet::from([lead.clone()]);
        let others = v.others.iter().filter_map(|code| unit(code)).filter(|u| seen.insert(u.clone())).collect();
        Ok(Classified {
            ticket: r.ticket,
            number: r.number.clone(),
            text: r.text.clone(),
            source: r.source.clone(),
            category: v.category.clone(),
            category_name: v.category_name.clone(),
            also: v.also.clone(),
            class: v.class,
            nature: v.nature,
            urgent: v.urgent,
            lead,
            others,
            division: v.division.clone(),
            hold: r.hold,
            confidence: Some(f64::from(v.confidence)),
            choices: if v.needs_person { v.choices.iter().map(|(code, _)| code.clone()).collect() } else { Vec::new() },
            reasons,
            rules_version: format!("{} · 派单目录 {}", v.rules_version, catalogue.version),
            at: now,
            received_at: r.at,
        })
    }

    fn classify(&self, desk: &mut Desk, r: &Received, now: DateTime<Utc>) -> Result<Outbound, Problem> {
        let verdict = self.classifier.classify(&Report { text: &r.text, division: r.division.as_ref(), class: r.class });
        let fact = self.fact(&desk.catalogue, r, &verdict, now)?;
        desk.decisions.push(row(&fact));
        let fact = TicketFact::from(fact);
        let id = MessageId::derive(r.ticket.0, "2 classified");
        let out = Outbound::new(id, subject::FACTS, subject::fact(TicketFact::FAMILY, fact.kind()), &fact, now);
        Ok(out.about(r.ticket).at_seq(2))
    }
}

/// What a ruling proposes, if it names another unit than the one that had the order.
fn propose(desk: &mut Desk, r: &ReturnRuled, id: MessageId) {
    let Some(decided) = desk.known.get(&r.of.ticket.to_string()) else { return };
    let Some(unit) = r.to.as_ref().filter(|to| to.as_str() != decided.lead) else { return };
    desk.changed.push(proposal::Model {
        id: id.to_string(),
        ticket_id: decided.ticket_id.clone(),
        category: decided.category.clone(),
        place: decided.division.clone().unwrap_or_default(),
        instead_of: decided.lead.clone(),
        unit: unit.to_string(),
        reason: r.reason.clone(),
        state: catalogue::PENDING.to_owned(),
        at_ms: r.of.at.timestamp_millis(),
    });
}

/// A person's decision on the catalogue.
fn choose(desk: &mut Desk, chosen: &Chosen, now: DateTime<Utc>) -> Result<(), Problem> {
    let (person, reason, at_ms) = (chosen.person.as_str(), chosen.reason.masked(), now.timestamp_millis());
    let next = desk.catalogue.version + 1;
    match &chosen.choice {
        Choice::Refuse { id } => {
            let found = catalogue::pending(&mut desk.proposals, id)?;
            catalogue::REFUSED.clone_into(&mut found.state);
            desk.changed.push(found.clone());
        }
        Choice::Accept { id, everywhere } => {
            let found = catalogue::pending(&mut desk.proposals, id)?;
            let entry = catalogue::accepted(found, next, *everywhere, (person, &reason), at_ms);
            catalogue::ACCEPTED.clone_into(&mut found.state);
            desk.changed.push(found.clone());
            desk.entries.push(entry.clone());
            desk.added.push(entry);
        }
        Choice::Undo => {
            let newest = desk.entries.iter_mut().filter(|e| e.undone.is_none()).max_by_key(|e| e.version);
            let entry = newest.ok_or_else(|| {
                Problem::new("nothing_to_undo", "派单目录中没有可撤销的条目", "the catalogue has no entry to take back")
            })?;
            (entry.undone, entry.undone_by) = (Some(next), Some(person.to_owned()));
            desk.undone.push(entry.clone());
        }
    }
    desk.catalogue = Arc::new(Catalogue::of(desk.entries.clone()));
    Ok(())
}

impl Handler for Classification {
    const SERVICE: &'static str = "classification";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = i64;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let mut desk = Desk { catalogue: self.catalogue(tx).await?, ..Desk::default() };
        let (mut tickets, mut ids, mut persons) = (Vec::new(), Vec::new(), false);
        for message in batch {
            match &message.body {
                Heard::Received(_) => {}
                Heard::Ruled(r) => tickets.push(r.of.ticket.to_string()),
                Heard::Person(c) => {
                    persons = true;
                    if let Choice::Accept { id, .. } | Choice::Refuse { id } = &c.choice {
                        ids.push(id.clone());
                    }
                }
            }
        }
        let known = store::decided(tx, &tickets).await?;
        desk.known = known.into_iter().map(|row| (row.ticket_id.clone(), row)).collect();
        desk.proposals = store::proposals(tx, &ids).await?;
        if persons {
            desk.entries = store::entries(tx).await?;
        }
        Ok(desk)
    }

    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<i64> {
        let mut outbound = Vec::new();
        match &message.body {
            Heard::Received(r) => outbound.push(self.classify(desk, r, message.now).map_err(Refusal::Illegal)?),
            Heard::Ruled(r) => propose(desk, r, message.id),
            Heard::Person(c) => choose(desk, c, message.now).map_err(Refusal::Illegal)?,
        }
        Ok(Said { outbound, answer: desk.catalogue.version })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        store::save(tx, &desk.decisions, &desk.changed, (&desk.added, &desk.undone)).await
    }
}

fn row(c: &Classified) -> classification::Model {
    classification::Model {
        ticket_id: c.ticket.to_string(),
        category: c.category.clone(),
        class: c.class.code().to_owned(),
        lead: c.lead.to_string(),
        urgent: i32::from(c.urgent),
        division: c.division.as_ref().map(ToString::to_string),
        reasons: serde_json::to_string(&c.reasons).unwrap_or_default(),
        rules_version: c.rules_version.clone(),
        at_ms: c.at.timestamp_millis(),
    }
}
