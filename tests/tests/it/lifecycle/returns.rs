//! Returns, designation, consultation: T12 to T15, T18, T19.

use contracts::{
    lifecycle::Act::{AppealJurisdiction, DecideConsultation, Designate, GrantReturn, OpenConsultation, RefuseReturn, Sign},
    ticket::Class,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, give_back, sign},
};
use serde_json::{Value, json};

fn rule(kind: &str, to: Option<&str>) -> Value {
    let ruling = match to {
        Some(to) => json!({"kind": kind, "to": to}),
        None => json!({"kind": kind}),
    };
    json!({"do": "rule", "ruling": ruling, "reason": "按权责清单裁定"})
}

/// A return is granted once and refused once, by another person than the one who asked; who was refused keeps the order.
#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_granted_or_refused_by_another_person() {
    City::tells(async |story| {
        let ticket = story.dispatched(Class::Coordination, "D02").await;
        story.refuses(AppealJurisdiction, "D05", &ticket, give_back("D12"), "not_yours").await;
        story.gives(AppealJurisdiction, "D02", &ticket, give_back("D05")).await;
        story.takes(CENTRE, "review", &ticket).await;
        let grant = rule("grant", Some("D05"));
        story.refuses(GrantReturn, "CENTRE/D02-1", &ticket, grant.clone(), "decided_by_another").await;
        story.gives(GrantReturn, CENTRE, &ticket, grant).await;

        story.gives(AppealJurisdiction, "D05", &ticket, give_back("D02")).await;
        story.refuses(RefuseReturn, "D02", &ticket, rule("refuse", None), "not_yours").await;
        story.gives(RefuseReturn, CENTRE, &ticket, rule("refuse", None)).await;
        story.refuses(AppealJurisdiction, "D05", &ticket, give_back("D02"), "inside_return_time").await;
        story.refuses(RefuseReturn, CENTRE, &ticket, rule("refuse", None), "wrong_state").await;
    })
    .await;
}

/// A designated unit can't return.
#[tokio::test(flavor = "multi_thread")]
async fn a_designation_is_final() {
    City::tells(async |story| {
        let ticket = story.dispatched(Class::Coordination, "D02").await;
        story.gives(AppealJurisdiction, "D02", &ticket, give_back("D05")).await;
        let designate = |to: &str| rule("designate", Some(to));
        story.refuses(Designate, CENTRE, &ticket, designate("D99"), "unknown_unit").await;
        story.refuses(Designate, "CENTRE/D02-1", &ticket, designate("D12"), "decided_by_another").await;
        story.gives(Designate, CENTRE, &ticket, designate("D12")).await;
        story.refuses(AppealJurisdiction, "D12", &ticket, give_back("D02"), "not_designated").await;
        story.gives(Sign, "D12", &ticket, sign()).await;
    })
    .await;
}

/// A second return opens a consultation, which names lead and responsible units; nobody returns after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_return_is_consulted() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let convene = json!({"do": "convene", "units": ["D02", "D05", "D12"], "reason": "两次退单，权责不清"});
        story.refuses(OpenConsultation, CENTRE, &ticket, convene.clone(), "consultation_due").await;
        story.gives(AppealJurisdiction, "D02", &ticket, give_back("D05")).await;
        story.gives(GrantReturn, CENTRE, &ticket, rule("grant", Some("D05"))).await;
        story.gives(AppealJurisdiction, "D05", &ticket, give_back("D02")).await;
        story.gives(OpenConsultation, CENTRE, &ticket, convene).await;
        story.takes(CENTRE, "consultation", &ticket).await;

        let decide = |responsible: &[&str], days: u32| {
            let minutes = "会商纪要：D05 牵头，D02 配合";
            json!({"do": "decide", "lead": "D05", "responsible": responsible, "days": days, "minutes": minutes})
        };
        story.refuses(DecideConsultation, "D05", &ticket, decide(&["D02"], 10), "not_yours").await;
        story.refuses(DecideConsultation, CENTRE, &ticket, decide(&[], 10), "responsible_named").await;
        story.refuses(DecideConsultation, CENTRE, &ticket, decide(&["D02"], 16), "days_out_of_range").await;
        story.gives(DecideConsultation, CENTRE, &ticket, decide(&["D02"], 10)).await;
        story.refuses(AppealJurisdiction, "D05", &ticket, give_back("D12"), "not_consulted").await;
    })
    .await;
}
