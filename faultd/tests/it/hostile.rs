//! Random bytes, half-open and slow clients: none of them keeps anybody waiting.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use persys_contract::Role;
use persys_faultd::protocol::TOPOLOGY_HEADER;
use persys_hostile::{Listener, Process, stranger_configs, strangers_get_no_answer, survives};
use persys_identity::CertificateSpec;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{network::MACHINE, world::World};

/// How long the daemon may take to answer while it is under attack.
const PROMPT: Duration = Duration::from_secs(2);

isolated! {
    async fn every_attack_at_once_keeps_no_order_out() {
        let world = World::new().await;
        let credentials = world.credentials(&CertificateSpec::client(Role::Chaos));
        let listener = Listener::tls((MACHINE, 7077).into(), credentials.client_config().unwrap());
        let pid = world.daemon.as_ref().unwrap().pid().cast_unsigned();
        survives(&listener, Process { pid }, async || {
            world.client().components().await.unwrap();
        })
        .await;
    }

    async fn no_stranger_hears_a_byte() {
        let world = World::new().await;
        let strangers = stranger_configs(world.authority.cert_pem(), Role::Chaos);
        strangers_get_no_answer((MACHINE, 7077).into(), strangers).await;
        world.client().components().await.unwrap();
    }

    async fn half_open_clients_keep_nobody_waiting() {
        let world = World::new().await;
        let mut held = Vec::new();
        for number in 0..200 {
            let mut stream = TcpStream::connect((MACHINE, 7077)).await.unwrap();
            if number % 2 == 0 {
                // The beginning of a greeting that never ends.
                stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await.unwrap();
            }
            held.push(stream);
        }
        let begun = Instant::now();
        world.client().components().await.unwrap();
        assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
        for stream in &mut held {
            let mut answer = Vec::new();
            let read = timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
            let _ = read.expect("a half-open connection was kept");
        }
    }

    async fn strangers_cannot_take_all_places() {
        let world = World::new().await;
        let mut held = Vec::new();
        for _ in 0..60 {
            held.push(tls(&world, Role::Client).await);
        }
        let begun = Instant::now();
        world.client().components().await.unwrap();
        assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    }

    async fn slow_heads_and_bodies_are_given_up() {
        let world = World::new().await;
        let token = &world.topology.token;
        let mut slow_head = tls(&world, Role::Chaos).await;
        slow_head.write_all(b"GET /v1/components HT").await.unwrap();
        let mut slow_body = tls(&world, Role::Chaos).await;
        let head = format!(
            "POST /v1/leases HTTP/1.1\r\nhost: x\r\n{TOPOLOGY_HEADER}: {token}\r\n\
             content-length: 100\r\n\r\n{{\"fault\""
        );
        slow_body.write_all(head.as_bytes()).await.unwrap();
        let patience = Duration::from_secs(20);
        let mut answer = Vec::new();
        let read = timeout(patience, slow_body.read_to_end(&mut answer)).await;
        let _ = read.expect("a slow body was waited for");
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 408"), "{text}");
        assert!(text.contains("request_timeout"), "{text}");
        let read = timeout(patience, slow_head.read_to_end(&mut Vec::new())).await;
        let _ = read.expect("a slow head was waited for");
        world.client().components().await.unwrap();
    }

    async fn a_client_that_does_not_read_harms_only_itself() {
        let world = World::new().await;
        let log = world.folder.path().join("etcd.log");
        std::fs::write(&log, "x".repeat(2 << 20)).unwrap();
        let mut deaf = tls(&world, Role::Chaos).await;
        let request = format!(
            "GET /v1/components/etcd/logs HTTP/1.1\r\nhost: x\r\n{TOPOLOGY_HEADER}: {}\r\n\r\n",
            world.topology.token
        );
        deaf.write_all(request.repeat(20).as_bytes()).await.unwrap();
        let begun = Instant::now();
        let chunk = world.client().logs("etcd", 0, u64::MAX).await.unwrap();
        assert_eq!(chunk.text.len(), 1 << 20);
        assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
        // It does not keep the daemon from ending either.
        let (status, took) = { world }.daemon.take().unwrap().terminate();
        assert!(status.success() && took < Duration::from_secs(5), "{status} {took:?}");
    }
}

async fn tls(world: &World, role: Role) -> TlsStream<TcpStream> {
    let credentials = world.credentials(&CertificateSpec::client(role));
    let connector = TlsConnector::from(Arc::new(credentials.client_config().unwrap()));
    let stream = TcpStream::connect((MACHINE, 7077)).await.unwrap();
    let name = ServerName::from(std::net::IpAddr::V4(MACHINE));
    connector.connect(name, stream).await.unwrap()
}
