//! What each command asks the gateway, and what it shows of the answer.

use serde_json::json;

use crate::gateway::{FakeGateway, stderr, stdout};

const ID: &str = "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e";

#[tokio::test]
async fn every_command_asks_for_its_route() {
    let gateway = FakeGateway::always(200, "{}").await;
    let of = |path: &str| format!("/workloads/{ID}{path}");
    for (arguments, line, body) in [
        (vec!["workload", "list"], "GET /workloads".to_owned(), json!(null)),
        (
            vec!["workload", "list", "--status", "Running", "--node", "a b"],
            "GET /workloads?status=Running&nodeId=a+b".to_owned(),
            json!(null),
        ),
        (vec!["workload", "get", ID], format!("GET {}", of("")), json!(null)),
        (vec!["workload", "logs", ID], format!("GET {}", of("")), json!(null)),
        (
            vec!["workload", "stop", ID],
            format!("PUT {}", of("/desired-state")),
            json!({"desiredState": "Stopped"}),
        ),
        (
            vec!["workload", "start", ID],
            format!("PUT {}", of("/desired-state")),
            json!({"desiredState": "Running"}),
        ),
        (vec!["workload", "delete", ID], format!("DELETE {}", of("")), json!(null)),
        (
            vec!["workload", "schedule", "--name", "web", "--image", "nginx"],
            "POST /workloads/schedule".to_owned(),
            json!({"name": "web", "type": "docker-container", "image": "nginx"}),
        ),
        (vec!["node", "list"], "GET /nodes".to_owned(), json!(null)),
        (vec!["cluster", "metrics"], "GET /cluster/metrics".to_owned(), json!(null)),
    ] {
        let output = gateway.run(&arguments).await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        let asked = gateway.asked().pop().unwrap();
        assert_eq!((asked.line, asked.body), (line, body), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_name_stands_for_the_only_workload_that_has_it() {
    let gateway = FakeGateway::start(|asked| match asked.line.as_str() {
        "GET /workloads" => {
            (200, r#"[{"id":"other","name":"x"},{"id":"the-id","name":"web"}]"#.to_owned())
        }
        _ => (200, r#"{"id":"the-id","logs":"hello"}"#.to_owned()),
    })
    .await;
    let output = gateway.run(&["workload", "logs", "web"]).await;
    assert_eq!(stdout(&output), "hello\n");
    assert_eq!(gateway.asked()[1].line, "GET /workloads/the-id");
}

#[tokio::test]
async fn each_call_has_its_id_which_verbose_shows() {
    let gateway = FakeGateway::always(200, r#"{"nodes":[]}"#).await;
    gateway.run(&["node", "list"]).await;
    let output = gateway.run(&["-v", "node", "list"]).await;
    let asked = gateway.asked();
    assert_ne!(asked[0].request_id, asked[1].request_id);
    assert!(stderr(&output).contains(&asked[1].request_id), "{}", stderr(&output));
}

#[tokio::test]
async fn json_is_the_platform_s_answer() {
    let answer = json!({"nodes": [{"nodeId": "a", "unknown": [1, null]}]});
    let gateway = FakeGateway::always(200, &answer.to_string()).await;
    let output = gateway.run(&["node", "list", "-o", "json"]).await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(stdout(&output)).unwrap(), answer);
}

#[tokio::test]
async fn tables_show_what_matters() {
    let node = json!({
        "nodeId": "agent1", "ipAddress": "10.0.0.1", "status": "active", "totalCpu": 2.0,
        "availableCpu": 1.5, "totalMemory": 2_147_483_648_u64, "availableMemory": 1_073_741_824,
        "containerEngine": {"type": "docker", "version": "20.10"}, "labels": {"zone": "a"},
        "lastHeartbeat": "2026-01-01T00:00:00Z",
    });
    let metrics = json!({
        "nodes": [node], "schedulers": [{"instance": "prow1", "address": "10.0.0.2:8085", "leader": true}],
        "workloads": {"total": 3, "byStatus": {"Running": 2, "Failed": 1}},
    });
    let gateway = FakeGateway::always(200, &metrics.to_string()).await;
    let output = gateway.run(&["cluster", "metrics"]).await;
    assert_eq!(
        stdout(&output),
        "SCHEDULER  ADDRESS        LEADS\n\
         prow1      10.0.0.2:8085  yes\n\
         \n\
         NODE    ADDRESS   STATUS  CPU FREE  MEMORY FREE  ENGINE  LABELS  HEARTBEAT\n\
         agent1  10.0.0.1  active  1.5/2     1GiB/2GiB    20.10   zone=a  2026-01-01T00:00:00Z\n\
         \n\
         WORKLOADS  COUNT\n\
         Failed     1\n\
         Running    2\n\
         total      3\n"
    );

    let gateway = FakeGateway::always(200, "null").await;
    let output = gateway.run(&["workload", "list"]).await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output).lines().count(), 1);
}
