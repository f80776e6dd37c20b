//! GitHub tells the gateway that something has happened.

use persys_contract::Role;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{GitHubSite, Reply, TestGateway, TestGitHub};

const SECRET: &[u8] = b"the-webhook-secret";

fn sign(secret: &[u8], body: &[u8]) -> String {
    let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body);
    format!("sha256={}", hex::encode(digest))
}

async fn gateway() -> (GitHubSite, TestGateway) {
    let site = GitHubSite::create();
    let nobody = "127.0.0.1:9".parse().unwrap();
    let gateway = site.gateway(nobody).await;
    (site, gateway)
}

/// A webhook with these headers and no others.
async fn send(gateway: &TestGateway, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut request = gateway.request(Method::POST, "/webhook").body(body.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway.send(request).await
}

async fn deliver(gateway: &TestGateway, id: &str, signature: &str, body: &[u8]) -> Reply {
    let headers =
        [("x-github-event", "push"), ("x-github-delivery", id), ("x-hub-signature-256", signature)];
    send(gateway, &headers, body).await
}

#[tokio::test]
async fn a_delivery_is_taken_once() {
    let (_site, gateway) = gateway().await;
    for (id, body) in [("d-1", &b"{\"a\": 1}\n"[..]), ("d-2", b""), ("d-3", b"\xff\x00 raw")] {
        let signature = sign(SECRET, body);
        let reply = deliver(&gateway, id, &signature, body).await;
        assert_eq!((reply.status, reply.json()), (202, json!({"status": "accepted"})), "{id}");
        let reply = deliver(&gateway, id, &signature, body).await;
        assert_eq!((reply.status, reply.json()), (200, json!({"status": "duplicate"})), "{id}");
    }
    // The same body under another id is another delivery.
    assert_eq!(deliver(&gateway, "d-4", &sign(SECRET, b""), b"").await.status, 202);
}

#[tokio::test]
async fn of_many_at_once_one_is_taken() {
    let (_site, gateway) = gateway().await;
    let signature = sign(SECRET, b"{}");
    let all = (0..16).map(|_| deliver(&gateway, "d-1", &signature, b"{}"));
    let statuses: Vec<_> =
        futures::future::join_all(all).await.into_iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 202).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 15, "{statuses:?}");
}

#[tokio::test]
async fn a_signature_that_does_not_fit_is_refused_and_the_id_stays_free() {
    let (_site, gateway) = gateway().await;
    let good = sign(SECRET, b"{}");
    let bad = [
        sign(b"another", b"{}"),
        sign(SECRET, b"{} "),
        good.replace("sha256=", ""),
        good.replace("sha256=", "sha1="),
        good[..70].to_owned(),
        format!("{good}0"),
        "sha256=".to_owned(),
        String::new(),
        "x".repeat(5000),
    ];
    for signature in &bad {
        let reply = deliver(&gateway, "d-1", signature, b"{}").await;
        assert_eq!(reply.refusal(), (401, "bad_webhook_signature".to_owned()), "{signature}");
    }
    let name = r#"persys_auth_rejections_total{reason="bad_webhook_signature""#;
    assert_eq!(gateway.metric(name).await, Some(bad.len().to_string()));
    assert_eq!(deliver(&gateway, "d-1", &good, b"{}").await.status, 202);
    // A signature that no longer fits is no duplicate.
    assert_eq!(deliver(&gateway, "d-1", &good, b"{ }").await.status, 401);
}

#[tokio::test]
async fn each_header_is_needed() {
    let (_site, gateway) = gateway().await;
    let signature = sign(SECRET, b"{}");
    let all = [
        ("x-github-event", "push"),
        ("x-github-delivery", "d-1"),
        ("x-hub-signature-256", signature.as_str()),
    ];
    for missing in 0..all.len() {
        let mut headers = all.to_vec();
        let (name, _) = headers.remove(missing);
        let reply = send(&gateway, &headers, b"{}").await;
        assert_eq!(reply.refusal(), (400, "bad_request".to_owned()), "{name}");
        assert!(reply.text().contains(name), "{}", reply.text());
    }
    let long = "x".repeat(129);
    for (place, odd) in [(0, ""), (1, ""), (1, "a b"), (1, long.as_str())] {
        let mut headers = all;
        headers[place].1 = odd;
        let reply = send(&gateway, &headers, b"{}").await;
        assert_eq!(reply.refusal(), (400, "bad_request".to_owned()), "{odd:?}");
    }
    let twice = [all[0], all[1], all[2], ("x-github-delivery", "d-2")];
    assert_eq!(send(&gateway, &twice, b"{}").await.status, 400);
    let name = r#"persys_auth_rejections_total{reason="bad_request""#;
    assert_eq!(gateway.metric(name).await.as_deref(), Some("8"));
    assert_eq!(send(&gateway, &all, b"{}").await.status, 202);
}

#[tokio::test]
async fn only_a_post_of_a_client_is_heard() {
    let (site, gateway) = gateway().await;
    assert_eq!(gateway.get("/webhook").await.refusal(), (405, "method_not_allowed".to_owned()));
    let status = gateway.status_of(&site.pki.client(Role::Prow), "/webhook").await.unwrap();
    assert_eq!(status, 403);
    let body = vec![b' '; (1 << 20) + 1];
    let reply = deliver(&gateway, "d-1", &sign(SECRET, &body), &body).await;
    assert_eq!(reply.refusal(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn github_s_own_deliveries_are_taken_and_spoilt_ones_are_not() {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = site.gateway(github.address).await;
    let order = async |more: Value| {
        let mut order = json!({
            "url": gateway.url("/webhook"), "event": "push", "payload": {"ref": "refs/heads/ü"},
        });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        github.order(Method::POST, "/webhooks", order).await
    };
    let made = order(json!({})).await;
    assert_eq!(made["status_code"], 202, "{made}");
    let again = format!("/webhooks/{}/redeliver", made["id"]);
    let again = github.order(Method::POST, &again, json!(null)).await;
    assert_eq!(again["status_code"], 200, "{again}");
    for tamper in ["body", "signature", "scheme", "secret"] {
        let made = order(json!({"tamper": tamper})).await;
        assert_eq!(made["status_code"], 401, "{tamper}: {made}");
    }
    for tamper in ["missing-signature", "missing-event", "missing-delivery"] {
        let made = order(json!({"tamper": tamper})).await;
        assert_eq!(made["status_code"], 400, "{tamper}: {made}");
    }
}
