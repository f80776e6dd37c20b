//! The fault probe against a daemon that does nothing but answer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use persys_faultd::protocol::{Direction, Fault};
use persys_verifier::{events::Verdict, evidence::LogName};
use serde_json::{Value, json};

use crate::probe_net::Net;

const LOG: &str = "one\ntwo\nthree\n";
const NOW: &str = "2026-01-01T00:00:00Z";

#[derive(Clone, Default)]
struct Daemon {
    orders: Arc<Mutex<Vec<Value>>>,
}

fn lease(request: &Value, state: &str) -> Value {
    json!({ "id": request["id"], "fault": request["fault"], "state": state,
            "createdAt": NOW, "expiresAt": NOW })
}

async fn inject(State(daemon): State<Daemon>, Json(request): Json<Value>) -> Response {
    if request["fault"]["kind"] == "delay" {
        let body = json!({ "error": "no netem", "code": "unsupported", "missing": "netem" });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
    }
    let answer = lease(&request, "active");
    daemon.orders.lock().unwrap().push(request);
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn release(State(daemon): State<Daemon>, Path(id): Path<String>) -> Json<Value> {
    let mut orders = daemon.orders.lock().unwrap();
    let order = orders.iter().find(|o| o["id"].as_str().unwrap().replace('-', "") == id);
    let mut answer = lease(order.unwrap(), "healed");
    answer["ended"] =
        json!({ "at": NOW, "how": "released", "healing": { "attempts": 1, "tookMs": 3 } });
    orders.push(json!({ "released": id }));
    Json(answer)
}

type Numbers = Query<std::collections::HashMap<String, u64>>;

/// At most four bytes at a time.
async fn logs(Query(query): Numbers) -> Json<Value> {
    let (offset, max) = (query["offset"], query["max"].min(4));
    let end = (offset + max).min(LOG.len() as u64);
    let text = &LOG[offset as usize..end as usize];
    Json(json!({ "offset": offset, "next": end, "size": LOG.len(), "text": text }))
}

async fn with_daemon() -> (Net, Daemon) {
    let (net, daemon) = (Net::new(), Daemon::default());
    let capabilities = json!({ "machine": "agent1", "backend": "lab", "nft": true, "netem": false,
                               "tbf": false, "docker": true });
    let etcd = json!([{ "name": "persys-agent", "state": "ready", "since": NOW, "logFile": "/x",
                        "figures": { "rssBytes": 1, "openFds": 2, "cpuSeconds": 0.5, "threads": 3,
                                     "processes": 1 } }]);
    let act = |Json(order): Json<Value>| async move {
        Json(json!({ "container": { "id": order["container"], "status": "exited" } }))
    };
    let app = Router::new()
        .route("/v1/capabilities", get(|| async { Json(capabilities) }))
        .route("/v1/components", get(|| async { Json(etcd) }))
        .route("/v1/components/persys-agent/logs", get(logs))
        .route("/v1/leases", post(inject))
        .route("/v1/leases/{id}", delete(release))
        .route("/v1/actions", post(act))
        .with_state(daemon.clone());
    net.serve_tls("agent1", "faultd", net.topology.ports.faultd, app).await;
    (net, daemon)
}

fn faults(net: &Net) -> Vec<Value> {
    let events = serde_json::to_value(net.recorder.log().events()).unwrap();
    events.as_array().unwrap().iter().filter(|event| event["type"] == "fault").cloned().collect()
}

#[tokio::test]
async fn a_fault_is_told_when_it_comes_and_when_it_goes() {
    let (net, daemon) = with_daemon().await;
    let probe = net.probes.faults("agent1");
    let fault = probe.cut(&net.topology, &["gateway"], Direction::Both).await.unwrap();
    assert!(matches!(fault.fault(), Some(Fault::Cut { .. })));
    fault.heal().await.unwrap();
    let orders = daemon.orders.lock().unwrap().clone();
    let gateway = net.topology.machines["gateway"].address.to_string();
    assert_eq!(orders[0]["fault"]["peers"], json!([gateway]));
    let changes: Vec<_> = faults(&net).iter().map(|event| event["change"].clone()).collect();
    assert_eq!(changes, ["injected", "healed"]);
}

#[tokio::test]
async fn a_fault_that_is_dropped_is_released() {
    let (net, daemon) = with_daemon().await;
    drop(net.probes.faults("agent1").pause("persys-agent").await.unwrap());
    for _ in 0..200 {
        if daemon.orders.lock().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(daemon.orders.lock().unwrap()[1]["released"].is_string());
    assert_eq!(faults(&net)[1]["change"], "released");
}

#[tokio::test]
async fn what_the_machine_lacks_skips_the_step() {
    let (net, _) = with_daemon().await;
    let peers = vec![net.address("gateway", 1).ip()];
    let delay = Fault::Delay { peers, ms: 10 };
    let Err(skip) = net.probes.faults("agent1").inject(delay).await else {
        panic!("there is no netem")
    };
    assert_eq!(skip.verdict(), Verdict::Skipped);
    assert_eq!(skip.message, "needs netem, which the kernel of agent1 lacks");
    let Err(error) = net.probes.faults("agent2").stop("persys-agent").await else {
        panic!("there is no daemon")
    };
    assert_eq!(error.verdict(), Verdict::Error);
    assert!(error.message.contains("the fault daemon of agent2 at 127."), "{}", error.message);
}

#[tokio::test]
async fn acts_and_figures_are_evidence() {
    let (net, _) = with_daemon().await;
    let probe = net.probes.faults("agent1");
    let result = probe.stop_container("w-1").await.unwrap();
    assert_eq!(result.container.unwrap().status, "exited");
    assert_eq!(faults(&net)[0]["change"], "action");
    assert_eq!(probe.component("persys-agent").await.unwrap().figures.unwrap().open_fds, 2);
    let summaries: Vec<_> =
        net.evidence("fault").iter().map(|event| event["summary"].clone()).collect();
    assert_eq!(summaries, ["agent1: did container-stop w-1", "agent1: persys-agent is ready"]);
}

#[tokio::test]
async fn logs_are_read_to_their_end() {
    let (net, _) = with_daemon().await;
    let probe = net.probes.faults("agent1");
    assert_eq!(probe.log_end("persys-agent").await.unwrap(), LOG.len() as u64);
    assert_eq!(probe.logs_since("persys-agent", 4).await.unwrap(), "two\nthree\n");
    let source = net.probes.logs(1.0);
    let (names, errors) = source.logs().await;
    assert_eq!((names.len(), errors.len()), (1, net.topology.machines.len() - 1));
    let chunk = source.read(&names[0], 0, 3).await.unwrap();
    assert_eq!((chunk.text.as_str(), chunk.next), ("one", 3));
    let nobody = LogName { machine: "agent9".into(), component: "x".into() };
    assert!(source.read(&nobody, 0, 1).await.is_err());
}
