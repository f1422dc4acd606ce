//! Files in, files out.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use classification::{
    Classifier,
    offline::{OfflineError, Summary, classify_jsonl},
};
use serde_json::Value;

fn run(input: &[u8]) -> (Result<Summary, OfflineError>, String) {
    let mut output = Vec::new();
    let done = classify_jsonl(input, &mut output, &Classifier::sample());
    (done, String::from_utf8(output).expect("UTF-8"))
}

#[test]
fn one_answer_a_line_with_exactly_the_fields_of_the_contract() {
    let (done, out) =
        run("{\"id\":\"A1\",\"text\":\"桃树下社区路灯不亮\",\"lead\":\"ignored\"}\r\n\n{\"id\":\"A2\",\"text\":\"有人要跳楼\"}"
            .as_bytes());
    assert_eq!(done.expect("good lines"), Summary { reports: 2, urgent: 1, needs_person: 0 });
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&"A1".into(), &"A2".into()));
    let mut fields: Vec<_> = lines[0].as_object().expect("an object").keys().map(String::as_str).collect();
    fields.sort_unstable();
    let wanted = "also category choices class confidence id l1 lead nature needs_person others reasons route_division urgent";
    let wanted: Vec<_> = wanted.split(' ').collect();
    assert_eq!(fields, wanted);
    assert_eq!(lines[0]["category"], "0203");
    assert_eq!(lines[0]["class"], "coordination");
    assert_eq!(lines[0]["nature"], "service");
    assert_eq!(lines[0]["route_division"], "360802001001");
    assert_eq!(lines[1]["route_division"], Value::Null);
}

#[test]
fn a_bad_line_stops_with_its_number_and_what_is_wrong() {
    let good = r#"{"id":"A1","text":"路灯不亮"}"#;
    for (bad, what) in [
        (r#"{"id":"A2"}"#, "text"),
        (r#"{"id":2,"text":"x"}"#, "integer"),
        ("not json", "expected"),
        (r#"{"id":"A2","text":"\ud800"}"#, "hex escape"),
    ] {
        let (done, out) = run(format!("{good}\n{bad}\n{good}\n").as_bytes());
        let error = done.expect_err("a bad line").to_string();
        assert!(error.contains("line 2") && error.contains(what), "{error}");
        assert_eq!(out.lines().count(), 1);
    }
    let (done, _) = run(b"{\"id\":\"A\",\"text\":\"\xff\"}");
    assert!(done.is_err());
    let (done, out) = run(b"");
    assert_eq!((done.expect("nothing"), out.as_str()), (Summary::default(), ""));
}
