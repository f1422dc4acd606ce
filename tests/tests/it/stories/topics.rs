//! Several people report one thing: it is seen, a dispatcher is told, and decides.

use contracts::{
    cluster::{Proposed, Repeated, Sensitive},
    lifecycle::Act::Merge,
};
use gridline_tests::{City, city::story::ways::CENTRE};
use serde_json::{Value, json};

const PIPE: [&str; 4] = [
    "翡翠湾小区高层没水，已经停水两天，请供水公司解决",
    "住在翡翠湾15楼，家里停水两天没人管",
    "又停水！翡翠湾的供水什么时候能正常",
    "我是前天反映翡翠湾停水的，到现在翡翠湾还是没水",
];

fn reporter(phone: &str) -> Value {
    json!({"name": null, "phone": phone, "address": null})
}

/// Three people and one of them once more: a cluster of three, whose repeat is told; it is found by who looks for it.
#[tokio::test(flavor = "multi_thread")]
async fn several_reports_of_one_thing_are_proposed_and_merged_by_a_person() {
    City::tells(async |story| {
        let city = story.city;
        let mut tickets = Vec::new();
        for (text, phone) in PIPE.iter().zip(["13800000001", "13800000002", "13800000003", "138-0000-0001"]) {
            tickets.push(city.caller().with("reporter", reporter(phone)).reports(text).await);
            city.settles().await;
        }
        let proposed: Proposed = city.expect(tickets[0].id).await;
        assert!(proposed.topic.people >= 3, "{proposed:?}");
        assert_eq!(proposed.topic.members[0].number, tickets[0].number, "in the order of arrival");
        let repeated: Repeated = city.expect(tickets[3].id).await;
        assert_eq!(repeated.of, tickets[0].id);
        story.takes(CENTRE, "notice", &tickets[0]).await;
        story.takes(CENTRE, "notice", &tickets[3]).await;

        let url = format!("{}/api/v1/similar", city.http("classification"));
        let asked = json!({"text": "翡翠湾没水用，什么时候来水"});
        let found: Value = reqwest::Client::new().post(url).json(&asked).send().await.unwrap().json().await.unwrap();
        let numbers: Vec<&str> = found["similar"].as_array().unwrap().iter().filter_map(|s| s["number"].as_str()).collect();
        assert!(tickets.iter().all(|t| numbers.contains(&t.number.as_str())), "{found}");

        let merge = json!({"do": "merge", "into": tickets[0].id, "same": {"cause": true}, "reason": "同一水泵故障"});
        story.gives(Merge, CENTRE, &tickets[1], merge).await;
        let sensitive = city.caller().reports("欠薪半年不发，再不解决我们几十人就集体上访").await;
        let told: Sensitive = city.expect(sensitive.id).await;
        assert_eq!(told.words, ["集体上访"]);
        story.takes(CENTRE, "notice", &sensitive).await;
    })
    .await;
}
