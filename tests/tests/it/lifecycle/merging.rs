//! Several tickets of one cause: T32.

use contracts::{
    lifecycle::Act::{Merge, Split},
    ticket::Class,
};
use gridline_tests::{City, city::story::ways::CENTRE};
use serde_json::json;

/// Merged only if the matter is the same, and apart again.
#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_one_cause_are_merged_and_split() {
    City::tells(async |story| {
        let lead = story.in_progress(Class::Coordination, "D02").await;
        let ticket = story.dispatched(Class::Coordination, "D05").await;
        let merge = |same: &str| json!({"do": "merge", "into": lead.id, "same": {same: true}, "reason": "同一故障"});
        story.refuses(Merge, CENTRE, &ticket, merge("place"), "same_matter").await;
        story.refuses(Merge, "D05", &ticket, merge("cause"), "not_yours").await;
        story.gives(Merge, CENTRE, &ticket, merge("cause")).await;
        let split = json!({"do": "split", "reason": "并非同一故障"});
        story.refuses(Split, CENTRE, &lead, split.clone(), "wrong_state").await;
        story.gives(Split, CENTRE, &ticket, split.clone()).await;
        story.refuses(Split, CENTRE, &ticket, split, "wrong_state").await;
    })
    .await;
}
