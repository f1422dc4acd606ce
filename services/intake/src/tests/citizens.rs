//! What a reporter sees, and what citizens do.

use chrono::TimeDelta;
use contracts::{
    clock::ClockTurn,
    id::{OrderId, TicketId},
    lifecycle::{Act, Change, Clock, Note, Role, State},
    problem::Problem,
    ticket::{By, Moved, Noted, TicketFact},
    work::{AnswerOutcome, UnitAnswer},
};
use serde_json::{Value, json};

use super::Desk;
use crate::{citizen, handlers::Heard, shown::Shown, store};

const NUMBER: &str = "JZ20260302-000001";

impl Desk {
    /// What the reporter of the first report sees.
    async fn shown(&self) -> Value {
        let registration = store::registration(&self.db, NUMBER).await.unwrap().unwrap();
        let seen = store::seen(&self.db, registration).await.unwrap();
        serde_json::to_value(Shown::of(seen, self.now.timestamp_millis())).unwrap()
    }

    async fn fact(&mut self, seq: u64, fact: impl Into<TicketFact>) {
        self.hear(vec![(Heard::Fact(Box::new(fact.into())), Some(seq))]).await;
    }

    async fn does(&mut self, act: Value, key: Option<&str>) -> Vec<(String, Value)> {
        let act = citizen::Act { ticket: ticket(), act: serde_json::from_value(act).unwrap(), key: key.map(str::to_owned) };
        self.hear(vec![(Heard::Citizen(Box::new(act)), None)]).await.remove(0)
    }

    async fn answered(&mut self, act: &str, outcome: AnswerOutcome) {
        let answer = UnitAnswer { act: act.into(), ticket: Some(ticket()), order: None::<OrderId>, at: self.now, outcome };
        self.hear(vec![(Heard::Answer(Box::new(answer)), None)]).await;
    }

    fn by(&self, state: State, turns: &[(Change, Option<i64>)]) -> By {
        let turn = |(change, due): &(Change, Option<i64>)| ClockTurn {
            clock: Clock::K5,
            order: None,
            change: *change,
            old_due: None,
            due: due.map(|days| self.now + TimeDelta::days(days)),
            warn_at: None,
            provisional: false,
            limit: None,
            calendar: None,
            policy: None,
        };
        By { role: Role::Checker, unit: None, person: None, steps: vec![], state, clocks: turns.iter().map(turn).collect() }
    }

    fn moved(&self, act: Act, state: State, turns: &[(Change, Option<i64>)], reason: &str) -> Moved {
        let by = self.by(state, turns);
        Moved {
            ticket: ticket(),
            act,
            order: None,
            to: None,
            lead: None,
            class: None,
            orders: vec![],
            reason: Some(reason.into()),
            at: self.now,
            by,
        }
    }
}

fn ticket() -> TicketId {
    TicketId::derive(&"web".parse().unwrap(), "a")
}

fn note(desk: &Desk, note: Note, by: By) -> Noted {
    Noted::new(ticket(), note, desk.now, by)
}

async fn reported() -> Desk {
    let mut desk = Desk::open().await;
    desk.submit("web", &["a"], "路灯不亮").await;
    desk
}

#[tokio::test]
async fn every_change_of_the_date_is_shown_with_its_reason_whatever_comes_first() {
    let mut ends = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let mut desk = reported().await;
        let facts: [TicketFact; 4] = [
            desk.moved(Act::SelfHandle, State::InProgress, &[(Change::Started, Some(1))], "网格自办").into(),
            desk.moved(Act::Suspend, State::Suspended, &[(Change::Paused, None)], "等待停电窗口").into(),
            desk.moved(Act::Resume, State::InProgress, &[(Change::Resumed, Some(4))], "停电窗口已定").into(),
            Noted {
                text: Some("需多部门协调".into()),
                ..note(&desk, Note::Reclassify, desk.by(State::InProgress, &[(Change::Recounted, Some(6))]))
            }
            .into(),
        ];
        for i in order {
            desk.fact(2 + i as u64, facts[i].clone()).await;
            desk.fact(2 + i as u64, facts[i].clone()).await;
        }
        let shown = desk.shown().await;
        let told: Vec<(&str, &str, &str)> = shown["dates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| (d["change_zh"].as_str().unwrap(), d["by_zh"].as_str().unwrap(), d["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                ("开始", "自办自结", "网格自办"),
                ("暂停", "挂起", "等待停电窗口"),
                ("继续", "恢复办理", "停电窗口已定"),
                ("重算", "重新分类", "需多部门协调"),
            ]
        );
        assert_eq!((shown["due"].as_str(), shown["overdue"].as_bool()), (Some("2026-03-08T15:59:00Z"), Some(false)));
        ends.push(shown);
    }
    assert!(ends.iter().all(|end| *end == ends[0]));
}

#[tokio::test]
async fn a_late_ticket_says_so_and_while_the_clock_stands_there_is_no_date() {
    let mut desk = reported().await;
    let (start, pause) = ([(Change::Started, Some(1))], [(Change::Paused, None)]);
    desk.fact(3, desk.moved(Act::SelfHandle, State::InProgress, &start, "网格自办")).await;
    desk.now += TimeDelta::days(2);
    assert_eq!(desk.shown().await["overdue"], true);
    desk.fact(4, desk.moved(Act::Suspend, State::Suspended, &pause, "等待停电窗口")).await;
    let shown = desk.shown().await;
    assert_eq!((&shown["overdue"], &shown["due"], &shown["state"]), (&json!(false), &Value::Null, &json!("SUSPENDED")));
}

#[tokio::test]
async fn what_is_asked_is_shown_until_it_is_supplied() {
    let mut desk = reported().await;
    desk.fact(3, desk.moved(Act::AskInfo, State::NeedInfo, &[], "请补充灯杆编号")).await;
    assert_eq!(desk.shown().await["asked"], "请补充灯杆编号");
    desk.fact(4, desk.moved(Act::SupplyInfo, State::Received, &[], "3号灯杆")).await;
    assert_eq!(desk.shown().await["asked"], Value::Null);
    desk.fact(5, desk.moved(Act::Refuse, State::NotAccepted, &[], "属商业服务，请联系物业")).await;
    assert_eq!(desk.shown().await["reply"], "属商业服务，请联系物业");
}

#[tokio::test]
async fn an_act_is_told_once_masked_and_its_answer_is_shown() {
    let mut desk = reported().await;
    let urge = json!({"do": "urge", "text": "还没修，回电13800001022"});
    let said = desk.does(urge.clone(), Some("k1")).await;
    assert_eq!((said.len(), said[0].0.as_str()), (1, "citizen.v1.act"));
    assert_eq!(said[0].1, json!({"ticket": ticket(), "act": {"do": "urge", "text": "还没修，回电138******22"}}));
    assert!(desk.does(urge.clone(), Some("k1")).await.is_empty(), "the same key is the same act");
    assert!(desk.does(json!({"do": "urge", "text": "别的"}), Some("k1")).await.is_empty(), "one key, another content: refused");

    let answers = desk.shown().await["answers"].clone();
    assert_eq!(answers.as_array().map(Vec::len), Some(1));
    assert_eq!((&answers[0]["do"], &answers[0]["outcome"]), (&json!("urge"), &json!("waiting")));
    let act = answers[0]["act"].as_str().unwrap().to_owned();
    let problem = Problem::new("illegal_act", "已结案，不能催办", "it is closed");
    desk.answered("another's", AnswerOutcome::Done).await;
    desk.answered(&act, AnswerOutcome::Refused { problem }).await;
    let answers = desk.shown().await["answers"].clone();
    assert_eq!((&answers[0]["outcome"], &answers[0]["problem"]["zh"]), (&json!("refused"), &json!("已结案，不能催办")));
}

#[tokio::test]
async fn without_a_key_the_same_words_on_one_day_are_one_act_and_a_day_has_a_limit() {
    let mut desk = reported().await;
    let urge = |text: &str| json!({"do": "urge", "text": text});
    assert_eq!(desk.does(urge("一"), None).await.len(), 1);
    assert!(desk.does(urge("一"), None).await.is_empty());
    assert_eq!(desk.does(urge("二"), None).await.len() + desk.does(urge("三"), None).await.len(), 2);
    assert!(desk.does(urge("四"), None).await.is_empty(), "three a day in this test");
    desk.now += TimeDelta::minutes(2);
    assert_eq!(desk.does(urge("一"), None).await.len(), 1, "after midnight in China it is another act");
}

#[tokio::test]
async fn a_merged_ticket_shows_how_its_lead_case_stands_and_a_split_one_does_not() {
    let mut desk = reported().await;
    let lead = TicketId::derive(&"web".parse().unwrap(), "b");
    let running = Moved { ticket: lead, ..desk.moved(Act::Extend, State::InProgress, &[(Change::Moved, Some(3))], "雨天") };
    let (held, back) = ([(Change::Held, None)], [(Change::Restored, Some(1))]);
    let merged = Moved { lead: Some(lead), ..desk.moved(Act::Merge, State::Merged, &held, "同一故障") };
    let split = Moved { lead: Some(lead), ..desk.moved(Act::Split, State::InProgress, &back, "并非同一故障") };
    desk.fact(6, running).await;
    desk.fact(4, merged).await;
    let shown = desk.shown().await;
    assert_eq!((&shown["state"], &shown["due"]), (&json!("MERGED"), &Value::Null));
    assert_eq!((&shown["lead"]["state"], &shown["lead"]["due"]), (&json!("IN_PROGRESS"), &json!("2026-03-05T15:59:00Z")));
    desk.fact(5, split).await;
    let shown = desk.shown().await;
    assert_eq!((&shown["lead"], &shown["due"]), (&Value::Null, &json!("2026-03-03T15:59:00Z")));
}

/// What became of a matter that many reported: shown beside the own reply, the newest, whatever comes first.
#[tokio::test]
async fn a_reporter_is_told_what_became_of_a_matter_that_many_reported() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut desk = reported().await;
        let inform = |text: &str| -> TicketFact {
            let by = desk.by(State::Closed, &[]);
            Noted { text: Some(text.into()), ..note(&desk, Note::Inform, by) }.into()
        };
        let reply = desk.moved(Act::AnswerNow, State::Answered, &[], "已答复").into();
        let facts = [reply, inform("原因：水泵损坏"), inform("原因：水泵又损坏")];
        for i in order {
            desk.fact(2 + i as u64, facts[i].clone()).await;
        }
        let shown = desk.shown().await;
        assert_eq!((&shown["reply"], &shown["cluster"]), (&json!("已答复"), &json!("原因：水泵又损坏")));
        assert_eq!(shown["dates"], json!([]));
    }
}

#[tokio::test]
async fn one_promise_that_two_facts_tell_is_one_line() {
    let mut desk = reported().await;
    let start = [(Change::Started, Some(1))];
    desk.fact(3, desk.moved(Act::SelfHandle, State::InProgress, &start, "一")).await;
    desk.fact(4, desk.moved(Act::SelfHandle, State::InProgress, &start, "二")).await;
    assert_eq!(desk.shown().await["dates"].as_array().map(Vec::len), Some(1));
}
