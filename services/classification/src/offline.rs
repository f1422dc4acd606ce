//! Reports from a file, verdicts to a file: one JSON object a line, for `gridline classify`.

use std::io::{self, BufRead, Write};

use contracts::{
    id::DivisionCode,
    ticket::{Class, Nature},
};
use serde::{Deserialize, Serialize};

use crate::classifier::{Classifier, Report, Verdict};

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Reports classified.
    pub reports: u64,
    /// Of them urgent.
    pub urgent: u64,
    /// Of them not sure enough: a person decides.
    pub needs_person: u64,
}

/// Why it stopped. Lines before the bad one are already written; nothing is skipped.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// A line can't be understood.
    #[error(
        "第 {line} 行：{what}；每行须为含 id、text 的 JSON 对象 / line {line}: {what}; each line is a JSON object with id and text"
    )]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Reading or writing failed.
    #[error("读写失败 / reading or writing failed: {0}")]
    Io(#[from] io::Error),
}

/// Fields of a line that matter; others are ignored, so that a labelled file can be classified as it is.
#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    category: &'a str,
    l1: &'a str,
    class: Class,
    nature: Nature,
    lead: &'a str,
    others: &'a [String],
    urgent: bool,
    also: &'a [String],
    route_division: Option<&'a DivisionCode>,
    reasons: &'a [String],
    confidence: f32,
    needs_person: bool,
    choices: Vec<Choice<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    category: &'a str,
    confidence: f32,
}

/// Classifies each line of `input`, in order, and stops at the first line that is wrong. Blank lines are allowed.
pub fn classify_jsonl(input: impl BufRead, mut output: impl Write, classifier: &Classifier) -> Result<Summary, OfflineError> {
    let mut summary = Summary::default();
    for (line, bytes) in (1..).zip(input.split(b'\n')) {
        let bytes = bytes?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // the reader counts lines inside this one line, which would contradict the number in front
        let bad =
            |e: serde_json::Error| OfflineError::Line { line, what: e.to_string().replace(" at line 1 column", ", column") };
        let report: Line = serde_json::from_slice(&bytes).map_err(bad)?;
        let verdict = classifier.classify(&Report::of_text(&report.text));
        serde_json::to_writer(&mut output, &answer(&report.id, &verdict)).map_err(io::Error::from)?;
        output.write_all(b"\n")?;
        summary.reports += 1;
        summary.urgent += u64::from(verdict.urgent);
        summary.needs_person += u64::from(verdict.needs_person);
    }
    output.flush()?;
    Ok(summary)
}

fn answer<'a>(id: &'a str, v: &'a Verdict) -> Answer<'a> {
    Answer {
        id,
        category: &v.category,
        l1: &v.l1,
        class: v.class,
        nature: v.nature,
        lead: &v.lead,
        others: &v.others,
        urgent: v.urgent,
        also: &v.also,
        route_division: v.division.as_ref(),
        reasons: &v.reasons,
        confidence: round(v.confidence),
        needs_person: v.needs_person,
        choices: v.choices.iter().map(|(category, p)| Choice { category, confidence: round(*p) }).collect(),
    }
}

fn round(share: f32) -> f32 {
    (share * 1000.0).round() / 1000.0
}
