//! Webhooks, seen by their receiver.

use persys_contract::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{bench::Bench, receiver::Receiver};

async fn bench() -> (Bench, Receiver) {
    let site = std::sync::Arc::new(crate::bench::Site::new());
    let (cert, key) = (site.path("client.crt"), site.path("client.key"));
    let more = [("WEBHOOK_CERT", cert.as_str()), ("WEBHOOK_KEY", key.as_str())];
    let bench = Bench::start_at(site.clone(), &more).await;
    let receiver = Receiver::start(&site).await;
    (bench, receiver)
}

#[tokio::test]
async fn the_receiver_can_check_what_it_gets() {
    let (bench, receiver) = bench().await;
    let payload = json!({"action": "opened", "text": "grüße", "number": 7});
    let order = json!({"url": receiver.url, "event": "issues", "payload": payload});
    let delivery = bench.create("/webhooks", order).await;
    assert_eq!((&delivery["status_code"], &delivery["status"]), (&json!(202), &json!("OK")));
    assert_eq!(delivery["response"]["payload"], "taken");
    assert_eq!((&delivery["event"], &delivery["action"]), (&json!("issues"), &json!("opened")));
    assert_eq!(delivery["redelivery"], false);

    let received = &receiver.received()[0];
    assert_eq!(received.role, Some(Role::Client));
    assert_eq!(serde_json::from_slice::<Value>(&received.body).unwrap(), payload);
    assert_eq!(received.headers["x-github-event"], "issues");
    assert_eq!(received.headers["x-github-delivery"], delivery["guid"].as_str().unwrap());
    assert!(uuid::Uuid::parse_str(delivery["guid"].as_str().unwrap()).is_ok());
    assert_eq!(received.headers["content-type"], "application/json");
    let agent = received.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("GitHub-Hookshot/"), "{agent}");
    for name in ["x-github-hook-id", "x-github-hook-installation-target-type"] {
        assert!(received.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn what_was_tampered_with_is_noticed() {
    let (bench, receiver) = bench().await;
    let send = async |more: Value| {
        let mut order = json!({"url": receiver.url, "event": "push", "payload": {}});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let delivery = bench.create("/webhooks", order).await;
        delivery["status_code"].as_u64().unwrap()
    };
    assert_eq!(send(json!({})).await, 202);
    for tamper in ["body", "signature", "scheme", "secret", "missing-signature"] {
        assert_eq!(send(json!({"tamper": tamper})).await, 401, "{tamper}");
    }
    assert_eq!(send(json!({"secret": "another"})).await, 401);
    assert_eq!(send(json!({"secret": ""})).await, 401);
    assert_eq!(send(json!({"tamper": "missing-event"})).await, 202);
    let last = receiver.received().pop().unwrap();
    assert!(!last.headers.contains_key("x-github-event"));
}

#[tokio::test]
async fn a_redelivery_is_the_same_again() {
    let (bench, receiver) = bench().await;
    let order = json!({
        "url": receiver.url, "event": "push", "body": "{ \"a\" : 1 }\n", "delivery": "guid-1",
    });
    let first = bench.create("/webhooks", order).await;
    let path = format!("/webhooks/{}/redeliver", first["id"]);
    let again = bench.create(&path, Value::Null).await;
    assert_eq!(again["redelivery"], true);
    assert_eq!((&again["guid"], &again["status_code"]), (&json!("guid-1"), &json!(202)));
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].body, "{ \"a\" : 1 }\n");
    assert_eq!(received[0].headers, received[1].headers);

    let (_, list) = bench.admin(Method::GET, "/webhooks", Value::Null).await;
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [again["id"].clone(), first["id"].clone()]);
    let (status, shown) =
        bench.admin(Method::GET, &format!("/webhooks/{}", first["id"]), Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(shown, first);
    let (status, _) = bench.admin(Method::GET, "/webhooks/9999", Value::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_told_in_the_delivery() {
    let bench = Bench::start().await;
    let receiver = Receiver::start(&bench.site).await;
    let foreign = Receiver::start(&crate::bench::Site::new()).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("https://{closed}/webhook");
    for (url, why) in [
        (&receiver.url, "ertificate"),
        (&foreign.url, "invalid peer certificate"),
        (&closed, "refused"),
    ] {
        let order = json!({"url": url, "event": "push", "payload": {}});
        let delivery = bench.create("/webhooks", order).await;
        assert_eq!(delivery["status_code"], 502, "{url}");
        assert_eq!(delivery["response"], Value::Null);
        let status = delivery["status"].as_str().unwrap();
        assert!(status.starts_with("failed to connect to host"), "{status}");
        assert!(status.contains(why), "{status}");
    }
    assert!(receiver.received().is_empty(), "who shows no certificate is not heard");
}
