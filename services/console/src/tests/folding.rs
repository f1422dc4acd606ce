//! Any order and any repetition of the same facts gives the same rows.

use contracts::{
    lifecycle::{Act, Change, Class, Note, Role, State},
    ticket::TicketFact,
};
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
    proptest::collection::vec((0u8..15, 1i64..90), 1..12).prop_map(|acts| {
        acts.into_iter().fold(Story::new(1), |story, (act, hours)| match act {
            0 => story.received(),
            1 => Story { class: Class::KeyDifficult, division: None, ..story }.classified(),
            2 => Story { unit: unit("D03"), division: Some("360802002000"), ..story }.dispatched(hours),
            3 => Story { unit: unit("D02"), ..story }.signed(),
            4 => story.reported(hours),
            5 => story.checked(hours, hours % 2 == 0),
            6 => story.closed(hours),
            7 => story.skip(),
            8 => suspended(story, hours, hours + 9),
            9 => resumed(story, hours, hours + 20),
            10 => merged(story, hours),
            11 => split(story, hours, 50),
            12 => succeeded(story, hours, "D02", "D03"),
            13 => succeeded(story, hours, "D03", "D04"),
            _ => story.warned(hours, hours),
        })
    })
}

fn suspended(story: Story, hours: i64, old: i64) -> Story {
    let turn = story.turn(Change::Paused, old, None);
    story.moved(hours, Act::Suspend, Role::Checker, State::Suspended, &[turn])
}

fn resumed(story: Story, hours: i64, due: i64) -> Story {
    let turn = story.turn(Change::Resumed, due - 7, Some(due));
    story.moved(hours, Act::Resume, Role::System, State::InProgress, &[turn])
}

fn merged(story: Story, hours: i64) -> Story {
    let (lead, turn) = (Story::new(7).ticket, story.turn(Change::Held, 40, None));
    story.moved_as(hours, Act::Merge, Role::Dispatcher, State::Merged, &[turn], |f| f.lead = Some(lead))
}

fn split(story: Story, hours: i64, due: i64) -> Story {
    let turn = story.turn(Change::Restored, due, Some(due));
    story.moved_as(hours, Act::Split, Role::Dispatcher, State::InProgress, &[turn], |f| f.class = Some(Class::Simple))
}

fn succeeded(story: Story, hours: i64, from: &str, to: &str) -> Story {
    story.noted(hours, Note::Succeed, Role::Administrator, State::InProgress, |f| f.units = vec![unit(from), unit(to)])
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

/// Deadline, lamp, state and unit after each kind of turn.
#[test]
fn the_deadline_follows_every_turn_of_the_handling_clock() {
    use super::story::HOUR;
    let start = Story::new(1).received().classified().dispatched(40).signed();
    let base = start.start;
    let due = |hours: i64| Some(base + hours * HOUR);
    let lamp = |row: &crate::entity::ticket::Model, hours: i64| crate::lamp::Lamp::of(row, base + hours * HOUR).map(|l| l.code());
    let row = |s: &Story| fold(&s.heard).unwrap().into_next();

    let s = suspended(start, 5, 40);
    assert_eq!(
        (row(&s).due_ms, row(&s).state.as_str(), lamp(&row(&s), 90)),
        (None, "SUSPENDED", None),
        "no lamp burns meanwhile"
    );
    let s = resumed(s, 10, 45);
    assert_eq!((row(&s).due_ms, lamp(&row(&s), 46)), (due(45), Some("red")));
    let moved = s.turn(Change::Moved, 45, Some(60));
    let s = s.moved(11, Act::Extend, Role::Supervisor, State::InProgress, &[moved]);
    assert_eq!((row(&s).due_ms, lamp(&row(&s), 46)), (due(60), Some("green")));

    let s = s.reported(50);
    assert_eq!((row(&s).due_ms, row(&s).done_ms, lamp(&row(&s), 90)), (due(60), due(50), Some("done")));
    let reopened = s.turn(Change::Reopened, 60, Some(70));
    let s = s.moved(51, Act::SendBack, Role::Checker, State::InProgress, &[reopened]);
    assert_eq!((row(&s).due_ms, row(&s).done_ms), (due(70), None));

    let s = merged(s, 52);
    let merged = row(&s);
    assert_eq!((merged.due_ms, merged.lead), (None, Some(Story::new(7).ticket.to_string())));
    let s = split(s, 53, 70);
    assert_eq!((row(&s).due_ms, row(&s).lead), (due(70), None), "a split puts back what was");

    let to = |f: &mut contracts::ticket::Moved| {
        f.to = Some(unit("TOWN-360802001000"));
        f.class = Some(Class::KeyDifficult);
    };
    let s = s.moved_as(54, Act::HandUp, Role::GridWorker, State::Dispatched, &[], to);
    assert_eq!((row(&s).unit.as_deref(), row(&s).due_ms), (Some("TOWN-360802001000"), due(70)));
    assert_eq!(row(&s).class.as_deref(), Some("key-difficult"));
    let s = s.noted(55, Note::Reclassify, Role::Dispatcher, State::Dispatched, |f| f.class = Some(Class::Coordination));
    assert_eq!(row(&s).class.as_deref(), Some("coordination"));
}

#[test]
fn a_reorganised_units_tickets_are_its_successors() {
    let row = |s: Story| fold(&s.heard).unwrap().into_next().unit;
    let story = || Story::new(1).received().classified().dispatched(40);
    assert_eq!(row(succeeded(story(), 5, "D02", "D03")).as_deref(), Some("D03"));
    assert_eq!(row(succeeded(succeeded(story(), 5, "D02", "D03"), 6, "D03", "D04")).as_deref(), Some("D04"));
    assert_eq!(row(succeeded(story(), 5, "D11", "D03")).as_deref(), Some("D02"), "a co-handler's successor has a part only");
    assert_eq!(row(succeeded(story(), 5, "D02", "D03").dispatched(60)).as_deref(), Some("D02"), "what is named later stands");
}
