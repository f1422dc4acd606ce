//! What classification does with what it hears: decide, save, say.

use std::collections::HashSet;

use contracts::{
    district::District,
    envelope::{Envelope, Inbound, Outbound},
    family::Family,
    id::{MessageId, UnitId},
    problem::Problem,
    subject,
    ticket::{Classified, Received, TicketFact},
};
use outbox::{
    Decision, Fault, Handler, Heard as HeardTrait, Refusal, Said, Tx,
    bulk::{self, Existing},
};

use crate::{Classifier, Report, Verdict, entity::classification};

/// A ticket was received.
#[derive(Clone, Debug)]
pub struct Heard(Box<Received>);

impl HeardTrait for Heard {
    fn read(_subject: &str, envelope: &Envelope, body: &[u8]) -> Result<Self, Problem> {
        match envelope.open::<TicketFact>(body)? {
            TicketFact::Received(r) => Ok(Self(Box::new(r))),
            _ => Err(Problem::new("not_heard", "分类服务不处理此消息", "classification does not hear this message")),
        }
    }
}

/// Decides class, category, division and units.
#[derive(Debug)]
pub struct Classification {
    classifier: Classifier,
    district: &'static District,
}

impl Classification {
    /// With these rules, for the sample district.
    pub fn new(classifier: Classifier) -> Self {
        Self { classifier, district: District::sample() }
    }

    fn fact(&self, r: &Received, v: &Verdict, message: &Inbound<Heard>) -> Result<Classified, Problem> {
        let place = v.division.as_ref();
        let unit = |code: &str| self.district.resolve(code, place);
        let lead = unit(&v.lead)
            .ok_or_else(|| Problem::new("unknown_unit", "规则指向的单位不存在", "the rules name a unit that is not there"))?;
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
            reasons: v.reasons.clone(),
            rules_version: v.rules_version.clone(),
            at: message.now,
            received_at: r.at,
        })
    }
}

impl Handler for Classification {
    const SERVICE: &'static str = "classification";
    type Heard = Heard;
    type Desk = Vec<classification::Model>;
    type Answer = ();

    async fn load(&self, _tx: &Tx, _batch: &[Inbound<Heard>]) -> Result<Self::Desk, Fault> {
        Ok(Vec::new())
    }

    fn decide(&self, desk: &mut Self::Desk, message: &Inbound<Heard>) -> Decision<()> {
        let r = &*message.body.0;
        let verdict = self.classifier.classify(&Report { text: &r.text, division: r.division.as_ref(), class: r.class });
        let fact = self.fact(r, &verdict, message).map_err(Refusal::Illegal)?;
        desk.push(row(&fact));
        let fact = TicketFact::from(fact);
        let id = MessageId::derive(r.ticket.0, "2 classified");
        let out = Outbound::new(id, subject::FACTS, subject::fact(TicketFact::FAMILY, fact.kind()), &fact, message.now);
        Ok(Said { outbound: vec![out.about(r.ticket).at_seq(2)], answer: () })
    }

    async fn save(&self, tx: &Tx, desk: Self::Desk) -> Result<(), Fault> {
        bulk::write::<classification::Entity>(&**tx, &desk, Existing::Keep).await?;
        Ok(())
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
