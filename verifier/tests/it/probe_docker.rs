//! The Docker probe against an engine that speaks the same interface over mutual TLS.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use persys_verifier::probe::ProbeError;
use serde_json::{Value, json};

use crate::probe_net::Net;

#[derive(Clone, Default)]
struct Engine {
    since: Arc<Mutex<Vec<String>>>,
}

type Pairs = Query<std::collections::HashMap<String, String>>;

fn engine(engine: Engine) -> Router {
    let version = || async { Json(json!({ "Version": "20.10.24", "ApiVersion": "1.41" })) };
    let info = || async { Json(json!({ "SystemTime": "2026-01-01T00:00:00.5Z" })) };
    Router::new()
        .route("/version", get(version))
        .route("/info", get(info))
        .route("/containers/json", get(list))
        .route("/containers/{id}/json", get(inspect))
        .route("/events", get(events))
        .with_state(engine)
}

async fn list(Query(query): Pairs) -> Json<Value> {
    assert_eq!(query["all"], "true");
    let filters: Value = serde_json::from_str(&query["filters"]).unwrap();
    assert_eq!(filters, json!({ "label": ["workloadId=w-1"] }));
    Json(json!([{ "Id": "abc", "Names": ["/w-1"], "Image": "web:1", "State": "running",
                  "Labels": { "workloadId": "w-1" } }]))
}

async fn inspect(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "w-1" => Json(
            json!({ "Id": "abc", "Name": "/w-1", "State": { "Status": "exited", "ExitCode": 3 },
                              "Created": "2026-01-01T00:00:00Z" }),
        )
        .into_response(),
        "w-2" => (StatusCode::NOT_FOUND, Json(json!({ "message": "No such container: w-2" })))
            .into_response(),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": "disk full" })))
            .into_response(),
    }
}

/// Two events, then the stream breaks; the next stream brings one more and stays.
async fn events(State(engine): State<Engine>, Query(query): Pairs) -> Response {
    let event = |action: &str, nanos: u64| {
        let text = json!({ "Type": "container", "Action": action, "timeNano": 1767225600000000000 + nanos,
                           "Actor": { "ID": "abc", "Attributes": { "workloadId": "w-1" } } });
        Ok::<_, std::io::Error>(Bytes::from(format!("{text}\n")))
    };
    let first = {
        let mut since = engine.since.lock().unwrap();
        since.push(query["since"].clone());
        since.len() == 1
    };
    if first {
        return Body::from_stream(stream::iter([
            event("create", 600_000_000),
            event("start", 700_000_000),
        ]))
        .into_response();
    }
    let rest = stream::iter([event("die", 800_000_000)]);
    Body::from_stream(futures::StreamExt::chain(rest, stream::pending())).into_response()
}

async fn with_engine() -> (Net, Engine) {
    let (net, state) = (Net::new(), Engine::default());
    net.serve_tls("agent1", "docker", net.topology.ports.docker, engine(state.clone())).await;
    (net, state)
}

#[tokio::test]
async fn containers_are_found_by_their_labels() {
    let (net, _) = with_engine().await;
    let docker = net.probes.docker("agent1");
    let containers = docker.of_workload("w-1").await.unwrap();
    assert_eq!((containers[0].name.as_str(), containers[0].workload()), ("w-1", Some("w-1")));
    assert_eq!(docker.version().await.unwrap().version, "20.10.24");
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_and_what_fails_is_none() {
    let (net, _) = with_engine().await;
    let docker = net.probes.docker("agent1");
    let container = docker.inspect("w-1").await.unwrap().unwrap();
    assert_eq!((container.status().as_str(), container.exit_code()), ("exited", Some(3)));
    assert!(container.created_at().is_some());
    assert!(docker.inspect("w-2").await.unwrap().is_none());
    let error = docker.inspect("w-3").await.unwrap_err();
    assert!(error.to_string().contains("it answered 500: disk full"), "{error}");
    let error = net.probes.docker("agent2").version().await.unwrap_err();
    assert!(matches!(&error, ProbeError::Unanswered { .. }) && error.is_unreachable(), "{error:?}");
    assert!(error.to_string().starts_with("ask the Docker Engine of agent2 at 127."), "{error}");
}

#[tokio::test]
async fn events_are_recorded_across_an_interruption() {
    let (net, state) = with_engine().await;
    let recording = net.probes.docker("agent1").record().await.unwrap();
    let mut changed = recording.changed();
    while recording.events().len() < 3 {
        tokio::time::timeout(Duration::from_secs(10), changed.changed()).await.unwrap().unwrap();
    }
    assert_eq!(recording.actions("w-1"), ["create", "start", "die"]);
    assert!(recording.first("w-1", "die").is_some());
    let since = state.since.lock().unwrap().clone();
    assert_eq!(since, ["1767225600.500000000", "1767225600.700000001"]);
    assert_eq!(recording.interruptions(), ["the engine ended the stream"]);
}
