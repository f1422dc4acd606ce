//! CloudEvents 1.0 in the NATS binary form: attributes as `ce-` headers, the data as JSON body.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    family::Family,
    id::{MessageId, TicketId},
    problem::Problem,
};

/// Prefix of every event type; what follows is family and kind: `io.gridline.ticket.v1.received`.
pub const TYPE_PREFIX: &str = "io.gridline.";

/// Largest body that is read, in bytes. The broker's `max_payload` counts headers too and must be larger, or it cuts
/// the connection before we can say what is wrong.
pub const MAX_BODY: usize = 256 * 1024;

/// The attributes of a message as they were read, before anything is believed of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `ce-id`, unique within `source`.
    pub id: String,
    /// `ce-source`, who says it: `/gridline/dispatch`, `/units/D02`, `/sources/hotline-12345`.
    pub source: String,
    /// `ce-type` without [`TYPE_PREFIX`].
    pub kind: String,
    /// `ce-subject`: the ticket, if the message is about one.
    pub ticket: Option<TicketId>,
    /// `ce-ticketseq`: place of a fact in its ticket's history, from 1, gapless.
    pub seq: Option<u64>,
    /// `traceparent`, W3C trace context.
    pub trace: Option<String>,
}

impl Envelope {
    /// Reads the headers. The error names the header that is missing or wrong.
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Problem> {
        let need = |name: &str| header(name).filter(|v| !v.is_empty() && v.len() <= 256).ok_or_else(|| missing(name));
        let version = need("ce-specversion")?;
        if version != "1.0" {
            return Err(Problem::new("bad_specversion", "ce-specversion 应为 1.0", "ce-specversion must be 1.0"));
        }
        let kind = need("ce-type")?.strip_prefix(TYPE_PREFIX).ok_or_else(|| {
            Problem::new("bad_type", format!("ce-type 应以 {TYPE_PREFIX} 开头"), format!("ce-type must begin with {TYPE_PREFIX}"))
        })?;
        let ticket = header("ce-subject").map(str::parse).transpose()?;
        let seq = header("ce-ticketseq")
            .map(|s| s.parse::<u64>().map_err(|_| Problem::field("ce-ticketseq", "应为正整数", "takes a positive whole number")))
            .transpose()?;
        Ok(Self {
            id: need("ce-id")?.to_owned(),
            source: need("ce-source")?.to_owned(),
            kind: kind.to_owned(),
            ticket,
            seq,
            trace: header("traceparent").filter(|t| t.len() <= 64).map(str::to_owned),
        })
    }

    /// Reads the body as the family `F`, after checking that the subject says the same as the envelope:
    /// `tokens` are the subject's tokens after the family, of which the kind must be one.
    pub fn open<F: Family>(&self, body: &[u8]) -> Result<F, Problem> {
        let kind = self.kind.strip_prefix(F::FAMILY).and_then(|k| k.strip_prefix('.')).ok_or_else(|| {
            Problem::new(
                "wrong_version_or_type",
                format!("此主题只接受 {}.*，请检查消息类型与版本", F::FAMILY),
                format!("this subject takes {}.* only; check type and version", F::FAMILY),
            )
        })?;
        if body.len() > MAX_BODY {
            return Err(too_large());
        }
        F::decode(kind, body)
    }
}

/// The body is larger than [`MAX_BODY`].
pub fn too_large() -> Problem {
    Problem::new(
        "too_large",
        format!("消息超过 {} KB，请缩短，附件另传", MAX_BODY / 1024),
        format!("the message is over {} KB; shorten it, send attachments separately", MAX_BODY / 1024),
    )
}

fn missing(name: &str) -> Problem {
    Problem::new(
        "missing_header",
        format!("缺少消息头 {name}，或超过 256 字节"),
        format!("header {name} is missing or over 256 bytes"),
    )
}

/// A body that is not what its type says. Only the place in the text is told, never the text.
pub fn bad_body(e: &serde_json::Error) -> Problem {
    let at = format!("{}:{}", e.line(), e.column());
    match e.classify() {
        serde_json::error::Category::Data => {
            let what = data_error(e);
            Problem::new("bad_body", format!("内容不符合要求（{at}）：{what}"), format!("the body does not fit ({at}): {what}"))
        }
        _ => Problem::new("not_json", format!("不是有效的 UTF-8 JSON（{at}）"), format!("not valid UTF-8 JSON ({at})")),
    }
}

/// serde's sentence without the values it quotes: those came from the sender.
fn data_error(e: &serde_json::Error) -> String {
    let s = e.to_string();
    let s = s.rsplit_once(" at line ").map_or(s.as_str(), |(head, _)| head);
    for quoting in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = s.strip_prefix(quoting) {
            let expected = rest.rsplit_once(", expected ").map_or("another type", |(_, e)| e);
            return format!("expected {expected}");
        }
    }
    // codes of the closed lists quote what was given, too
    if let Some((_, known)) = s.split_once("; known: ") {
        return format!("expected one of {known}");
    }
    // field and variant names that the sender made up are quoted before the list of the right ones
    for unknown in ["unknown field ", "unknown variant "] {
        if s.starts_with(unknown) {
            let expected = s.rsplit_once(", expected ").map_or("", |(_, e)| e);
            return format!("{}, expected {expected}", unknown.trim_end());
        }
    }
    s.to_owned()
}

/// A message that a service wants to send; becomes a row of its outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    /// Derived from its cause, so that the same decision taken twice sends one message.
    pub id: MessageId,
    /// Where it goes.
    pub subject: String,
    /// The stream that stores this subject.
    pub stream: String,
    /// `ce-type` without [`TYPE_PREFIX`].
    pub kind: String,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// Place in the ticket's history, for facts of the ticket.
    pub seq: Option<u64>,
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// `ce-source`, if the sender speaks for somebody else (`/sources/hotline-12345`); else the service itself.
    #[serde(default)]
    pub source: Option<String>,
    /// The JSON body.
    pub body: String,
}

impl Outbound {
    /// A message of family `F`.
    ///
    /// Our own types always have a JSON form; the empty object stands in for one that had not.
    pub fn new<F: Family>(id: MessageId, stream: &str, subject: String, message: &F, time: DateTime<Utc>) -> Self {
        Self {
            id,
            subject,
            stream: stream.to_owned(),
            kind: format!("{}.{}", F::FAMILY, message.kind()),
            ticket: None,
            seq: None,
            time,
            source: None,
            body: message.encode(),
        }
    }

    /// The same, about a ticket.
    #[must_use]
    pub fn about(mut self, ticket: TicketId) -> Self {
        self.ticket = Some(ticket);
        self
    }

    /// The same, as the `seq`-th fact of its ticket.
    #[must_use]
    pub fn at_seq(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    /// The same, said for somebody else.
    #[must_use]
    pub fn on_behalf_of(mut self, source: String) -> Self {
        self.source = Some(source);
        self
    }

    /// All headers, `service` being the sender.
    pub fn headers(&self, service: &str, trace: Option<&str>) -> Vec<(String, String)> {
        let mut h: Vec<(String, String)> = vec![
            ("ce-specversion".into(), "1.0".into()),
            ("ce-id".into(), self.id.to_string()),
            ("ce-source".into(), self.source.clone().unwrap_or_else(|| format!("/gridline/{service}"))),
            ("ce-type".into(), format!("{TYPE_PREFIX}{}", self.kind)),
            ("ce-time".into(), self.time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            ("content-type".into(), "application/json".into()),
        ];
        if let Some(t) = self.ticket {
            h.push(("ce-subject".into(), t.to_string()));
        }
        if let Some(n) = self.seq {
            h.push(("ce-ticketseq".into(), n.to_string()));
        }
        if let Some(t) = trace {
            h.push(("traceparent".into(), t.to_owned()));
        }
        h
    }
}

/// A message that was read: the closed type that a service decides on.
#[derive(Clone, Debug)]
pub struct Inbound<B> {
    /// Key in the inbox.
    pub id: MessageId,
    /// Place in the ticket's history, for facts of a ticket.
    pub seq: Option<u64>,
    /// The only "now" of a decision; read once, when the message was taken.
    pub now: DateTime<Utc>,
    /// What was said.
    pub body: B,
}
