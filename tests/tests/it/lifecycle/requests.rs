//! What a unit asks and another person grants: T20 to T23, T30, T31.

use chrono::TimeDelta;
use contracts::{
    lifecycle::{
        Act::{Defer, Extend, Resume, ResumeDeferred, Suspend, Terminate, Void},
        Clock,
    },
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, grant},
};
use serde_json::{Value, json};

fn ask(request: Value) -> Value {
    json!({"do": "ask", "request": request})
}

fn resume() -> Value {
    json!({"do": "resume", "reason": "条件已具备"})
}

/// Suspended for a cause outside the unit, resumed by the checker, or by itself when the cap is reached.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_granted_and_ends() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let wait = ask(json!({"kind": "suspend", "reason": "等待上级批复", "evidence": "吉州建函〔2026〕8号"}));
        story.refuses(Suspend, CENTRE, &ticket, grant("suspend"), "request_pending").await;
        story.does("D02", &ticket, wait.clone()).await;
        story.takes(CENTRE, "request", &ticket).await;
        story.refuses(Suspend, "CENTRE/D02-1", &ticket, grant("suspend"), "decided_by_another").await;
        story.gives(Suspend, CENTRE, &ticket, grant("suspend")).await;
        story.refuses(Resume, "D02", &ticket, resume(), "not_yours").await;
        story.gives(Resume, CENTRE, &ticket, resume()).await;
        story.refuses(Resume, CENTRE, &ticket, resume(), "wrong_state").await;

        story.does("D02", &ticket, wait).await;
        story.gives(Suspend, CENTRE, &ticket, grant("suspend")).await;
        story.refuses_expiry(Resume, Clock::K10, &ticket).await;
        // ten working days
        story.city.advance(TimeDelta::days(15));
        story.happens(Resume, &ticket).await;
    })
    .await;
}

/// Extended once, and told to the citizen.
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_granted_once() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let more = |until: &str| {
            let told = "3月3日电话告知";
            ask(json!({"kind": "extend", "reason": "需定制灯杆", "until": until, "citizen_told": told}))
        };
        story.does("D02", &ticket, more("2026-03-13T00:00:00+08:00")).await;
        story.refuses(Extend, "D02", &ticket, grant("extend"), "decided_by_another").await;
        story.refuses(Extend, "D02/wang", &ticket, grant("extend"), "not_yours").await;
        story.gives(Extend, CENTRE, &ticket, grant("extend")).await;
        story.does("D02", &ticket, more("2026-03-20T00:00:00+08:00")).await;
        story.refuses(Extend, CENTRE, &ticket, grant("extend"), "extensions_left").await;
    })
    .await;
}

/// Deferred by the department that supervises, until the promised date or until it is taken up again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deferral_is_granted_and_ends() {
    City::tells(async |story| {
        // the traffic police, and the police bureau above it
        let ticket = story.in_progress(Class::Coordination, "D12").await;
        let later =
            |until: &str| ask(json!({"kind": "defer", "reason": "列入明年计划", "measure": "先设临时警示", "until": until}));
        story.does("D12", &ticket, later("2026-06-01T00:00:00+08:00")).await;
        story.takes("D01", "request", &ticket).await;
        story.refuses(Defer, "D05", &ticket, grant("defer"), "not_yours").await;
        story.gives(Defer, "D01", &ticket, grant("defer")).await;
        story.refuses(ResumeDeferred, "D12", &ticket, resume(), "not_yours").await;
        story.gives(ResumeDeferred, CENTRE, &ticket, resume()).await;

        story.does("D12", &ticket, later("2026-06-15T00:00:00+08:00")).await;
        story.gives(Defer, "D01", &ticket, grant("defer")).await;
        story.refuses_expiry(ResumeDeferred, Clock::K8, &ticket).await;
        story.city.set_time("2026-06-17T00:00:00+08:00");
        story.happens(ResumeDeferred, &ticket).await;
    })
    .await;
}

/// Ended for a reason of the closed list, or void: never by one person alone.
#[tokio::test(flavor = "multi_thread")]
async fn two_persons_terminate_and_void() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        story.refuses(Terminate, CENTRE, &ticket, grant("terminate"), "request_pending").await;
        story.does("D02", &ticket, ask(json!({"kind": "terminate", "reason": "withdrawn", "note": "诉求人来电撤回"}))).await;
        story.refuses(Terminate, "CENTRE/D02-1", &ticket, grant("terminate"), "decided_by_another").await;
        story.gives(Terminate, CENTRE, &ticket, grant("terminate")).await;

        let ticket = story.dispatched(Class::Coordination, "D02").await;
        story.does("CENTRE/zhao", &ticket, ask(json!({"kind": "void", "reason": "测试工单"}))).await;
        story.refuses(Void, "CENTRE/zhao", &ticket, grant("void"), "decided_by_another").await;
        story.gives(Void, "CENTRE/qian", &ticket, grant("void")).await;
        story.refuses(Void, "CENTRE/qian", &ticket, grant("void"), "request_pending").await;
    })
    .await;
}
