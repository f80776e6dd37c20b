//! Images that are not there, and runs that are taken back while they are pulled.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use persys_contract::DockerRun;

use crate::agent::{TestAgent, order};
use crate::engine::TestEngine;

fn of_image(workload_id: &str, image: &str) -> DockerRun {
    DockerRun { image: image.to_owned(), ..order(workload_id, "") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_is_told_with_docker_s_words_and_tried_again_when_asked() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let image = "127.0.0.1:5000/persys-test/missing:1";
    agent.order(&of_image("w-missing", image)).await.unwrap();
    let entry = agent.entry("w-missing", "ImagePullBackOff").await;
    assert_eq!(entry.id, "w-missing");
    assert_eq!(entry.image, image);
    assert_eq!(entry.labels["displayName"], "w-missing-name");
    assert_eq!(entry.labels["persys.node"], "test-node");
    assert!(entry.reason.unwrap().contains("127.0.0.1:5000"));

    let waiting = DockerRun { background: false, ..of_image("w-missing", image) };
    assert_eq!(agent.order(&waiting).await.unwrap_err().status(), Some(500));
    assert_eq!(agent.health().await.0, 200);

    engine.import(image).await;
    assert_eq!(agent.order(&waiting).await.unwrap().result, "started");
    agent.entry("w-missing", "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_taken_back_while_it_is_pulled_never_appears() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    // A registry that takes connections and never answers.
    let _silent = engine.in_network(|| TcpListener::bind("127.0.0.1:5000")).unwrap();

    let image = "127.0.0.1:5000/persys-test/slow:1";
    agent.order(&of_image("w-slow", image)).await.unwrap();
    assert_eq!(agent.entry("w-slow", "Pulling").await.id, "w-slow");
    assert_eq!(agent.act("start", "w-slow").await.unwrap_err().status(), Some(409));
    assert_eq!(agent.logs("w-slow").await.unwrap(), "");

    let before = Instant::now();
    agent.delete("w-slow").await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(2));
    assert!(agent.entries("w-slow").await.is_empty());

    // The image comes, and the run stays away; another order runs it.
    engine.import(image).await;
    let other = DockerRun { background: false, ..of_image("w-other", image) };
    agent.order(&other).await.unwrap();
    assert!(agent.entries("w-slow").await.is_empty());
    agent.order(&of_image("w-slow", image)).await.unwrap();
    agent.entry("w-slow", "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_run_is_taken_back_nothing_is_left() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    for pause in 0..12 {
        let id = format!("w-back-{pause}");
        agent.order(&order(&id, "")).await.unwrap();
        // Somewhere between the order and the start of its container.
        tokio::time::sleep(Duration::from_millis(pause * 25)).await;
        agent.delete(&id).await.unwrap();
        assert!(agent.entries(&id).await.is_empty(), "{id}");
    }
    let last = DockerRun { background: false, ..order("w-last", "") };
    agent.order(&last).await.unwrap();
    assert_eq!(agent.list().await.unwrap().len(), 1);
}
