//! Reasons in words that a clerk understands.

use contracts::ticket::Class;

use crate::{
    decide::Decision,
    knowledge::{Knowledge, Look},
    model::{Known, Model},
    rules::Cue,
    taxonomy::Taxonomy,
    units,
};

mod words;

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
    let words = words::for_category(knowledge, model, look, known, decision.category);
    let mut reasons = vec![match words.is_empty() {
        true => format!("文中没有特别说明问题的词语，暂归“{} {}”（把握{sure}%）。", category.code, category.name),
        false => format!("文中提到{}，归入“{} {}”（把握{sure}%）。", words, category.code, category.name),
    }];
    let (clear, vague): (Vec<_>, Vec<_>) = decision.also.iter().partition(|(_, p)| *p >= units::SURELY_THERE);
    for (further, _) in clear {
        let words = words::for_category(knowledge, model, look, known, further);
        let named = if words.is_empty() { "文中".into() } else { format!("另提到{}，", words) };
        reasons.push(format!("{named}可能兼涉“{} {}”，请核对是否拆分办理。", categories[further].code, categories[further].name));
    }
    if !vague.is_empty() {
        let named: Vec<_> = vague.iter().map(|&(c, _)| format!("“{} {}”", categories[c].code, categories[c].name)).collect();
        reasons.push(format!("也可能涉及{}，把握不大，供参考。", named.join("、")));
    }
    reasons.extend(urgency(knowledge, model, look, known, decision));
    reasons.push(class(look, decision, given));
    reasons
}

/// A person must choose, and between what.
pub(crate) fn ask_person(taxonomy: &Taxonomy, choices: &[(String, f32)]) -> String {
    let name = |code: &str| taxonomy.category(code).map_or("", |c| c.name.as_str()).to_owned();
    let named: Vec<_> = choices.iter().map(|(code, p)| format!("{code} {}（{:.0}%）", name(code), p * 100.0)).collect();
    format!("把握不大，请人工在{}中选定。", named.join("、"))
}

fn urgency(knowledge: &Knowledge, model: &Model, look: &Look<'_>, known: &[Known], decision: &Decision) -> Option<String> {
    if decision.urgent {
        let words = words::for_danger(knowledge, model, look, known, &decision.passage);
        let named = if words.is_empty() { "从整段文字看".into() } else { format!("文中提到{words}") };
        return Some(format!("{named}，可能正危及人身安全，按紧急件办理。"));
    }
    let words = words::of_cue(look, Cue::Urgent);
    (!words.is_empty()).then(|| format!("文中虽提到{words}，但不像正在发生的险情，未按紧急件办理。"))
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
    let words = words::of_cue(look, cue);
    let named = if words.is_empty() { "从整段文字看".into() } else { format!("文中提到{words}") };
    format!("{named}，{why}，按“{}”办理。", decision.class.zh())
}
