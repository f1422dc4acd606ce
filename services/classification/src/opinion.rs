//! A second opinion on tickets that wait for a person, by any endpoint of the OpenAI kind; off unless an address is set.
//!
//! It stands beside the way: a ticket is told of first, and who decides is the person on the desk. Of the answer only the
//! code of a known category is read and noted on the ticket (补记), so nothing that a model says reaches a page. What is asked
//! has no number and no name in it. What is too much, too slow or wrong is left out.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bus::Clock;
use chassis::http;
use chrono::{DateTime, Utc};
use contracts::{
    district::{District, centre},
    envelope::Outbound,
    id::{MessageId, TicketId},
    problem::Problem,
    subject,
    text::Text,
    work::{ActBody, UnitAct, UnitWork},
};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::{Value, json};

/// Questions that may wait; the newest beyond are not asked.
const QUEUE: usize = 64;
/// Dispatch hears of a ticket in this time, and can then take a note on it.
const SETTLES: Duration = Duration::from_secs(2);
/// Pause while nothing waits, and after an endpoint that failed.
const IDLE: Duration = Duration::from_millis(500);
const FAILED: Duration = Duration::from_secs(30);
/// Staff number under which it is noted.
const PERSON: &str = "第二意见";
/// Words that a name follows, and so many characters of it.
const NAME_CUES: [&str; 6] = ["我叫", "我姓", "我是", "姓名", "联系人", "名叫"];
const NAME: usize = 3;

/// Where the endpoint is; `default.toml` explains it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    url: String,
    model: String,
    key: String,
    timeout_ms: u64,
}

/// A ticket that waits for a person.
struct Question {
    ticket: TicketId,
    text: String,
    since: Instant,
}

/// Asks, one question at a time.
pub struct Adviser {
    url: Url,
    config: Config,
    client: Client,
    waiting: Mutex<VecDeque<Question>>,
}

impl std::fmt::Debug for Adviser {
    /// Without the address and the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adviser(..)")
    }
}

/// Part of an answer of the OpenAI kind.
#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

impl Adviser {
    /// At the address of the settings; none if it is empty.
    pub fn at(config: Config) -> anyhow::Result<Option<Self>> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let url = format!("{}/chat/completions", config.url.trim_end_matches('/'));
        let url = http::address(&url, "opinion.url")?;
        let client = http::client(Duration::from_millis(config.timeout_ms))?;
        Ok(Some(Self { url, config, client, waiting: Mutex::default() }))
    }

    /// A ticket is to be asked about; not if too many wait.
    pub fn ask(&self, ticket: TicketId, text: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < QUEUE {
            waiting.push_back(Question { ticket, text: anonymous(text), since: Instant::now() });
        }
    }

    /// Asks the oldest question: what is to be noted, if it has an answer, and how long to wait for the next.
    pub async fn round(&self, clock: &Clock) -> (Option<Outbound>, Duration) {
        let Some(question) = self.next() else { return (None, IDLE) };
        match self.answer(&question.text).await {
            Ok(content) => {
                let noted = category(&content).and_then(|code| note(question.ticket, code, clock.now()).ok());
                (noted, Duration::ZERO)
            }
            Err(e) => {
                // without the address: it may hold a secret
                tracing::warn!(error = %e.without_url(), "no second opinion");
                (None, FAILED)
            }
        }
    }

    fn next(&self) -> Option<Question> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front_if(|q| q.since.elapsed() >= SETTLES)
    }

    async fn answer(&self, text: &str) -> reqwest::Result<String> {
        let asked = json!({
            "model": self.config.model, "temperature": 0, "max_tokens": 16,
            "messages": [{"role": "system", "content": task()}, {"role": "user", "content": text}],
        });
        let mut request = self.client.post(self.url.clone()).json(&asked);
        if !self.config.key.is_empty() {
            request = request.bearer_auth(&self.config.key);
        }
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        let first = serde_json::from_value::<Answer>(answer).ok().and_then(|a| a.choices.into_iter().next());
        Ok(first.map(|c| c.message.content).unwrap_or_default())
    }
}

fn task() -> String {
    let categories: Vec<String> = District::sample().categories().map(|c| format!("{} {}", c.code, c.name)).collect();
    format!("为市民诉求选定一个类别，只回答四位类别代码。类别：{}", categories.join("；"))
}

/// The first code of a known category in an answer.
fn category(content: &str) -> Option<&'static str> {
    let codes = content.split(|c: char| !c.is_ascii_digit());
    codes.into_iter().find_map(|code| District::sample().category(code)).map(|c| c.code.as_str())
}

/// A note on the ticket, as the centre's own program makes it.
fn note(ticket: TicketId, code: &str, at: DateTime<Utc>) -> Result<Outbound, Problem> {
    let name = District::sample().category(code).map_or("", |c| c.name.as_str());
    let text = Text::try_from(format!("第二意见（外部模型，仅供参考）：{code} {name}"))?;
    let act = UnitAct { ticket, order: None, person: Text::try_from(PERSON.to_owned())?, act: ActBody::Note { text } };
    let (id, unit) = (MessageId::derive(ticket.0, "opinion"), centre());
    let out = Outbound::new(id, subject::ACTS, subject::act(&unit), &UnitWork::from(act), at);
    Ok(out.about(ticket).on_behalf_of(subject::unit_uri(&unit)))
}

/// A text without any digit, and without the characters behind words that a name follows.
fn anonymous(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some(c) = rest.chars().next() {
        if let Some(cue) = NAME_CUES.iter().find(|cue| rest.starts_with(**cue)) {
            out.push_str(cue);
            rest = &rest[cue.len()..];
            let behind = rest.trim_start_matches(['：', ':', '是', ' ']);
            let han = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
            let name: usize = behind.chars().take_while(han).take(NAME).map(char::len_utf8).sum();
            if name > 0 {
                out.push('某');
                rest = &behind[name..];
            }
            continue;
        }
        out.push(if c.is_numeric() { '*' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_names_nobody_and_has_no_number() {
        let text = "我叫王小明，电话138****22，住阳明西路１号3栋五〇二。联系人：李四，楼上漏水。";
        assert_eq!(anonymous(text), "我叫某，电话*********，住阳明西路*号*栋五*二。联系人某，楼上漏水。");
        assert_eq!(anonymous(""), "");
    }

    #[test]
    fn of_an_answer_only_a_known_category_is_read() {
        assert_eq!(category("类别：0701（噪声）"), Some("0701"));
        assert_eq!(category("<script>9999</script> 0203"), Some("0203"));
        assert_eq!(category("我认为是噪声"), None);
    }
}
