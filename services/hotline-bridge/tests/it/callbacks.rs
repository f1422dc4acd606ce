//! Orders and facts through the handler, on a real database.

use contracts::{envelope::Inbound, id::MessageId, subject};
use hotline_bridge::{domain::Accepted, handlers::Heard};
use outbox::Refusal;
use serde_json::json;

use crate::{
    config,
    outward::story,
    store::{Store, on_each, ticket},
};

#[tokio::test]
async fn an_order_becomes_one_submission_and_leaves_no_personal_data() {
    on_each(config(&[]).unwrap(), async |store: Store| {
        let order = json!({
            "工单编号": "综-88", "诉求内容": "占道经营", "来电人": "李某", "联系电话": "13800001022", "事发地址": "菜场门口",
        });
        let (first, again) = (store.order("12343", &order), store.order("12343", &order));
        let mut other = order.clone();
        other["诉求内容"] = json!("另一件事");
        let other = store.order("12343", &other);
        let id = ticket("12343", "综-88");
        let mut decisions = store.handle(&[first, again, other]).await;
        let refused = decisions.pop().unwrap().expect_err("other content under the same number");
        assert!(matches!(&refused, Refusal::Illegal(p) if p.code == "order_no_reused"), "{refused:?}");
        let [first, again] = <[_; 2]>::try_from(decisions).unwrap().map(Result::unwrap);
        assert_eq!(first.answer, Some(Accepted { ticket: id, repeated: false }));
        assert_eq!(again.answer, Some(Accepted { ticket: id, repeated: true }));
        assert!(again.outbound.is_empty());
        let said = &first.outbound[0];
        assert_eq!((said.subject.as_str(), said.stream.as_str()), ("intake.v1.submit.hotline-12343", subject::INTAKE));
        assert_eq!((said.source.as_deref(), said.kind.as_str()), (Some("/sources/hotline-12343"), "intake.v1.submit"));
        assert!(said.body.contains("13800001022"), "the reporter passes through to intake");
        let rows = format!("{:?}", store.orders().await);
        assert!(["李某", "13800001022", "菜场", "占道"].iter().all(|p| !rows.contains(p)), "{rows}");

        // the same in later transactions
        let again = store.handle(&[store.order("12343", &order)]).await.remove(0).unwrap();
        assert_eq!((again.answer, again.outbound.len()), (Some(Accepted { ticket: id, repeated: true }), 0));
        assert_eq!(store.orders().await.len(), 1);
        // the same number on another connection is another order
        let other = store.order("12345", &json!({"order_no": "综-88", "content": "占道经营"}));
        let other = store.handle(&[other]).await.remove(0).unwrap();
        assert_eq!(other.answer, Some(Accepted { ticket: ticket("12345", "综-88"), repeated: false }));
    })
    .await;
}

#[tokio::test]
async fn facts_of_our_tickets_become_callbacks_once_and_others_are_ignored() {
    on_each(config(&[]).unwrap(), async |store: Store| {
        let ours = store.taken("A1").await;
        let facts = |of| story(of).into_iter().zip(4..).map(|(fact, seq)| store.fact(seq, fact)).collect::<Vec<_>>();
        let mut batch: Vec<Inbound<Heard>> = facts(ours);
        batch.reverse();
        batch.extend(facts(ticket("12345", "somebody else's")));
        assert!(store.handle(&batch).await.into_iter().all(|d| d.is_ok_and(|said| said.outbound.is_empty())));
        let callbacks = store.callbacks().await;
        let seen: Vec<(i64, &str, &str)> = callbacks.iter().map(|c| (c.seq, c.kind.as_str(), c.status.as_str())).collect();
        assert_eq!(seen, [(4, "signed", "kept"), (5, "progress", "kept"), (6, "result", "kept"), (7, "closed", "kept")]);
        // replayed, with the order's connection as it was
        store.handle(&facts(ours)).await;
        assert_eq!(store.callbacks().await, callbacks);

        let [signed, ..] = story(ours);
        let without_seq = Inbound { seq: None, ..store.fact(0, signed) };
        let refused = store.handle(&[without_seq]).await.remove(0).expect_err("no place in the history");
        assert!(matches!(&refused, Refusal::Illegal(p) if p.code == "missing_header"), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn an_order_that_intake_refuses_is_told_to_its_platform_and_no_other_receipt_is() {
    on_each(config(&[]).unwrap(), async |store: Store| {
        let ours = store.taken("A1").await;
        let receipt = |source: &str, external_id: &str, outcome: serde_json::Value| {
            let mut receipt = json!({"external_id": external_id, "at": "2026-11-23T01:00:00Z"});
            receipt.as_object_mut().unwrap().extend(outcome.as_object().unwrap().clone());
            Inbound {
                id: MessageId(uuid::Uuid::new_v4()),
                seq: None,
                now: "2026-11-23T01:00:00Z".parse().unwrap(),
                body: Heard::Receipt(source.parse().unwrap(), Box::new(serde_json::from_value(receipt).unwrap())),
            }
        };
        let taken = json!({"outcome": "accepted", "ticket": ours, "number": "JZ1", "code": "C"});
        let refused = json!({"outcome": "refused", "problem": {"code": "unknown_source", "zh": "未登记的来源", "en": "x"}});
        let batch = [
            receipt("hotline-12345", "A1", taken),
            receipt("web", "A1", refused.clone()),
            receipt("hotline-12345", "A2", refused.clone()),
            receipt("hotline-12345", "A1", refused.clone()),
            receipt("hotline-12345", "A1", refused),
        ];
        assert!(store.handle(&batch).await.into_iter().all(|d| d.is_ok()));
        let callbacks = store.callbacks().await;
        assert_eq!(callbacks.len(), 1);
        let body: serde_json::Value = serde_json::from_str(&callbacks[0].body).unwrap();
        assert_eq!((callbacks[0].seq, callbacks[0].kind.as_str()), (0, "rejected"));
        assert_eq!((&body["status"], &body["reason"]), (&json!("REJECTED"), &json!("未登记的来源")));
    })
    .await;
}
