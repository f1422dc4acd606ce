//! An order of a hotline platform comes back closed.

use contracts::ticket::Dispatched;
use gridline_tests::{
    City,
    city::{Backend, Override},
    hotline_platform::{HotlinePlatform, Outage, WORDS_12343, WORDS_12345, Words},
};

/// An order goes in, the city closes it, and the platform, which is down for the first three tries, hears of each
/// step once and in order, signed.
async fn comes_back_closed(backend: Backend, words: Words, outage: Outage, told: &[&str]) {
    let platform = HotlinePlatform::start(words, "the-platforms-key").await.unwrap();
    let settings = |key: &str| format!("hotline.connections.{}.{key}", words.connection);
    let overrides: Vec<Override> = vec![
        ("hotline-bridge", settings("callback_url"), platform.callback_url()),
        ("hotline-bridge", settings("secret"), platform.secret().to_owned()),
        ("hotline-bridge", "hotline.poll_ms".to_owned(), "50".to_owned()),
        ("hotline-bridge", "hotline.retry_first_ms".to_owned(), "100".to_owned()),
    ];
    let city = City::start_with(backend, overrides).await;
    platform.down_for(3, outage);

    let order = platform.order("2026112300042", "农贸市场前面的红绿灯坏了", "王小明", "13800001022", "阳明西路1号");
    let (status, answer) = platform.sends(&city.http("hotline-bridge"), &order).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    let (status, again) = platform.sends(&city.http("hotline-bridge"), &order).await.unwrap();
    assert_eq!((status, &again["ticket"]), (200, &answer["ticket"]));
    let ticket: contracts::id::TicketId = answer["ticket"].as_str().unwrap().parse().unwrap();

    let dispatched: Dispatched = city.expect(ticket).await;
    let mut unit = city.department(dispatched.orders[0].unit.as_str()).await;
    let mut centre = city.centre().await;
    let order = unit.takes("order", ticket).await;
    unit.signs(&order).await.unwrap();
    unit.notes(&order, "已派人到场").await.unwrap();
    unit.reports(&order, "红绿灯已修复").await.unwrap();
    let check = centre.takes("check", ticket).await;
    centre.passes(&check).await.unwrap();
    let callback = centre.takes("callback", ticket).await;
    centre.calls_back(&callback).await.unwrap();

    let closed = platform.closed("2026112300042").await;
    assert!(closed.body.contains("红绿灯已修复"), "{}", closed.body);
    let taken = platform.taken();
    assert_eq!(taken.iter().map(|c| c.kind.as_str()).collect::<Vec<_>>(), told);
    assert!(taken.is_sorted_by_key(|c| c.seq), "{taken:#?}");
    assert!(taken.iter().all(|c| c.signed && c.order_no == "2026112300042"), "{taken:#?}");
    let refused = platform.calls().iter().filter(|c| c.answered != Some(200)).count();
    assert_eq!(refused, 3, "tries while the platform was down");
    city.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_12345_comes_back_closed_to_a_platform_that_reset_connections() {
    let told = ["SIGNED", "PROGRESS", "RESULT", "CLOSED"];
    for backend in Backend::BOTH {
        comes_back_closed(backend, WORDS_12345, Outage::Resets, &told).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_12343_comes_back_closed_to_a_platform_that_was_unavailable() {
    let told = ["已签收", "办理中", "已反馈", "已办结"];
    for backend in Backend::BOTH {
        comes_back_closed(backend, WORDS_12343, Outage::Answers(503), &told).await;
    }
}
