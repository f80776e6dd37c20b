use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::to_bytes, middleware::from_fn_with_state, routing::post};
use persys_contract::ErrorBody;
use tower::ServiceExt;

use super::*;
use crate::http::{LimitedBytes, framed};

struct Bench {
    app: Router,
    metrics: Metrics,
    executed: Arc<AtomicUsize>,
}

fn bench() -> Bench {
    let metrics = Metrics::new("test").unwrap();
    let key = SignatureKey::new("test-secret");
    let check = SignatureCheck::new(key, Duration::from_secs(30), &metrics);
    let executed = Arc::new(AtomicUsize::new(0));
    let counter = executed.clone();
    let handler = async move |LimitedBytes(body): LimitedBytes| {
        counter.fetch_add(1, Ordering::SeqCst);
        String::from_utf8(body.to_vec()).unwrap()
    };
    let inner = Router::new().route("/run", post(handler));
    let router = Router::new()
        .nest("/docker", inner)
        .route_layer(from_fn_with_state(check, require_signature))
        .merge(metrics.routes());
    Bench { app: framed(router, &metrics), metrics, executed }
}

fn signed(path: &str, body: &str, nonce: u8, at: u64) -> Request {
    let key = SignatureKey::new("test-secret");
    let headers = key.sign("POST", path, at, [nonce; 16], body.as_bytes());
    let mut request =
        Request::builder().method("POST").uri(path).body(Body::from(body.to_owned())).unwrap();
    for (name, value) in headers.pairs() {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

async fn answer(app: &Router, request: Request) -> (u16, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let code = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.code);
    (status, code.unwrap_or_else(|_| String::from_utf8(body.to_vec()).unwrap()))
}

#[tokio::test]
async fn a_good_request_reaches_the_handler_with_its_body() {
    let bench = bench();
    let request = signed("/docker/run?x=%20y", "{\"a\":1}", 1, unix_now());
    assert_eq!(answer(&bench.app, request).await, (200, "{\"a\":1}".to_owned()));
}

#[tokio::test]
async fn each_bad_request_is_refused_with_its_code_and_executes_nothing() {
    let bench = bench();
    let now = unix_now();
    let good = || signed("/docker/run", "{}", 1, now);
    let mut unsigned = good();
    unsigned.headers_mut().remove("x-persys-signature");
    let mut malformed = good();
    malformed.headers_mut().insert("x-persys-nonce", "zz".parse().unwrap());
    let mut tampered = good();
    *tampered.body_mut() = Body::from("{ }");
    let stale = signed("/docker/run", "{}", 1, now - 32);
    let early = signed("/docker/run", "{}", 1, now + 32);
    for (request, code) in [
        (unsigned, "missing_signature"),
        (malformed, "malformed_signature"),
        (tampered, "bad_signature"),
        (stale, "stale_timestamp"),
        (early, "stale_timestamp"),
    ] {
        assert_eq!(answer(&bench.app, request).await, (401, code.to_owned()));
    }
    assert_eq!(bench.executed.load(Ordering::SeqCst), 0);
    let text = bench.metrics.text();
    assert!(text.contains(r#"{reason="stale_timestamp",service="test"} 2"#), "{text}");
    // None of the refused ones used up the nonce.
    assert_eq!(answer(&bench.app, good()).await.0, 200);
    assert_eq!(answer(&bench.app, good()).await, (401, "replayed_nonce".to_owned()));
}

#[tokio::test]
async fn of_the_same_request_sent_many_times_at_once_one_is_executed() {
    let bench = bench();
    let now = unix_now();
    let calls = (0..16).map(|_| answer(&bench.app, signed("/docker/run", "{}", 9, now)));
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert_eq!(bench.executed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_shows_nothing_like_a_signature_is_not_waited_for() {
    let bench = bench();
    let trickle = || {
        let bytes = futures::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        Body::from_stream(bytes)
    };
    let mut unsigned = signed("/docker/run", "", 1, unix_now());
    unsigned.headers_mut().remove("x-persys-timestamp");
    let mut malformed = signed("/docker/run", "", 1, unix_now());
    malformed.headers_mut().insert("x-persys-signature", "v1=00".parse().unwrap());
    for (mut request, code) in [(unsigned, "missing_signature"), (malformed, "malformed_signature")]
    {
        *request.body_mut() = trickle();
        let begun = tokio::time::Instant::now();
        assert_eq!(answer(&bench.app, request).await, (401, code.to_owned()));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_nonce_is_remembered_for_as_long_as_its_timestamp_is_good() {
    let key = SignatureKey::new("test-secret");
    let (window, stamp) = (Duration::from_secs(30), 1_000_000);
    let headers = key.sign("GET", "/", stamp, [1; 16], b"");
    let good = |now| key.verify("GET", "/", &headers, b"", now, window).is_ok();
    let (first, last) = (stamp - 30, stamp + 30);
    assert!(!good(first - 1) && good(first) && good(last) && !good(last + 1));
    // From the beginning of the first good second to the end of the last.
    let longest = Duration::from_secs(last + 1 - first) - Duration::from_millis(1);
    let memory = NonceMemory::new(nonces_kept_for(window));
    let start = Instant::now();
    assert_eq!(memory.remember(&headers.nonce, start), Novelty::New);
    assert_eq!(memory.remember(&headers.nonce, start + longest), Novelty::Seen);
}

#[tokio::test]
async fn what_needs_no_signature_stays_open() {
    let request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    assert_eq!(bench().app.oneshot(request).await.unwrap().status(), 200);
}
