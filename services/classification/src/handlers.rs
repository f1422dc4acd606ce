//! What classification does with what it hears: load, decide, save, say.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use contracts::{
    district::{District, TAXONOMY},
    envelope::{Inbound, Outbound},
    family::Family,
    id::{MessageId, UnitId},
    lifecycle::Class,
    problem::Problem,
    subject,
    ticket::{Classified, Received, TicketFact},
};
use outbox::{Decision, Fault, Handler, Refusal, Said, Tx};

use crate::{
    Classifier, Report, RuleTexts, Verdict,
    catalogue::Catalogue,
    config::Config,
    entity::classification,
    heard::Heard,
    learning,
    opinion::Adviser,
    register::{Choice, Register},
    store::{self, News},
};

/// Decides class, category, division and units.
#[derive(Debug)]
pub struct Classification {
    config: Config,
    shipped: Arc<Classifier>,
    district: &'static District,
    /// As it was last read; the database has the version in force.
    last_read: RwLock<Arc<InForce>>,
    /// Who is asked for a second opinion on what waits for a person.
    adviser: Option<Arc<Adviser>>,
}

/// What decides now, as people accepted it.
#[derive(Debug)]
struct InForce {
    version: i64,
    /// Id of the model; empty: the one shipped.
    model: String,
    classifier: Arc<Classifier>,
    catalogue: Catalogue,
}

/// What lies on the desk while a batch is decided.
#[derive(Debug)]
pub struct Desk {
    in_force: Arc<InForce>,
    known: HashMap<String, classification::Model>,
    register: Register,
    news: News,
}

impl Classification {
    /// With these rules and settings, for the sample district.
    pub fn new(classifier: Classifier, config: Config) -> Self {
        let shipped = Arc::new(classifier);
        let catalogue = Catalogue::default();
        let first = InForce { version: 0, model: String::new(), classifier: shipped.clone(), catalogue };
        let last_read = RwLock::new(Arc::new(first));
        Self { config, shipped, district: District::sample(), last_read, adviser: None }
    }

    /// With somebody who is asked for a second opinion.
    #[must_use]
    pub(crate) fn advised(self, adviser: Option<Arc<Adviser>>) -> Self {
        Self { adviser, ..self }
    }

    /// The classifier that decided last.
    pub(crate) fn deciding(&self) -> Arc<Classifier> {
        self.last_read.read().unwrap_or_else(PoisonError::into_inner).classifier.clone()
    }

    /// What is in force; read again only if its version changed.
    async fn in_force(&self, tx: &Tx) -> Result<Arc<InForce>, Fault> {
        let (version, model) = store::in_force(tx).await?;
        let known = self.last_read.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.version == version {
            return Ok(known);
        }
        let classifier = if model == known.model { known.classifier.clone() } else { self.classifier(tx, &model).await? };
        let catalogue = Catalogue::of(&store::entries(tx).await?);
        let read = Arc::new(InForce { version, model, classifier, catalogue });
        *self.last_read.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }

    /// The classifier with this model. One that this version of the product can't use gives way to the one shipped: tickets
    /// must go on, and each keeps which model decided.
    async fn classifier(&self, tx: &Tx, model: &str) -> Result<Arc<Classifier>, Fault> {
        let bytes = if model.is_empty() { None } else { store::model(tx, model).await? };
        let Some(bytes) = bytes else { return Ok(self.shipped.clone()) };
        let read = move || Classifier::read(TAXONOMY, District::sample(), &RuleTexts::SHIPPED, &bytes);
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(classifier)) => Ok(Arc::new(classifier)),
            Ok(Err(e)) => {
                tracing::error!(model, error = %e, "the model can't be used; the one shipped decides");
                Ok(self.shipped.clone())
            }
            Err(_) => Ok(self.shipped.clone()),
        }
    }

    fn fact(&self, now: &InForce, r: &Received, v: &Verdict, at: DateTime<Utc>) -> Result<Classified, Problem> {
        let place = v.division.as_ref();
        let unit = |code: &str| self.district.resolve(code, place);
        let mut reasons = v.reasons.clone();
        let mut lead = unit(&v.lead)
            .ok_or_else(|| Problem::new("unknown_unit", "规则指向的单位不存在", "the rules name a unit that is not there"))?;
        // a simple matter stays with its grid, whatever departments were ruled to do
        if v.class != Class::Simple
            && let Some((version, taught)) = now.catalogue.instead(self.district, (&v.category, place), &lead, r.at)
        {
            let name = self.district.unit(&taught).map_or(taught.as_str(), |u| &u.name);
            reasons.push(format!("派单目录第 {version} 版：此类事项由{name}承办。"));
            lead = taught;
        }
        let mut seen: HashSet<UnitId> = HashSet::from([lead.clone()]);
        let others = v.others.iter().filter_map(|code| unit(code)).filter(|u| seen.insert(u.clone())).collect();
        let ask = self.asks(v);
        reasons.extend(ask.map(str::to_owned));
        Ok(Classified {
            ticket: r.ticket,
            number: r.number.clone(),
            text: r.text.clone(),
            source: r.source.clone(),
            category: v.category.clone(),
            category_name: v.category_name.clone(),
            also: v.also.clone(),
            perhaps: v.perhaps.clone(),
            class: v.class,
            nature: v.nature,
            urgent: v.urgent,
            lead,
            others,
            division: v.division.clone(),
            hold: r.hold || ask.is_some(),
            confidence: Some(f64::from(v.confidence)),
            choices: if v.needs_person { v.choices.iter().map(|(code, _)| code.clone()).collect() } else { Vec::new() },
            reasons,
            rules_version: format!("{} · 派单目录 {}", v.rules_version, now.version),
            at,
            received_at: r.at,
        })
    }

    /// Why a person is asked before the ticket goes to a unit; none if it goes at once. Danger never waits; and a hard matter
    /// comes before the centre's convener in any case.
    fn asks(&self, v: &Verdict) -> Option<&'static str> {
        if v.urgent || v.class == Class::KeyDifficult {
            return None;
        }
        if v.confidence < self.config.ask_below {
            return Some("把握太小，先由区综治中心人工受理。");
        }
        // a grid's or a town's matter of which the text names a place that may be two
        let local = matches!(v.lead.as_str(), "GRID" | "TOWN");
        let open = v.division.is_none() && v.mentions.iter().any(|m| m.codes.len() > 1);
        (local && open).then_some("归属地不能确定，先由区综治中心核实后受理。")
    }

    fn classify(&self, desk: &mut Desk, r: &Received, now: DateTime<Utc>) -> Result<Outbound, Problem> {
        let taught = desk.in_force.catalogue.words();
        let report = Report { text: &r.text, division: r.division.as_ref(), lately: &r.lately, class: r.class, taught };
        let verdict = desk.in_force.classifier.classify(&report);
        let fact = self.fact(&desk.in_force, r, &verdict, now)?;
        if let Some(adviser) = self.adviser.as_ref().filter(|_| fact.hold) {
            adviser.ask(r.ticket, &r.text);
        }
        let row = row(&fact);
        desk.known.insert(row.ticket_id.clone(), row.clone());
        desk.news.decisions.push(row);
        let fact = TicketFact::from(fact);
        let id = MessageId::derive(r.ticket.0, "2 classified");
        let out = Outbound::new(id, subject::FACTS, subject::fact(TicketFact::FAMILY, fact.kind()), &fact, now);
        Ok(out.about(r.ticket).at_seq(2))
    }
}

impl Handler for Classification {
    const SERVICE: &'static str = "classification";
    type Heard = Heard;
    type Desk = Desk;
    type Answer = i64;

    async fn load(&self, tx: &Tx, batch: &[Inbound<Heard>]) -> Result<Desk, Fault> {
        let (mut tickets, mut ids, mut persons) = (Vec::new(), Vec::new(), false);
        for message in batch {
            match &message.body {
                Heard::Nothing => {}
                Heard::Received(r) => tickets.push(r.ticket.to_string()),
                Heard::Ruled(r) => tickets.push(r.of.ticket.to_string()),
                Heard::Noted(n) => tickets.push(n.ticket.to_string()),
                Heard::Person(c) => {
                    persons = true;
                    if let Choice::Accept { id, .. } | Choice::Refuse { id } = &c.choice {
                        ids.push(id.clone());
                    }
                }
            }
        }
        let known = store::decided(tx, &tickets).await?;
        Ok(Desk {
            in_force: self.in_force(tx).await?,
            known: known.into_iter().map(|row| (row.ticket_id.clone(), row)).collect(),
            register: if persons { store::register(tx, &ids).await? } else { Register::default() },
            news: News::default(),
        })
    }

    /// The answer to a person is the version that stands then.
    fn decide(&self, desk: &mut Desk, message: &Inbound<Heard>) -> Decision<i64> {
        let mut outbound = Vec::new();
        let mut answer = desk.in_force.version;
        match &message.body {
            // the first word stands
            Heard::Received(r) if desk.known.contains_key(&r.ticket.to_string()) => {}
            Heard::Received(r) => outbound.push(self.classify(desk, r, message.now).map_err(Refusal::Illegal)?),
            Heard::Nothing => {}
            Heard::Ruled(r) => {
                if let Some(decided) = desk.known.get(&r.of.ticket.to_string()) {
                    learning::ruled(&mut desk.news, decided, r, message.id);
                }
            }
            Heard::Noted(n) => {
                if let Some(decided) = desk.known.get(&n.ticket.to_string()) {
                    learning::noted(&mut desk.news, decided, n, message.id);
                }
            }
            Heard::Person(c) => {
                let by = (c.person.as_str(), c.reason.masked());
                desk.register.choose(&c.choice, by, message.now.timestamp_millis()).map_err(Refusal::Illegal)?;
                answer = desk.register.version();
            }
        }
        Ok(Said { outbound, answer })
    }

    async fn save(&self, tx: &Tx, desk: Desk) -> Result<(), Fault> {
        store::save(tx, &desk.news).await?;
        store::decide(tx, &desk.register).await
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
        text: c.text.clone(),
        rules_version: c.rules_version.clone(),
        at_ms: c.at.timestamp_millis(),
    }
}
