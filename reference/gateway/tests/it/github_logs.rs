//! What the binary's log says of a login, and what it must not say.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};
use url::Url;

use crate::support::{GitHubSite, TestGitHub, client, eventually};

/// A running binary and the lines that it has written so far.
struct Logged {
    _child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Logged {
    async fn start(site: &GitHubSite, github: &TestGitHub) -> Self {
        let files = site.pki.files("api-gateway");
        let mut child = Command::new(env!("CARGO_BIN_EXE_api-gateway"))
            .env_clear()
            .env("RUST_LOG", "debug")
            .env("TLS_CERT", &files.cert)
            .env("TLS_KEY", &files.key)
            .env("TLS_CA", &files.ca)
            .args(["--listen-tls=127.0.0.1:0", "--listen-plain=127.0.0.1:0"])
            .arg("--coredns-addr=127.0.0.1:9")
            .args(site.flags(github.address))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(child.stderr.take().unwrap()).lines();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (found, mut address) = watch::channel(String::new());
        let kept = lines.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = reader.next_line().await {
                let entry: Value = serde_json::from_str(&line).unwrap();
                if entry["msg"] == "listening with mutual TLS" {
                    found.send_replace(entry["address"].as_str().unwrap().to_owned());
                }
                kept.lock().unwrap().push(line);
            }
        });
        let listening = timeout(Duration::from_secs(10), address.wait_for(|it| !it.is_empty()));
        let address = listening.await.expect("it does not listen").unwrap().clone();
        Self { _child: child, lines, address }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    fn entry(&self, request_id: &str, msg: &str) -> Option<Value> {
        let lines = self.lines.lock().unwrap();
        let entries = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        entries.into_iter().find(|it| it["requestId"] == request_id && it["msg"] == msg)
    }
}

#[tokio::test]
async fn refusals_are_logged_with_reason_and_peer_and_no_secret_is() {
    let site = GitHubSite::create();
    let github = TestGitHub::start(&site).await;
    let gateway = Logged::start(&site, &github).await;
    let caller = client(&site.pki.files("client").load().unwrap());
    let call = async |request: reqwest::RequestBuilder, id: &str| {
        request.header("x-request-id", id).send().await.unwrap()
    };

    let begun = call(caller.get(gateway.url("/auth/login")), "r-login").await;
    let header = |name: &str| begun.headers()[name].to_str().unwrap().to_owned();
    let target = Url::parse(&header("location")).unwrap();
    let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
    let back = github.visit(&target).await;
    let back = Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    let come_back = gateway.url(&format!("/auth/callback?{}", back.query().unwrap()));

    call(caller.get(&come_back), "r-state").await;
    let welcome = call(caller.get(&come_back).header("cookie", &cookie), "r-good").await;
    assert_eq!(welcome.status(), 200);
    let welcome: Value = welcome.json().await.unwrap();
    let token = welcome["token"].as_str().unwrap().to_owned();
    call(caller.get(&come_back).header("cookie", &cookie), "r-code").await;
    let list = || caller.get(gateway.url("/github/list/repos"));
    assert_eq!(call(list().bearer_auth(&token), "r-list").await.status(), 200);
    call(list().bearer_auth(format!("{token}x")), "r-token").await;
    let webhook = |headers: &[(&'static str, &'static str)]| {
        let request = caller.request(Method::POST, gateway.url("/webhook"));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let event = ("x-github-event", "push");
    let delivery = ("x-github-delivery", "d-1");
    let signature = ("x-hub-signature-256", "sha256=00");
    call(webhook(&[event, delivery, signature]), "r-hook").await;
    call(webhook(&[event, delivery]), "r-header").await;

    for (id, reason) in [
        ("r-state", "bad_state"),
        ("r-code", "bad_code"),
        ("r-token", "bad_token"),
        ("r-hook", "bad_webhook_signature"),
        ("r-header", "bad_request"),
    ] {
        eventually(id, async || gateway.entry(id, "refused a request").is_some()).await;
        let entry = gateway.entry(id, "refused a request").unwrap();
        assert_eq!(entry["reason"], reason, "{entry}");
        assert!(entry["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{entry}");
    }

    let query = |url: &Url, name: &str| {
        url.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned()
    };
    let (_, cookie_value) = cookie.split_once('=').unwrap();
    let mut secrets = vec![
        "gho_".to_owned(),
        token.rsplit('.').next().unwrap().to_owned(),
        cookie_value.to_owned(),
        query(&target, "state"),
        query(&back, "code"),
    ];
    secrets.extend(crate::support::SECRETS.map(|(_, text)| text.to_owned()));
    for line in gateway.lines.lock().unwrap().iter() {
        for secret in &secrets {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}
