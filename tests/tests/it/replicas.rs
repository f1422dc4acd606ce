//! More of the same service on the same database: more hands, not more tickets.

use std::collections::BTreeSet;

use contracts::{
    id::TicketId,
    ticket::{Closed, Dispatched, Part},
};
use futures_util::future::join_all;
use gridline_tests::{City, PATIENCE, crew::Crew, ear::Said, plant::PROGRAMS};

const TEXTS: [&str; 6] = [
    "阳明西路路灯不亮",
    "农贸市场前面的红绿灯坏了",
    "小区门口有一袋垃圾没人收",
    "工地夜间施工噪声扰民",
    "老旧小区违建多年无人处理，多部门推诿",
    "自来水发黄有异味",
];

/// Three of each service: 60 reports are 60 tickets, each dispatched and closed once, with numbers that follow one
/// another without gap.
#[tokio::test(flavor = "multi_thread")]
async fn three_of_each_service_do_everything_once() {
    City::on_both(async |city| {
        for name in PROGRAMS {
            city.replica(name).await;
            city.replica(name).await;
        }
        let crew = Crew::start(&city.outside);
        let tickets = join_all((0..60).map(|n| city.caller().reports(TEXTS[n % TEXTS.len()]))).await;
        let closed = |heard: &[Said]| -> BTreeSet<TicketId> {
            heard.iter().filter(|s| s.read::<Closed>().is_some()).filter_map(Said::ticket).collect()
        };
        let all = |heard: &[Said], _| (closed(heard).len() == tickets.len()).then_some(());
        city.outside.ear().wait_for(PATIENCE * 3, "60 tickets are closed", all).await;
        city.settles().await;

        let ledger = crew.ledger();
        let mut sent = 0;
        for ticket in &tickets {
            assert_eq!([city.count::<Dispatched>(ticket), city.count::<Closed>(ticket)], [1, 1]);
            let dispatched: Dispatched = city.expect(ticket).await;
            for assigned in &dispatched.orders {
                assert_eq!(ledger[&(assigned.order, "order".to_owned())].unit, assigned.unit);
                sent += 1;
            }
            assert_eq!(dispatched.orders.iter().filter(|o| o.part == Part::Lead).count(), 1);
        }
        let worked = ledger.keys().filter(|(_, kind)| kind == "order").count();
        assert_eq!(worked, sent, "work orders in queues, and those that were sent");
        let mut numbers: Vec<u32> = tickets.iter().map(|t| t.number.rsplit('-').next().unwrap().parse().unwrap()).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(1..=60));
        assert_eq!(crew.refused(), []);
    })
    .await;
}
