//! Start, stop, delete and logs of containers that are there.

use std::time::Duration;

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::CreateContainerOptionsBuilder;

use crate::agent::{TestAgent, order};
use crate::engine::{IMAGE, TestEngine};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_stopped_started_let_go_on_and_removed() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let script = r#"sh -c 'trap "echo asked; exit 7" TERM; echo up; while :; do sleep 0.1; done'"#;
    agent.order(&order("w-act", script)).await.unwrap();
    let id = agent.entry("w-act", "running").await.id;

    assert_eq!(agent.act("start", "w-act").await.unwrap().result, "started");
    let stopped = agent.act("stop", "w-act").await.unwrap();
    assert_eq!((stopped.result.as_str(), stopped.workload_id.as_str()), ("stopped", "w-act"));
    // It was asked, not killed.
    assert_eq!(agent.entry("w-act", "exited").await.exit_code, Some(7));
    agent.act("stop", "w-act").await.unwrap();

    assert_eq!(agent.act("start", &id).await.unwrap().workload_id, "w-act");
    assert_eq!(agent.entry("w-act", "running").await.exit_code, None);
    engine.docker().pause_container(&id).await.unwrap();
    agent.entry("w-act", "paused").await;
    agent.act("start", "w-act").await.unwrap();
    agent.entry("w-act", "running").await;

    engine.docker().pause_container(&id).await.unwrap();
    agent.act("stop", "w-act").await.unwrap();
    agent.entry("w-act", "exited").await;
    assert_eq!(agent.logs(&id).await.unwrap().matches("up\n").count(), 2);

    assert_eq!(agent.delete(&id[..12]).await.unwrap().workload_id, "w-act");
    assert!(agent.list().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_heed_is_killed_after_a_short_grace() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent
        .order(&order("w-deaf", r#"sh -c 'trap "" TERM; while :; do sleep 1; done'"#))
        .await
        .unwrap();
    agent.entry("w-deaf", "running").await;
    agent.act("stop", "w-deaf").await.unwrap();
    assert_eq!(agent.entry("w-deaf", "exited").await.exit_code, Some(137));
    agent.act("start", "w-deaf").await.unwrap();
    agent.delete("w-deaf").await.unwrap();

    // By Docker's own clock: how long the rest of a stop takes is the machine's doing.
    let signals = engine.signals("w-deaf").await;
    let killed = signals.iter().filter(|(signal, _)| signal == "9").count();
    assert_eq!(killed, 2, "by the stop and by the deletion: {signals:?}");
    for pair in signals.windows(2).filter(|pair| pair[0].0 == "15" && pair[1].0 == "9") {
        let grace = pair[1].1 - pair[0].1;
        assert!(grace < Duration::from_secs(5), "{signals:?}");
    }
    assert!(signals.iter().any(|(signal, _)| signal == "15"), "it was asked first: {signals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_long_logs_the_last_64_kib_are_told() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let commands = [
        ("w-long", "sh -c 'yes 0123456789abcdef | head -n 40000; echo the end'", 64 * 1024),
        ("w-short", "sh -c 'yes x | head -n 40000; echo the end'", 64 * 1024),
        ("w-few", "sh -c 'echo the end'", 8),
    ];
    for (id, command, length) in commands {
        agent.order(&order(id, command)).await.unwrap();
        agent.entry(id, "exited").await;
        let logs = agent.logs(id).await.unwrap();
        assert!(logs.ends_with("the end\n"), "{id}");
        assert_eq!(logs.len(), length, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_workload_s_is_not_found_and_not_touched() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let options = CreateContainerOptionsBuilder::default().name("foreign").build();
    let body = ContainerCreateBody { image: Some(IMAGE.to_owned()), ..Default::default() };
    let foreign = engine.docker().create_container(Some(options), body).await.unwrap().id;

    for id in ["no-such-workload", "foreign", &foreign, "..%2fimages", "%00"] {
        assert_eq!(agent.delete(id).await.unwrap_err().status(), Some(404), "{id}");
        assert_eq!(agent.act("start", id).await.unwrap_err().status(), Some(404), "{id}");
        assert_eq!(agent.act("stop", id).await.unwrap_err().status(), Some(404), "{id}");
        assert_eq!(agent.logs(id).await.unwrap_err().status(), Some(404), "{id}");
    }
    assert!(agent.list().await.unwrap().is_empty());
    engine.inspect(&foreign).await;
}
