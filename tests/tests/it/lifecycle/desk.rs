//! The call-taker's desk: T1 to T7.

use chrono::TimeDelta;
use contracts::{
    lifecycle::{
        Act::{Accept, AnswerNow, AskInfo, HandOver, Refuse, Register, SelfHandle, SupplyInfo},
        Clock,
    },
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, GRID, PLACE},
};
use serde_json::json;

/// One report, one ticket; what a call-taker can answer is answered and goes nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_taker_registers_once_and_answers_at_once() {
    City::tells(async |story| {
        let report = || story.city.caller().at(PLACE).with("hold", true).with("external_id", "one");
        let ticket = story.gives_report(Register, report(), "路灯报修归哪个单位管").await;
        story.refuses_report(Register, report(), "另一件事", "external_id_reused").await;
        story.takes(CENTRE, "triage", &ticket).await;

        let answer = json!({"do": "answer_now", "knowledge": "知识库 0203-1", "reply": "由城市管理局负责"});
        story.refuses(AnswerNow, "D02", &ticket, answer.clone(), "not_yours").await;
        story.gives(AnswerNow, CENTRE, &ticket, answer.clone()).await;
        story.refuses(AnswerNow, CENTRE, &ticket, answer, "wrong_state").await;
    })
    .await;
}

/// What is not ours is refused with a reason of the closed list and the right way told, or handed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_taker_refuses_and_hands_over() {
    City::tells(async |story| {
        let ticket = story.held(Class::Coordination).await;
        let no = json!({"do": "refuse", "reason": "court", "way": "请向人民法院起诉"});
        story.refuses(Refuse, GRID, &ticket, no.clone(), "not_yours").await;
        story.gives(Refuse, CENTRE, &ticket, no.clone()).await;
        story.refuses(Refuse, CENTRE, &ticket, no, "wrong_state").await;

        let ticket = story.held(Class::Coordination).await;
        let petition = json!({"do": "hand_over", "to": "petition", "note": "已告知信访局"});
        story.gives(HandOver, CENTRE, &ticket, petition.clone()).await;
        story.refuses(HandOver, CENTRE, &ticket, petition, "wrong_state").await;
    })
    .await;
}

/// A citizen is asked for what is missing; who does not answer is not left lying.
#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_is_asked_and_supplies() {
    City::tells(async |story| {
        let ticket = story.held(Class::Coordination).await;
        let (ask, supply) = (json!({"do": "ask_info", "missing": "门牌号"}), json!({"do": "supply", "text": "阳明西路 1 号"}));
        story.refuses_citizen(SupplyInfo, &ticket, supply.clone(), "wrong_state").await;
        story.gives(AskInfo, CENTRE, &ticket, ask.clone()).await;
        story.refuses(AskInfo, CENTRE, &ticket, ask.clone(), "wrong_state").await;
        story.gives_as_citizen(SupplyInfo, &ticket, supply).await;

        story.gives(AskInfo, CENTRE, &ticket, ask).await;
        story.refuses_expiry(SupplyInfo, Clock::K10, &ticket).await;
        // ten working days
        story.city.advance(TimeDelta::days(15));
        story.happens(SupplyInfo, &ticket).await;
        story.takes(CENTRE, "triage", &ticket).await;
    })
    .await;
}

/// What is accepted goes to its unit; a simple matter of the own grid is taken in hand at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_accepted_or_handled_by_its_grid() {
    City::tells(async |story| {
        let ticket = story.held(Class::Coordination).await;
        let accept = json!({"do": "accept", "lead": "D02"});
        story.refuses(Accept, "D02", &ticket, accept.clone(), "not_yours").await;
        story.gives(Accept, CENTRE, &ticket, accept.clone()).await;
        story.refuses(Accept, CENTRE, &ticket, accept, "wrong_state").await;
        story.takes("D02", "order", &ticket).await;

        let own = json!({"do": "self_handle"});
        let hard = story.held(Class::Coordination).await;
        story.refuses(SelfHandle, GRID, &hard, own.clone(), "simple_class").await;
        let simple = story.held(Class::Simple).await;
        story.refuses(SelfHandle, "GRID-360802001002", &simple, own.clone(), "own_grid").await;
        story.gives(SelfHandle, GRID, &simple, own).await;
    })
    .await;
}
