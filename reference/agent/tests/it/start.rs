//! How the agent starts, or refuses to, and stops.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use persys_contract::DockerRun;

use crate::agent::{SECRET, TestAgent, command, order};
use crate::engine::TestEngine;
use crate::until::until;

#[test]
fn a_value_that_is_missing_or_odd_stops_the_start_and_is_named() {
    let state = tempfile::tempdir().unwrap();
    let good = [
        ("LISTEN", "127.0.0.1:0"),
        ("CENTRAL_URL", "http://127.0.0.1:9"),
        ("AGENT_SECRET", SECRET),
        ("STATE_DIR", state.path().to_str().unwrap()),
    ];
    let odd = [
        ("AGENT_SECRET", None),
        ("CENTRAL_URL", None),
        ("CENTRAL_URL", Some("127.0.0.1:9")),
        ("LISTEN", Some("nowhere")),
        ("LISTEN", Some("203.0.113.1:80")),
        ("NODE_IP", Some("nowhere")),
        ("NODE_LABELS", Some("zone")),
        ("DOCKER_HOST", Some("tcp://127.0.0.1:2375")),
        ("HEARTBEAT_INTERVAL", Some("-1")),
        ("STATE_DIR", Some("relative")),
        ("STATE_DIR", Some("/dev/null")),
        ("GIT_CA", Some("/nowhere/ca.pem")),
    ];
    for (name, value) in odd {
        let mut command = command();
        command.envs(good);
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}={value:?}: {text}");
        let flag = name.to_lowercase().replace('_', "-");
        assert!(text.contains(name) || text.contains(&flag), "{name}={value:?}: {text}");
        assert!(!text.contains(SECRET));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_containers_start_and_leaves_them() {
    let engine = TestEngine::start().await;
    let mut agent = TestAgent::start(&engine).await;
    let before = DockerRun { background: false, ..order("w-before", "") };
    agent.order(&before).await.unwrap();
    agent.order(&order("w-during", "")).await.unwrap();
    let look = async || engine.count().await;
    until("the container is made", look, |count| *count == 2).await;
    let told = Instant::now();
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.exit_code().await, Some(0));
    assert!(told.elapsed() < Duration::from_secs(5));

    // What ran goes on, and so does what was about to.
    let agent = TestAgent::start(&engine).await;
    agent.entry("w-before", "running").await;
    agent.entry("w-during", "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_gives_up_a_pull() {
    let engine = TestEngine::start().await;
    let _silent = engine.in_network(|| TcpListener::bind("127.0.0.1:5000")).unwrap();
    let mut agent = TestAgent::start(&engine).await;
    let image = "127.0.0.1:5000/persys-test/slow:1".to_owned();
    agent.order(&DockerRun { image, ..order("w-slow", "") }).await.unwrap();
    agent.entry("w-slow", "Pulling").await;
    let told = Instant::now();
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.exit_code().await, Some(0));
    assert!(told.elapsed() < Duration::from_secs(2), "{:?}", told.elapsed());
}
