//! `POST /docker/run`: the container is what was ordered, and there is only one.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use persys_contract::{DockerRun, RestartPolicy};

use crate::agent::{TestAgent, order};
use crate::engine::TestEngine;
use crate::until::until;

/// The whole response of a web server.
fn fetch(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_container_is_what_was_ordered() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("index.html"), "from the node\n").unwrap();
    let bind = format!("{}:/data:ro", data.path().display());
    let ordered = DockerRun {
        env: BTreeMap::from([("GREETING".into(), "good day = hi".into())]),
        ports: vec!["18099:80".into(), "18053:53/udp".into()],
        volumes: vec![bind.clone()],
        restart_policy: Some(RestartPolicy::OnFailure),
        ..order("w-ordered", r#"sh -c 'echo "$GREETING"; exec httpd -f -p 80 -h "$0"' /data"#)
    };

    let reply = agent.order(&ordered).await.unwrap();
    assert_eq!((reply.result.as_str(), reply.workload_id.as_str()), ("queued", "w-ordered"));
    let entry = agent.entry("w-ordered", "running").await;
    assert_eq!(entry.names, ["w-ordered"]);

    let found = engine.inspect(&entry.id).await;
    let config = found.config.unwrap();
    let labels = config.labels.unwrap();
    assert_eq!(labels["displayName"], "w-ordered-name");
    assert_eq!(labels["persys.node"], "test-node");
    assert!(config.env.unwrap().contains(&"GREETING=good day = hi".to_owned()));
    assert_eq!(config.cmd.unwrap()[0..2], ["sh", "-c"]);
    let host = found.host_config.unwrap();
    assert_eq!(host.restart_policy.unwrap().name.unwrap().to_string(), "on-failure");
    assert_eq!(host.binds.unwrap(), [bind]);
    let bindings = host.port_bindings.unwrap();
    for (inside, outside) in [("80/tcp", "18099"), ("53/udp", "18053")] {
        let binding = &bindings[inside].as_ref().unwrap()[0];
        assert_eq!(binding.host_ip.as_deref(), Some("0.0.0.0"));
        assert_eq!(binding.host_port.as_deref(), Some(outside));
    }

    let fetch = async || engine.in_network(|| fetch("127.0.0.1:18099")).unwrap_or_default();
    until("the published port", fetch, |page| page.ends_with("\r\n\r\nfrom the node\n")).await;
    assert_eq!(agent.logs("w-ordered").await.unwrap(), "good day = hi\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_make_one_container() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let orders = (0..20).map(|i| {
        let ordered = DockerRun { background: i % 2 == 0, ..order("w-many", "") };
        let agent = &agent;
        async move { agent.order(&ordered).await.unwrap().result }
    });
    let results = futures::future::join_all(orders).await;
    assert!(results.iter().all(|r| ["queued", "started", "exists"].contains(&r.as_str())));
    assert!(results.contains(&"started".to_owned()), "{results:?}");
    let first = agent.entry("w-many", "running").await;

    let again = DockerRun { background: false, ..order("w-many", "") };
    assert_eq!(agent.order(&again).await.unwrap().result, "exists");
    assert_eq!(agent.entry("w-many", "running").await.id, first.id);
    assert_eq!(engine.count().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_not_run_again() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.order(&order("w-once", "sh -c 'echo once; exit 3'")).await.unwrap();
    let ended = agent.entry("w-once", "exited").await;
    assert_eq!(ended.exit_code, Some(3));
    let again = DockerRun { background: false, ..order("w-once", "sh -c 'echo once; exit 3'") };
    assert_eq!(agent.order(&again).await.unwrap().result, "exists");
    assert_eq!(agent.entry("w-once", "exited").await.id, ended.id);
    assert_eq!(agent.logs("w-once").await.unwrap(), "once\n");
    let policy = engine.inspect(&ended.id).await.host_config.unwrap().restart_policy.unwrap();
    assert_eq!(policy.name.unwrap().to_string(), "no", "without a policy Docker restarts nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_docker_refuses_to_start_has_failed_with_its_words() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.order(&order("w-command", "no-such-command")).await.unwrap();
    let failed = agent.entry("w-command", "Failed").await;
    assert!(failed.reason.unwrap().contains("no-such-command"));

    let port = || vec!["18098:80".to_owned()];
    agent.order(&DockerRun { ports: port(), ..order("w-first", "") }).await.unwrap();
    agent.entry("w-first", "running").await;
    let second = DockerRun { ports: port(), background: false, ..order("w-second", "") };
    let error = agent.order(&second).await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    assert!(error.message().contains("18098"), "{error}");
    assert_eq!(agent.entry("w-second", "Failed").await.reason.unwrap(), error.message());

    // Nothing is left of what never ran; and when the port is free, it runs.
    assert_eq!(engine.count().await, 1);
    agent.delete("w-first").await.unwrap();
    assert_eq!(agent.order(&second).await.unwrap().result, "started");
    agent.entry("w-second", "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_used_is_refused_and_nothing_is_done() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let quote = agent.order(&order("w-bad", "sh -c 'x")).await.unwrap_err();
    assert_eq!(quote.status(), Some(400));
    assert!(quote.message().starts_with("command: "), "{quote}");
    let image = DockerRun { image: String::new(), ..order("w-bad", "") };
    assert_eq!(agent.order(&image).await.unwrap_err().status(), Some(400));
    let client = crate::agent::client(crate::agent::SECRET);
    let odd = client.post(&agent.base(), "/docker/run", &["no order"]).await.unwrap_err();
    assert_eq!(odd.status(), Some(400));
    assert!(agent.list().await.unwrap().is_empty());
}
