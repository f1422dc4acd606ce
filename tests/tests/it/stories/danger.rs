//! 告警: danger to life or limb is told at once and watched until somebody has it in hand.

use chrono::TimeDelta;
use contracts::{
    lifecycle::Note,
    ticket::{AlarmAnswer, Classified},
    work::QueueItem,
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, PLACE, TOWN},
};
use serde_json::json;

/// A citizen writes of gas and an old man who does not answer. The centre is told and does nothing; after five minutes
/// the street is told as well, and says that 119 is on its way. Nothing rings any more, until somebody sees danger again.
#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_nobody_answers_is_raised_again_until_somebody_has_it() {
    City::tells_on(Backend::Postgres, async |story| {
        let city = story.city;
        let ticket = city.caller().at(PLACE).reports("隔壁煤气味很重，敲门没人应，屋里住着一位老人").await;
        assert!(city.expect::<Classified>(&ticket).await.urgent);
        let first = story.hears(1, Note::Alarm, &ticket).await;
        assert_eq!(first.reply_due, Some(first.at + TimeDelta::minutes(5)));
        let QueueItem::Notice(notice) = story.takes(CENTRE, "notice", &ticket).await.item else { panic!("a notice") };
        assert_eq!((notice.note, notice.reply_due, notice.task.urgent), (Note::Alarm, first.reply_due, true));

        city.advance(TimeDelta::minutes(6));
        let second = story.hears(2, Note::Alarm, &ticket).await;
        assert_eq!(second.units.iter().map(contracts::id::UnitId::as_str).collect::<Vec<_>>(), [CENTRE, TOWN]);
        story.takes(TOWN, "notice", &ticket).await;
        let answer = json!({"do": "answer_alarm", "answer": "119", "note": "119 已出警"});
        story.refused("D05", &ticket, answer.clone(), "not_yours").await;
        story.does(TOWN, &ticket, answer.clone()).await;
        assert_eq!(story.hears(1, Note::AnswerAlarm, &ticket).await.alarm, Some(AlarmAnswer::Fire));
        story.refused(CENTRE, &ticket, answer, "no_alarm").await;

        city.advance(TimeDelta::minutes(40));
        story.does(CENTRE, &ticket, json!({"do": "alarm", "note": "来电人说又闻到煤气味"})).await;
        assert_eq!(story.hears(3, Note::Alarm, &ticket).await.text.as_deref(), Some("来电人说又闻到煤气味"));
        story.does(CENTRE, &ticket, json!({"do": "answer_alarm", "answer": "no_danger", "note": "燃气公司检测无泄漏"})).await;
    })
    .await;
}
