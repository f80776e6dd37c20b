use super::*;

fn exchange(status: u16, headers: &[(&'static str, &str)], body: &str) -> Exchange {
    let mut exchange = Exchange::example(status, body);
    for (name, value) in headers {
        exchange.headers.insert(*name, value.parse().unwrap());
    }
    exchange
}

const GOOD: [(&str, &str); 3] = [
    ("x-service-name", "api-gateway"),
    ("x-request-id", "id-1"),
    ("content-type", "application/json"),
];

fn broken(exchange: &Exchange) -> Vec<String> {
    let secrets = Secrets::default();
    secrets.add("agent-secret", "0123456789abcdef");
    Conformance::api(true).violations(exchange, br#"{"localPath":"/srv/mine"}"#, &secrets)
}

#[track_caller]
fn breaks(exchange: &Exchange, says: &str) {
    let broken = broken(exchange);
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].contains(says), "{broken:?}");
}

#[test]
fn good_answers_break_nothing() {
    for (status, body) in [
        (200, r#"{"nodes":[]}"#),
        (202, ""),
        (404, r#"{"error":"no workload w-1","code":"not_found"}"#),
        (400, r#"{"error":"localPath: /srv/mine has no compose file","code":"invalid_workload"}"#),
    ] {
        assert_eq!(broken(&exchange(status, &GOOD, body)), Vec::<String>::new());
    }
}

#[test]
fn headers_are_demanded() {
    breaks(&exchange(200, &GOOD[1..], "{}"), "X-Service-Name");
    breaks(&exchange(200, &[GOOD[0], GOOD[2]], "{}"), "no X-Request-ID");
    breaks(
        &exchange(200, &[GOOD[0], ("x-request-id", "other"), GOOD[2]], "{}"),
        "\"id-1\" was sent",
    );
    let plain = [GOOD[0], GOOD[1], ("content-type", "text/plain")];
    breaks(&exchange(200, &plain, "{}"), "\"text/plain\"");
    let charset = [GOOD[0], GOOD[1], ("content-type", "application/json; charset=utf-8")];
    assert!(broken(&exchange(200, &charset, "{}")).is_empty());
    breaks(&exchange(200, &GOOD, "{"), "not JSON");
}

#[test]
fn a_new_id_is_demanded_where_the_sent_one_cannot_be_taken_over() {
    let mut answer = exchange(200, &GOOD, "{}");
    answer.request_id = Some("x".repeat(129));
    assert!(broken(&answer).is_empty());
    answer.headers.insert("x-request-id", "x".repeat(129).parse().unwrap());
    breaks(&answer, "1 to 128");
}

#[test]
fn refusals_have_the_contract_s_form() {
    breaks(&exchange(503, &GOOD, r#"{"message":"no"}"#), "is not {\"error\", \"code\"}");
    breaks(&exchange(503, &GOOD, r#"{"error":"no","code":"Not-Good"}"#), "snake_case");
    breaks(&exchange(503, &GOOD, r#"{"error":"a\nb","code":"x"}"#), "one sentence");
}

#[test]
fn nothing_of_the_inside_shows() {
    breaks(
        &exchange(
            500,
            &GOOD,
            r#"{"error":"open /etc/persys/prow.toml: denied","code":"internal"}"#,
        ),
        "/etc/persys/prow.toml",
    );
    breaks(
        &exchange(
            500,
            &GOOD,
            r#"{"error":"thread 'main' panicked at src/main.rs:1","code":"internal"}"#,
        ),
        "stack trace",
    );
    breaks(
        &exchange(200, &GOOD, r#"{"env":"AGENT_SECRET=0123456789abcdef"}"#),
        "the secret agent-secret",
    );
}

#[test]
fn a_workload_s_own_server_may_do_as_it_likes_but_tell_secrets() {
    let secrets = Secrets::default();
    secrets.add("s", "hidden");
    let answer = exchange(404, &[], "goroutine /etc/passwd");
    assert!(Conformance::none().violations(&answer, b"", &secrets).is_empty());
    let answer = exchange(200, &[], "hidden");
    assert_eq!(Conformance::none().violations(&answer, b"", &secrets).len(), 1);
}
