//! Somebody who reports.

use contracts::{id::TicketId, ticket::Class};
use serde::Deserialize;
use serde_json::{Value, json};

use super::City;

/// The receipt of a report over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Ticket {
    /// The ticket.
    #[serde(rename = "ticket")]
    pub id: TicketId,
    /// Its number for people.
    pub number: String,
    /// With the number, lets the reporter look.
    pub code: String,
    /// Where the reporter looks.
    pub location: String,
}

impl From<&Ticket> for TicketId {
    fn from(ticket: &Ticket) -> Self {
        ticket.id
    }
}

/// Somebody who reports over the web.
#[derive(Debug)]
pub struct Caller<'a> {
    city: &'a City,
    fields: Value,
}

impl<'a> Caller<'a> {
    pub(super) fn new(city: &'a City) -> Self {
        Self { city, fields: json!({"source": "web", "channel": "web"}) }
    }

    /// Reports from this division.
    #[must_use]
    pub fn at(self, division: &str) -> Self {
        self.with("division", division)
    }

    /// Reports with the class set, as a call-taker does.
    #[must_use]
    pub fn of_class(self, class: Class) -> Self {
        self.with("class", class.code())
    }

    /// Reports with this field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields[field] = value.into();
        self
    }

    /// Reports something; it has to be taken.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn reports(self, text: &str) -> Ticket {
        let answer = self.tries(text).await;
        let status = answer.status();
        let body = answer.text().await.expect("an answer");
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).expect("a receipt")
    }

    /// Reports something; it may be refused.
    ///
    /// # Panics
    /// If intake can't be reached.
    pub async fn tries(mut self, text: &str) -> reqwest::Response {
        self.fields["text"] = text.into();
        if self.fields.get("external_id").is_none() {
            self.fields["external_id"] = format!("report-{}", self.city.next_report()).into();
        }
        let url = format!("{}/api/v1/reports", self.city.http("intake"));
        self.city.browser.post(url).json(&self.fields).send().await.expect("intake answers")
    }
}
