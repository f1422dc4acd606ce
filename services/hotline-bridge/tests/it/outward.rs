//! A fact into the platform's words.

use contracts::{
    clock::ClockTurn,
    family::Family,
    id::{OrderId, TicketId},
    lifecycle::{Act, Change, Clock, Note, Role, State},
    ticket::{
        By, CallbackAnswers, Checked, Closed, Moved, Noted, OrderFact, Progressed, Reported, ResultForm, Signed, TicketFact,
    },
};
use hotline_bridge::outward::{concerns, told};
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
    let answers = CallbackAnswers { contacted: true, solved: Some(true), satisfied: None, upheld: false, tries: 2 };
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

fn moved(ticket: TicketId, act: Act, reason: &str) -> TicketFact {
    let OrderFact { at, by, .. } = of(ticket);
    Moved { ticket, act, order: None, to: None, lead: None, class: None, orders: Vec::new(), reason: Some(reason.into()), at, by }
        .into()
}

#[test]
fn steps_beside_the_main_way_are_told_in_the_words_that_the_platform_has() {
    let settings = config(&[]).unwrap();
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let body = |connection: &str, fact: &TicketFact| -> Option<Value> {
        let told = told(&settings.connections[connection].callback, "A1", 3, fact)?;
        Some(serde_json::from_str(&told.body).unwrap())
    };
    for (act, english, chinese) in [
        (Act::Refuse, "NOT_ACCEPTED", "不予受理"),
        (Act::HandOver, "HANDED_OVER", "已转送"),
        (Act::AnswerNow, "ANSWERED", "即时答复"),
        (Act::Terminate, "TERMINATED", "终止办理"),
        (Act::Void, "VOIDED", "已作废"),
        (Act::Recall, "RECALLED", "撤回派单"),
    ] {
        let fact = moved(ticket, act, "属商业服务");
        let told = body("12345", &fact).unwrap();
        assert_eq!((&told["status"], told.get("dept_code")), (&json!(english), None), "nobody's unit is no unit");
        let said = told.get("reply_content").or(told.get("reason"));
        assert_eq!(said, Some(&json!("属商业服务")), "{act}");
        assert_eq!(body("12343", &fact).unwrap()["办理状态"], chinese);
    }
    assert_eq!(body("12345", &moved(ticket, Act::Transfer, "x")), None, "no word for it: it stays inside");
}

/// The handling clock gets a deadline.
fn due(change: Change, old: Option<&str>, due: &str) -> ClockTurn {
    ClockTurn {
        clock: Clock::K5,
        order: None,
        change,
        old_due: old.map(|old| old.parse().unwrap()),
        due: Some(due.parse().unwrap()),
        warn_at: None,
        provisional: false,
        limit: None,
        calendar: None,
        policy: None,
    }
}

fn noted(ticket: TicketId, note: Note, clocks: Vec<ClockTurn>) -> TicketFact {
    let OrderFact { at, by, .. } = of(ticket);
    let by = By { role: Role::Administrator, clocks, ..by };
    Noted { text: Some("依据：通知".into()), ..Noted::new(ticket, note, at, by) }.into()
}

#[test]
fn a_deadline_that_a_new_year_or_another_class_moves_is_told_and_one_that_stays_is_not() {
    let settings = config(&[]).unwrap();
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let (old, new) = ("2027-02-12T15:59:59Z", "2027-02-16T15:59:59Z");
    let noted = |note, clocks| noted(ticket, note, clocks);
    let told = |connection: &str, fact: &TicketFact| told(&settings.connections[connection].callback, "A1", 9, fact);
    for note in [Note::Recalculate, Note::Reclassify] {
        let fact = noted(note, vec![due(Change::Recounted, Some(old), new)]);
        assert!(concerns(&fact));
        let body: Value = serde_json::from_str(&told("12343", &fact).unwrap().body).unwrap();
        assert_eq!((&body["办理状态"], &body["办理期限"]), (&json!("期限调整"), &json!("2027-02-16 23:59:59")));
        assert_eq!((&body["说明"], body.get("承办单位")), (&json!("依据：通知"), None));
        let body: Value = serde_json::from_str(&told("12345", &fact).unwrap().body).unwrap();
        assert_eq!((&body["status"], &body["due"]), (&json!("DUE_CHANGED"), &json!("2027-02-16T15:59:59.000Z")));
        for same in [vec![due(Change::Recounted, Some(new), new)], Vec::new()] {
            assert_eq!(told("12343", &noted(note, same)), None);
        }
    }
    let urged = noted(Note::Urge, vec![due(Change::Recounted, Some(old), new)]);
    assert!(!concerns(&urged) && told("12343", &urged).is_none());
}

#[test]
fn an_extension_names_the_new_deadline() {
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let mut fact = moved(ticket, Act::Extend, "雨天");
    let TicketFact::Moved(f) = &mut fact else { panic!("moved") };
    f.by.clocks.push(due(Change::Moved, None, "2026-11-30T15:59:59Z"));
    let told = told(&config(&[]).unwrap().connections["12343"].callback, "A1", 5, &fact).unwrap();
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!((&body["办理期限"], &body["说明"]), (&json!("2026-11-30 23:59:59"), &json!("雨天")));
}

/// 群体件: what became of a matter that many reported goes to its reporter through the platform.
#[test]
fn what_became_of_a_cluster_is_told_as_progress() {
    let ticket = TicketId::derive(&"hotline-12345".parse().unwrap(), "A1");
    let fact = noted(ticket, Note::Inform, Vec::new());
    assert!(concerns(&fact));
    let told = told(&config(&[]).unwrap().connections["12345"].callback, "A1", 9, &fact).unwrap();
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!((told.kind, &body["note"], &body["status"]), ("progress", &json!("依据：通知"), &json!("PROGRESS")));
}
