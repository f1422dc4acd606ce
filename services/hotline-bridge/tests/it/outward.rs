//! A fact into the platform's words.

use contracts::{
    family::Family,
    id::{OrderId, TicketId},
    lifecycle::{Role, State},
    ticket::{By, CallbackAnswers, Checked, Closed, OrderFact, Progressed, Reported, ResultForm, Signed, TicketFact},
};
use hotline_bridge::outward::told;
use serde_json::{Value, json};

use crate::config;

pub fn of(ticket: TicketId) -> OrderFact {
    OrderFact {
        ticket,
        order: OrderId::derive(ticket, 1),
        unit: "D01".parse().unwrap(),
        at: "2026-11-23T16:30:00.250Z".parse().unwrap(),
        by: By {
            role: Role::System,
            unit: None,
            person: Some("staff-7".into()),
            steps: Vec::new(),
            state: State::InProgress,
            clocks: Vec::new(),
        },
    }
}

/// Signed, progressed, reported, closed.
pub fn story(ticket: TicketId) -> [TicketFact; 4] {
    let of = || of(ticket);
    let result = ResultForm {
        factual: true,
        solved: false,
        unsolved_reason: Some("等待配件".into()),
        contacted_at: Some("2026-11-23T01:00:00Z".parse().unwrap()),
        public_reply: "已现场查看".into(),
    };
    let answers = CallbackAnswers { contacted: true, solved: Some(true), satisfied: None, tries: 2 };
    [
        Signed { of: of() }.into(),
        Progressed { of: of(), note: "已派员".into() }.into(),
        Reported { of: of(), result }.into(),
        Closed { of: of(), answers, public_reply: "路灯已修好".into() }.into(),
    ]
}

fn bodies(connection: &str) -> Vec<Value> {
    let config = config(&[]).unwrap();
    let table = &config.connections[connection].callback;
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let told = story(ticket).iter().zip(4..).map(|(fact, seq)| told(table, "A1", seq, fact).unwrap()).collect::<Vec<_>>();
    assert_eq!(told.iter().map(|t| t.kind).collect::<Vec<_>>(), ["signed", "progress", "result", "closed"]);
    assert!(told.iter().all(|t| !t.body.contains("staff-7")), "who of the unit acted stays inside");
    told.iter().map(|t| serde_json::from_str(&t.body).unwrap()).collect()
}

/// `common` with further fields.
fn and(common: &Value, further: Value) -> Value {
    let mut all = common.clone();
    all.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    all
}

#[test]
fn in_the_words_of_12345() {
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1").to_string();
    let name = contracts::district::District::sample().unit(&"D01".parse().unwrap()).unwrap().name.clone();
    let common = json!({
        "order_no": "A1", "gridline_ticket": ticket, "op_time": "2026-11-23T16:30:00.250Z", "dept_code": "D01", "dept_name": name,
    });
    let expected = [
        and(&common, json!({"seq": 4, "status": "SIGNED"})),
        and(&common, json!({"seq": 5, "status": "PROGRESS", "note": "已派员"})),
        and(
            &common,
            json!({
                "seq": 6, "status": "RESULT", "factual": true, "solved": false, "unsolved_reason": "等待配件",
                "contacted_at": "2026-11-23T01:00:00.000Z", "reply_content": "已现场查看",
            }),
        ),
        and(
            &common,
            json!({
                "seq": 7, "status": "CLOSED", "contacted": true, "solved": true, "tries": 2, "reply_content": "路灯已修好",
            }),
        ),
    ];
    assert_eq!(bodies("12345"), expected);
}

#[test]
fn in_the_words_of_12343() {
    let closed = bodies("12343").pop().unwrap();
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1").to_string();
    let name = contracts::district::District::sample().unit(&"D01".parse().unwrap()).unwrap().name.clone();
    let expected = json!({
        "工单编号": "A1", "协同单号": ticket, "序号": 7, "办理状态": "已办结", "办理时间": "2026-11-24 00:30:00",
        "承办单位": name, "是否联系": "是", "是否解决": "是", "回访次数": 2, "答复内容": "路灯已修好",
    });
    assert_eq!(closed, expected, "times in China, words for yes and no, no unit code, nothing for what is not known");
}

#[test]
fn other_facts_are_not_told() {
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let fact = TicketFact::from(Checked { of: of(ticket), passed: true, reason: None });
    assert_eq!(told(&config(&[]).unwrap().connections["12345"].callback, "A1", 4, &fact), None, "{}", fact.kind());
}
