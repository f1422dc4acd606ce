//! The forms on a ticket's page: what a clerk of the centre does most, as data. Pure.

use contracts::{
    district::District,
    lifecycle::{Class, State},
    problem::Problem,
    ticket::{AlarmAnswer, RefusalReason, RequestKind, SupervisionLevel},
};
use serde_json::{Map, Value};

use crate::{
    lang::Lang,
    names::{self, Choice},
};

/// One form: one act.
#[derive(Debug)]
struct Form {
    /// As in `do`.
    act: &'static str,
    zh: &'static str,
    en: &'static str,
    /// Where it is offered.
    states: &'static [State],
    fields: &'static [Field],
}

/// One field of a form; its name is its place in the act's JSON.
#[derive(Debug)]
struct Field {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    kind: Kind,
    /// An empty one is refused; else it is left out.
    required: bool,
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A line.
    Line,
    /// Several lines.
    Area,
    /// A unit's id.
    Unit,
    /// The number of another ticket.
    Ticket,
    /// A whole number.
    Count,
    /// Not asked, always this: dispatch counts for itself.
    Always(u32),
    /// Yes or no, by a box.
    Box,
    /// Yes or no, by choice; an empty choice is none.
    Yes,
    /// One of a closed list.
    Pick(fn(Lang) -> Vec<Choice>),
    /// One of the requests that wait.
    Waiting,
    /// What became of the alarm that waits.
    Answer,
}

const fn must(name: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Field {
    Field { name, zh, en, kind, required: true }
}

const fn may(name: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Field {
    Field { name, zh, en, kind, required: false }
}

const REASON: Field = must("reason", "理由", "Reason", Kind::Area);

const FORMS: &[Form] = &[
    Form {
        act: "answer_alarm",
        zh: "告警处置",
        en: "Answer the alarm",
        states: &[],
        fields: &[
            must("answer", "处置", "Answer", Kind::Answer),
            must("note", "告知了谁、对方警单号", "Who was told, their case number", Kind::Area),
        ],
    },
    Form {
        act: "accept",
        zh: "受理",
        en: "Accept",
        states: &[State::Received],
        fields: &[
            may("class", "难度（空为按分类）", "Class (empty: as classified)", Kind::Pick(classes)),
            may("category", "类别（空为按分类）", "Category (empty: as classified)", Kind::Pick(categories)),
            may("division", "归属地（空为按分类）", "Place (empty: as classified)", Kind::Pick(divisions)),
            may("lead", "主办单位（空为按分类）", "Lead (empty: as classified)", Kind::Unit),
        ],
    },
    Form {
        act: "answer_now",
        zh: "即时答复",
        en: "Answer now",
        states: &[State::Received],
        fields: &[must("knowledge", "知识条目", "Knowledge item", Kind::Line), must("reply", "答复", "Reply", Kind::Area)],
    },
    Form {
        act: "refuse",
        zh: "不予受理",
        en: "Refuse",
        states: &[State::Received],
        fields: &[must("reason", "理由", "Reason", Kind::Pick(refusals)), must("way", "告知途径", "The right way", Kind::Area)],
    },
    Form {
        act: "hand_over",
        zh: "转送",
        en: "Hand over",
        states: &[State::Received],
        fields: &[must("to", "转送", "To", Kind::Pick(desks)), must("note", "告知内容", "What was told", Kind::Area)],
    },
    Form {
        act: "ask_info",
        zh: "退回补充",
        en: "Ask the citizen",
        states: &[State::Received],
        fields: &[must("missing", "缺少什么", "What is missing", Kind::Area)],
    },
    Form {
        act: "dispatch",
        zh: "派单",
        en: "Dispatch",
        states: &[State::PendingDispatch],
        fields: &[must("to", "派往单位", "To", Kind::Unit), REASON],
    },
    Form { act: "recall", zh: "撤回派单", en: "Recall", states: &[State::Dispatched], fields: &[REASON] },
    Form {
        act: "rule",
        zh: "退单裁定",
        en: "Rule on the return",
        states: &[State::ReturnReview],
        fields: &[
            must("ruling.kind", "裁定", "Ruling", Kind::Pick(rulings)),
            may("ruling.to", "改由单位（不同意退单时留空）", "To unit (empty if refused)", Kind::Unit),
            REASON,
        ],
    },
    Form {
        act: "check",
        zh: "审核",
        en: "Check",
        states: &[State::FeedbackReview],
        fields: &[must("pass", "通过", "Passed", Kind::Yes), may("reason", "退回理由", "Why it is sent back", Kind::Area)],
    },
    Form {
        act: "call_back",
        zh: "回访",
        en: "Call back",
        states: &[State::PendingCallback, State::Merged],
        fields: &[
            must("answers.contacted", "诉求人称已联系", "Contacted", Kind::Yes),
            may("answers.solved", "已解决（未接通留空）", "Solved (empty: not reached)", Kind::Yes),
            may("answers.satisfied", "满意（未接通留空）", "Satisfied (empty: not reached)", Kind::Yes),
            may("answers.upheld", "不满意已查实", "Dissatisfaction upheld", Kind::Box),
            must("answers.tries", "", "", Kind::Always(1)),
        ],
    },
    Form {
        act: "no_answer", zh: "回访未接通", en: "No answer", states: &[State::PendingCallback, State::Merged], fields: &[]
    },
    Form {
        act: "grant",
        zh: "同意申请",
        en: "Grant a request",
        states: &[],
        fields: &[must("request", "申请", "Request", Kind::Waiting), may("reason", "意见", "A word on it", Kind::Area)],
    },
    Form {
        act: "deny",
        zh: "不同意申请",
        en: "Deny a request",
        states: &[],
        fields: &[must("request", "申请", "Request", Kind::Waiting), REASON],
    },
    Form {
        act: "reclassify",
        zh: "申请重新分类",
        en: "Ask for a reclassification",
        states: &[State::PendingDispatch, State::Dispatched, State::InProgress],
        fields: &[
            may("category", "类别（空为不变）", "Category (empty: as it is)", Kind::Pick(categories)),
            may("class", "难度（空为不变）", "Class (empty: as it is)", Kind::Pick(classes)),
            may("lead", "主办单位（空为按类别）", "Lead (empty: by category)", Kind::Unit),
            REASON,
        ],
    },
    Form { act: "resume", zh: "恢复办理", en: "Resume", states: &[State::Suspended, State::Deferred], fields: &[REASON] },
    Form {
        act: "urge",
        zh: "催办",
        en: "Urge",
        states: State::OPEN,
        fields: &[must("text", "内容", "What is said", Kind::Area)],
    },
    Form {
        act: "alarm",
        zh: "告警（危及人身安全）",
        en: "Raise the alarm (danger to life or limb)",
        states: State::OPEN,
        fields: &[must("note", "有什么危险", "What the danger is", Kind::Area)],
    },
    Form {
        act: "supervise",
        zh: "督办",
        en: "Supervise",
        states: State::OPEN,
        fields: &[
            must("level", "级别", "Level", Kind::Pick(levels)),
            must("text", "要求", "What is asked", Kind::Area),
            must("reply_days", "几个工作日内回复", "Reply in working days", Kind::Count),
        ],
    },
    Form {
        act: "merge",
        zh: "并案",
        en: "Merge",
        states: State::OPEN,
        fields: &[
            must("into", "主案单号", "Number of the lead case", Kind::Ticket),
            may("same.cause", "同一起因", "Same cause", Kind::Box),
            may("same.place", "同一地点", "Same place", Kind::Box),
            may("same.time", "同一时间", "Same time", Kind::Box),
            REASON,
        ],
    },
    Form { act: "split", zh: "拆案", en: "Split", states: &[State::Merged], fields: &[REASON] },
];

fn classes(lang: Lang) -> Vec<Choice> {
    Class::ALL.iter().map(|c| Choice::new(c.code(), lang.pick(c.zh(), c.en()), "")).collect()
}

fn categories(_: Lang) -> Vec<Choice> {
    District::sample().categories().map(|c| Choice::new(&c.code, names::category(&c.code), "")).collect()
}

fn divisions(_: Lang) -> Vec<Choice> {
    let all = District::sample().divisions().iter();
    all.map(|d| Choice::new(d.code.as_str(), names::division(&d.code), "")).collect()
}

fn refusals(lang: Lang) -> Vec<Choice> {
    RefusalReason::ALL.iter().map(|r| Choice::new(r.code(), lang.pick(r.zh(), r.en()), "")).collect()
}

fn levels(lang: Lang) -> Vec<Choice> {
    SupervisionLevel::ALL.iter().map(|l| Choice::new(l.code(), lang.pick(l.zh(), l.en()), "")).collect()
}

fn desks(lang: Lang) -> Vec<Choice> {
    let of = |code, zh, en| Choice::new(code, lang.pick(zh, en), "");
    vec![of("emergency", "110、119、120", "110, 119, 120"), of("petition", "信访", "petitions")]
}

fn answers(lang: Lang) -> Vec<Choice> {
    AlarmAnswer::ALL.iter().map(|a| Choice::new(a.code(), lang.pick(a.zh(), a.en()), "")).collect()
}

fn rulings(lang: Lang) -> Vec<Choice> {
    let of = |code, zh, en| Choice::new(code, lang.pick(zh, en), "");
    vec![
        of("grant", "同意退单", "grant"),
        of("refuse", "不同意退单", "refuse"),
        of("designate", "指定承办（不得再退）", "designate, for good"),
    ]
}

/// A form for the page.
#[derive(Clone, Debug)]
pub struct FormView {
    /// As in `do`.
    pub act: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A field for the page.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Name.
    pub name: &'static str,
    /// Label.
    pub label: &'static str,
    /// How it looks: line, area, unit, count, box, pick.
    pub look: &'static str,
    /// What it offers.
    pub choices: Vec<Choice>,
    /// An empty one is refused.
    pub required: bool,
}

/// The forms for a ticket in this state, with these requests, and perhaps an alarm, waiting.
pub fn offered(state: Option<State>, (waiting, alarmed): (&[RequestKind], bool), lang: Lang) -> Vec<FormView> {
    let here = |form: &&Form| match form.fields {
        [Field { kind: Kind::Waiting, .. }, ..] => !waiting.is_empty(),
        [Field { kind: Kind::Answer, .. }, ..] => alarmed,
        _ => state.is_some_and(|s| form.states.contains(&s)),
    };
    let view = |form: &Form| FormView {
        act: form.act,
        title: lang.pick(form.zh, form.en),
        fields: form.fields.iter().filter(|f| f.is_asked()).map(|f| f.view(waiting, lang)).collect(),
    };
    FORMS.iter().filter(here).map(view).collect()
}

impl Field {
    fn view(&self, waiting: &[RequestKind], lang: Lang) -> FieldView {
        let yes = || vec![Choice::new("true", lang.pick("是", "yes"), ""), Choice::new("false", lang.pick("否", "no"), "")];
        let requests = || waiting.iter().map(|r| Choice::new(r.code(), lang.pick(r.zh(), r.en()), "")).collect();
        let (look, choices) = match self.kind {
            Kind::Line | Kind::Ticket | Kind::Always(_) => ("line", Vec::new()),
            Kind::Area => ("area", Vec::new()),
            Kind::Unit => ("unit", Vec::new()),
            Kind::Count => ("count", Vec::new()),
            Kind::Box => ("box", Vec::new()),
            Kind::Yes => ("pick", yes()),
            Kind::Pick(choices) => ("pick", choices(lang)),
            Kind::Waiting => ("pick", requests()),
            Kind::Answer => ("pick", answers(lang)),
        };
        FieldView { name: self.name, label: lang.pick(self.zh, self.en), look, choices, required: self.required }
    }

    fn is_asked(&self) -> bool {
        !matches!(self.kind, Kind::Always(_))
    }

    fn missing(&self) -> Problem {
        Problem::field(self.name, &format!("（{}）未填写", self.zh), &format!("({}) is empty", self.en))
    }

    /// The value that a text means.
    fn value(&self, text: &str) -> Result<Value, Problem> {
        Ok(match self.kind {
            Kind::Count => text.parse::<u32>().map(Value::from).map_err(|_| {
                Problem::field(self.name, &format!("（{}）应为整数", self.zh), &format!("({}) takes a whole number", self.en))
            })?,
            Kind::Box => Value::Bool(true),
            Kind::Yes => Value::Bool(text == "true"),
            _ => Value::from(text),
        })
    }
}

/// The act that a form means, as JSON. `ticket` finds the id of another ticket by its number.
pub fn read(pairs: &[(String, String)], ticket: impl Fn(&str) -> Option<String>) -> Result<Value, Problem> {
    let given = |name: &str| pairs.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.trim());
    let unknown = || Problem::new("unknown_act", "没有这个操作", "there is no such act");
    let form = FORMS.iter().find(|form| form.act == given("do")).ok_or_else(unknown)?;
    let mut act = Map::from_iter([("do".to_owned(), Value::from(form.act))]);
    for field in form.fields {
        let text = given(field.name);
        let value = match field.kind {
            Kind::Always(n) => Value::from(n),
            _ if text.is_empty() && field.required => return Err(field.missing()),
            // a box that is not ticked is not sent
            _ if text.is_empty() => continue,
            Kind::Ticket => Value::from(ticket(text).ok_or_else(no_ticket)?),
            _ => field.value(text)?,
        };
        put(&mut act, field.name, value);
    }
    Ok(Value::Object(act))
}

fn no_ticket() -> Problem {
    Problem::new("unknown_ticket", "没有这个单号的工单，请核对", "no ticket has this number; check it")
}

/// Puts a value at its place: `answers.tries` into `answers`.
fn put(act: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            act.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let object = act.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(object) = object {
                object.insert(inner.to_owned(), value);
            }
        }
    }
}
