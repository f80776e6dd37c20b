//! The binary as a service manager runs it.

use std::{
    fs::DirEntry,
    io::{BufRead, BufReader, Lines, Read},
    os::unix::net::UnixDatagram,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::bench::{ADMIN_TOKEN, CLIENT_ID, CLIENT_SECRET, Site, WEBHOOK_SECRET};

const PATIENCE: Duration = Duration::from_secs(20);

fn command(site: &Site) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persys-github"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(site.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Waits for the end, or ends it and fails.
fn end_of(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the process does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Logs in with a right and a wrong secret and gives the token.
async fn use_everything(client: &reqwest::Client, base: &str) -> String {
    let authorize = format!("{base}/login/oauth/authorize?client_id={CLIENT_ID}");
    let response = client.get(authorize).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split_once("code=").unwrap().1;
    let mut reply = Value::Null;
    for secret in ["a-guessed-secret", CLIENT_SECRET] {
        let fields =
            serde_json::json!({"client_id": CLIENT_ID, "client_secret": secret, "code": code});
        let request = client.post(format!("{base}/login/oauth/access_token")).json(&fields);
        let response = request.header("accept", "application/json").send().await.unwrap();
        reply = response.json().await.unwrap();
    }
    let token = reply["access_token"].as_str().unwrap().to_owned();
    let user = client.get(format!("{base}/api/v3/user")).bearer_auth(&token);
    let response = user.header("user-agent", "persys-test").send().await.unwrap();
    assert_eq!(response.status(), 200);
    token
}

/// A process that does not outlive the test, even one that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary while it serves.
struct Running {
    child: Ended,
    lines: Lines<BufReader<ChildStderr>>,
    base: String,
}

impl Running {
    /// Starts it and waits until it has told that it is ready.
    fn start(site: &Site) -> Self {
        let socket_path = site.path("notify");
        let socket = UnixDatagram::bind(&socket_path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let spawned = command(site).env("NOTIFY_SOCKET", &socket_path).spawn().unwrap();
        let mut child = Ended(spawned);
        let mut notice = [0; 256];
        let length = socket.recv(&mut notice).unwrap();
        assert!(notice[..length].starts_with(b"READY=1"));
        let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().unwrap().contains("listening with TLS"));
        let line: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
        let base = format!("https://{}", line["address"].as_str().unwrap());
        Self { child, lines, base }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.0.id().try_into().unwrap())
    }

    /// The processes that it has started and not yet buried.
    fn children(&self) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        let children = |task: DirEntry| std::fs::read_to_string(task.path().join("children"));
        tasks
            .map(|task| children(task.unwrap()).unwrap_or_default().split_whitespace().count())
            .sum()
    }

    /// Ends it as a service manager does and gives the rest of its log.
    fn stop(mut self) -> Vec<String> {
        let told = Instant::now();
        kill(self.pid(), Signal::SIGTERM).unwrap();
        assert_eq!(end_of(&mut self.child.0).code(), Some(0));
        assert!(told.elapsed() < Duration::from_secs(5));
        self.lines.map(Result::unwrap).collect()
    }
}

#[tokio::test]
async fn it_tells_when_it_is_ready_and_ends_when_told() {
    let site = Site::new();
    let running = Running::start(&site);
    let token = use_everything(&site.client(), &running.base).await;
    let log = running.stop();
    for line in &log {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["service"], "github");
    }
    let log = log.join("\n");
    assert!(log.contains("\"reason\":\"incorrect_client_credentials\""), "{log}");
    for secret in [CLIENT_SECRET, WEBHOOK_SECRET, ADMIN_TOKEN, &token, "a-guessed-secret"] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[tokio::test]
async fn git_ends_with_the_client_and_leaves_no_process_behind() {
    let site = Site::new();
    let running = Running::start(&site);
    let until = async |wanted: &dyn Fn(usize) -> bool| {
        let started = Instant::now();
        while !wanted(running.children()) {
            assert!(started.elapsed() < PATIENCE, "{} processes", running.children());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let client = hang(&site, &running.base);
    until(&|children| children > 0).await;
    // Its connections close with it.
    client.shutdown_background();
    until(&|children| children == 0).await;

    let client = hang(&site, &running.base);
    until(&|children| children > 0).await;
    running.stop();
    client.shutdown_background();
}

/// A client that keeps Git waiting with a body that never ends.
fn hang(site: &Site, base: &str) -> Runtime {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let endless = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let url = format!("{base}/octocat/git-repo.git/git-upload-pack");
    let client = site.client();
    runtime.spawn(async move {
        let request = client
            .post(url)
            .header("content-type", "application/x-git-upload-pack-request")
            .body(reqwest::Body::wrap_stream(endless));
        // Git answers at once; the connection lives as long as the response is held.
        let _response = request.send().await.unwrap();
        std::future::pending::<()>().await;
    });
    runtime
}

#[test]
fn a_value_that_is_missing_or_unreadable_is_named() {
    let site = Site::new();
    let refused = |change: &dyn Fn(&mut Command)| {
        let mut command = command(&site);
        change(&mut command);
        let mut child = command.spawn().unwrap();
        assert_eq!(end_of(&mut child).code(), Some(2));
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    };
    for name in [
        "TLS_CERT",
        "TLS_KEY",
        "TLS_CA",
        "DATA_DIR",
        "GITHUB_CLIENT_ID",
        "GITHUB_CLIENT_SECRET_FILE",
        "GITHUB_CALLBACK_URL",
    ] {
        let said = refused(&|command| {
            command.env_remove(name);
        });
        assert!(said.contains("failed to start") && said.contains(name), "{name}: {said}");
    }
    for (name, value) in [
        ("TLS_CERT", "/nowhere/file"),
        ("WEBHOOK_CERT", "/nowhere/file"),
        ("DATA_DIR", "/dev/null/folder"),
        ("SEED", "/nowhere/seed"),
        ("GIT_PROGRAM", "/nowhere/git"),
        ("GITHUB_CLIENT_SECRET_FILE", "/nowhere/file"),
        ("GITHUB_WEBHOOK_SECRET_FILE", "/nowhere/file"),
        ("ADMIN_TOKEN_FILE", "/nowhere/file"),
        ("GITHUB_LOGIN", "nobody"),
        ("LISTEN", "192.0.2.1:443"),
    ] {
        let said = refused(&|command| {
            if name == "WEBHOOK_CERT" {
                command.env("WEBHOOK_KEY", value);
            }
            command.env(name, value);
        });
        assert!(said.contains(name), "{name}: {said}");
    }
}
