//! How many facts a second: `cargo test --release -p console -- --ignored rate --nocapture`.

use std::time::Instant;

use super::{story::Story, world::World};
use crate::handlers::Heard;

#[tokio::test]
#[ignore = "a measurement, not a judgement"]
async fn rate_of_facts() {
    const TICKETS: i64 = 6_000;
    let world = World::new().await;
    // as a city works: each ticket's next fact comes when some hundred others had theirs
    let mut facts: Vec<(i64, Heard)> = Vec::new();
    for n in 0..TICKETS {
        let story = Story::new(n).received().classified().dispatched(40).signed().reported(30).checked(31, true).closed(32);
        facts.extend((0i64..).map(|i| n + i * 300).zip(story.heard));
    }
    facts.sort_by_key(|(at, _)| *at);
    let facts: Vec<Heard> = facts.into_iter().map(|(_, h)| h).collect();
    let start = Instant::now();
    for batch in facts.chunks(bus::consume::MAX_BATCH) {
        world.hears(batch).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} facts in {seconds:.2} s: {:.0} facts/s", facts.len(), facts.len() as f64 / seconds);
}
