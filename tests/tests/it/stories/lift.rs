//! 钟鼓楼社区的电梯: a matter that no unit can solve alone.

use chrono::{DateTime, Utc};
use contracts::{
    lifecycle::{
        Act::{Close, DecideConsultation, PassCheck, ReportResult, Sign},
        Note, State,
    },
    ticket::{Class, ConsultationOpened, Dispatched, Part, TicketFact},
    work::QueueItem,
};
use gridline_tests::{
    City,
    city::story::ways::{CENTRE, called, pass, sign, solved},
};
use serde_json::json;

/// 钟鼓楼社区.
const PLACE: &str = "360802005003";
/// 住建局 leads; 市监局, which knows lifts, and the street have parts of their own.
const LEAD: &str = "D05";
const LIFTS: &str = "D03";
const STREET: &str = "TOWN-360802005000";

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// On Monday 2026-03-02 the centre convenes, and decides: 住建局 in twelve working days, 市监局 in three, the street in
/// eight. 市监局 is late and urged by its own clock, nobody else is; 住建局 can't finish before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_lift_at_zhonggulou_takes_three_units_and_one_is_late() {
    City::tells(async |story| {
        let city = story.city;
        let text = "钟鼓楼社区三栋电梯停用一年，物业、维保、业委会互相推诿";
        let ticket = story.accepted(PLACE, text, Class::KeyDifficult, LEAD).await;
        let opened: ConsultationOpened = city.expect(&ticket).await;
        assert_eq!((opened.invited[0].as_str(), opened.by.state), (LEAD, State::Consulting));
        story.takes(CENTRE, "consultation", &ticket).await;
        story.does(CENTRE, &ticket, json!({"do": "attend", "units": [LEAD, LIFTS, STREET]})).await;
        assert_eq!(story.hears(1, Note::Attend, &ticket).await.units.len(), 3);

        let minutes = "会商纪要：住建局牵头动用维修资金，市监局检验，街道协调业主";
        let decision =
            json!({"do": "decide", "lead": LEAD, "responsible": [LIFTS, STREET], "days": 12, "each": [3, 8], "minutes": minutes});
        let TicketFact::Dispatched(decided) = story.gives(DecideConsultation, CENTRE, &ticket, decision).await else {
            panic!("the decision sends work orders")
        };
        // 03-02 does not count: 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18
        assert_eq!(decided.due, at("2026-03-18T23:59:59+08:00"));
        let own: Vec<_> = decided.orders.iter().map(|o| (o.unit.as_str(), o.part, o.due)).collect();
        let three = Some(at("2026-03-05T23:59:59+08:00"));
        let eight = Some(at("2026-03-12T23:59:59+08:00"));
        let expected = [(LEAD, Part::Lead, None), (LIFTS, Part::Responsible, three), (STREET, Part::Responsible, eight)];
        assert_eq!(own, expected);
        for (unit, due) in [(LEAD, Some(decided.due)), (LIFTS, three), (STREET, eight)] {
            assert_eq!(story.takes(unit, "order", &ticket).await.task().due, due, "{unit} reads its own date");
        }

        story.gives(Sign, LEAD, &ticket, sign()).await;
        story.does(LEAD, &ticket, json!({"do": "contact", "note": "已到现场见业主代表"})).await;
        for unit in [LIFTS, STREET] {
            story.does(unit, &ticket, sign()).await;
        }
        story.does(STREET, &ticket, solved()).await;

        // the inspection is late
        city.set_time("2026-03-06T08:00:00+08:00");
        let urged = story.hears(1, Note::Urge, &ticket).await;
        assert_eq!((urged.order, urged.units[0].as_str()), (Some(decided.orders[1].order), LIFTS));
        let QueueItem::Notice(notice) = story.takes(LIFTS, "notice", &ticket).await.item else { panic!("a notice") };
        assert_eq!((notice.note, notice.task.order), (Note::Urge, decided.orders[1].order));
        story.refuses(ReportResult, LEAD, &ticket, solved(), "co_handlers_done").await;

        story.does(LIFTS, &ticket, solved()).await;
        story.gives(ReportResult, LEAD, &ticket, solved()).await;
        story.gives(PassCheck, "CENTRE/checker", &ticket, pass()).await;
        story.gives(Close, "CENTRE/clerk", &ticket, called(true, true)).await;
        city.heard_all().await;
        assert_eq!(story.notes(Note::Urge, &ticket).len(), 1, "the street was in time");
        assert_eq!(city.count::<Dispatched>(&ticket), 1);
        let shown = city.looks_up(&ticket).await;
        assert_eq!((shown["state"].as_str(), shown["overdue"].as_bool()), (Some("CLOSED"), Some(false)), "{shown}");
    })
    .await;
}
