//! A mistake in a table shows at the start.

use crate::config;

#[test]
fn the_shipped_settings_are_right() {
    let shipped = config(&[]).unwrap();
    let connections: Vec<&str> = shipped.connections.keys().map(String::as_str).collect();
    assert_eq!(connections, ["12343", "12345"]);
    assert!(shipped.connections.values().all(|c| c.callback_url.is_empty()), "nothing is sent before an operator says where");
}

#[test]
fn another_number_is_another_entry() {
    let own = [
        ("hotline.connections.96000.name", "热线"),
        ("hotline.connections.96000.number", "96000"),
        ("hotline.connections.96000.source", "hotline-96"),
        ("hotline.connections.96000.callback_url", ""),
        ("hotline.connections.96000.secret", ""),
        ("hotline.connections.96000.inbound_token", ""),
        ("hotline.connections.96000.inbound_secret", ""),
        ("hotline.connections.96000.order.order_no.from", "/id"),
        ("hotline.connections.96000.order.text.from", "/text"),
        ("hotline.connections.96000.order.channel.default", "phone"),
        ("hotline.connections.96000.callback.yes", ""),
    ];
    assert_eq!(config(&own).unwrap().connections["96000"].number, "96000");
}

#[test]
fn mistakes_are_named() {
    for (key, value, expected) in [
        ("12345.callback_url", "ftp://platform/x", "callback_url takes http or https"),
        ("12345.callback_url", "file:///etc/passwd", "callback_url takes http or https"),
        ("12345.callback_url", "platform", "callback_url is not a URL"),
        ("12345.callback_url", "http://platform/x", "secret must be set"),
        ("12345.source", "hotline-12343", "belongs to another connection"),
        ("12345.callback.kinds.finished", "DONE", "`finished` is none of"),
        ("12345.callback.fields.phone", "tel", "`phone` is none of"),
        ("12345.callback.fields.note", "status", "two of ours have the name `status`"),
        ("12345.callback.time_format", "%Q", "time_format"),
        ("12345.callback.yes", "是", "both or neither"),
        ("12345.order.class.default", "urgent", "`urgent`"),
        ("12345.order.text.from", "content", "JSON pointer"),
        ("12345.order.order_no.from", "", "order_no.from must be set"),
        ("12345.order.text.form", "/content", "form"),
    ] {
        let outcome = config(&[(&format!("hotline.connections.{key}"), value)]);
        let said = format!("{:#}", outcome.expect_err(key));
        assert!(said.contains(expected), "{key} = {value}: {said}");
    }
}
