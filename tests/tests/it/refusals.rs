//! What is wrong is refused with a reason, and what is right passes beside it undisturbed.

use bytes::Bytes;
use contracts::{
    id::{MessageId, SourceId, TicketId},
    intake::{Receipt, ReceiptOutcome},
    subject,
    ticket::{Class, Received},
};
use gridline_tests::{
    City,
    outside::{Letter, problem},
    rig::logs,
};
use serde_json::{Value, json};

/// One more than a service reads.
const TOO_LARGE: usize = 256 * 1024 + 1;

fn source() -> SourceId {
    "hotline-12345".parse().unwrap()
}

fn good(id: &str) -> Value {
    json!({"external_id": id, "channel": "phone", "text": "阳明西路路灯不亮"})
}

/// A good report but for one field; `null` leaves it out.
fn but(field: &str, value: Value) -> Bytes {
    let mut body = good("bad");
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body.to_string().into()
}

/// Bodies that no face takes, each with the code of its refusal.
fn bad_bodies() -> Vec<(&'static str, &'static str, Bytes)> {
    let bytes = |b: &[u8]| Bytes::copy_from_slice(b);
    let text = |inner: &[u8]| [br#"{"external_id":"bad","channel":"phone","text":""#, inner, br#""}"#].concat().into();
    vec![
        ("empty", "not_json", Bytes::new()),
        ("not JSON", "not_json", bytes(b"<report/>")),
        ("cut off", "not_json", bytes(br#"{"external_id": "ba"#)),
        ("two documents", "not_json", format!("{} {{}}", good("bad")).into()),
        ("a list", "bad_body", bytes(b"[]")),
        ("invalid UTF-8", "not_json", text(b"\xff\xfe")),
        ("a lone surrogate", "not_json", text(br"\ud800")),
        ("a reversed surrogate pair", "not_json", text(br"\udc00\ud800")),
        ("a NUL, escaped", "bad_body", text(br"\u0000")),
        ("a NUL, raw", "not_json", text(b"\0")),
        ("another control character", "bad_body", text(br"\u001b[2J")),
        ("a wrong type", "bad_body", but("text", json!(12345))),
        ("a field missing", "bad_body", but("text", Value::Null)),
        ("a field too many", "bad_body", but("priority", json!("high"))),
        ("empty text", "bad_body", but("text", json!(" \n "))),
        ("long text", "bad_body", but("text", json!("长".repeat(5001)))),
        ("an unknown class", "bad_body", but("class", json!("urgent"))),
        ("an unknown channel", "bad_body", but("channel", json!("telex"))),
        ("a division that is none", "bad_body", but("division", json!("360802"))),
        ("an external id too long", "bad_body", but("external_id", json!("9".repeat(129)))),
        ("a reporter too many", "bad_body", but("reporter", json!({"name": "王小明", "id_card": "360802199001011234"}))),
    ]
}

/// Each bad letter gets a dead letter with the reason and, where a known source is named, a receipt with the reason;
/// a good one sent right after it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn bad_letters_are_refused_and_good_ones_pass() {
    City::on_both(async |city| {
        let v1 = |body: Bytes| Letter::report(&source(), "letter", body);
        let fine = || v1(good("bad").to_string().into());
        let mut letters: Vec<(&str, &str, Letter)> =
            bad_bodies().into_iter().map(|(what, code, body)| (what, code, v1(body))).collect();
        letters.extend([
            ("over 256 KB", "too_large", v1(but("text", json!("x".repeat(TOO_LARGE))))),
            ("another schema version in the subject", "wrong_version", fine().to("intake.v2.submit.hotline-12345")),
            (
                "another schema version in the type",
                "wrong_version_or_type",
                fine().header("ce-type", Some("io.gridline.intake.v2.submit")),
            ),
            ("another type", "wrong_version_or_type", fine().header("ce-type", Some("io.gridline.ticket.v1.received"))),
            ("an unknown kind", "unknown_kind", fine().header("ce-type", Some("io.gridline.intake.v1.withdraw"))),
            ("somebody else's type", "bad_type", fine().header("ce-type", Some("com.example.submit"))),
            ("another specversion", "bad_specversion", fine().header("ce-specversion", Some("0.3"))),
            ("a subject that disagrees with the source", "subject_disagrees", fine().header("ce-source", Some("/sources/web"))),
            ("no id", "missing_header", fine().header("ce-id", None)),
            ("an id of 257 bytes", "missing_header", fine().header("ce-id", Some(&"9".repeat(257)))),
            ("no source", "missing_header", fine().header("ce-source", None)),
            ("no type", "missing_header", fine().header("ce-type", None)),
            ("no specversion", "missing_header", fine().header("ce-specversion", None)),
            ("a ticket that is none", "bad_field", fine().header("ce-subject", Some("12345"))),
            ("a place that is none", "bad_field", fine().header("ce-ticketseq", Some("-1"))),
        ]);
        for (n, (what, code, letter)) in letters.iter().enumerate() {
            let receipt = city.outside.submit(letter).await;
            assert_eq!(refusal(&receipt), Some(*code), "{what}: {receipt:?}");
            assert_eq!(receipt.external_id, None, "{what}");

            let id = format!("good-{n}");
            let receipt = city.outside.submit(&v1(good(&id).to_string().into())).await;
            assert_eq!(refusal(&receipt), None, "after {what}: {receipt:?}");
            city.expect::<Received>(TicketId::derive(&source(), &id)).await;
        }
        let dead = city.dead_letters("intake").await;
        let mut codes: Vec<&str> = dead.iter().map(|d| d.code.as_str()).collect();
        let mut expected: Vec<&str> = letters.iter().map(|(_, code, _)| *code).collect();
        codes.sort_unstable();
        expected.sort_unstable();
        assert_eq!(codes, expected);
        assert!(dead.iter().all(|d| d.reason.contains(" / ") && !d.headers.is_empty()), "{dead:?}");
    })
    .await;
}

/// A letter of a source that is not in the settings is refused; there is nobody to answer but the asker itself.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_sources_are_refused() {
    City::on_both(async |city| {
        let stranger: SourceId = "stranger".parse().unwrap();
        let receipt = city.outside.submit(&Letter::report(&stranger, "1", good("1").to_string())).await;
        assert_eq!(refusal(&receipt), Some("unknown_source"));

        let answer = city.caller().with("source", "stranger").tries("路灯不亮").await;
        assert_eq!(answer.status(), 403);
        assert_eq!(problem(answer).await.code, "unknown_source");

        let place = city.outside.send(&Letter::report(&stranger, "2", "{}")).await;
        city.settles().await;
        let dead = city.dead_letters("intake").await;
        let ids: Vec<_> = dead.iter().map(|d| (d.msg_id.as_str(), d.code.as_str())).collect();
        assert_eq!(ids, [(MessageId::of_delivery(subject::INTAKE, place).to_string().as_str(), "bad_body")]);
        city.caller().reports("路灯不亮").await;
    })
    .await;
}

/// The same over HTTP: a status of 4xx with the reason as JSON, no ticket, and the next report is taken.
#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_and_good_ones_pass() {
    City::on_both(async |city| {
        let base = city.http("intake");
        let post = async |path: &str, body: Bytes| {
            let request = city.browser.post(format!("{base}{path}")).header("content-type", "application/json");
            request.body(body).send().await.unwrap()
        };
        for (what, code, body) in bad_bodies() {
            let answer = post("/api/v1/reports", body).await;
            assert_eq!(answer.status(), 400, "{what}");
            assert_eq!(problem(answer).await.code, code, "{what}");
            city.caller().reports("路灯不亮").await;
        }
        for (what, status, code, path, body) in [
            ("over 256 KB", 413, "too_large", "/api/v1/reports", but("text", json!("x".repeat(TOO_LARGE)))),
            ("a source that is no text", 400, "bad_field", "/api/v1/reports", but("source", json!(1))),
            ("a source that is no token", 400, "bad_field", "/api/v1/reports", but("source", json!("a.b>"))),
            ("another version", 404, "not_found", "/api/v2/reports", good("1").to_string().into()),
        ] {
            let answer = post(path, body).await;
            assert_eq!(answer.status(), status, "{what}");
            assert_eq!(problem(answer).await.code, code, "{what}");
            city.caller().reports("路灯不亮").await;
        }
    })
    .await;
}

/// A unit's act that can't be read is set aside with the reason; the unit's next act takes effect.
#[tokio::test(flavor = "multi_thread")]
async fn bad_acts_are_set_aside_and_good_ones_take_effect() {
    City::on_both(async |city| {
        let ticket = city.caller().of_class(Class::Coordination).reports("农贸市场前面的红绿灯坏了").await;
        let mut unit = city.department("D12").await;
        let order = unit.takes("order", &ticket).await;
        let act = |act: Value| json!({"ticket": ticket.id, "order": order.order(), "person": "D12-1", "act": act}).to_string();
        let sign = || act(json!({"do": "sign"}));
        let of = |n: usize, body: String| Letter::act(&unit.id, &format!("bad-{n}"), body);
        let letters = [
            ("not_json", of(1, "sign".to_owned())),
            ("bad_body", of(2, act(json!({"do": "dance"})))),
            ("bad_body", of(3, act(json!({"do": "sign", "for": "somebody else"})))),
            ("bad_body", of(4, act(json!({"do": "progress", "note": "\u{0}"})))),
            ("bad_body", of(5, act(json!({"do": "report", "result": {"factual": true}})))),
            ("wrong_version", of(6, sign()).to("work.v2.act.D12")),
            ("wrong_version_or_type", of(7, sign()).header("ce-type", Some("io.gridline.work.v2.act"))),
            ("subject_disagrees", of(8, sign()).header("ce-source", Some("/units/D01"))),
            ("subject_disagrees", of(9, sign()).to("work.v1.act.D01")),
            ("missing_header", of(10, sign()).header("ce-id", None)),
        ];
        for (_, letter) in &letters {
            city.outside.send(letter).await;
        }
        unit.signs(&order).await.unwrap();
        let mut dead: Vec<String> = city.dead_letters("dispatch").await.into_iter().map(|d| d.code).collect();
        dead.sort_unstable();
        let mut expected = letters.map(|(code, _)| code);
        expected.sort_unstable();
        assert_eq!(dead, expected);
    })
    .await;
}

/// Name, phone and address stay in intake: not in what is said to the city, not in other databases, not in logs, not
/// in the reasons of dead letters; and a number inside the text goes on only masked.
#[tokio::test(flavor = "multi_thread")]
async fn who_reports_stays_in_intake() {
    const SECRETS: [&str; 5] = ["欧阳测试娜", "13912345678", "庐陵秘密巷7栋", "13787654321", "360802199001011234"];
    City::on_both(async |city| {
        let mut report = good("canary");
        report["text"] = json!("路灯不亮，联系13787654321，身份证360802199001011234");
        report["reporter"] = json!({"name": SECRETS[0], "phone": SECRETS[1], "address": SECRETS[2]});
        let receipt = city.outside.submit(&Letter::report(&source(), "1", report.to_string())).await;
        assert_eq!(refusal(&receipt), None);
        let ticket = TicketId::derive(&source(), "canary");
        assert_eq!(city.expect::<Received>(ticket).await.text, "路灯不亮，联系137******21，身份证360*************34");

        // bad letters and requests that hold the same, each in another place of the JSON
        report["external_id"] = json!("canary-2");
        report["reporter"]["name"] = json!(12345);
        report["reporter"]["phone"] = json!([SECRETS[1]]);
        city.outside.submit(&Letter::report(&source(), "2", report.to_string())).await;
        report["reporter"] = json!(SECRETS[2]);
        city.outside.submit(&Letter::report(&source(), "3", report.to_string())).await;
        report["reporter"] = Value::Null;
        report[SECRETS[0]] = json!(SECRETS[1]);
        city.outside.submit(&Letter::report(&source(), "4", report.to_string())).await;
        report["class"] = json!(SECRETS[3]);
        let url = format!("{}/api/v1/reports", city.http("intake"));
        let answer = city.browser.post(url).json(&report).send().await.unwrap();
        let answer = format!("{:?}", problem(answer).await);

        city.settles().await;
        let dead = city.dead_letters("intake").await;
        assert_eq!(dead.len(), 3);
        let reasons: String = dead.iter().map(|d| d.reason.as_str()).collect();
        let said: String = city.outside.ear().heard().iter().map(|said| said.everything()).collect();
        assert!(said.contains(&ticket.to_string()), "the ear is open");
        let log = logs::text();
        assert!(log.contains("listening"), "the log is kept");
        for secret in SECRETS {
            for (place, text) in [("said", &said), ("reasons", &reasons), ("log", &log), ("answer", &answer)] {
                assert!(!text.contains(secret), "{secret} in {place}");
            }
        }
        let queues: String = city.outside.stored(subject::QUEUES).await;
        assert!(queues.contains(&ticket.to_string()), "the ticket is in a queue");
        assert!(SECRETS.iter().all(|secret| !queues.contains(secret)), "{queues}");
        for service in ["classification", "dispatch", "sla-watchdog", "hotline-bridge", "console"] {
            let Some(stored) = city.files_of(service) else { return };
            assert!(stored.contains("ticket"), "{service} has a database");
            assert!(SECRETS.iter().all(|secret| !stored.contains(secret)), "in the database of {service}");
        }
    })
    .await;
}

fn refusal(receipt: &Receipt) -> Option<&str> {
    match &receipt.outcome {
        ReceiptOutcome::Accepted { .. } => None,
        ReceiptOutcome::Refused { problem } => Some(&problem.code),
    }
}
