//! Signatures, tokens, and the waits between attempts.

use hotline_bridge::{
    domain::retry_wait_ms,
    seal::{sign, verify, verify_token},
};

const BODY: &str = r#"{"工单编号":"A1"}"#;
const T: i64 = 1_790_000_000;
/// Made with Python's hmac.
const GOLDEN: &str = "t=1790000000,v1=2ce2f9ff978348fd44174cbb480dd7d31fa6e46cec0a349bb82350f62f17464d";

#[test]
fn the_signature_is_what_the_contract_says() {
    assert_eq!(sign(b"kkk", T, BODY.as_bytes()), GOLDEN);
}

#[test]
fn a_signature_is_taken_for_its_body_and_its_time_only() {
    let at = |header: Option<&str>, body: &str, now: i64| verify(b"kkk", header, body.as_bytes(), now).map_err(|p| p.code);
    let refused = Err("bad_signature".to_owned());
    assert_eq!(at(Some(GOLDEN), BODY, T), Ok(()));
    assert_eq!(at(Some(GOLDEN), BODY, T + 300), Ok(()));
    assert_eq!(at(Some(GOLDEN), BODY, T - 301), refused);
    assert_eq!(at(Some(GOLDEN), BODY, T + 301), refused);
    assert_eq!(at(Some(GOLDEN), r#"{"工单编号":"A2"}"#, T), refused);
    assert_eq!(at(Some(&GOLDEN.replace("t=1790000000", "t=1790000001")), BODY, T), refused, "the time is sealed too");
    assert_eq!(at(Some(&GOLDEN[..GOLDEN.len() - 2]), BODY, T), refused);
    for broken in
        [None, Some(""), Some("v1=00,t=1"), Some("t=,v1="), Some("t=-9223372036854775808,v1=00"), Some("t=1790000000,v1=é")]
    {
        assert_eq!(at(broken, BODY, T), refused, "{broken:?}");
    }
    assert_eq!(verify(b"other", Some(GOLDEN), BODY.as_bytes(), T).map_err(|p| p.code), refused);
}

#[test]
fn a_token_is_taken_whole() {
    for (given, right) in [
        (Some("Bearer open-sesame"), true),
        (Some("bearer open-sesame"), true),
        (Some("Bearer open-sesam"), false),
        (Some("Bearer open-sesame2"), false),
        (Some("Basic open-sesame"), false),
        (Some("open-sesame"), false),
        (Some("Bearer "), false),
        (None, false),
    ] {
        assert_eq!(verify_token(b"open-sesame", given).is_ok(), right, "{given:?}");
    }
}

#[test]
fn waits_double_to_five_minutes_and_are_spread() {
    for (n, full) in [(1, 1_000), (2, 2_000), (3, 4_000), (9, 256_000), (10, 300_000), (11, 300_000), (i32::MAX, 300_000)] {
        let waits: Vec<i64> = (0..200).map(|i| retry_wait_ms(&format!("callback {i}"), n, 1_000)).collect();
        assert!(waits.iter().all(|w| (full * 3 / 4..=full).contains(w)), "{n}: {waits:?}");
        let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(most - least > full / 5, "{n}: spread over a quarter, not {least}..{most}");
        assert_eq!(waits[7], retry_wait_ms("callback 7", n, 1_000), "derived, not drawn");
    }
    assert!(retry_wait_ms("c", i32::MAX, i64::MAX) <= 300_000, "never over the cap");
}
