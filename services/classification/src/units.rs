//! Who must act: the unit that leads and those beside it.

use contracts::ticket::Class;

use crate::{
    decide::Decision,
    knowledge::{Knowledge, Look},
    model::{About, Odds},
    rules::LeadRule,
};

/// The code of the grid, which handles simple matters alone.
const GRID: &str = "GRID";
/// The code of the town or street, which takes part in every hard matter of its place.
const TOWN: &str = "TOWN";
/// A simple matter less certain than this names the unit that would act if the grid could not.
const SURELY_SIMPLE: f32 = 0.8;
/// A unit is named from this probability of taking part, or of leading, on.
const TAKES_PART: f32 = 0.3;
const MAY_LEAD: f32 = 0.12;
/// A further matter that is as sure as this is a matter of its own: its unit takes part, and a split is offered.
pub(crate) const SURELY_THERE: f32 = 0.25;
/// A ticket with more units has none that feels responsible.
const MOST_OTHERS: usize = 4;

/// Units with the reasons for them.
pub(crate) struct Units {
    pub(crate) lead: String,
    pub(crate) others: Vec<String>,
}

pub(crate) fn choose(
    knowledge: &Knowledge,
    about: &About,
    look: &Look<'_>,
    odds: &Odds,
    decision: &Decision,
    class: Class,
    reasons: &mut Vec<String>,
) -> Units {
    let taxonomy = &knowledge.taxonomy;
    let category = &taxonomy.categories()[decision.category];
    let name = |unit: &str| taxonomy.department(unit).unwrap_or(unit).to_owned();
    let rule = knowledge.rules.leads.iter();
    let rule = rule.clone().find(|r| r.category == decision.category && r.terms.iter().any(|t| look.found.has(t)));
    let acts = rule.map_or(&category.lead, |r| &r.lead).clone();
    if class == Class::Simple {
        reasons.push("简易件由网格员自办自结。".into());
        let others = if odds.class[0] < SURELY_SIMPLE { vec![acts] } else { Vec::new() };
        if let Some(unit) = others.first() {
            reasons.push(format!("如网格办不了，转{}。", name(unit)));
        }
        return Units { lead: GRID.into(), others };
    }
    reasons.push(match rule {
        Some(LeadRule { why, .. }) => format!("{why}，由{}主办。", name(&acts)),
        None => format!("“{}”由{}主办。", category.name, name(&acts)),
    });
    let mut others: Vec<String> = Vec::new();
    let candidates = rule.into_iter().flat_map(|r| r.others.iter().cloned());
    let candidates = candidates
        .chain(decision.also.iter().filter(|&&(_, s)| s >= SURELY_THERE).map(|&(c, _)| taxonomy.categories()[c].lead.clone()));
    let candidates = candidates.chain((class == Class::KeyDifficult).then(|| TOWN.to_owned()));
    for unit in candidates.chain(by_model(knowledge, about, odds)) {
        if unit != acts && !others.contains(&unit) && others.len() < MOST_OTHERS {
            others.push(unit);
        }
    }
    if !others.is_empty() {
        reasons.push(format!("由{}协办。", others.iter().map(|u| name(u)).collect::<Vec<_>>().join("、")));
    }
    Units { lead: acts, others }
}

/// Units that the model expects to take part or to lead, the most expected first.
fn by_model(knowledge: &Knowledge, about: &About, odds: &Odds) -> Vec<String> {
    let mut leads = vec![0.0; about.units.len()];
    knowledge.taxonomy.leads().iter().zip(&odds.category).for_each(|(&unit, p)| leads[unit] += p);
    let mut expected: Vec<(f32, &String)> = Vec::new();
    for ((unit, &takes_part), leads) in about.units.iter().zip(&odds.unit).zip(leads) {
        let leads = if unit == GRID { 0.0 } else { leads };
        if takes_part >= TAKES_PART || leads >= MAY_LEAD {
            expected.push((takes_part.max(leads), unit));
        }
    }
    expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    expected.into_iter().map(|(_, u)| u.clone()).collect()
}
