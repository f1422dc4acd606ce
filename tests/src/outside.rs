//! A client that knows only what the contract tells the world: subjects, headers, JSON.

use std::{collections::HashMap, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{self, context::ContextBuilder},
};
use bytes::Bytes;
use contracts::{
    envelope::TYPE_PREFIX,
    id::{MessageId, SourceId, UnitId},
    intake::Receipt,
    problem::Problem,
    subject,
    work::UnitAnswer,
};
use serde::de::DeserializeOwned;

use crate::{
    PATIENCE,
    ear::{Ear, Said},
};

/// A connection of somebody outside.
#[derive(Clone, Debug)]
pub struct Outside {
    js: jetstream::Context,
    ear: Ear,
}

/// A message as it is written, right or wrong.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Where it goes.
    pub subject: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Bytes,
}

impl Letter {
    /// A report as `source` should write it.
    pub fn report(source: &SourceId, id: &str, body: impl Into<Bytes>) -> Self {
        Self::new(subject::submit(source), subject::source_uri(source), "intake.v1.submit", id, body)
    }

    /// An act as `unit` should write it.
    pub fn act(unit: &UnitId, id: &str, body: impl Into<Bytes>) -> Self {
        Self::new(subject::act(unit), subject::unit_uri(unit), "work.v1.act", id, body)
    }

    /// A fact about clocks, as the watchdog writes it.
    pub fn clock(kind: &str, id: &str, body: impl Into<Bytes>) -> Self {
        let subject = subject::fact("clock.v1", kind);
        Self::new(subject.clone(), "/gridline/sla-watchdog".to_owned(), &subject, id, body)
    }

    fn new(subject: String, source: String, kind: &str, id: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", id.to_owned()),
            ("ce-source", source),
            ("ce-type", format!("{TYPE_PREFIX}{kind}")),
            ("content-type", "application/json".to_owned()),
        ];
        Self { subject, headers, body: body.into() }
    }

    /// The same with another header value; `None` leaves the header out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.retain(|(n, _)| *n != name);
        self.headers.extend(value.map(|v| (name, v.to_owned())));
        self
    }

    /// The same to another subject.
    #[must_use]
    pub fn to(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }
}

impl Outside {
    /// Connects.
    ///
    /// # Panics
    /// If the broker is away.
    pub async fn connect(url: &str) -> Self {
        let options = async_nats::ConnectOptions::new().name("outside").reconnect_delay_callback(|_| Duration::from_millis(50));
        let client = options.connect(url).await.expect("the broker is up");
        let js = ContextBuilder::new().timeout(Duration::from_secs(15)).ack_timeout(Duration::from_secs(15)).build(client);
        let ear = Ear::open(&js);
        Self { js, ear }
    }

    /// What it hears.
    pub fn ear(&self) -> &Ear {
        &self.ear
    }

    /// JetStream.
    pub fn js(&self) -> &jetstream::Context {
        &self.js
    }

    /// All that lies in a stream, as one text.
    ///
    /// # Panics
    /// If the broker is away.
    pub async fn stored(&self, stream: &str) -> String {
        let stream = self.js.get_stream(stream).await.expect("the broker is up");
        let mut all = String::new();
        for place in 1..=stream.cached_info().state.last_sequence {
            // taken from a queue means gone
            if let Ok(message) = stream.direct_get(place).await {
                all.push_str(&format!(
                    "{} {:?} {}\n",
                    message.subject,
                    message.headers,
                    String::from_utf8_lossy(&message.payload)
                ));
            }
        }
        all
    }

    /// Sends a letter; returns its place in the stream that took it.
    ///
    /// # Panics
    /// If no stream takes it.
    pub async fn send(&self, letter: &Letter) -> u64 {
        self.try_send(letter).await.unwrap_or_else(|e| panic!("{} was not taken: {e}", letter.subject))
    }

    /// The same where the broker may be away.
    pub async fn try_send(&self, letter: &Letter) -> Result<u64, async_nats::Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &letter.headers {
            headers.insert(*name, value.as_str());
        }
        let taken = self.js.publish_with_headers(letter.subject.clone(), headers, letter.body.clone()).await?;
        Ok(taken.await?.sequence)
    }

    /// Sends a letter to intake and waits for the receipt that answers this very letter.
    pub async fn submit(&self, letter: &Letter) -> Receipt {
        let place = self.send(letter).await;
        let id = MessageId::derive(MessageId::of_delivery(subject::INTAKE, place).0, "receipt").to_string();
        self.answer(&format!("receipt for {} (no. {place})", letter.subject), "receipt.", |header| header == id).await
    }

    /// Sends an act and waits for its answer.
    pub async fn act(&self, letter: &Letter) -> UnitAnswer {
        self.send(letter).await;
        let id = letter.headers.iter().find(|(name, _)| *name == "ce-id").map_or("", |(_, id)| id);
        self.answered(id).await
    }

    /// Waits for the answer to the act of this id.
    pub async fn answered(&self, id: &str) -> UnitAnswer {
        self.ear
            .wait(format!("answer to {id}"), |said| {
                let answer =
                    said.subject.starts_with("answer.").then(|| serde_json::from_slice::<UnitAnswer>(&said.body).ok())??;
                (answer.act == id).then_some(answer)
            })
            .await
    }

    /// Waits for the answers to the acts of these ids; they come in this order.
    pub async fn all_answered(&self, ids: &[String]) -> Vec<UnitAnswer> {
        let mut answers: HashMap<String, UnitAnswer> = HashMap::new();
        let all = |heard: &[Said], from: usize| {
            let acts = heard[from..].iter().filter(|said| said.subject.starts_with("answer."));
            answers.extend(acts.filter_map(|said| {
                let answer: UnitAnswer = serde_json::from_slice(&said.body).ok()?;
                Some((answer.act.clone(), answer))
            }));
            ids.iter().map(|id| answers.get(id).cloned()).collect::<Option<Vec<_>>>()
        };
        self.ear.wait_for(PATIENCE * 3, format!("{} answers", ids.len()), all).await
    }

    async fn answer<T: DeserializeOwned>(&self, what: &str, subject: &str, is_it: impl Fn(&str) -> bool) -> T {
        self.ear
            .wait(what, |said| {
                let mine = said.subject.starts_with(subject) && said.header("ce-id").is_some_and(&is_it);
                mine.then(|| serde_json::from_slice(&said.body).expect("the contract's shape"))
            })
            .await
    }
}

/// The problem of an answer over HTTP.
///
/// # Panics
/// If the answer is not a problem.
pub async fn problem(answer: reqwest::Response) -> Problem {
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: not a problem but {text:?}"))
}
