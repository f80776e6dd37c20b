use persys_hostile::almost;
use proptest::prelude::*;

use super::*;
use crate::properties;

const NOW: u64 = 1_767_225_600;

struct Vector {
    key: Vec<u8>,
    method: &'static str,
    path: &'static str,
    timestamp: u64,
    nonce: &'static str,
    body: &'static str,
    signature: &'static str,
}

/// The three vectors of contract §4.
fn vectors() -> [Vector; 3] {
    [
        Vector {
            key: b"test-secret".to_vec(),
            method: "POST",
            path: "/docker/run",
            timestamp: 1_767_225_600,
            nonce: "000102030405060708090a0b0c0d0e0f",
            body: r#"{"workloadId":"w-1","image":"nginx:alpine"}"#,
            signature: "v1=aad24bc156706a1d12e9ffa5c7c9d54f0b105d62caf5e21779af3ab038893463",
        },
        Vector {
            key: b"test-secret".to_vec(),
            method: "GET",
            path: "/docker/list",
            timestamp: 1_767_225_601,
            nonce: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            body: "",
            signature: "v1=58b18e212839e3d4ea71c87ddb609a2a2f5f241193bb3b222a90c19e99bad549",
        },
        Vector {
            key: vec![b'k'; 80],
            method: "POST",
            path: "/nodes/heartbeat?x=%20y",
            timestamp: 1_767_225_602,
            nonce: "00112233445566778899aabbccddeeff",
            body: r#"{"nodeId":"münchen"}"#,
            signature: "v1=09c253df364a6f0221ca7687e650771c23d906001cefc773240810ca7970da81",
        },
    ]
}

fn nonce(hex_text: &str) -> [u8; 16] {
    hex::decode(hex_text).unwrap().try_into().unwrap()
}

#[test]
fn the_contract_s_vectors_hold() {
    for v in vectors() {
        let headers = SignatureKey::new(v.key).sign(
            v.method,
            v.path,
            v.timestamp,
            nonce(v.nonce),
            v.body.as_bytes(),
        );
        assert_eq!(headers.signature, v.signature);
        assert_eq!(headers.nonce, v.nonce);
    }
}

fn signed() -> (SignatureKey, SignedHeaders) {
    let key = SignatureKey::new("test-secret");
    let headers = key.sign("POST", "/a?b=c", NOW, [7; 16], b"body");
    (key, headers)
}

fn verify_at(now: u64) -> Result<(), SignatureError> {
    let (key, headers) = signed();
    key.verify("POST", "/a?b=c", &headers, b"body", now, SIGNATURE_WINDOW)
}

#[test]
fn the_window_is_thirty_seconds_both_ways_and_closed() {
    assert_eq!(verify_at(NOW - 30), Ok(()));
    assert_eq!(verify_at(NOW + 30), Ok(()));
    assert_eq!(verify_at(NOW - 31), Err(SignatureError::Stale { off: 31, limit: 30 }));
    assert_eq!(verify_at(NOW + 31), Err(SignatureError::Stale { off: 31, limit: 30 }));
}

#[test]
fn every_signed_part_counts() {
    let (key, good) = signed();
    let verify = |method: &str, path: &str, headers: &SignedHeaders, body: &[u8]| {
        key.verify(method, path, headers, body, NOW, SIGNATURE_WINDOW)
    };
    assert_eq!(verify("POST", "/a?b=c", &good, b"body"), Ok(()));
    assert_eq!(verify("PUT", "/a?b=c", &good, b"body"), Err(SignatureError::Bad));
    assert_eq!(verify("POST", "/z?b=c", &good, b"body"), Err(SignatureError::Bad));
    assert_eq!(verify("POST", "/a?b=d", &good, b"body"), Err(SignatureError::Bad));
    assert_eq!(verify("POST", "/a?b=c", &good, b"bodx"), Err(SignatureError::Bad));
    let other_nonce = SignedHeaders { nonce: hex::encode([8; 16]), ..good.clone() };
    assert_eq!(verify("POST", "/a?b=c", &other_nonce, b"body"), Err(SignatureError::Bad));
    let other_time = SignedHeaders { timestamp: (NOW + 1).to_string(), ..good };
    assert_eq!(verify("POST", "/a?b=c", &other_time, b"body"), Err(SignatureError::Bad));
}

#[test]
fn malformed_headers_are_told_apart_from_wrong_ones() {
    let (key, good) = signed();
    let truncated = SignedHeaders { signature: good.signature[..40].to_owned(), ..good.clone() };
    let unversioned = SignedHeaders { signature: good.signature[3..].to_owned(), ..good.clone() };
    let signed_time = SignedHeaders { timestamp: format!("+{NOW}"), ..good.clone() };
    let short_nonce = SignedHeaders { nonce: "00".to_owned(), ..good };
    for (headers, name) in [
        (truncated, SIGNATURE_HEADER),
        (unversioned, SIGNATURE_HEADER),
        (signed_time, TIMESTAMP_HEADER),
        (short_nonce, NONCE_HEADER),
    ] {
        let verdict = key.verify("POST", "/a?b=c", &headers, b"body", NOW, SIGNATURE_WINDOW);
        assert_eq!(verdict, Err(SignatureError::Malformed(name)));
        assert_eq!(headers.check_form(), Err(SignatureError::Malformed(name)));
    }
    assert_eq!(signed().1.check_form(), Ok(()));
}

#[test]
fn an_absent_header_is_named() {
    let read = SignedHeaders::read(|name| (name != NONCE_HEADER).then_some("1"));
    assert_eq!(read, Err(SignatureError::Missing(NONCE_HEADER)));
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_a_changed_body_does_not(
        secret in proptest::collection::vec(any::<u8>(), 0..200),
        path in "/[ -~]{0,80}",
        body in proptest::collection::vec(any::<u8>(), 0..300),
        nonce in any::<[u8; 16]>(),
        flipped in any::<prop::sample::Index>(),
    ) {
        let key = SignatureKey::new(secret);
        let headers = key.sign("POST", &path, NOW, nonce, &body);
        prop_assert_eq!(key.verify("POST", &path, &headers, &body, NOW, SIGNATURE_WINDOW), Ok(()));
        let mut changed = body.clone();
        if changed.is_empty() { changed.push(0) } else { let i = flipped.index(changed.len()); changed[i] ^= 1 }
        prop_assert_eq!(
            key.verify("POST", &path, &headers, &changed, NOW, SIGNATURE_WINDOW),
            Err(SignatureError::Bad)
        );
    }

    #[test]
    fn requests_of_any_form_hold(request in almost(&[
        b"POST\n/docker/run\n1767225600\n000102030405060708090a0b0c0d0e0f\nv1=00\n{\"a\": 1}",
        b"GET\n/a?b=%20c\n0\n\n\n",
    ])) {
        properties::signing(&request);
    }

    #[test]
    fn arbitrary_headers_never_panic(timestamp in ".*", nonce in ".*", signature in ".*") {
        let headers = SignedHeaders { timestamp, nonce, signature };
        let verdict = SignatureKey::new("k").verify("GET", "/", &headers, b"", NOW, SIGNATURE_WINDOW);
        prop_assert!(verdict.is_err());
    }
}
