//! What comes from outside: each way of being wrong has its own code, and nothing that was sent is quoted.

use std::collections::HashMap;

use contracts::{
    district::{CENTRE, District, Level, UnitKind, centre},
    envelope::{Envelope, MAX_BODY},
    intake::Intake,
    problem::Problem,
};

fn headers() -> HashMap<&'static str, String> {
    let pairs =
        [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/sources/web"), ("ce-type", "io.gridline.intake.v1.submit")];
    pairs.into_iter().map(|(k, v)| (k, v.to_owned())).collect()
}

fn envelope(change: impl FnOnce(&mut HashMap<&'static str, String>)) -> Result<Envelope, Problem> {
    let mut h = headers();
    change(&mut h);
    Envelope::read(|name| h.get(name).map(String::as_str))
}

fn body(text: &[u8]) -> Result<Intake, Problem> {
    envelope(|_| {})?.open::<Intake>(text)
}

#[test]
fn a_header_that_is_missing_or_wrong_is_named() {
    type Change = fn(&mut HashMap<&'static str, String>);
    let cases: [(&str, Change); 7] = [
        ("missing_header", |h| drop(h.remove("ce-id"))),
        ("missing_header", |h| drop(h.insert("ce-id", "x".repeat(257)))),
        ("missing_header", |h| drop(h.remove("ce-specversion"))),
        ("bad_specversion", |h| drop(h.insert("ce-specversion", "0.3".into()))),
        ("bad_type", |h| drop(h.insert("ce-type", "com.example.submit".into()))),
        ("bad_field", |h| drop(h.insert("ce-subject", "not a ticket".into()))),
        ("bad_field", |h| drop(h.insert("ce-ticketseq", "-1".into()))),
    ];
    for (code, change) in cases {
        assert_eq!(envelope(change).unwrap_err().code, code);
    }
}

#[test]
fn a_type_of_another_version_or_family_is_told_what_is_spoken() {
    for kind in ["io.gridline.intake.v2.submit", "io.gridline.work.v1.act", "io.gridline.intake.v1"] {
        let e = envelope(|h| drop(h.insert("ce-type", kind.into()))).unwrap();
        assert_eq!(e.open::<Intake>(b"{}").unwrap_err().code, "wrong_version_or_type", "{kind}");
    }
    let e = envelope(|h| drop(h.insert("ce-type", "io.gridline.intake.v1.withdraw".into()))).unwrap();
    assert_eq!(e.open::<Intake>(b"{}").unwrap_err().code, "unknown_kind");
}

#[test]
fn a_body_that_does_not_fit_is_told_why_without_quoting_it() {
    let secret = "13800001022";
    let cases: [(&str, String); 9] = [
        ("not_json", format!("{{{secret}")),
        ("not_json", "{\"external_id\":\"1\",\"channel\":\"phone\",\"text\":\"\\ud800\"}".into()),
        ("bad_body", format!("[\"{secret}\"]")),
        ("bad_body", format!("{{\"external_id\":{secret},\"channel\":\"phone\",\"text\":\"a\"}}")),
        ("bad_body", "{\"external_id\":\"1\",\"channel\":\"phone\"}".into()),
        ("bad_body", format!("{{\"external_id\":\"1\",\"channel\":\"{secret}\",\"text\":\"a\"}}")),
        ("bad_body", format!("{{\"external_id\":\"1\",\"channel\":\"phone\",\"text\":\"a\",\"class\":\"{secret}\"}}")),
        ("bad_body", format!("{{\"external_id\":\"1\",\"channel\":\"phone\",\"text\":\"a\",\"{secret}\":1}}")),
        ("bad_body", "{\"external_id\":\"1\",\"channel\":\"phone\",\"text\":\"a\\u0000b\"}".into()),
    ];
    for (code, text) in cases {
        let problem = body(text.as_bytes()).unwrap_err();
        assert_eq!(problem.code, code, "{text}");
        assert!(!format!("{problem:?}").contains(secret), "{problem:?}");
    }
    assert_eq!(body(b"\xff\xfe").unwrap_err().code, "not_json");
    assert_eq!(body(&vec![b' '; MAX_BODY + 1]).unwrap_err().code, "too_large");
    assert!(body(r#"{"external_id":"1","channel":"phone","text":"𠮷野家门口"}"#.as_bytes()).is_ok());
}

#[test]
fn the_sample_district_is_whole() {
    let d = District::sample();
    let count = |level| d.divisions().iter().filter(|v| v.level == level).count();
    assert_eq!((count(Level::District), count(Level::Town), count(Level::Village)), (1, 12, 138));
    let units = |kind| d.units().iter().filter(|u| u.kind == kind).count();
    // 37 departments of the taxonomy: 35 units, and two kinds of units, one for each place
    assert_eq!(units(UnitKind::Department), 35);
    assert_eq!((units(UnitKind::Town), units(UnitKind::Grid), units(UnitKind::Centre)), (13, 151, 1));
    assert_eq!(centre().as_str(), CENTRE);
    for u in d.units() {
        assert!(d.unit(&d.supervisor_of(&u.id)).is_some(), "{} has a supervisor that exists", u.id);
    }
}

#[test]
fn a_place_has_its_grid_its_town_and_the_district_behind_it() {
    let d = District::sample();
    let village = "360802001001".parse().unwrap();
    assert_eq!(d.grid_of(Some(&village)).as_str(), "GRID-360802001001");
    assert_eq!(d.town_unit_of(Some(&village)).as_str(), "TOWN-360802001000");
    assert_eq!(d.grid_of(None).as_str(), "GRID-360802000000");
    assert_eq!(d.town_unit_of(None).as_str(), "TOWN-360802000000");
    let elsewhere = "110101001001".parse().unwrap();
    assert_eq!(d.grid_of(Some(&elsewhere)).as_str(), "GRID-360802000000");
    assert!(d.resolve("D99", None).is_none());
}
