//! Metrics, DNS, published ports, the client program and the readiness of all.

use std::{net::Ipv4Addr, os::unix::fs::PermissionsExt, time::Duration};

use axum::{Router, routing::get};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, SRV},
    },
};
use persys_verifier::{
    events::Verdict,
    evidence::Progress,
    probe::{Part, ProbeError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use crate::probe_net::Net;

#[tokio::test]
async fn metrics_are_scraped_and_looked_up_by_the_contract_s_names() {
    let net = Net::changed(|topology| {
        topology["platform"]["metrics"] = serde_json::json!({ "persys_nodes": "nodes_now" });
    });
    let text = "# TYPE x counter\npersys_is_leader 1\nnodes_now{status=\"active\"} 2\n";
    let plain = net.topology.ports.scheduler_plain;
    net.serve_plain(
        "prow2",
        plain,
        Router::new().route("/metrics", get(move || async move { text })),
    )
    .await;
    let page = || async { "<html>" };
    net.serve_plain("agent1", 8080, Router::new().route("/metrics", get(page))).await;
    let metrics = net.probes.metrics();
    let scrape = metrics.scheduler("prow2").await.unwrap();
    assert_eq!(scrape.value("persys_nodes", &[("status", "active")]), Some(2.0));
    assert_eq!(metrics.leaders().await, ["prow2"]);
    assert!(metrics.scheduler("prow1").await.unwrap_err().is_unreachable());
    assert!(matches!(metrics.agent("agent1").await, Err(ProbeError::Violation { .. })));
    let told = serde_json::to_string(&net.evidence("metrics")).unwrap();
    assert!(told.contains("persys_nodes of the scheduler on prow2 is 2"), "{told}");
}

/// A name server of three names that answers over UDP and TCP.
async fn serve_dns(net: &Net) {
    let address = net.address("dns", net.topology.ports.dns);
    let udp = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, peer)) = udp.recv_from(&mut buffer).await {
            let answer = answer(&buffer[..length]);
            udp.send_to(&answer, peer).await.unwrap();
        }
    });
    let tcp = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut question = vec![0; length.into()];
            stream.read_exact(&mut question).await.unwrap();
            let answer = answer(&question);
            stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
}

fn answer(question: &[u8]) -> Vec<u8> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.add_query(query.clone());
    let name = query.name().clone();
    let add = |data| Record::from_rdata(name.clone(), 2, data);
    match (name.to_utf8().as_str(), query.query_type()) {
        ("_prow-scheduler.persys.local.", RecordType::SRV) => {
            for instance in ["prow2", "prow1"] {
                let target = Name::from_utf8(format!("{instance}.persys.local.")).unwrap();
                answer.add_answer(add(RData::SRV(SRV::new(10, 10, 8085, target))));
            }
        }
        ("prow1.persys.local.", RecordType::A) => {
            answer.add_answer(add(RData::A(A(Ipv4Addr::new(10, 77, 0, 31)))));
        }
        ("prow2.persys.local.", RecordType::A) => {
            answer.add_answer(add(RData::A(A(Ipv4Addr::new(10, 77, 0, 32)))));
        }
        ("broken.persys.local.", _) => answer.metadata.response_code = ResponseCode::ServFail,
        _ => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    answer.to_vec().unwrap()
}

#[tokio::test]
async fn dns_is_asked_directly_over_udp_and_tcp() {
    let net = Net::new();
    serve_dns(&net).await;
    for dns in [net.probes.dns(), net.probes.dns().over_tcp()] {
        let found = dns.schedulers().await.unwrap();
        assert_eq!(found, ["10.77.0.31:8085", "10.77.0.32:8085"].map(|a| a.parse().unwrap()));
        let srv = dns.srv("_prow-scheduler.persys.local").await.unwrap();
        assert_eq!(srv.code, "NoError");
        assert_eq!((srv.records[0].target.as_str(), srv.records[0].ttl), ("prow1.persys.local", 2));
        let none = dns.node("agent9").await.unwrap();
        assert_eq!((none.code.as_str(), none.is_empty()), ("NXDomain", true));
        assert_eq!(dns.a("broken.persys.local").await.unwrap().code, "ServFail");
    }
}

#[tokio::test]
async fn a_dns_server_that_is_away_is_told_in_time() {
    let net = Net::new();
    let dns = net.probes.dns();
    let started = std::time::Instant::now();
    let error = dns.node("agent1").await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert!(error.to_string().contains("for A agent1.persys.local over UDP"), "{error}");
    let error = dns.over_tcp().node("agent1").await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_dns_server_that_is_silent_holds_nobody_up() {
    let net = Net::new();
    let _silent = UdpSocket::bind(net.address("dns", net.topology.ports.dns)).await.unwrap();
    let dns = net.probes.dns().with_timeout(Duration::from_secs(1));
    let started = std::time::Instant::now();
    assert!(dns.node("agent1").await.unwrap_err().is_timeout());
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_published_port_may_answer_as_it_likes() {
    let net = Net::new();
    let app = Router::new().route("/", get(|| async { "persys test page" }));
    net.serve_plain("agent1", 18080, app).await;
    let exchange = net.probes.published("agent1", 18080).unwrap().get("/").await.unwrap();
    assert_eq!((exchange.status, &*exchange.text()), (200, "persys test page"));
    assert_eq!(net.evidence("violation").len(), 0);
    assert!(matches!(net.probes.published("agent9", 1), Err(ProbeError::Setup(_))));
}

fn write_cli(net: &Net, script: &str) {
    std::fs::write(net.cli(), format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(net.cli(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn the_client_program_is_run_as_a_user_runs_it() {
    let net = Net::new();
    write_cli(
        &net,
        r#"
        case "$1" in
          node) echo "{\"gateway\":\"$PERSYS_GATEWAY\",\"cert\":\"$TLS_CERT\"}" ;;
          env) env | cut -d= -f1 | sort | tr '\n' ' ' ;;
          hang) sleep 60 ;;
          *) echo "one" >&2; echo "no such command" >&2; exit 2 ;;
        esac"#,
    );
    let cli = net.probes.cli();
    let run = cli.run(["node", "list", "-o", "json"]).await.unwrap();
    let output: serde_json::Value = run.json().unwrap();
    assert_eq!(output["gateway"], format!("https://{}", net.address("gateway", 8551)));
    assert!(output["cert"].as_str().unwrap().ends_with("/client/client.crt"));
    let environment = cli.run(["env"]).await.unwrap();
    assert!(!environment.stdout.contains("CARGO"), "{}", environment.stdout);
    let run = cli.run(["what", "a b"]).await.unwrap();
    assert_eq!(run.exit_code, Some(2));
    let failure = run.ok().unwrap_err();
    assert_eq!(failure.verdict(), Verdict::Failed);
    assert_eq!(failure.message, "persys-cli what 'a b' exited 2: no such command");
    let cli = cli.with_timeout(Duration::from_millis(200));
    assert!(cli.run(["hang"]).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_missing_client_program_is_an_error_of_the_environment() {
    let net = Net::new();
    let error = net.probes.cli().run(["node", "list"]).await.unwrap_err();
    assert!(matches!(error, ProbeError::Setup(_)), "{error:?}");
    assert!(error.to_string().contains("persys-cli"), "{error}");
}

#[tokio::test]
async fn readiness_names_each_part_that_does_not_answer() {
    let net = Net::new();
    serve_dns(&net).await;
    let all = net.probes.readiness().await;
    let machines = net.topology.machines.len();
    assert_eq!(all.len(), 3 + 2 + 2 * 2 + machines);
    for part in &all {
        assert_eq!(part.is_ready(), part.part == Part::Dns, "{part}");
    }
    let Progress::NotYet(status) = net.probes.all_ready().await else { panic!("not all is there") };
    assert!(status.contains("etcd on etcd: failed to ask etcd at https://127."), "{status}");
    assert!(status.contains("Docker Engine on agent2: "), "{status}");
}
