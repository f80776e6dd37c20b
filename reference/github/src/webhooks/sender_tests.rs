use persys_identity::{Authority, CertificateSpec, Credentials};
use serde_json::json;

use super::*;

fn sender(secret: Option<&str>) -> Webhooks {
    let authority = Authority::create().unwrap();
    let issued = authority.issue(&CertificateSpec::server("github")).unwrap();
    let credentials = LoadedCredentials::from_pem(
        Credentials::in_folder("nowhere".as_ref(), "github"),
        issued.cert_pem.into_bytes(),
        issued.key_pem.into_bytes(),
        authority.cert_pem().into(),
    )
    .unwrap();
    Webhooks::new(&credentials, false, secret.map(Secret::new)).unwrap()
}

fn order(more: Value) -> Order {
    let mut order = json!({"url": "https://10.0.0.1/webhook", "event": "push"});
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(order).unwrap()
}

#[test]
fn a_delivery_bears_github_s_headers() {
    let (guid, action, sent) =
        sender(Some("s3cret")).prepare(order(json!({"payload": {"action": "opened"}}))).unwrap();
    assert_eq!(action.as_deref(), Some("opened"));
    assert_eq!(sent.payload, r#"{"action":"opened"}"#);
    let header = |name: &str| sent.headers[name].as_str();
    assert_eq!(header("x-github-delivery"), guid);
    assert!(uuid::Uuid::parse_str(&guid).is_ok());
    assert_eq!(header("x-github-event"), "push");
    assert_eq!(header("content-type"), "application/json");
    assert!(header("user-agent").starts_with("GitHub-Hookshot/"));
    assert_eq!(header("x-hub-signature-256"), sign(b"s3cret", sent.payload.as_bytes()));
}

#[test]
fn what_is_given_is_used_to_the_byte() {
    let given = json!({"body": "{ \"ü\": 1 }\n", "secret": "other", "delivery": "d-1"});
    let (guid, _, sent) = sender(Some("s3cret")).prepare(order(given)).unwrap();
    assert_eq!((guid.as_str(), sent.payload.as_str()), ("d-1", "{ \"ü\": 1 }\n"));
    assert_eq!(sent.headers["x-hub-signature-256"], sign(b"other", sent.payload.as_bytes()));

    let unsigned = json!({"body": "{}", "secret": ""});
    let (_, _, sent) = sender(None).prepare(order(unsigned)).unwrap();
    assert!(!sent.headers.contains_key("x-hub-signature-256"));
}

#[test]
fn each_defect_is_one_that_a_receiver_can_notice() {
    let sender = sender(Some("s3cret"));
    for tamper in [
        "body",
        "signature",
        "scheme",
        "secret",
        "missing-signature",
        "missing-event",
        "missing-delivery",
    ] {
        let (_, _, sent) = sender.prepare(order(json!({"payload": {}, "tamper": tamper}))).unwrap();
        let good = sign(b"s3cret", sent.payload.as_bytes());
        let complete = ["x-github-event", "x-github-delivery"]
            .iter()
            .all(|name| sent.headers.contains_key(*name));
        let signed = sent.headers.get("x-hub-signature-256") == Some(&good);
        assert!(!(complete && signed), "{tamper}");
        assert_eq!(signed, matches!(tamper, "missing-event" | "missing-delivery"), "{tamper}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let sender = sender(None);
    for (more, error) in [
        (json!({"secret": "x"}), OrderError::Body),
        (json!({"secret": "x", "payload": {}, "body": ""}), OrderError::Body),
        (json!({"secret": "x", "payload": {}, "event": "a\nb"}), OrderError::Header),
        (json!({"secret": "x", "payload": {}, "delivery": ""}), OrderError::Header),
        (json!({"secret": "x", "payload": {}, "url": "file:///etc/passwd"}), OrderError::Url),
        (json!({"payload": {}}), OrderError::NoSecret),
    ] {
        assert_eq!(sender.prepare(order(more)).unwrap_err(), error);
    }
}
