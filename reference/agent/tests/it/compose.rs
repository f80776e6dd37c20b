//! `POST /compose/run`: all containers of a project are one workload.

use std::time::Duration;

use persys_contract::ComposeRun;

use crate::agent::{SECRET, TestAgent, order};
use crate::compose_order::{TWO, awaited, kept, possessions, project, variables};
use crate::engine::TestEngine;
use crate::until::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_run_listed_stopped_started_and_removed_as_one() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let greeting = "good \"day\" = $HOME 1e3";
    let ordered =
        ComposeRun { env_variables: variables(&[("GREETING", greeting)]), ..project("w-two", TWO) };
    let reply = agent.compose(&ordered).await.unwrap();
    assert_eq!((reply.result.as_str(), reply.workload_id.as_str()), ("queued", "w-two"));
    let entries = agent.all("w-two", 2, "running").await;
    let names: Vec<_> = entries.iter().map(|entry| entry.names[0].as_str()).collect();
    assert_eq!(names, ["w-two_db_1", "w-two_web_1"]);
    for entry in &entries {
        assert_eq!(entry.labels["displayName"], "w-two-name");
        assert_eq!(entry.labels["persys.node"], "test-node");
        assert_eq!(entry.labels["com.docker.compose.project"], "w-two");
        assert!(!entry.labels.contains_key("persys.runOnce"));
        assert_eq!(entry.image, "persys-test/box:1");
    }
    // What the order says reaches the file, what is the agent's does not.
    let env = engine.inspect(&entries[1].id).await.config.unwrap().env.unwrap();
    for variable in [&format!("GREETING={greeting}"), "LEAKED=none", "PRICE=5$"] {
        assert!(env.iter().any(|known| known == variable), "{variable}: {env:?}");
    }
    assert!(!env.iter().any(|known| known.contains(SECRET)));

    let look = async || agent.logs("w-two").await.unwrap();
    let logs = until("both have spoken", look, |logs| logs.lines().count() == 2).await;
    assert_eq!(logs, format!("db_1  | db is up\nweb_1  | web says {greeting}\n"));

    assert_eq!(agent.stop_project("w-two").await.unwrap().result, "stopped");
    assert!(agent.all("w-two", 2, "exited").await.iter().all(|e| e.exit_code == Some(143)));
    assert_eq!(agent.act("start", "w-two").await.unwrap().result, "started");
    let again = agent.all("w-two", 2, "running").await;
    assert_eq!(again[0].id, entries[0].id);
    engine.docker().pause_container(&again[0].id).await.unwrap();
    agent.act("stop", "w-two").await.unwrap();
    agent.all("w-two", 2, "exited").await;
    agent.act("start", &again[1].id).await.unwrap();
    agent.all("w-two", 2, "running").await;

    assert_eq!(possessions(&engine, "w-two").await, (2, 1, 1));
    assert_eq!(kept(agent.state()), 1);
    assert_eq!(agent.delete("w-two").await.unwrap().result, "removed");
    assert!(agent.list().await.unwrap().is_empty());
    assert_eq!(possessions(&engine, "w-two").await, (0, 0, 0));
    assert_eq!(kept(agent.state()), 0);
    assert_eq!(agent.delete("w-two").await.unwrap_err().status(), Some(404));
    assert_eq!(agent.stop_project("w-two").await.unwrap_err().status(), Some(404));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_make_one_project() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let orders = (0..10).map(|i| {
        let ordered = ComposeRun { background: i % 2 == 0, ..project("w-many", TWO) };
        let agent = &agent;
        async move { agent.compose(&ordered).await.unwrap().result }
    });
    let results = futures::future::join_all(orders).await;
    assert!(results.iter().all(|r| ["queued", "started", "exists"].contains(&r.as_str())));
    assert!(results.contains(&"started".to_owned()), "{results:?}");
    let first = agent.all("w-many", 2, "running").await;
    assert_eq!(agent.compose(&awaited("w-many", TWO)).await.unwrap().result, "exists");
    assert_eq!(agent.all("w-many", 2, "running").await, first);
    assert_eq!(engine.count().await, 2);
    assert_eq!(kept(agent.state()), 1);

    // What was stopped is left stopped: to start it is not for a run order to decide.
    agent.stop_project("w-many").await.unwrap();
    assert_eq!(agent.compose(&awaited("w-many", TWO)).await.unwrap().result, "exists");
    agent.all("w-many", 2, "exited").await;

    // A single container by the same id is another kind of the same workload.
    let single = persys_contract::DockerRun { background: false, ..order("w-many", "") };
    assert_eq!(agent.order(&single).await.unwrap().result, "exists");
    assert_eq!(engine.count().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_lost_is_told_and_made_again_when_asked() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    agent.compose(&awaited("w-lost", TWO)).await.unwrap();
    let before = agent.all("w-lost", 2, "running").await;
    let (db, web) = (&before[0], &before[1]);
    let force = bollard::query_parameters::RemoveContainerOptionsBuilder::default().force(true);
    engine.docker().remove_container(&web.id, Some(force.build())).await.unwrap();

    let entries = agent.entries("w-lost").await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    let lost = entries.iter().find(|entry| entry.status == "Missing").unwrap();
    assert_eq!((lost.id.as_str(), lost.names[0].as_str()), ("w-lost", "w-lost_web"));
    assert_eq!(lost.reason.as_deref(), Some("service web has lost its container"));

    // The source may have changed meanwhile; the workload has not.
    assert_eq!(agent.compose(&awaited("w-lost", "services: {}")).await.unwrap().result, "started");
    let after = agent.all("w-lost", 2, "running").await;
    assert_eq!(after[0].id, db.id, "the other one was left alone");
    assert_ne!(after[1].id, web.id);
    assert_eq!(possessions(&engine, "w-lost").await, (2, 1, 1));

    for entry in &after {
        let force = bollard::query_parameters::RemoveContainerOptionsBuilder::default().force(true);
        engine.docker().remove_container(&entry.id, Some(force.build())).await.unwrap();
    }
    agent.all("w-lost", 2, "Missing").await;
    agent.delete("w-lost").await.unwrap();
    assert!(agent.list().await.unwrap().is_empty());
    assert_eq!(possessions(&engine, "w-lost").await, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_the_node_is_used_where_it_is_and_left_there() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("texts")).unwrap();
    let files = [
        ("docker-compose.yml", "services: {a: {image: none:1}}\n"),
        (
            "docker-compose.override.yml",
            "services: {a: {image: '$IMAGE', command: 'cat /texts/word', volumes: ['./texts:/texts']}}\n",
        ),
        (".env", "IMAGE=persys-test/box:1\nDOCKER_TLS_VERIFY=1\nCOMPOSE_PROJECT_NAME=other\n"),
        ("texts/word", "from the folder\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let ordered = ComposeRun {
        compose: None,
        compose_dir: Some(folder.path().display().to_string()),
        ..awaited("W.Folder", "")
    };
    assert_eq!(agent.compose(&ordered).await.unwrap().result, "started");
    let entry = agent.entry("W.Folder", "exited").await;
    assert!(entry.names[0].starts_with("pw-folder-"), "{entry:?}");
    assert_eq!(agent.logs("W.Folder").await.unwrap(), "a_1  | from the folder\n");
    agent.delete("W.Folder").await.unwrap();
    assert!(folder.path().join("texts/word").exists());
    assert_eq!(kept(agent.state()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_run_once_is_marked_and_profiles_are_heeded() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    let file = r#"
services:
  job: {image: "persys-test/box:1", command: "echo done", restart: "no"}
  web: {image: "persys-test/box:1", scale: 2}
  tool: {image: "persys-test/box:1", profiles: [debug]}
"#;
    agent.compose(&awaited("w-plain", file)).await.unwrap();
    let profiles = variables(&[("COMPOSE_PROFILES", "debug")]);
    agent
        .compose(&ComposeRun { env_variables: profiles, ..awaited("w-debug", file) })
        .await
        .unwrap();
    let look = async || agent.entries("w-debug").await;
    let done = |list: &Vec<_>| {
        list.iter().any(|e: &persys_contract::ContainerEntry| e.exit_code == Some(0))
    };
    let debug = until("the job is done", look, done).await;
    let services = |list: &[persys_contract::ContainerEntry], label: &str, value: &str| {
        list.iter().filter(|entry| entry.labels.get(label).is_some_and(|v| v == value)).count()
    };
    assert_eq!(debug.len(), 4);
    assert_eq!(services(&debug, "persys.runOnce", "true"), 1);
    assert_eq!(services(&debug, "com.docker.compose.service", "tool"), 1);
    let plain = agent.entries("w-plain").await;
    assert_eq!(plain.len(), 3);

    // A job that is done is not done again because the others have to be started.
    agent.stop_project("w-debug").await.unwrap();
    agent.act("start", "w-debug").await.unwrap();
    let look = async || agent.entries("w-debug").await;
    let running = |list: &Vec<persys_contract::ContainerEntry>| {
        list.iter().filter(|entry| entry.status == "running").count() == 3
    };
    until("the others run", look, running).await;
    assert_eq!(agent.logs("w-debug").await.unwrap().matches("done").count(), 1);
    assert_eq!(services(&plain, "com.docker.compose.service", "web"), 2);
    assert!(plain.iter().all(|entry| entry.status != "Missing"), "{plain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_project_is_taken_back_nothing_is_left() {
    let engine = TestEngine::start().await;
    let agent = TestAgent::start(&engine).await;
    for pause in 0..8 {
        let id = format!("w-back-{pause}");
        agent.compose(&project(&id, TWO)).await.unwrap();
        // Somewhere between the order and the start of its last container.
        tokio::time::sleep(Duration::from_millis(pause * 450)).await;
        agent.delete(&id).await.unwrap();
        assert!(agent.entries(&id).await.is_empty(), "{id}");
        assert_eq!(possessions(&engine, &id).await, (0, 0, 0), "{id}");
        assert_eq!(kept(agent.state()), 0, "{id}");
    }
    // Nothing comes later either.
    assert_eq!(agent.compose(&awaited("w-last", TWO)).await.unwrap().result, "started");
    assert_eq!(agent.list().await.unwrap().len(), 2);
}
