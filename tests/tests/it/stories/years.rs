//! 新的一年: a ticket whose clock was paused, whose class rose, that was extended beyond the published calendar; then the
//! year is published. What became of its deadline is told alike by the command line and on the page, and confirmed. And
//! hundreds of tickets, while dispatch is killed.

use std::time::Duration;

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use contracts::{
    clock::ClockTurn,
    id::TicketId,
    lifecycle::{
        Act::{Extend, HandUp, Resume, Sign, Suspend},
        Change, Clock, Note,
    },
    ticket::{Class, Dispatched, Noted},
};
use futures_util::{StreamExt, stream};
use gridline_tests::{
    Backend, City, Plant,
    city::story::ways::{CENTRE, grant, sign},
    ear::Said,
    until,
};
use serde_json::{Value, json};

const GRID: &str = "GRID-360802001001";
const NOTICE: &str = "国办发明电〔2026〕9号";
const TOWN: &str = "TOWN-360802001000";

/// The law's days of 2027, and two more of rest after the Spring Festival.
fn year_2027() -> String {
    let law =
        ["01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"];
    let rows = law.map(|day| format!("2027-{day},holiday,yes,arranged\n")).concat();
    format!("date,kind,statutory,basis\n{rows}2027-02-09,holiday,no,arranged\n2027-02-10,holiday,no,arranged\n")
}

async fn calendar(city: &City) -> Value {
    let url = format!("{}/api/v1/calendar", city.http("dispatch"));
    city.browser.get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_raised_and_extended_ticket_meets_a_new_calendar_year_and_every_line_is_confirmed() {
    City::tells(async |story| {
        let city = story.city;
        // two replicas: the deadline is computed anew once
        city.replica("dispatch").await;
        city.set_time("2026-12-24T10:00:00+08:00");
        let ticket = story.in_progress(Class::Simple, GRID).await;
        let promise: Dispatched = city.expect(&ticket).await;
        assert_eq!(promise.due - promise.at, TimeDelta::hours(2));

        city.set_time("2026-12-24T10:30:00+08:00");
        let ask = json!({"kind": "suspend", "reason": "等待停电许可", "evidence": "申请单 12 号"});
        story.does(GRID, &ticket, json!({"do": "ask", "request": ask})).await;
        story.gives(Suspend, CENTRE, &ticket, grant("suspend")).await;
        city.set_time("2026-12-25T10:30:00+08:00");
        story.gives(Resume, CENTRE, &ticket, json!({"do": "resume", "reason": "许可已到"})).await;
        city.set_time("2026-12-25T11:00:00+08:00");
        story.gives(HandUp, GRID, &ticket, json!({"do": "hand_up", "reason": "网格无力解决"})).await;
        story.gives(Sign, TOWN, &ticket, sign()).await;

        city.set_time("2026-12-30T10:00:00+08:00");
        let until = "2027-02-09T12:00:00+08:00";
        let ask = json!({"kind": "extend", "reason": "等待节后配件", "until": until, "citizen_told": "已电话告知"});
        story.does(TOWN, &ticket, json!({"do": "ask", "request": ask})).await;
        let extended = story.gives(Extend, CENTRE, &ticket, grant("extend")).await;
        let turns = &extended.head().by.unwrap().clocks;
        let k5 = turns.iter().find(|t| t.clock == Clock::K5).unwrap();
        assert!(k5.provisional && k5.due.unwrap().to_rfc3339() == "2027-02-09T15:59:59+00:00", "{k5:?}");

        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("2027.csv");
        std::fs::write(&file, year_2027()).unwrap();
        let (file, dispatch) = (file.display().to_string(), city.http("dispatch"));
        let load =
            ["calendar", "load", &file, "--source", NOTICE, "--person", "ADMIN-1", "--reason", "已公布", "--at", &dispatch];
        let (good, said) = city.gridline(&load);
        assert!(good && said.contains("2027-12-31"), "{said}");
        let (good, said) = city.gridline(&load);
        assert!(!good && said.contains("nothing would change"), "{said}");
        assert_eq!(calendar(city).await["published_through"], "2027-12-31");

        let note = story.hears(1, Note::Recalculate, &ticket).await;
        assert_eq!(note.by.person.as_deref(), Some("ADMIN-1"));
        let k5 = note.by.clocks.iter().find(|t| t.clock == Clock::K5).unwrap();
        assert_eq!((k5.change, k5.provisional), (Change::Recounted, false));
        // nobody works on the 9th and the 10th: the extension ends with the next working day
        assert_eq!(k5.due.unwrap().to_rfc3339(), "2027-02-11T15:59:59+00:00");
        assert_eq!(story.notes(Note::Recalculate, &ticket).len(), 1);
        city.settles().await;
        assert_eq!(city.looks_up(&ticket).await["due"], "2027-02-11T15:59:59Z", "the reporter sees it");

        for (lang, told) in [
            (
                "zh",
                [
                    "K5 办理时限：暂停",
                    "K5 办理时限：继续",
                    "K5 办理时限：重算 5 个工作日",
                    "K5 办理时限：延后",
                    "重算时限",
                    NOTICE,
                    "全部时限复算一致。",
                ],
            ),
            (
                "en",
                [
                    "K5 time to handle: paused",
                    "K5 time to handle: resumed",
                    "K5 time to handle: recounted 5 working days",
                    "K5 time to handle: moved",
                    "compute a provisional deadline",
                    NOTICE,
                    "Every deadline is confirmed.",
                ],
            ),
        ] {
            let (good, said) = city.gridline(&["deadline", "explain", &ticket.number, "--lang", lang]);
            let page = format!("{}/tickets/{}?lang={lang}", city.http("console"), ticket.number);
            let page = city.browser.get(page).send().await.unwrap().text().await.unwrap();
            for words in told {
                assert!(said.contains(words), "{words}:\n{said}");
                assert!(page.contains(words), "{words}:\n{page}");
            }
            assert!(good, "{said}");
        }
        let (good, said) = city.gridline(&["deadline", "verify", "--all"]);
        assert!(good && said.contains(", 0 differ,"), "{said}");
    })
    .await;
}

/// Tickets whose deadline reaches beyond the published calendar.
const TICKETS: usize = 1000;
/// For what all of them do.
const LONG: Duration = Duration::from_secs(120);

/// Dispatch is killed with -9 while it computes a thousand deadlines anew, batch by batch: each is computed anew once, and
/// every deadline is confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_computed_once_for_each_ticket_though_dispatch_is_killed_in_the_midst_of_it() {
    for backend in Backend::BOTH {
        eprintln!("-- on {backend:?}");
        let mut plant = Plant::start(backend, &[]).await;
        let promised = fourteen_months(&plant).await;
        let day = next_plain_wednesday();
        load(&plant, &format!("date,kind,statutory,basis\n{day},holiday,no,district\n"));
        let first = |heard: &[Said], _| (!recalculated(heard).is_empty()).then_some(());
        plant.outside.ear().listen_for(LONG, first).await.expect("deadlines are computed anew");
        plant.kill("dispatch");
        // what it had published is heard
        tokio::time::sleep(Duration::from_millis(300)).await;
        let done = recalculated(&plant.outside.ear().heard()).len();
        assert!(done < TICKETS, "it was killed in the midst of it");
        eprintln!("dispatch is killed after {done} of {TICKETS}");
        plant.launch("dispatch");
        plant.ready("dispatch").await;
        let all = |heard: &[Said], _| (recalculated(heard).len() >= TICKETS).then_some(());
        plant.outside.ear().listen_for(LONG, all).await.expect("all deadlines are computed anew");
        plant.doctor(30);
        let mut turns = recalculated(&plant.outside.ear().heard());
        turns.sort_by_key(|(ticket, _)| *ticket);
        let tickets: Vec<TicketId> = turns.iter().map(|(ticket, _)| *ticket).collect();
        assert_eq!(tickets, promised, "each once");
        for (ticket, k5) in turns {
            assert_eq!((k5.change, k5.provisional), (Change::Recounted, true), "{ticket}");
            assert!(k5.due > k5.old_due, "{ticket}: {k5:?}");
        }
        let confirmed = format!("{TICKETS} tickets, ");
        until("every deadline is confirmed", async || {
            let (good, said) = plant.gridline(&["deadline", "verify", "--all"]);
            if good && said.contains(&confirmed) && said.contains(", 0 differ,") { Ok(()) } else { Err(said) }
        })
        .await;
    }
}

/// The tickets of so many reports that are due after more than a year, whatever year it is; in order.
async fn fourteen_months(plant: &Plant) -> Vec<TicketId> {
    let mut policy = serde_json::to_value(sla::Policy::default()).unwrap();
    (policy["version"], policy["limits"]["coordination"]) = (json!("十四个月"), json!({"working_days": 300}));
    let change = json!({"book": {"policy": policy}, "from": 0, "person": "ADMIN-1", "reason": "试行"});
    let url = format!("{}/api/v1/rules", plant.http("dispatch").unwrap());
    let answer = plant.browser.put(url).header("idempotency-key", "months").json(&change).send().await.unwrap();
    assert!(answer.status().is_success(), "{:?}", answer.text().await);

    let reports = format!("{}/api/v1/reports", plant.http("intake").unwrap());
    stream::iter(0..TICKETS)
        .for_each_concurrent(32, async |n| {
            let report = json!({
                "source": "web", "channel": "web", "external_id": format!("year-{n}"), "division": "360802001001",
                "class": Class::Coordination, "text": "阳明西路路灯不亮",
            });
            let answer = plant.browser.post(&reports).json(&report).send().await.unwrap();
            assert!(answer.status().is_success(), "{:?}", answer.text().await);
        })
        .await;
    let promises = |heard: &[Said], _| {
        let facts: Vec<Dispatched> = heard.iter().filter_map(Said::read).collect();
        (facts.len() >= TICKETS).then_some(facts)
    };
    let facts = plant.outside.ear().listen_for(LONG, promises).await.expect("all are dispatched");
    assert!(facts.iter().all(|fact| fact.provisional));
    let mut tickets: Vec<TicketId> = facts.iter().map(|fact| fact.ticket).collect();
    tickets.sort_unstable();
    tickets
}

/// A working day of the coming twelve months: in the middle of March there is no festival.
fn next_plain_wednesday() -> NaiveDate {
    let soon = bus::Clock::system().now().date_naive() + Days::new(2);
    let march = |year| NaiveDate::from_ymd_opt(year, 3, 11).unwrap();
    let after = [soon.year(), soon.year() + 1].map(march).into_iter().find(|day| *day > soon).unwrap();
    after.iter_days().find(|day| day.weekday() == Weekday::Wed).unwrap()
}

/// Days are put in force.
fn load(plant: &Plant, days: &str) {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("days.csv").display().to_string();
    std::fs::write(&file, days).unwrap();
    let dispatch = plant.http("dispatch").unwrap();
    let args = ["calendar", "load", &file, "--source", NOTICE, "--person", "ADMIN-1", "--reason", "已公布", "--at", &dispatch];
    let (good, said) = plant.gridline(&args);
    assert!(good, "{said}");
}

/// What became of the handling clock of each ticket that was computed anew, as often as it was said.
fn recalculated(heard: &[Said]) -> Vec<(TicketId, ClockTurn)> {
    let notes = heard.iter().filter_map(Said::read::<Noted>).filter(|noted| noted.note == Note::Recalculate);
    notes.filter_map(|noted| Some((noted.ticket, noted.by.clocks.into_iter().find(|turn| turn.clock == Clock::K5)?))).collect()
}
