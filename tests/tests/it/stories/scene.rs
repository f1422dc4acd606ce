//! 吹哨报到: the grid calls units to the scene.

use contracts::{
    id::UnitId,
    lifecycle::{Note, Role},
    ticket::Class,
    work::QueueItem,
};
use gridline_tests::{
    Backend, City,
    city::story::ways::{CENTRE, GRID},
};
use serde_json::json;

/// The grid worker calls 城管局, 消防 and the street to a blocked fire lane. Two come, their time is on record; the third
/// is listed when the whistle ends. A whistle is no work order: nobody can report a result on it.
#[tokio::test(flavor = "multi_thread")]
async fn the_grid_whistles_two_come_and_one_is_listed() {
    City::tells_on(Backend::Sqlite, async |story| {
        let ticket = story.in_progress(Class::Simple, GRID).await;
        let whistle = json!({"do": "whistle", "units": ["D02", "D17", "D12"], "reason": "三栋消防通道被堵，请到场"});
        story.does(GRID, &ticket, whistle).await;
        for unit in ["D02", "D17", "D12"] {
            let QueueItem::Notice(notice) = story.takes(unit, "notice", &ticket).await.item else { panic!("a notice") };
            assert_eq!((notice.note, notice.unit.as_ref().map(UnitId::as_str)), (Note::Whistle, Some(GRID)));
        }
        story.city.advance(chrono::TimeDelta::minutes(20));
        for (n, unit) in [(1, "D02"), (2, "D17")] {
            let at = story.does(unit, &ticket, json!({"do": "arrive"})).await;
            let arrived = story.hears(n, Note::Arrive, &ticket).await;
            assert_eq!((arrived.units[0].as_str(), arrived.at), (unit, at));
        }
        story.refused("D05", &ticket, json!({"do": "arrive"}), "not_yours").await;
        story.does(GRID, &ticket, json!({"do": "end_whistle"})).await;
        let ended = story.hears(1, Note::EndWhistle, &ticket).await;
        assert_eq!(ended.units.iter().map(UnitId::as_str).collect::<Vec<_>>(), ["D12"]);
        story.refused("D12", &ticket, json!({"do": "arrive"}), "not_yours").await;
    })
    .await;
}

/// 抄送、催办、督办、约谈: the police bureau has a copy of what the traffic police handle; it urges and supervises, is
/// answered, and nobody else may.
#[tokio::test(flavor = "multi_thread")]
async fn the_supervising_department_urges_and_is_answered() {
    City::tells_on(Backend::Postgres, async |story| {
        let ticket = story.in_progress(Class::Coordination, "D12").await;
        story.takes("D01", "copy", &ticket).await;
        let supervise = json!({"do": "supervise", "level": "daily", "text": "请说明进度", "reply_days": 1});
        let urge = json!({"do": "urge", "text": "请尽快"});
        story.refused("D05", &ticket, urge.clone(), "not_yours").await;
        story.refused("D05", &ticket, supervise.clone(), "not_yours").await;
        let mut said = Vec::new();
        for act in
            [urge, supervise, json!({"do": "interview", "text": "请负责人到会"}), json!({"do": "escalate", "text": "请局长过问"})]
        {
            story.does("D01", &ticket, act).await;
            let QueueItem::Notice(notice) = story.takes("D12", "notice", &ticket).await.item else { panic!("a notice") };
            said.push(notice.note);
        }
        assert_eq!(said, [Note::Urge, Note::Supervise, Note::Interview, Note::Escalate]);
        assert_eq!(story.hears(1, Note::Supervise, &ticket).await.by.role, Role::SupervisingDepartment);
        story.does("D12", &ticket, json!({"do": "reply", "text": "今日完工"})).await;
        story.takes(CENTRE, "notice", &ticket).await;
        story.does(CENTRE, &ticket, json!({"do": "copy", "to": "D11", "text": "供参考"})).await;
        story.takes("D11", "notice", &ticket).await;
    })
    .await;
}
