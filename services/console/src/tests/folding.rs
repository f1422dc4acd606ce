//! Any order and any repetition of the same facts gives the same rows.

use contracts::{lifecycle::State, ticket::TicketFact};
use proptest::prelude::*;

use super::{
    story::{Story, unit},
    world::World,
};
use crate::{
    domain::Row,
    handlers::{Fact, Heard},
};

/// A history of up to twelve facts; not always a legal one, for the fold must not rely on it.
fn history() -> impl Strategy<Value = Story> {
    proptest::collection::vec((0u8..9, 1i64..90), 1..12).prop_map(|acts| {
        acts.into_iter().fold(Story::new(1), |story, (act, hours)| match act {
            0 => story.received(),
            1 => Story { class: contracts::lifecycle::Class::KeyDifficult, division: None, ..story }.classified(),
            2 => Story { unit: unit("D03"), division: Some("360802002000"), ..story }.dispatched(hours),
            3 => Story { unit: unit("D02"), ..story }.signed(),
            4 => story.reported(hours),
            5 => story.checked(hours, hours % 2 == 0),
            6 => story.closed(hours),
            7 => story.skip(),
            _ => story.warned(hours, hours),
        })
    })
}

/// The facts, shuffled, and some of them twice.
fn shuffled() -> impl Strategy<Value = (Story, Vec<Heard>)> {
    history().prop_flat_map(|story| {
        let facts = story.heard.clone();
        let twice = proptest::sample::subsequence(facts.clone(), 0..=facts.len());
        let all = twice.prop_map(move |more| [facts.clone(), more].concat());
        (Just(story), all.prop_shuffle())
    })
}

fn fold(facts: &[Heard]) -> Option<Row> {
    let mut row: Option<Row> = None;
    for heard in facts {
        if let Fact::Ticket(fact, seq) = &heard.fact {
            let ticket = fact.head().ticket;
            row.get_or_insert_with(|| Row::new(ticket)).fold(fact, *seq);
        }
    }
    row
}

proptest! {
    #[test]
    fn any_order_and_repetition_fold_to_the_same_row((story, facts) in shuffled()) {
        prop_assert_eq!(fold(&facts), fold(&story.heard));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_repetition_and_batching_give_the_same_tables((story, facts) in shuffled(), size in 1usize..6) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (ordered, mixed) = runtime.block_on(async {
            let (a, b) = (World::new().await, World::new().await);
            a.hears(&story.heard).await;
            for batch in facts.chunks(size) {
                b.hears(batch).await;
            }
            (a.rows().await, b.rows().await)
        });
        prop_assert_eq!(ordered, mixed);
    }
}

#[test]
fn each_field_is_what_the_latest_fact_says() {
    let story = Story::new(1).received().classified().dispatched(40).signed().reported(30).checked(31, false);
    let row = fold(&story.heard).unwrap().into_next();
    assert_eq!((row.seq, row.version), (6, 1));
    assert_eq!(row.number, "JZ20261122-000001");
    assert_eq!(row.state, State::InProgress.code());
    assert_eq!(row.done_ms, None, "the clock goes on after the result was sent back");
    assert_eq!(row.unit.as_deref(), Some("D02"));
    assert_eq!(row.division.as_deref(), Some("360802001001"), "classification knew no place and left the one known");
    assert_eq!(row.town.as_deref(), Some("360802001000"));
    assert_eq!((row.category.as_deref(), row.channel.as_deref()), (Some("0203"), Some("phone")));

    let row = fold(&story.reported(32).checked(33, true).closed(34).heard).unwrap().into_next();
    assert_eq!(row.state, State::Closed.code());
    assert_eq!(row.done_ms, Some(row.received_ms + 32 * super::story::HOUR));
    assert_eq!(row.closed_ms, Some(row.received_ms + 34 * super::story::HOUR));
}

#[test]
fn a_ticket_heard_of_from_the_middle_is_shown_under_its_id_until_its_number_is_known() {
    let story = Story::new(1).received().classified().dispatched(40).signed();
    let row = fold(&story.heard[3..]).unwrap().into_next();
    assert_eq!(row.number, story.ticket.to_string());
    assert_eq!(row.received_ms, story.start + super::story::HOUR);
    assert!(matches!(&story.heard[3].fact, Fact::Ticket(f, 4) if matches!(**f, TicketFact::Signed(_))));
}
