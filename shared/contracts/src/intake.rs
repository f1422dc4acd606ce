//! What a source sends in, and the receipt it gets back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::family,
    id::{DivisionCode, TicketId},
    problem::Problem,
    text::Text,
    ticket::Class,
};

family! {
    /// Subject `intake.v1.submit.<source>`.
    pub enum Intake: "intake.v1" {
        /// A report.
        Submit = "submit",
    }
}

family! {
    /// Subject `receipt.v1.<source>`.
    pub enum Receipts: "receipt.v1" {
        /// The answer to a submission.
        Receipt = "receipt",
    }
}

/// How the report came in (domain.md 5, group 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Call to a hotline.
    Phone,
    /// WeChat or mini-program.
    Wechat,
    /// QR code bound to a place (码上办).
    Qr,
    /// Web page.
    Web,
    /// One-tap push by a grid worker (一键推送).
    GridOfficer,
    /// Text message.
    Sms,
    /// Letter, mayor's mailbox.
    Letter,
    /// Work order of another platform.
    Platform,
}

/// Who reports. Stays in intake's database; no message that intake sends carries any of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Name as given.
    pub name: Option<Text<100>>,
    /// Phone number as given.
    pub phone: Option<Text<40>>,
    /// Home address as given.
    pub address: Option<Text<200>>,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reporter(..)")
    }
}

/// Where a phone says that it is, in degrees. Stays in intake: only the division leaves it.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// East.
    pub lon: f64,
    /// North.
    pub lat: f64,
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Point(..)")
    }
}

/// A report as a source sends it. Unknown fields are refused: a misspelt one would be lost without a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The source's own number; the same number is the same ticket.
    pub external_id: Text<128>,
    /// How it came in.
    pub channel: Channel,
    /// What is reported.
    pub text: Text<5000>,
    /// Where, if the source knows: from the QR code, the grid worker's grid, the call-taker.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// Where the phone is, if it says so and the source does not know the division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// The class that a call-taker or platform has set; classification follows it.
    #[serde(default)]
    pub class: Option<Class>,
    /// 待受理: a call-taker answers, refuses or accepts it; nothing is dispatched before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
    /// Who reports; nothing for an anonymous report.
    #[serde(default)]
    pub reporter: Option<Reporter>,
}

/// Sent only after the report is committed in intake's database (or refused for good).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The source's own number; missing if the submission was so broken that it could not be read.
    pub external_id: Option<String>,
    /// When intake decided.
    pub at: DateTime<Utc>,
    /// Accepted or refused.
    #[serde(flatten)]
    pub outcome: ReceiptOutcome,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// The report is safe. A repeat of the same report gets the same answer.
    Accepted {
        /// The ticket.
        ticket: TicketId,
        /// The number for people.
        number: String,
        /// With the number, lets the reporter look the ticket up.
        code: String,
    },
    /// Not taken; sending it again unchanged will not help.
    Refused {
        /// What is wrong and what to do.
        problem: Problem,
    },
}
