//! Reads one line of a file of reports.

use contracts::{
    envelope::{MAX_BODY, bad_body, too_large},
    id::DivisionCode,
    intake::{Channel, Reporter, Submit},
    problem::Problem,
    text::Text,
    ticket::Class,
};
use serde::Deserialize;

use crate::input;

/// Longest line that is read.
pub const MAX: usize = MAX_BODY;

/// What of a line is taken. Labels of a labelled file are no part of a report, and are passed over.
#[derive(Deserialize)]
struct Line {
    external_id: Option<Text<128>>,
    id: Option<Text<128>>,
    channel: Channel,
    text: Text<5000>,
    division: Option<DivisionCode>,
    /// Read only if it is asked for.
    class: Option<serde_json::Value>,
    /// A call-taker decides on it first.
    #[serde(default)]
    hold: bool,
    reporter: Option<Reporter>,
}

/// The report of a line; none if the line is blank. The problem never quotes the line.
pub fn read(line: &input::Line, with_class: bool) -> Option<Result<Submit, Problem>> {
    match line {
        None => Some(Err(too_large())),
        Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => None,
        Some(bytes) => Some(parse(bytes, with_class)),
    }
}

fn parse(bytes: &[u8], with_class: bool) -> Result<Submit, Problem> {
    let line: Line = serde_json::from_slice(bytes).map_err(|e| bad_body(&e))?;
    let external_id = line
        .external_id
        .or(line.id)
        .ok_or_else(|| Problem::new("missing_id", "缺少 external_id（或 id）", "there is no `external_id` (or `id`)"))?;
    let class = match line.class {
        Some(class) if with_class => serde_json::from_value::<Option<Class>>(class).map_err(|e| bad_body(&e))?,
        _ => None,
    };
    Ok(Submit {
        external_id,
        channel: line.channel,
        text: line.text,
        division: line.division,
        point: None,
        class,
        hold: line.hold,
        reporter: line.reporter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> String {
        read(&Some(line.as_bytes().to_vec()), true).unwrap().unwrap_err().code
    }

    #[test]
    fn labels_are_passed_over_and_the_class_is_taken_only_if_asked_for() {
        let line = Some(br#"{"id":"D1","text":"x","channel":"phone","l1":"05","class":"simple","route_division":null}"#.to_vec());
        assert_eq!(read(&line, false).unwrap().unwrap().class, None);
        let submit = read(&line, true).unwrap().unwrap();
        assert_eq!((submit.external_id.as_str(), submit.class), ("D1", Some(Class::Simple)));
        assert!(read(&Some(b" \r".to_vec()), true).is_none());
    }

    #[test]
    fn bad_lines_are_told_apart() {
        assert_eq!(code("{"), "not_json");
        assert_eq!(code(r#"{"text":"x","channel":"phone"}"#), "missing_id");
        assert_eq!(code(r#"{"id":"1","text":"x","channel":"pigeon"}"#), "bad_body");
        assert_eq!(code(r#"{"id":"1","text":"x","channel":"phone","class":"hard"}"#), "bad_body");
        assert_eq!(read(&None, true).unwrap().unwrap_err().code, "too_large");
    }
}
