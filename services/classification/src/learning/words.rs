//! Words that tickets have in common which people put into another category: proposed as entries of the catalogue.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use contracts::id::MessageId;
use outbox::{Db, Fault};

use crate::{
    Classifier,
    entity::{classification, proposal, sample},
    register::PENDING,
    store,
};

const WORDS: &str = "words";
/// Newest words of people that are looked at, and past tickets beside them, in pages.
const SAID: u64 = 1_000;
const PAST_PAGES: usize = 4;
/// Characters of a word, and of a text that are looked at.
const SHORTEST: usize = 2;
const LONGEST: usize = 6;
const TEXT: usize = 500;
/// Before so many other tickets are known, nobody can tell a telling word from one that is in every text.
const OTHERS: usize = 100;
/// Of so many tickets with the word one may be of another category.
const FEW: usize = 10;
/// Words that are proposed at once for two categories, and that are weighed for that.
const MOST: usize = 3;
const WEIGHED: usize = 500;
/// Tickets that are named as evidence.
const NAMED: usize = 5;

/// A ticket as far as words are learnt from it.
#[derive(Clone, Debug, Default)]
struct Told {
    ticket: String,
    text: String,
    /// Category that classification said.
    decided: String,
    /// Category that a person said.
    said: Option<String>,
}

impl Told {
    fn is(&self) -> &str {
        self.said.as_ref().unwrap_or(&self.decided)
    }
}

/// Looks at what people said and proposes words that `least` tickets or more have in common. What was proposed before, and
/// perhaps refused, stays as it is.
///
/// # Errors
/// The database is away.
pub async fn propose(db: &Db, classifier: Arc<Classifier>, least: usize, at_ms: i64) -> Result<(), Fault> {
    let mut told = read(db).await?;
    let look = move || {
        for t in &mut told {
            t.text = classifier.plain(&t.text).chars().take(TEXT).collect();
        }
        common(&told, least)
    };
    // some thousand texts are no work for a thread that carries tickets
    let found = tokio::task::spawn_blocking(look).await.unwrap_or_default();
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = found.iter().flat_map(|f| f.tickets.iter().take(NAMED).cloned()).collect();
    let known = store::numbers(db, &named).await?;
    let number = |ticket: &String| known.get(ticket).unwrap_or(ticket).clone();
    let proposals: Vec<proposal::Model> = found.iter().map(|f| f.proposal(number, at_ms)).collect();
    store::propose(db, &proposals).await
}

async fn read(db: &Db) -> Result<Vec<Told>, Fault> {
    let mut seen = HashSet::new();
    let mut told = Vec::new();
    let of = |decided: &classification::Model, said: Option<&sample::Model>| Told {
        ticket: decided.ticket_id.clone(),
        text: decided.text.clone(),
        decided: decided.category.clone(),
        said: said.and_then(|s| s.category.clone()),
    };
    for (said, decided) in store::samples(db, SAID).await? {
        seen.insert(said.ticket_id.clone());
        told.push(of(&decided, Some(&said)));
    }
    let mut behind = String::new();
    for _ in 0..PAST_PAGES {
        let page = store::past(db, &behind).await?;
        let Some(last) = page.last() else { break };
        behind.clone_from(&last.ticket_id);
        told.extend(page.iter().filter(|d| seen.insert(d.ticket_id.clone())).map(|d| of(d, None)));
    }
    Ok(told)
}

/// A word that speaks for a category where classification says another.
#[derive(Debug)]
struct Common {
    word: String,
    decided: String,
    said: String,
    /// The tickets that have it.
    tickets: Vec<String>,
    /// Other tickets, and of these with the word.
    others: usize,
    astray: usize,
}

/// For each two categories that people corrected, the words of the tickets corrected that hardly any other ticket has.
fn common(told: &[Told], least: usize) -> Vec<Common> {
    let mut corrected: BTreeMap<(&str, &str), Vec<&Told>> = BTreeMap::new();
    for t in told.iter().filter(|t| t.is() != t.decided) {
        corrected.entry((&t.decided, t.is())).or_default().push(t);
    }
    let mut found = Vec::new();
    for ((decided, said), own) in corrected {
        let others: Vec<&Told> = told.iter().filter(|t| t.is() != said).collect();
        if own.len() < least || others.len() < OTHERS {
            continue;
        }
        let mut chosen: Vec<Common> = Vec::new();
        for (word, tickets) in shared(&own, least) {
            if chosen.iter().any(|c| c.word.contains(word) || word.contains(&c.word)) {
                continue;
            }
            let astray = others.iter().filter(|o| o.text.contains(word)).count();
            if astray * FEW <= tickets.len() {
                chosen.push(Common {
                    word: word.to_owned(),
                    decided: decided.to_owned(),
                    said: said.to_owned(),
                    tickets: tickets.into_iter().map(str::to_owned).collect(),
                    others: others.len(),
                    astray,
                });
            }
            if chosen.len() == MOST {
                break;
            }
        }
        found.extend(chosen);
    }
    found
}

/// Words of Chinese characters that are in `least` texts or more, with the tickets: those in most texts first, of these the
/// longest. A text that came several times counts once.
fn shared<'t>(own: &[&'t Told], least: usize) -> Vec<(&'t str, Vec<&'t str>)> {
    let mut holds: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut texts = HashSet::new();
    for t in own.iter().filter(|t| texts.insert(&t.text)) {
        let mut words: Vec<&str> = words(&t.text).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            holds.entry(word).or_default().push(&t.ticket);
        }
    }
    let mut shared: Vec<_> = holds.into_iter().filter(|(_, tickets)| tickets.len() >= least).collect();
    shared.sort_unstable_by(|(a, of_a), (b, of_b)| (of_b.len(), b.len(), a).cmp(&(of_a.len(), a.len(), b)));
    shared.truncate(WEIGHED);
    shared
}

/// Every run of Chinese characters of the lengths that a word has.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().flat_map(move |(start, _)| {
        let run = text[start..].char_indices().take_while(|(_, c)| ('\u{4e00}'..='\u{9fff}').contains(c)).take(LONGEST);
        run.skip(SHORTEST - 1).map(move |(at, c)| &text[start..start + at + c.len_utf8()])
    })
}

impl Common {
    fn proposal(&self, number: impl Fn(&String) -> String, at_ms: i64) -> proposal::Model {
        let Self { word, decided, said, tickets, others, astray } = self;
        let named: Vec<String> = tickets.iter().take(NAMED).map(number).collect();
        let more = if tickets.len() > NAMED { "等" } else { "" };
        let reason = format!(
            "{} 件由人工改归此类的工单都写到“{word}”：{}{more}；对照的其他类别工单 {others} 件，其中 {astray} 件写到。",
            tickets.len(),
            named.join("、")
        );
        proposal::Model {
            id: MessageId::of_event("/catalogue/words", &format!("{decided} {said} {word}")).to_string(),
            ticket_id: tickets.first().cloned().unwrap_or_default(),
            category: said.clone(),
            word: word.clone(),
            place: String::new(),
            instead_of: decided.clone(),
            unit: String::new(),
            source: WORDS.to_owned(),
            reason,
            state: PENDING.to_owned(),
            at_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(n: usize, text: &str, decided: &str, said: Option<&str>) -> Told {
        Told { ticket: format!("t{n}"), text: text.into(), decided: decided.into(), said: said.map(str::to_owned) }
    }

    /// Three tickets that people corrected, among a hundred others.
    fn corrected() -> Vec<Told> {
        let texts = ["桥头的共享电瓶停满了人行道", "请管管共享电瓶，乱停", "校门口共享电瓶挡路，请处理"];
        let own = texts.iter().enumerate().map(|(n, text)| told(n, text, "0108", Some("0506")));
        own.chain((3..103).map(|n| told(n, "请处理一下，校门口的杂物挡路", "0108", None))).collect()
    }

    fn found(told: &[Told]) -> Vec<(String, usize, usize)> {
        let from_to = |c: Common| (format!("{} {}→{}", c.word, c.decided, c.said), c.tickets.len(), c.astray);
        common(told, 3).into_iter().map(from_to).collect()
    }

    #[test]
    fn what_corrected_tickets_share_and_others_do_not_have_is_found_whole() {
        let mut tickets = corrected();
        assert_eq!(found(&tickets), [("共享电瓶 0108→0506".into(), 3, 0)]);
        // one of another category that has the word is one too many for three
        tickets.push(told(200, "共享电瓶没电", "0108", None));
        assert_eq!(found(&tickets), []);
        // one of the same category is not
        tickets.pop();
        tickets.push(told(200, "共享电瓶没电", "0506", None));
        assert_eq!(found(&tickets).len(), 1);
    }

    #[test]
    fn too_little_proposes_nothing() {
        let tickets = corrected();
        assert_eq!(found(&tickets[1..]), [], "two tickets");
        assert_eq!(found(&tickets[..102]), [], "too few others to tell by");
        let mut twice = tickets.clone();
        twice[1].text = twice[0].text.clone();
        assert_eq!(found(&twice), [], "one text twice is one text");
        let mut said = tickets;
        said[0].said = Some("0108".into());
        assert_eq!(found(&said), [], "a person said that the first was right");
    }

    #[test]
    fn words_are_runs_of_chinese_characters() {
        let all: Vec<&str> = words("a路灯b，不亮了").collect();
        assert_eq!(all, ["路灯", "不亮", "不亮了", "亮了"]);
    }
}
