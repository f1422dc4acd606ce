//! 一月一调度: when the month is over the district centre has its task, once, with what each unit did, and closes it with
//! minutes.

use contracts::{
    supervision::{Closed, Opened},
    ticket::Class,
};
use gridline_tests::{City, until};
use serde_json::{Value, json};

async fn shown(city: &City, task: &str) -> Option<Value> {
    let url = format!("{}/api/v1/supervision/{task}", city.http("console"));
    let answer = city.browser.get(url).send().await.unwrap();
    if answer.status().is_success() { Some(answer.json().await.unwrap()) } else { None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_looked_back_on_once_with_its_material_and_minutes() {
    const TASK: &str = "monthly-2036-03";
    City::tells(async |story| {
        let city = story.city;
        // later than the real clock, by which the program was first run here
        city.set_time("2036-03-03T09:00:00+08:00");
        city.replica("dispatch").await;
        story.reported(Class::Coordination, "D02").await;
        story.in_progress(Class::Coordination, "D02").await;
        city.set_time("2036-04-01T08:58:00+08:00");
        city.settles().await;
        assert_eq!(shown(city, TASK).await, None, "offices are closed");

        city.set_time("2036-04-01T09:00:01+08:00");
        let material = until("the task is shown", async || shown(city, TASK).await.ok_or("not yet")).await;
        let unit = material["units"].as_array().unwrap().iter().find(|u| u["unit"] == "D02").unwrap();
        assert_eq!((&unit["counted"], &unit["overdue"]), (&json!(2), &json!(1)), "{material}");
        assert_eq!(unit["in_time"], json!({"numerator": 1, "denominator": 2}));

        let url = format!("{}/api/v1/supervision/{TASK}/close", city.http("dispatch"));
        let minutes = json!({"person": "CENTRE-003", "minutes": "超期未结一件，限期三日办结"});
        let close = |key| city.browser.post(&url).header("idempotency-key", key).json(&minutes).send();
        assert_eq!(close("m-1").await.unwrap().status().as_u16(), 200);
        assert_eq!(close("m-1").await.unwrap().json::<Value>().await.unwrap()["code"], "repeated");
        let again = close("m-2").await.unwrap();
        assert_eq!((again.status().as_u16(), again.json::<Value>().await.unwrap()["code"].clone()), (409, json!("task_closed")));
        let page = format!("{}/supervision/{TASK}", city.http("console"));
        until("the minutes are shown", async || {
            let page = city.browser.get(&page).send().await.unwrap().text().await.unwrap();
            if page.contains("限期三日办结") { Ok(()) } else { Err(page) }
        })
        .await;
        let heard = city.outside.ear().heard();
        let opened = heard.iter().filter_map(|said| said.read::<Opened>()).filter(|o| o.task.to_string() == TASK).count();
        let closed = heard.iter().filter_map(|said| said.read::<Closed>()).count();
        assert_eq!((opened, closed), (1, 1));
    })
    .await;
}
