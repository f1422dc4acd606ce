//! Reasons in words that a clerk understands.

use contracts::ticket::Class;

use crate::{
    decide::Decision,
    knowledge::{Knowledge, Look},
    model::{Known, Model},
    rules::Cue,
    taxonomy::Taxonomy,
};

/// Expressions of the text named in a reason.
const SHOWN: usize = 3;
/// An expression is at most so long, in bytes: six characters.
const LONGEST: usize = 18;

/// Why it is this category, class and urgency.
pub(crate) fn reasons(
    knowledge: &Knowledge,
    model: &Model,
    look: &Look<'_>,
    known: &[Known],
    decision: &Decision,
    given: Option<Class>,
) -> Vec<String> {
    let categories = knowledge.taxonomy.categories();
    let category = &categories[decision.category];
    let sure = (decision.confidence * 100.0).round();
    let words = telling(model, look, known, decision.category);
    let mut reasons = vec![match words.is_empty() {
        true => format!("文中没有特别说明问题的词语，暂归“{} {}”（把握{sure}%）。", category.code, category.name),
        false => format!("文中提到{}，归入“{} {}”（把握{sure}%）。", words.join("、"), category.code, category.name),
    }];
    for &(further, _) in &decision.also {
        let words = telling(model, look, known, further);
        let named = if words.is_empty() { "文中".into() } else { format!("另提到{}，", words.join("、")) };
        reasons.push(format!("{named}可能兼涉“{} {}”，请核对是否拆分办理。", categories[further].code, categories[further].name));
    }
    reasons.extend(urgency(look, decision));
    reasons.push(class(look, decision, given));
    reasons
}

/// A person must choose, and between what.
pub(crate) fn ask_person(taxonomy: &Taxonomy, choices: &[(String, f32)]) -> String {
    let name = |code: &str| taxonomy.category(code).map_or("", |c| c.name.as_str()).to_owned();
    let named: Vec<_> = choices.iter().map(|(code, p)| format!("{code} {}（{:.0}%）", name(code), p * 100.0)).collect();
    format!("把握不大，请人工在{}中选定。", named.join("、"))
}

fn urgency(look: &Look<'_>, decision: &Decision) -> Option<String> {
    let danger = look.evidence.cue_words(Cue::Urgent);
    match (decision.urgent, danger) {
        (true, Some(words)) => Some(format!("文中提到{words}，可能正危及人身安全，按紧急件办理。")),
        (true, None) => Some("从整段文字看，可能正危及人身安全，按紧急件办理。".into()),
        (false, Some(words)) => Some(format!("文中虽提到{words}，但不像正在发生的险情，未按紧急件办理。")),
        (false, None) => None,
    }
}

fn class(look: &Look<'_>, decision: &Decision, given: Option<Class>) -> String {
    if let Some(class) = given {
        return format!("来源已定为“{}”，照办。", class.zh());
    }
    let (cue, why) = match decision.class {
        Class::Simple => (Cue::Simple, "网格员当场或电话即可办结"),
        Class::Coordination => return "责任清楚，需职能部门办理，按“需协调”办理。".into(),
        Class::KeyDifficult => (Cue::Difficult, "涉及多方或长期未决"),
    };
    let words = look.evidence.cue_words(cue).map_or("从整段文字看，".into(), |w| format!("文中提到{w}，"));
    format!("{words}{why}，按“{}”办理。", decision.class.zh())
}

/// The expressions of the text that speak most for a category: keywords, then what the model learnt.
fn telling(model: &Model, look: &Look<'_>, known: &[Known], category: usize) -> Vec<String> {
    let mut words = look.evidence.category_words(category);
    words.truncate(SHOWN);
    for (start, end) in expressions(model, look, known, category) {
        if words.len() >= SHOWN {
            break;
        }
        let expression = &look.text[start..end];
        if !words.iter().any(|w| w.contains(expression) || expression.contains(w.trim_matches(['“', '”']))) {
            words.push(format!("“{expression}”"));
        }
    }
    words
}

/// Where pairs of characters that speak for a category lie over each other they are one expression; the strongest first.
fn expressions(model: &Model, look: &Look<'_>, known: &[Known], category: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(f32, usize, usize)> = Vec::new();
    for &(row, gram) in known {
        let says = model.says(row, category);
        // a piece of a number is no reason that a clerk could follow
        if says <= 0.0 || !gram.is_pair_of_words() {
            continue;
        }
        match found.last_mut() {
            Some((sum, start, end)) if gram.start < *end && gram.end - *start <= LONGEST => {
                *sum += says;
                *end = gram.end;
            }
            _ => found.push((says, gram.start, gram.end)),
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, start, end)| (start, end)).collect()
}
