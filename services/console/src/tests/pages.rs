//! What a supervisor sees.

use contracts::{
    clock::ClockTurn,
    id::OrderId,
    lifecycle::{Act, Change, Note, Role, State},
    ticket::{Assigned, Part, RequestKind, SupervisionLevel},
};

use super::{
    story::{HOUR, START, Story, at, unit},
    world::World,
};

#[tokio::test]
async fn an_empty_console_says_so_on_every_page() {
    let world = World::new().await;
    for path in ["/", "/tickets", "/units", "/tickets?lang=en", "/units?lang=en"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("还没有工单") || answer.text.contains("There are no tickets yet"), "{path}");
    }
    let summary = world.get("/api/v1/summary").await.json();
    assert_eq!((summary["total"].as_i64(), summary["states"].as_array().map(Vec::len)), (Some(0), Some(0)));
    assert_eq!(world.get("/api/v1/units").await.json()["units"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_ticket_page_tells_the_whole_story() {
    let world = World::new().await;
    let story = Story::new(1).received().classified().dispatched(10).signed().progressed("已联系供电").warned(8, 10).overdue(10);
    let story = story.escalated(12, 10, 2, "TOWN-360802001000").reported(13).checked(14, true).closed(20);
    world.hears_stories(&[story]).await;
    world.clock.set(at(START + 30 * HOUR));
    let page = world.get("/tickets/JZ20261122-000001").await;
    assert_eq!(page.status, 200);
    for seen in [
        "结案",
        "需协调",
        "路灯照明（0203）",
        "文中有“路灯”，归入路灯照明",
        "目录：路灯照明由城管局主办",
        "rules-7",
        "2026-2",
        "区综治中心",
        "预警：时限已用 80%",
        "超期：时限已到",
        "超期升级",
        "级别",
        "古南（镇街）",
        "T24 反馈",
        "工号 1023",
        "已联系供电",
        "路灯已修复",
        "无法回访",
        "超 3小时",
        "2026-11-23 02:01",
    ] {
        assert!(page.text.contains(seen), "{seen} is missing");
    }
    let english = world.get_with("/tickets/JZ20261122-000001", "a=b; lang=en").await;
    for seen in ["Why it went where it went", "Overdue: the time is over", "Closed", "late by 3 h", "staff no. 1023"] {
        assert!(english.text.contains(seen), "{seen} is missing");
    }
    let whole = world.get("/api/v1/tickets/JZ20261122-000001").await.json();
    assert_eq!(whole["ticket"]["state"], "CLOSED");
    assert_eq!(whole["events"].as_array().map(Vec::len), Some(11));
    assert_eq!(whole["events"][0]["body"]["channel"], "phone");
}

#[tokio::test]
async fn facts_that_are_still_on_the_way_are_told() {
    let world = World::new().await;
    world.hears_stories(&[Story::new(1).received().skip().dispatched(10)]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    assert!(page.contains("尚未收到第 2") && page.contains("尚未分类"));
}

#[tokio::test]
async fn what_people_wrote_is_shown_and_never_run() {
    let world = World::new().await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> 𠮷野家 👨‍👩‍👧 \u{202e}abc";
    let story = Story { text: evil.into(), ..Story::new(1) };
    world.hears_stories(&[story.received().classified().dispatched(5).signed().progressed(evil)]).await;
    for path in ["/tickets", "/tickets/JZ20261122-000001"] {
        let page = world.get(path).await.text;
        assert!(!page.contains("<script") && !page.contains("<img"), "{path}");
        assert!(page.contains("&#60;script&#62;alert(1)") && page.contains("𠮷野家"), "{path}");
        assert!(page.contains("<bdi>"), "{path}: writing that turns the direction must not turn the page's");
    }
}

#[tokio::test]
async fn bad_addresses_get_a_clear_answer_in_both_languages() {
    let world = World::new().await;
    for query in [
        "state=NOPE",
        "state=DISPATCHED,",
        "unit=a%20b",
        "unit=%3Cscript%3E",
        "division=12",
        "lamp=pink",
        "class=hard",
        "number=%00",
        "number=%F0%A0%AE%B7",
        "limit=0",
        "limit=501",
        "before=yesterday",
        "before=1.2",
        "stat=DISPATCHED",
        "state=CLOSED&state=CLOSED",
        "lang=fr",
    ] {
        let page = world.get(&format!("/tickets?{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(
            page.text.contains("lang=\"zh-CN\"") && page.text.contains("lang=\"en\"") && !page.text.contains("<script"),
            "{query}"
        );
        let api = world.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(api.status, 400, "api {query}");
        assert!(api.json()["zh"].is_string());
    }
    for path in ["/tickets/JZ20261122-000001", "/tickets/%00", "/tickets/%FF", "/nowhere", "/api/v1/tickets/JZ1", "/api/nowhere"]
    {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
    assert!(world.get("/tickets/JZ20261122-000001").await.text.contains("没有这个单号"));
}

#[tokio::test]
async fn the_language_is_remembered() {
    let world = World::new().await;
    let english = world.get("/units?lang=en").await;
    assert!(english.text.contains("<html lang=\"en\">") && english.text.contains("/units?lang=zh"));
    let cookie = english.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.starts_with("lang=en;") && cookie.contains("HttpOnly"));
    assert!(world.get_with("/tickets", "lang=en").await.text.contains("<html lang=\"en\">"));
    assert!(world.get_with("/tickets", "lang=xx").await.text.contains("<html lang=\"zh-CN\">"));
    let list = world.get("/tickets?state=CLOSED").await;
    assert!(list.text.contains("/tickets?state=CLOSED&#38;lang=en") && list.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn counts_per_unit_add_up_and_lead_to_just_these_tickets() {
    let world = World::new().await;
    let stories = [
        Story::new(1).received(),
        Story::new(2).received().classified().dispatched(10),
        Story::new(3).received().classified().dispatched(2).signed(),
        Story { unit: unit("D03"), ..Story::new(4) }.received().classified().dispatched(30).signed(),
        Story::new(5).received().classified().dispatched(9).signed().reported(5).checked(6, true).closed(7),
        Story::new(6).received().classified().dispatched(9).signed().reported(5),
    ];
    world.hears_stories(&stories).await;
    world.clock.set(at(START + 9 * HOUR));
    let units = world.get("/api/v1/units").await.json();
    let d02 = units["units"].as_array().unwrap().iter().find(|u| u["unit"] == "D02").unwrap();
    for (count, expected) in [
        ("total", 4),
        ("waiting", 1),
        ("in_progress", 1),
        ("checking", 1),
        ("closed", 1),
        ("warned", 1),
        ("overdue", 1),
        ("done", 2),
    ] {
        assert_eq!(d02[count], expected, "{count}");
    }
    let summary = world.get("/api/v1/summary").await.json();
    assert_eq!((summary["total"].as_i64(), summary["red"].as_i64(), summary["yellow"].as_i64()), (Some(6), Some(1), Some(1)));

    let page = world.get("/units").await.text;
    let mut links = 0;
    for link in page.split("<a href=\"/tickets?").skip(1) {
        let (query, rest) = link.split_once('"').unwrap();
        let shown: usize = rest.split(['>', '<']).nth(1).unwrap().parse().unwrap();
        assert_eq!(world.numbers(&query.replace("&#38;", "&")).await.len(), shown, "{query}");
        links += 1;
    }
    assert!(links > 8, "{links} links");
}

/// 挂起、延期、督办、并案 on the page of one ticket, with the ledger of its clocks.
#[tokio::test]
async fn what_happens_beside_the_main_way_is_told_in_words() {
    let world = World::new().await;
    let lead = Story::new(2).received().classified().dispatched(60);
    let s = Story::new(1).received().classified().dispatched(40).signed();
    let (paused, resumed) = (s.turn(Change::Paused, 40, None), s.turn(Change::Resumed, 40, Some(64)));
    let (held, to) = (s.turn(Change::Held, 64, None), lead.ticket);
    let s = s
        .noted(3, Note::AskRequest, Role::HandlingUnit, State::InProgress, |f| {
            f.request = Some(RequestKind::Suspend);
            f.text = Some("等待供电公司停电窗口".into());
        })
        .moved_as(4, Act::Suspend, Role::Checker, State::Suspended, &[paused], |f| f.reason = Some("确需停电作业".into()))
        .moved(28, Act::Resume, Role::System, State::InProgress, &[resumed])
        .noted(30, Note::Supervise, Role::Supervisor, State::InProgress, |f| {
            f.level = Some(SupervisionLevel::Listed);
            f.units = vec![unit("D02")];
            f.reply_due = Some(at(START + 48 * HOUR));
        })
        .moved_as(31, Act::Merge, Role::Dispatcher, State::Merged, &[held], |f| f.lead = Some(to));
    world.hears_stories(&[lead, s]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    for seen in [
        "提出申请",
        "等待供电公司停电窗口",
        "确需停电作业",
        "挂牌督办",
        "2026-11-24 16:00",
        "时限台账",
        "暂停",
        "5 个工作日 · 日历 2026-2 · 规则 default-1",
        "随主案",
        "<a href=\"/tickets/JZ20261122-000002\">JZ20261122-000002</a>",
        "本件已并入主案",
    ] {
        assert!(page.contains(seen), "{seen} is missing");
    }
    let lead = world.get("/tickets/JZ20261122-000002").await.text;
    assert!(lead.contains("并入本案的工单") && lead.contains("/tickets/JZ20261122-000001"));
    let counts = world.get("/units").await.text;
    assert!(counts.contains("人次（全部工单） <b>2</b>") && counts.contains("事项（不含并案） <b>1</b>"));
    let summary = world.get("/api/v1/summary").await.json();
    assert_eq!((summary["total"].as_i64(), summary["causes"].as_i64()), (Some(2), Some(1)));
}

#[tokio::test]
async fn days_lost_to_a_dispute_are_charged_to_it_on_the_page() {
    let world = World::new().await;
    let s = Story::new(1).received().classified().dispatched(40).signed().ruled(30, 26);
    world.hears_stories(&[s]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    assert!(page.contains("管辖争议占用") && page.contains("26小时") && page.contains("改由"));
}

#[tokio::test]
async fn co_handlers_are_listed_with_their_own_time_before_they_sign() {
    let world = World::new().await;
    let s = Story::new(1).received().classified().dispatched(40).signed();
    let (part, due) = (OrderId::derive(s.ticket, 2), at(START + 24 * HOUR));
    let turn = ClockTurn { order: Some(part), ..s.turn(Change::Started, 0, Some(24)) };
    let s = s.moved_as(3, Act::AskCoHandlers, Role::HandlingUnit, State::InProgress, &[turn], |f| {
        f.orders = vec![Assigned { order: part, unit: unit("D11"), part: Part::Responsible, due: Some(due) }];
        f.reason = Some("配合停电两小时".into());
    });
    world.hears_stories(&[s]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    let name = crate::names::unit(&unit("D11"));
    for seen in [format!("{name}（协办，限 2026-11-23 16:00）"), format!("办理时限（{name}）"), "配合停电两小时".into()]
    {
        assert!(page.contains(&seen), "{seen} is missing");
    }
    assert!(page.contains(&format!("<th scope=\"row\">{name}</th>")), "in the table of work orders");
    let due = world.get("/api/v1/tickets/JZ20261122-000001").await.json()["ticket"]["due"].clone();
    assert_eq!(due, "2026-11-24T00:01:00.000Z", "a part's own clock leaves the ticket's");
}

#[tokio::test]
async fn an_order_that_was_handed_on_waits_to_be_signed_anew() {
    let world = World::new().await;
    let s = Story::new(1).received().classified().dispatched(40).signed();
    let (order, town) = (s.order(), unit("TOWN-360802001000"));
    let s = s.moved_as(3, Act::Transfer, Role::HandlingUnit, State::Dispatched, &[], |f| {
        (f.order, f.to) = (Some(order), Some(town.clone()));
    });
    world.hears_stories(&[s]).await;
    let page = world.get("/tickets/JZ20261122-000001").await.text;
    let handed = format!("{} → {}</th>", crate::names::unit(&unit("D02")), crate::names::unit(&town));
    let (_, row) = page.split_once(&handed).expect("who had it and who has it");
    assert!(row.split("</tr>").next().unwrap().contains("待签收"));
}
