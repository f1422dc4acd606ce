//! 重新分类: T16 to another unit, by two persons.

use contracts::{
    lifecycle::{
        Act::{OpenConsultation, Reroute, Sign},
        Note,
    },
    ticket::{Class, TicketFact},
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, grant, sign},
};
use serde_json::json;

/// What was taken for a street lamp is noise: the unit asks, another person grants, the police have it, with the clock
/// that began with the first dispatch. It proves hard: the centre asks, another person grants, a consultation is called.
#[tokio::test(flavor = "multi_thread")]
async fn a_reclassification_is_granted_and_the_ticket_goes_to_its_unit() {
    City::tells(async |story| {
        let ticket = story.in_progress(Class::Coordination, "D02").await;
        let noise = json!({"do": "reclassify", "category": "0701", "reason": "夜间音响扰民，与路灯无关"});
        story.refuses(Reroute, CENTRE, &ticket, grant("reclassify"), "request_pending").await;
        story.does("D02", &ticket, noise).await;
        story.takes(CENTRE, "request", &ticket).await;
        story.refuses(Reroute, "CENTRE/D02-1", &ticket, grant("reclassify"), "decided_by_another").await;
        story.city.advance(chrono::TimeDelta::hours(3));
        let TicketFact::Dispatched(sent) = story.gives(Reroute, CENTRE, &ticket, grant("reclassify")).await else {
            panic!("work orders go out")
        };
        assert_eq!(sent.orders[0].unit.as_str(), "D01");
        // five working days from Monday the 2nd, as promised first
        assert_eq!(sent.due.to_rfc3339(), "2026-03-09T15:59:59+00:00");
        let noted = story.hears(1, Note::Reclassify, &ticket).await;
        assert_eq!((noted.category.as_deref(), noted.lead.as_ref().map(|u| u.as_str())), (Some("0701"), Some("D01")));
        story.takes("D01", "order", &ticket).await;
        story.refused("D02", &ticket, sign(), "not_yours").await;

        story.gives(Sign, "D01", &ticket, sign()).await;
        let hard = json!({"do": "reclassify", "class": "key-difficult", "reason": "多年反复，权责不清"});
        story.does("CENTRE/zhao", &ticket, hard).await;
        story.refuses(OpenConsultation, "CENTRE/zhao", &ticket, grant("reclassify"), "decided_by_another").await;
        story.gives(OpenConsultation, "CENTRE/qian", &ticket, grant("reclassify")).await;
        let noted = story.hears(2, Note::Reclassify, &ticket).await;
        assert_eq!(noted.class, Some(Class::KeyDifficult));
        assert!(noted.by.clocks.iter().any(|turn| turn.old_due < turn.due), "the clock is counted anew: {noted:?}");
    })
    .await;
}
