//! Where a matter belongs: from the code on the wall, from a phone's point, or asked for.

use contracts::{
    lifecycle::Act::Accept,
    ticket::{Class, Classified, Received},
};
use gridline_tests::{
    Backend, City,
    city::{Ticket, story::ways::CENTRE},
    until,
};
use serde_json::{Value, json};

/// 北门社区 of 北门街道, and that of 白塘街道.
const NORTH: &str = "360802005005";
const OTHER: &str = "360802006009";
const CARTONS: &str = "北门社区楼道里堆了几个纸箱，请网格员劝一下";

/// A report over HTTP, to an address of a QR code.
async fn scans(city: &City, place: &str, more: Value) -> reqwest::Response {
    let mut report = json!({"external_id": format!("scan-{place}-{more}"), "channel": "qr", "source": "qr", "text": CARTONS, "class": "simple"});
    for (name, value) in more.as_object().unwrap() {
        report[name] = value.clone();
    }
    let url = format!("{}/api/v1/reports{place}", city.http("intake"));
    city.browser.post(url).json(&report).send().await.unwrap()
}

/// Two communities of that name: the code on the wall says which, and so does a phone near one of them; else the centre
/// asks, and the ticket goes to the grid that it hears of.
#[tokio::test(flavor = "multi_thread")]
async fn the_place_comes_from_the_wall_or_the_phone_or_is_asked_for() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // invented places of the two
    std::fs::write(file.path(), format!("code,lon,lat\n{NORTH},114.97,27.12\n{OTHER},115.03,27.12\n")).unwrap();
    let centres = ("intake", "places.centres".to_owned(), file.path().display().to_string());
    let city = City::start_with(Backend::Sqlite, vec![centres]).await;
    let story = city.story();
    let ticket = async |answer: reqwest::Response| -> Ticket {
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.unwrap()
    };

    let wall = ticket(scans(&city, &format!("?place={NORTH}"), json!({})).await).await;
    story.takes(&format!("GRID-{NORTH}"), "order", &wall).await;
    assert_eq!(scans(&city, "?place=360802999999", json!({})).await.status(), 400);

    let phone = ticket(scans(&city, "", json!({"point": {"lon": 115.031, "lat": 27.121}})).await).await;
    assert_eq!(city.expect::<Received>(&phone).await.division.unwrap().as_str(), OTHER);
    story.takes(&format!("GRID-{OTHER}"), "order", &phone).await;

    let between = ticket(scans(&city, "", json!({"point": {"lon": 115.0, "lat": 27.12}})).await).await;
    let classified: Classified = city.expect(&between).await;
    assert!(classified.hold && classified.division.is_none() && classified.class == Class::Simple, "{classified:?}");
    assert!(classified.reasons.iter().any(|r| r.contains("请询问")), "{:?}", classified.reasons);
    story.takes(CENTRE, "triage", &between).await;
    story.gives(Accept, CENTRE, &between, json!({"do": "accept", "division": OTHER})).await;
    story.takes(&format!("GRID-{OTHER}"), "order", &between).await;
    city.finish().await;
}

/// Who reported from one of the two before is asked about that one first, and still asked; the number stays with intake.
#[tokio::test(flavor = "multi_thread")]
async fn the_reporters_last_place_is_what_the_centre_asks_about_first() {
    City::tells(async |story| {
        let city = story.city;
        let phone = |n: &str| json!({"name": null, "phone": n, "address": null});
        let caller = |n: &str| city.caller().of_class(Class::Simple).with("reporter", phone(n));
        let first = caller("138 0000 1022").reports("白塘街道北门社区楼道里堆了几个纸箱，请网格员劝一下").await;
        story.takes(&format!("GRID-{OTHER}"), "order", &first).await;
        until("intake heard where the first report went", async || {
            let url = format!("{}{}", city.http("intake"), first.location);
            let shown: Value = city.browser.get(url).send().await.expect("intake answers").json().await.expect("JSON");
            if shown["due"].is_string() { Ok(()) } else { Err(shown) }
        })
        .await;

        let again = caller("+86 13800001022").reports(CARTONS).await;
        let received: Received = city.expect(&again).await;
        assert_eq!((received.division, received.lately), (None, vec![OTHER.parse().unwrap()]));
        let classified: Classified = city.expect(&again).await;
        assert!(classified.hold && classified.division.is_none(), "a record is no answer: {classified:?}");
        let asked = "可能是白塘街道北门社区（诉求人近一年反映过此地的问题）或北门街道北门社区";
        assert!(classified.reasons.iter().any(|r| r.contains(asked)), "{:?}", classified.reasons);
        story.takes(CENTRE, "triage", &again).await;

        let other = caller("13900001023").reports(CARTONS).await;
        let classified: Classified = city.expect(&other).await;
        assert!(!classified.reasons.concat().contains("反映过"), "somebody else's record: {:?}", classified.reasons);
    })
    .await;
}
