//! A new model tried on past tickets, beside the one in force: what changes, for better and for worse, and what nobody
//! judged. Nothing is decided by it; a person reads the report and accepts the model, or does not.

use std::collections::HashSet;

use contracts::district::{District, TAXONOMY};
use outbox::Db;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Classifier, Report as Asked, RuleTexts, Verdict,
    classifier::ClassifierError,
    entity::{classification, model, sample},
    store,
};

/// Changes of each kind that a report shows in full.
const SHOWN: usize = 20;
/// Characters of a text that it shows.
const EXCERPT: usize = 60;
/// Newest labelled tickets that are tried.
const LABELLED: u64 = 5_000;

/// What a model changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the rules and the model that was tried.
    pub tried: String,
    /// Version that was in force.
    pub in_force: String,
    /// Past tickets looked at.
    pub tickets: usize,
    /// Of these: another category.
    pub category: usize,
    /// Another unit.
    pub lead: usize,
    /// Another class.
    pub class: usize,
    /// Newly taken for danger to life or limb.
    pub urgent_gained: usize,
    /// No longer taken for it: every one is to be read.
    pub urgent_lost: usize,
    /// Tickets of which a person said what they are.
    pub labelled: usize,
    /// Right on these before.
    pub right_before: usize,
    /// Right on these with the model that was tried.
    pub right_after: usize,
    /// Wrong before, right now.
    pub better: Vec<Change>,
    /// Right before, wrong now.
    pub worse: Vec<Change>,
    /// Danger no longer seen.
    pub danger: Vec<Change>,
    /// Other changes, which nobody judged.
    pub open: Vec<Change>,
}

/// A ticket that the models see differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The ticket.
    pub ticket: String,
    /// The start of its text, numbers masked.
    pub text: String,
    /// Category and unit before.
    pub before: String,
    /// Category and unit with the model that was tried.
    pub after: String,
    /// What a person said; empty: nobody did.
    pub said: String,
}

/// Why a model was not tried.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// It can't be used with the rules and the taxonomy.
    #[error(transparent)]
    Model(#[from] ClassifierError),
    /// The past tickets can't be read.
    #[error("database: {0}")]
    Db(#[from] DbErr),
}

/// Tries a model on at most `most` past tickets and on the newest that people labelled, and keeps it with its report.
/// Gives its id, by which a person accepts it.
///
/// # Errors
/// The model does not fit, or the database is away.
pub async fn try_model(db: &Db, bytes: Vec<u8>, most: usize, now_ms: i64) -> Result<(String, Report), ShadowError> {
    let read = |bytes: &[u8]| Classifier::read(TAXONOMY, District::sample(), &RuleTexts::SHIPPED, bytes);
    let after = read(&bytes)?;
    let before = match store::model_in_force(db).await? {
        Some(bytes) => read(&bytes)?,
        None => Classifier::sample(),
    };
    let mut trial = Trial::new(&before, &after);
    for (said, decided) in store::samples(db, LABELLED).await? {
        trial.labelled(&said, &decided);
    }
    let mut behind = String::new();
    while trial.report.tickets < most {
        let page = store::past(db, &behind).await?;
        let Some(last) = page.last() else { break };
        behind.clone_from(&last.ticket_id);
        page.iter().take(most - trial.report.tickets).for_each(|decided| trial.past(decided));
    }
    let report = trial.report;
    let id = hex::encode(&Sha256::digest(&bytes)[..8]);
    let text = serde_json::to_string(&report).map_err(|e| DbErr::Json(e.to_string()))?;
    store::keep_model(db, model::Model { id: id.clone(), bytes, report: text, at_ms: now_ms }).await?;
    Ok((id, report))
}

struct Trial<'a> {
    before: &'a Classifier,
    after: &'a Classifier,
    district: &'static District,
    /// Tickets of which a person said what they are.
    judged: HashSet<String>,
    report: Report,
}

impl<'a> Trial<'a> {
    fn new(before: &'a Classifier, after: &'a Classifier) -> Self {
        let report = Report { tried: after.version().to_owned(), in_force: before.version().to_owned(), ..Report::default() };
        Self { before, after, district: District::sample(), judged: HashSet::new(), report }
    }

    fn both(&self, decided: &classification::Model) -> (Verdict, Verdict) {
        let place = decided.division.as_deref().and_then(|d| d.parse().ok());
        let asked = Asked { division: place.as_ref(), ..Asked::of_text(&decided.text) };
        (self.before.classify(&asked), self.after.classify(&asked))
    }

    fn labelled(&mut self, said: &sample::Model, decided: &classification::Model) {
        self.judged.insert(said.ticket_id.clone());
        let (before, after) = self.both(decided);
        let right = |v: &Verdict| {
            let unit = self.district.resolve(&v.lead, v.division.as_ref());
            let category = said.category.as_ref().is_none_or(|c| *c == v.category);
            let danger = said.urgent.is_none_or(|urgent| (urgent == 1) == v.urgent);
            category && danger && said.lead.as_ref().is_none_or(|l| unit.is_some_and(|u| u.as_str() == l))
        };
        let (was, is) = (right(&before), right(&after));
        let danger = said.urgent.map(|urgent| if urgent == 1 { "紧急" } else { "不紧急" });
        let words = [said.category.as_deref(), said.lead.as_deref(), danger];
        let said = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let change = change(decided, (&before, &after), said);
        let report = &mut self.report;
        report.labelled += 1;
        report.right_before += usize::from(was);
        report.right_after += usize::from(is);
        match (was, is) {
            (false, true) => show(&mut report.better, change),
            (true, false) => show(&mut report.worse, change),
            _ => {}
        }
    }

    fn past(&mut self, decided: &classification::Model) {
        let (before, after) = self.both(decided);
        let judged = self.judged.contains(&decided.ticket_id);
        let report = &mut self.report;
        report.tickets += 1;
        let (category, lead) = (before.category != after.category, before.lead != after.lead);
        report.category += usize::from(category);
        report.lead += usize::from(lead);
        report.class += usize::from(before.class != after.class);
        report.urgent_gained += usize::from(!before.urgent && after.urgent);
        if before.urgent && !after.urgent {
            report.urgent_lost += 1;
            show(&mut report.danger, change(decided, (&before, &after), String::new()));
        } else if (category || lead) && !judged {
            show(&mut report.open, change(decided, (&before, &after), String::new()));
        }
    }
}

fn change(decided: &classification::Model, (before, after): (&Verdict, &Verdict), said: String) -> Change {
    let told = |v: &Verdict| format!("{} {} {}", v.category, v.category_name, v.lead);
    Change {
        ticket: decided.ticket_id.clone(),
        text: decided.text.chars().take(EXCERPT).collect(),
        before: told(before),
        after: told(after),
        said,
    }
}

fn show(changes: &mut Vec<Change>, change: Change) {
    if changes.len() < SHOWN {
        changes.push(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::MODEL;

    fn decided(n: usize, text: &str) -> classification::Model {
        classification::Model {
            ticket_id: format!("t{n}"),
            category: "0203".into(),
            class: "coordination".into(),
            lead: "D02".into(),
            urgent: 0,
            division: None,
            text: text.into(),
            rules_version: String::new(),
            at_ms: 0,
        }
    }

    fn said(n: usize, lead: &str) -> sample::Model {
        let (id, ticket_id) = (format!("s{n}"), format!("t{n}"));
        let lead = Some(lead.to_owned());
        sample::Model { id, ticket_id, category: None, class: None, lead, urgent: None, source: "ruled".into(), at_ms: 0 }
    }

    /// A classifier that gives street lamps of 省道 to the roads' department, beside one that does not.
    #[test]
    fn what_changes_is_told_for_better_and_for_worse() {
        let before = Classifier::sample();
        let leads = format!("{}0203,路灯,D11,,试\n", RuleTexts::SHIPPED.leads);
        let rules = RuleTexts { leads: &leads, ..RuleTexts::SHIPPED };
        let after = Classifier::read(TAXONOMY, District::sample(), &rules, MODEL).unwrap();
        let lamp = "阳明西路路灯不亮，晚上出行不便，请城管局维修";
        let mut trial = Trial::new(&before, &after);
        trial.labelled(&said(1, "D11"), &decided(1, lamp));
        trial.labelled(&said(2, "D02"), &decided(2, lamp));
        for n in 1..=3 {
            trial.past(&decided(n, lamp));
        }
        let told = |changes: &[Change]| changes.iter().map(|c| c.ticket.clone()).collect::<Vec<_>>();
        let r = trial.report;
        assert_eq!((r.labelled, r.right_before, r.right_after), (2, 1, 1), "the newest word on a ticket counts: {r:?}");
        assert_eq!((told(&r.better), told(&r.worse), told(&r.open)), (vec!["t1".into()], vec!["t2".into()], vec!["t3".into()]));
        assert_eq!((r.tickets, r.category, r.lead), (3, 0, 3));
    }
}
