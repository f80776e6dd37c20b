//! The `api-gateway` binary: how it starts and stops.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use persys_contract::GatewayHealth;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

use crate::support::{FakeDns, FakeScheduler, GitHubSite, Pki};

fn gateway(pki: &Pki) -> Command {
    let files = pki.files("api-gateway");
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-gateway"));
    command
        .env_clear()
        .env("LISTEN_TLS", "127.0.0.1:0")
        .env("LISTEN_PLAIN", "127.0.0.1:0")
        .env("TLS_CERT", &files.cert)
        .env("TLS_KEY", &files.key)
        .env("TLS_CA", &files.ca)
        .env("COREDNS_ADDR", "127.0.0.1:9")
        .env("DISCOVERY_INTERVAL", "0.2")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn refusal(command: &mut Command) -> String {
    let ended = timeout(Duration::from_secs(10), command.output()).await;
    let Output { status, stderr, .. } = ended.expect("it goes on running").unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{text}");
    text
}

#[tokio::test]
async fn a_missing_or_unreadable_value_stops_the_start_and_is_named() {
    let pki = Pki::create();
    for name in ["TLS_CERT", "TLS_KEY", "TLS_CA", "COREDNS_ADDR"] {
        let text = refusal(gateway(&pki).env_remove(name)).await;
        assert!(text.contains(name), "{name}: {text}");
    }
    for (name, value) in [
        ("TLS_CERT", "/nowhere/a.crt"),
        ("TLS_KEY", "/nowhere/a.key"),
        ("TLS_CA", "/dev/null"),
        ("COREDNS_ADDR", "not-an-address"),
        ("LISTEN_TLS", "nowhere"),
        ("PROW_SCHEDULER_ADDR", "prow1"),
        ("DISCOVERY_INTERVAL", "soon"),
    ] {
        let text = refusal(gateway(&pki).env(name, value)).await;
        assert!(text.contains(value), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_login_with_github_that_is_configured_in_part_stops_the_start() {
    let site = GitHubSite::create();
    let address = "127.0.0.1:9".parse().unwrap();
    for (place, flag) in site.flags(address).into_iter().enumerate() {
        let mut rest = site.flags(address);
        rest.remove(place);
        let text = refusal(gateway(&site.pki).args(rest)).await;
        let name = flag.trim_start_matches("--").split('=').next().unwrap();
        let variable = name.replace('-', "_").to_uppercase();
        assert!(text.contains(&format!("{variable} is not set")), "{variable}: {text}");
    }
    for (name, value) in [
        ("GITHUB_CA", "/nowhere/ca.crt"),
        ("GITHUB_CA", "/dev/null"),
        ("JWT_KEY_FILE", "/nowhere/jwt-key"),
        ("GITHUB_CLIENT_SECRET_FILE", "/dev/null"),
        ("GITHUB_URL", "http://github.com"),
        ("PUBLIC_URL", "gateway"),
    ] {
        let mut flags = site.flags(address);
        let own = format!("--{}=", name.to_lowercase().replace('_', "-"));
        flags.retain(|flag| !flag.starts_with(&own));
        let text = refusal(gateway(&site.pki).args(flags).env(name, value)).await;
        assert!(text.contains(name) && text.contains(value), "{name}: {text}");
    }
}

/// Starts the binary and gives it with its plain address, once it is ready.
async fn started(command: &mut Command) -> (Child, String) {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut plain = None;
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(entry["service"], "api-gateway", "{line}");
            match entry["msg"].as_str() {
                Some("listening") => plain = entry["address"].as_str().map(str::to_owned),
                Some("ready") => return,
                _ => {}
            }
        }
        panic!("it ended before it was ready");
    };
    timeout(Duration::from_secs(10), reading).await.expect("it is not ready within 10 s");
    // Whoever does not read on would block it in the end.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, plain.unwrap())
}

#[tokio::test]
async fn sigterm_ends_it_in_time_with_0() {
    let pki = Pki::create();
    let scheduler = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let dns = FakeDns::start().await;
    dns.register([scheduler.registration()]);
    let mut command = gateway(&pki);
    let (mut child, plain) = started(command.env("COREDNS_ADDR", dns.address.to_string())).await;

    let health = reqwest::get(format!("http://{plain}/health")).await.unwrap();
    let health: GatewayHealth = health.json().await.unwrap();
    assert_eq!(health.prow_scheduler, scheduler.address.to_string());

    // An idle caller must not keep it.
    let _idle = tokio::net::TcpStream::connect(&plain).await.unwrap();
    let started = Instant::now();
    kill(Pid::from_raw(child.id().unwrap().cast_signed()), Signal::SIGTERM).unwrap();
    let status = timeout(Duration::from_secs(10), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
