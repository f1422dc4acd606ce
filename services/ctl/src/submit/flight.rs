//! Reports that were sent and are not answered yet. Pure: times are values.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use bus::publish::Parcel;
use chrono::{DateTime, Utc};
use contracts::{
    envelope::Outbound,
    id::{MessageId, SourceId},
    intake::{Intake, Submit},
    subject,
};
use uuid::Uuid;

/// Most reports that are in flight.
pub const WINDOW: usize = 256;
/// After this long without a receipt a report is sent again. Intake answers each sending, so the receipt of a
/// report that was taken the first time comes too.
const RESEND: Duration = Duration::from_secs(10);

/// A line that was read well.
#[derive(Debug)]
pub struct Report {
    /// Line number.
    pub line: u64,
    /// The report.
    pub submit: Submit,
}

/// Reports in flight, by external id.
#[derive(Debug)]
pub struct Flight {
    source: SourceId,
    /// Makes the ids of this run its own: the broker drops what comes twice under one id, and a file that is
    /// submitted again is to be answered again.
    run: Uuid,
    give_up: Duration,
    pending: HashMap<String, Pending>,
}

#[derive(Debug)]
struct Pending {
    line: u64,
    message: Outbound,
    began: Instant,
    sent: Instant,
    sendings: u32,
}

impl Flight {
    /// Nothing in flight yet; a report without a receipt is given up after `give_up`.
    pub fn new(source: SourceId, run: Uuid, give_up: Duration) -> Self {
        Self { source, run, give_up, pending: HashMap::new() }
    }

    /// Is nothing in flight?
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Does it take no more for now?
    pub fn is_full(&self) -> bool {
        self.pending.len() >= WINDOW
    }

    /// Is a report with the same external id in flight? Receipts could not be told apart.
    pub fn holds(&self, report: &Report) -> bool {
        self.pending.contains_key(report.submit.external_id.as_str())
    }

    /// Takes a report; gives what is to be sent.
    pub fn launch(&mut self, report: Report, now: Instant, time: DateTime<Utc>) -> Parcel {
        let Report { line, submit } = report;
        let external_id = submit.external_id.as_str().to_owned();
        let id = MessageId::derive(self.run, &format!("line {line}"));
        let message = Outbound::new(id, subject::INTAKE, subject::submit(&self.source), &Intake::from(submit), time)
            .on_behalf_of(subject::source_uri(&self.source));
        let pending = Pending { line, message, began: now, sent: now, sendings: 1 };
        let parcel = pending.parcel();
        self.pending.insert(external_id, pending);
        parcel
    }

    /// The line that a receipt answers; none if it is not ours, or was answered.
    pub fn land(&mut self, external_id: &str) -> Option<u64> {
        self.pending.remove(external_id).map(|p| p.line)
    }

    /// What is to be sent again, and the lines that are given up.
    pub fn overdue(&mut self, now: Instant) -> (Vec<Parcel>, Vec<u64>) {
        let mut given_up = Vec::new();
        self.pending.retain(|_, p| {
            let over = now - p.began >= self.give_up;
            if over {
                given_up.push(p.line);
            }
            !over
        });
        let mut again = Vec::new();
        for p in self.pending.values_mut().filter(|p| now - p.sent >= RESEND) {
            p.sent = now;
            p.sendings += 1;
            again.push(p.parcel());
        }
        given_up.sort_unstable();
        (again, given_up)
    }
}

impl Pending {
    fn parcel(&self) -> Parcel {
        Parcel {
            id: format!("{}#{}", self.message.id, self.sendings),
            subject: self.message.subject.clone(),
            headers: self.message.headers("ctl", None),
            body: self.message.body.clone().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(line: u64, id: &str) -> Report {
        let json = format!(r#"{{"external_id":"{id}","channel":"web","text":"路灯不亮"}}"#);
        Report { line, submit: serde_json::from_str(&json).unwrap() }
    }

    #[test]
    fn a_silent_report_is_sent_again_under_a_new_id_and_then_given_up() {
        let start = Instant::now();
        let mut flight = Flight::new("web".parse().unwrap(), Uuid::from_u128(1), Duration::from_secs(25));
        let first = flight.launch(report(1, "a"), start, DateTime::UNIX_EPOCH);
        flight.launch(report(2, "b"), start, DateTime::UNIX_EPOCH);
        assert!(flight.holds(&report(3, "a")));
        assert_eq!((flight.land("b"), flight.land("b"), flight.land("stranger")), (Some(2), None, None));

        assert!(flight.overdue(start + Duration::from_secs(9)).0.is_empty());
        let (again, given_up) = flight.overdue(start + Duration::from_secs(10));
        assert_eq!((again.len(), given_up.len()), (1, 0));
        assert_ne!(again[0].id, first.id);
        assert_eq!((&again[0].headers, &again[0].body), (&first.headers, &first.body));
        assert!(flight.overdue(start + Duration::from_secs(11)).0.is_empty());

        let (again, given_up) = flight.overdue(start + Duration::from_secs(25));
        assert_eq!((again.len(), given_up), (0, vec![1]));
        assert!(flight.is_empty());
    }
}
