//! The platform's order into a submission.

use contracts::{intake::Submit, problem::Problem};
use hotline_bridge::mapping::submission;
use serde_json::{Value, json};

use crate::config;

fn read(connection: &str, order: &Value) -> Result<Submit, Problem> {
    submission(&config(&[]).unwrap().connections[connection].order, order)
}

fn submit(json: Value) -> Submit {
    serde_json::from_value(json).unwrap()
}

fn order_12345() -> Value {
    json!({
        "order_no": "JA20261123-0001", "caller_name": "王某", "caller_tel": 13800001022_u64, "caller_addr": "3栋502",
        "addr": "桃树下路口", "content": "路灯不亮", "area_code": "360802", "accept_time": "2026-11-23 09:00:00",
        "order_level": "2", "order_source": "applet",
    })
}

fn order_12343() -> Value {
    json!({
        "工单编号": "综-88", "来电人": "李某", "联系电话": "0796-1234567", "事发地址": "古南镇菜场门口",
        "诉求内容": "占道经营", "所属区划": "桃树下社区", "受理时间": "2026年11月23日", "工单类型": "疑难",
        "紧急程度": "特急", "来源渠道": "来电",
    })
}

/// Puts `value` at `field` of an order.
fn with(mut order: Value, field: &str, value: Value) -> Value {
    order[field] = value;
    order
}

#[test]
fn two_vocabularies_mean_the_same_kind_of_report() {
    let ours = read("12345", &order_12345()).unwrap();
    let expected = json!({
        "external_id": "JA20261123-0001", "channel": "wechat", "text": "路灯不亮\n地点：桃树下路口",
        "division": "360802000000", "class": "coordination",
        "reporter": {"name": "王某", "phone": "13800001022", "address": "3栋502"},
    });
    assert_eq!(ours, submit(expected));
    let ours = read("12343", &order_12343()).unwrap();
    let expected = json!({
        "external_id": "综-88", "channel": "phone", "text": "占道经营\n地点：古南镇菜场门口\n紧急程度：特急",
        "division": "360802001001", "class": "key-difficult",
        "reporter": {"name": "李某", "phone": "0796-1234567", "address": null},
    });
    assert_eq!(ours, submit(expected));
}

#[test]
fn what_may_be_missing_has_its_default() {
    let submit =
        read("12345", &json!({"order_no": 7, "content": "x", "caller_name": "匿名", "caller_tel": " ", "addr": null})).unwrap();
    let expected = json!({
        "external_id": "7", "channel": "phone", "text": "x", "division": null, "class": null, "reporter": null,
    });
    assert_eq!(submit, self::submit(expected), "anonymous, by phone, not classed");
    // a word of the platform that nobody told us of: the channel has a default, the place stays out, urgency is kept
    let order = with(with(order_12345(), "order_source", json!("fax")), "area_code", json!("外省某地"));
    let submit = serde_json::to_value(read("12345", &order).unwrap()).unwrap();
    assert_eq!((&submit["channel"], &submit["division"]), (&json!("phone"), &Value::Null));
    let submit = read("12343", &with(order_12343(), "紧急程度", json!("一般"))).unwrap();
    assert!(!submit.text.as_str().contains("紧急程度"));
}

#[test]
fn a_place_that_the_text_names_is_not_written_twice() {
    let order = with(order_12345(), "content", json!("桃树下路口的路灯不亮"));
    assert_eq!(read("12345", &order).unwrap().text.as_str(), "桃树下路口的路灯不亮");
}

#[test]
fn a_name_that_two_places_have_is_no_division() {
    let submit = read("12343", &with(order_12343(), "所属区划", json!("北门社区"))).unwrap();
    assert_eq!(submit.division, None);
}

#[test]
fn what_is_wrong_is_told_in_the_platforms_words_and_not_quoted() {
    let secret = "机密";
    for (connection, order, code, field) in [
        ("12345", with(order_12345(), "order_no", Value::Null), "missing_field", "order_no"),
        ("12343", with(order_12343(), "诉求内容", json!("  \n")), "missing_field", "诉求内容"),
        ("12343", with(order_12343(), "工单编号", json!([secret])), "bad_field", "工单编号"),
        ("12345", with(order_12345(), "caller_tel", json!({"no": secret})), "bad_field", "caller_tel"),
        ("12345", with(order_12345(), "caller_name", json!(true)), "bad_field", "caller_name"),
        ("12343", with(order_12343(), "工单类型", json!(secret)), "bad_field", "工单类型"),
        ("12345", with(order_12345(), "content", json!(format!("{secret}\0"))), "text_control", "content"),
        ("12345", with(order_12345(), "content", json!(secret.repeat(3000))), "text_long", "content"),
        ("12343", with(order_12343(), "联系电话", json!("1".repeat(41))), "text_long", "联系电话"),
        ("12345", with(order_12345(), "order_no", json!("9".repeat(129))), "text_long", "order_no"),
    ] {
        let p = read(connection, &order).expect_err(field);
        assert_eq!(p.code, code, "{field}: {p:?}");
        assert!(p.zh.contains(field) && p.en.contains(field), "{field}: {p:?}");
        assert!(!p.zh.contains(secret) && !p.en.contains(secret), "{field}: {p:?}");
    }
    let p = read("12343", &with(order_12343(), "工单类型", json!("超难"))).expect_err("unknown class");
    assert!(p.zh.contains("一般, 疑难, 简易"), "{p:?}");
    for not_object in [json!([]), json!("order"), json!(null)] {
        assert_eq!(read("12345", &not_object).expect_err("no object").code, "not_object");
    }
}

#[test]
fn rare_characters_and_the_longest_text_come_through() {
    let name = "𠮷田㐂𪚥\u{2ebf0}";
    let text = "𰻝".repeat(5000);
    let order = json!({"order_no": "𠮷-1", "content": text, "caller_name": name});
    let submit = read("12345", &order).unwrap();
    assert_eq!((submit.external_id.as_str(), submit.text.as_str()), ("𠮷-1", text.as_str()));
    assert_eq!(submit.reporter.unwrap().name.unwrap().as_str(), name);
}

#[test]
fn a_connection_may_have_its_orders_held_for_a_call_taker() {
    let held = config(&[("hotline.connections.12345.order.hold.from", "/need_accept")]).unwrap();
    let read = |order: &Value| submission(&held.connections["12345"].order, order).map(|s| s.hold);
    assert_eq!(read(&order_12345()), Ok(false));
    assert_eq!(read(&with(order_12345(), "need_accept", json!("true"))), Ok(true));
    assert_eq!(read(&with(order_12345(), "need_accept", json!("maybe"))).unwrap_err().code, "unknown_word");
}
