//! Start, readiness and stop.

use std::{
    os::unix::net::UnixDatagram,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    bench::Bench,
    process::{Process, free_port},
    wait::until,
};

/// Runs a scheduler that is not to start, and gives back its exit code and message.
fn refused(mut command: Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    (output.status.code(), line["msg"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_unusable_stops_the_start_and_is_named() {
    let bench = Bench::new().await;
    let command = || bench.command("prow1", free_port(), free_port());
    for variable in [
        "LISTEN_TLS",
        "LISTEN_PLAIN",
        "TLS_CERT",
        "TLS_KEY",
        "TLS_CA",
        "ETCD_ENDPOINTS",
        "ETCD_CERT",
        "AGENT_SECRET",
    ] {
        let mut command = command();
        command.env_remove(variable);
        let (code, message) = refused(command);
        assert_eq!(code, Some(2), "{variable}");
        assert!(message.contains(variable), "{variable}: {message}");
    }
    for (variable, value, named) in [
        ("LISTEN_TLS", "nowhere", "LISTEN_TLS"),
        ("TLS_CERT", "/nowhere/a.crt", "/nowhere/a.crt"),
        ("ETCD_CA", "/nowhere/ca.crt", "/nowhere/ca.crt"),
        ("MONITOR_INTERVAL", "-1", "MONITOR_INTERVAL"),
        ("INSTANCE", "a/b", "INSTANCE"),
        ("AGENT_SECRET", "", "AGENT_SECRET"),
    ] {
        let mut command = command();
        command.env(variable, value);
        let (code, message) = refused(command);
        assert_eq!(code, Some(2), "{variable}");
        assert!(message.contains(named), "{variable}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_is_told_when_the_store_has_answered_not_before() {
    let mut bench = Bench::new().await;
    bench.etcd.stop();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let notices = UnixDatagram::bind(&socket).unwrap();
    notices.set_nonblocking(true).unwrap();
    let plain = free_port();
    let mut command = bench.command("prow1", free_port(), plain);
    command.env("NOTIFY_SOCKET", &socket);
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    let health = format!("http://127.0.0.1:{plain}/health");
    until("it answers that it has no store", async || {
        reqwest::get(&health).await.ok().filter(|answer| answer.status() == 503)
    })
    .await;
    assert!(notices.recv(&mut [0; 64]).is_err(), "not ready yet");
    bench.etcd.resume().await;
    until("it is ready", async || {
        let mut buffer = [0; 64];
        let length = notices.recv(&mut buffer).ok()?;
        buffer[..length].starts_with(b"READY=1").then_some(())
    })
    .await;
    assert_eq!(reqwest::get(&health).await.unwrap().status(), 200);
    process.signal("TERM");
    let ended = process.ended_within(Duration::from_secs(5));
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_in_time_even_if_the_store_hangs() {
    let bench = Bench::new().await;
    let mut scheduler = bench.scheduler("prow1").await;
    bench.etcd.signal("STOP");
    scheduler.process.signal("TERM");
    let ended = scheduler.process.ended_within(Duration::from_secs(5));
    bench.etcd.signal("CONT");
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_nothing_and_starts_nothing_twice() {
    let (bench, mut scheduler, agent) = Bench::small().await;
    let id = scheduler.running(json!({})).await;
    scheduler.process.kill();
    let again = bench.scheduler_on("prow1", scheduler.tls_port, scheduler.plain_port);
    again.leads().await;
    again.has_status(&id, "Running").await;
    let trigger = again.caller.post("/reconciliation/trigger", json!(null)).await;
    assert_eq!(trigger.body["results"]["actionsTaken"], 0, "{trigger:?}");
    assert_eq!(agent.verbs(&id), ["run"]);
}
