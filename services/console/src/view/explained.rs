//! How a ticket's deadlines came about, as `gridline deadline explain` tells it: the words are crate `sla`'s.

use contracts::ticket::TicketFact;
use sla::{Books, Explanation, History, SlaError, explain};

use crate::{entity::event, lang::Lang, view::timeline::decode};

/// From all stored facts of one ticket, in any order; each line is recomputed with the rules that it names.
pub fn explained(events: &[event::Model], books: &Books, lang: Lang) -> Result<Explanation, SlaError> {
    let mut history = History::default();
    for event in events {
        let fact = decode::<TicketFact>(&event.kind, &event.body).and_then(Result::ok);
        if let (Some(fact), Ok(seq)) = (fact, event.fact.parse()) {
            history.facts.insert(seq, fact);
        }
    }
    explain(&history, books, lang.of_sla())
}
