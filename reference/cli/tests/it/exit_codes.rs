//! 0 done, 1 refused, 2 wrong usage, 3 unreachable.

use std::{net::SocketAddr, time::Duration};

use persys_identity::{Authority, CertificateSpec};
use tokio::{net::TcpListener, time::Instant};

use crate::gateway::{FakeGateway, run, stderr, stdout};

const ID: &str = "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e";

#[tokio::test]
async fn done_is_0_and_the_answer_is_on_stdout() {
    let gateway = FakeGateway::always(200, r#"{"nodes":[]}"#).await;
    let output = gateway.run(&["node", "list"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("NODE"));
    assert_eq!(stderr(&output), "");
}

#[tokio::test]
async fn refused_is_1_with_the_platform_s_words_and_code() {
    let gateway =
        FakeGateway::always(404, r#"{"error":"there is no such workload","code":"not_found"}"#)
            .await;
    let output = gateway.run(&["workload", "get", ID]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: there is no such workload (not_found)\n");
    assert_eq!(stdout(&output), "");
}

#[tokio::test]
async fn a_refusal_without_a_body_is_1_with_the_status() {
    for status in [302, 403, 500, 502, 504] {
        let gateway = FakeGateway::always(status, "").await;
        let output = gateway.run(&["node", "list"]).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(&format!("(status {status})")), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn an_unknown_or_ambiguous_name_is_not_guessed() {
    let list = r#"[{"id":"1","name":"web"},{"id":"2","name":"twin"},{"id":"3","name":"twin"}]"#;
    let gateway = FakeGateway::always(200, list).await;
    let output = gateway.run(&["workload", "delete", "nobody"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with("(not_found)\n"));
    let output = gateway.run(&["workload", "delete", "twin"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("2, 3"));
    assert!(gateway.asked().iter().all(|asked| asked.line == "GET /workloads"));
}

#[tokio::test]
async fn wrong_usage_is_2_and_nothing_is_sent() {
    let gateway = FakeGateway::always(200, "{}").await;
    for arguments in [
        &["workload"][..],
        &["workload", "explode", ID],
        &["workload", "get"],
        &["workload", "schedule", "--image", "nginx"],
        &["workload", "schedule", "--name", "a", "--env", "novalue"],
        &["workload", "schedule", "--name", "a", "--memory", "lots"],
        &["workload", "schedule", "--name", "a", "--restart-policy", "sometimes"],
        &["workload", "schedule", "-f", "/nowhere/workload.json"],
        &["workload", "schedule", "-f", "-"],
        &["node", "list", "-o", "xml"],
        &["node", "list", "--timeout", "0"],
        &["node", "list", "--config", "/nowhere/config.json"],
        &["node", "list", "--cert", "/nowhere/client.crt"],
    ] {
        let output = gateway.run(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("error: ") || stderr(&output).contains("Usage:"));
    }
    assert!(gateway.asked().is_empty());
}

#[tokio::test]
async fn help_and_version_are_0() {
    let home = tempfile::tempdir().unwrap();
    for flag in ["--help", "--version"] {
        let output = run(&[flag], home.path(), &[]).await;
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("persys-cli"));
    }
}

#[tokio::test]
async fn nobody_listening_is_3() {
    let gateway = FakeGateway::always(200, "{}").await;
    // Taken and given back, so that nobody listens there.
    let port = {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = format!("https://127.0.0.1:{port}");
    let output = gateway.run(&["node", "list", "--gateway", &address]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("failed to reach https://127.0.0.1"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_gateway_that_never_answers_is_3_after_the_timeout() {
    let gateway = FakeGateway::always(200, "{}").await;
    let silent = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    let started = Instant::now();
    let output = gateway.run(&["node", "list", "--gateway", &address, "--timeout", "0.5"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("no answer in time"), "{}", stderr(&output));
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(500) && took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_gateway_of_another_authority_is_3_and_gets_no_request() {
    let gateway = FakeGateway::always(200, "{}").await;
    let foreign = tempfile::tempdir().unwrap();
    Authority::create().unwrap().write_certificate(foreign.path()).unwrap();
    let ca = foreign.path().join("ca.crt");
    let output = gateway.run(&["node", "list", "--ca", ca.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("certificate"), "{}", stderr(&output));
    assert!(gateway.asked().is_empty());
}

#[tokio::test]
async fn a_certificate_that_the_gateway_turns_away_is_3() {
    let gateway = FakeGateway::always(200, "{}").await;
    let foreign = tempfile::tempdir().unwrap();
    let certificate =
        Authority::create().unwrap().issue(&CertificateSpec::server("x").named("client")).unwrap();
    certificate.write(foreign.path()).unwrap();
    let (cert, key) = (foreign.path().join("client.crt"), foreign.path().join("client.key"));
    let flags = ["--cert", cert.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let output = gateway.run(&[&["node", "list"][..], &flags].concat()).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(gateway.asked().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_3() {
    let gateway = FakeGateway::always(200, "<html>").await;
    let output = gateway.run(&["node", "list"]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("failed to read the gateway's answer"));
}
