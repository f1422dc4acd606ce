//! Acts for the model: mostly what somebody would do with the ticket where it stands, sometimes anything at all.

use chrono::{DateTime, TimeDelta, Utc};
use contracts::{
    id::{OrderId, TicketId, UnitId},
    lifecycle::State,
    work::{ActBody, CitizenDo, UnitAct},
};
use serde_json::{Value, json};

use super::model::Dice;
use crate::case::Case;

/// Somebody with dice.
pub struct Actor<'a> {
    pub dice: &'a mut Dice,
    pub case: Option<&'a Case>,
    pub others: &'a [TicketId],
}

const UNITS: [&str; 6] = ["CENTRE", "D02", "D12", "D01", "GRID-360802001001", "TOWN-360802001000"];
const PERSONS: [&str; 5] = ["1", "2", "3", "4", "5"];

impl Actor<'_> {
    /// A unit's act.
    pub fn acts(&mut self, ticket: TicketId, now: DateTime<Utc>) -> (UnitId, UnitAct) {
        let person = *self.dice.pick(&PERSONS);
        let state = self.case.and_then(|c| c.state().ok());
        let (unit, body) = match state {
            Some(state) if self.dice.roll(10) > 1 => self.likely(state, now),
            _ => (*self.dice.pick(&UNITS), self.anything(now)),
        };
        let holder = self.case.and_then(|c| c.lead()).map(|o| o.unit.clone());
        let unit = if unit == "holder" { holder.unwrap_or_else(|| "D02".into()) } else { unit.to_owned() };
        let order = self.order();
        let act: ActBody = serde_json::from_value(body).unwrap();
        (unit.parse().unwrap(), UnitAct { ticket, order, person: person.to_owned().try_into().unwrap(), act })
    }

    /// Now and then an order is named, its own or another's.
    fn order(&mut self) -> Option<OrderId> {
        let orders = self.case.map(|c| c.orders.as_slice()).unwrap_or_default();
        if orders.is_empty() || self.dice.roll(3) > 0 {
            return None;
        }
        self.dice.pick(orders).order_id.parse().ok()
    }

    fn likely(&mut self, state: State, now: DateTime<Utc>) -> (&'static str, Value) {
        let n = self.dice.roll(100);
        let centre = |body| ("CENTRE", body);
        match state {
            State::Received if n < 45 => centre(json!({"do": "accept"})),
            State::Received if n < 55 => ("GRID-360802001001", json!({"do": "self_handle"})),
            State::Received if n < 70 => centre(json!({"do": "ask_info", "missing": "门牌号"})),
            State::Received => centre(self.turns_away()),
            State::PendingDispatch => centre(json!({"do": "dispatch", "to": "D12", "reason": "职责"})),
            State::Dispatched if n < 60 => ("holder", json!({"do": "sign"})),
            State::Dispatched if n < 80 => ("holder", give_back()),
            State::Dispatched if n < 90 => centre(json!({"do": "recall", "reason": "派错"})),
            State::InProgress if n < 30 => ("holder", report()),
            State::InProgress if n < 60 => ("holder", self.asks(now)),
            State::InProgress if n < 80 => centre(self.grants()),
            State::InProgress if n < 90 => ("holder", co_handlers()),
            State::ReturnReview => centre(self.rules()),
            State::Consulting => centre(
                json!({"do": "decide", "lead": "D02", "responsible": ["D03", "D01"], "days": 12, "each": [3, 5], "minutes": "纪要"}),
            ),
            State::Suspended | State::Deferred => centre(json!({"do": "resume", "reason": "条件具备"})),
            State::FeedbackReview => centre(json!({"do": "check", "pass": n < 70, "reason": "核查"})),
            State::PendingCallback => centre(call_back(n < 60)),
            State::Merged => centre(if n < 50 { json!({"do": "split", "reason": "不同"}) } else { call_back(n < 75) }),
            _ => (UNITS[n % UNITS.len()], self.anything(now)),
        }
    }

    fn turns_away(&mut self) -> Value {
        let ends = [
            json!({"do": "answer_now", "knowledge": "K1", "reply": "答复"}),
            json!({"do": "refuse", "reason": "court", "way": "法院"}),
            json!({"do": "hand_over", "to": "petition", "note": "信访"}),
        ];
        self.dice.pick(&ends).clone()
    }

    fn asks(&mut self, now: DateTime<Utc>) -> Value {
        let until = now + TimeDelta::days(20);
        let requests = [
            json!({"kind": "suspend", "reason": "等待鉴定", "evidence": "文号1"}),
            json!({"kind": "extend", "reason": "材料未到", "until": until, "citizen_told": "电话告知"}),
            json!({"kind": "defer", "reason": "列入计划", "measure": "围挡", "until": until}),
            json!({"kind": "terminate", "reason": "withdrawn", "note": "撤回"}),
            json!({"kind": "void", "reason": "重复"}),
            json!({"kind": "exclude", "reason": "非本单位"}),
        ];
        json!({"do": "ask", "request": self.dice.pick(&requests)})
    }

    fn grants(&mut self) -> Value {
        let kind = *self.dice.pick(&["suspend", "extend", "defer", "terminate", "void", "exclude"]);
        if self.dice.roll(4) == 0 {
            return json!({"do": "deny", "request": kind, "reason": "不充分"});
        }
        json!({"do": "grant", "request": kind})
    }

    fn rules(&mut self) -> Value {
        let rulings =
            [json!({"kind": "grant", "to": "D12"}), json!({"kind": "refuse"}), json!({"kind": "designate", "to": "D01"})];
        match self.dice.roll(5) {
            0 => json!({"do": "convene", "units": ["D01", "D12"], "reason": "二次退单"}),
            _ => json!({"do": "rule", "ruling": self.dice.pick(&rulings), "reason": "裁定"}),
        }
    }

    /// Any act of the contract.
    fn anything(&mut self, now: DateTime<Utc>) -> Value {
        let into = *self.dice.pick(self.others);
        match self.dice.roll(9) {
            0 => self.asks(now),
            1 => self.grants(),
            2 => self.rules(),
            3 => json!({"do": "merge", "into": into, "same": {"cause": true}, "reason": "同一原因"}),
            _ => {
                let plain = plain();
                self.dice.pick(&plain).clone()
            }
        }
    }

    /// A citizen's act.
    pub fn citizen(dice: &mut Dice) -> CitizenDo {
        let acts = [
            json!({"do": "supply", "text": "三单元"}),
            json!({"do": "urge", "text": "请快一点"}),
            json!({"do": "reopen", "reason": "又坏了"}),
        ];
        serde_json::from_value(dice.pick(&acts).clone()).unwrap()
    }
}

fn co_handlers() -> Value {
    json!({"do": "ask_co_handlers", "tasks": [{"unit": "D03", "what": "查证照", "days": 1}]})
}

fn give_back() -> Value {
    json!({"do": "return", "reason": "不属", "legal_basis": "清单", "propose": "D12"})
}

fn report() -> Value {
    json!({"do": "report", "result": {"factual": true, "solved": true, "public_reply": "已修复"}})
}

fn call_back(solved: bool) -> Value {
    json!({"do": "call_back", "answers": {"contacted": true, "solved": solved, "satisfied": solved, "tries": 1}})
}

/// The acts without choices.
fn plain() -> [Value; 27] {
    let say = |act: &str| json!({"do": act, "text": "请抓紧"});
    let because = |act: &str| json!({"do": act, "reason": "理由"});
    [
        json!({"do": "sign"}),
        json!({"do": "contact", "note": "已联系"}),
        json!({"do": "progress", "note": "在办"}),
        report(),
        give_back(),
        json!({"do": "transfer", "to": "GRID-360802001001", "reason": "属地"}),
        because("hand_up"),
        co_handlers(),
        json!({"do": "withdraw", "request": "extend"}),
        because("appeal"),
        json!({"do": "whistle", "units": ["D01", "D03"], "reason": "到场"}),
        json!({"do": "arrive"}),
        json!({"do": "end_whistle"}),
        say("reply"),
        json!({"do": "self_handle"}),
        json!({"do": "accept", "class": "coordination", "lead": "D02"}),
        because("recall"),
        json!({"do": "attend", "units": ["D01"]}),
        json!({"do": "no_answer"}),
        because("resume"),
        json!({"do": "reclassify", "class": "coordination", "reason": "升级"}),
        json!({"do": "review_appeal", "upheld": true, "reason": "成立"}),
        say("urge"),
        json!({"do": "supervise", "level": "listed", "text": "督办", "reply_days": 2}),
        say("interview"),
        json!({"do": "copy", "to": "D03", "text": "抄送"}),
        say("note"),
    ]
}
