//! The embedded server answers as CoreDNS does: the same questions to both, asked
//! on a machine of a lab by this very program.

use std::{
    io::{Read, Write},
    net::{TcpStream, UdpSocket},
    time::Duration,
};

use etcd_client::{Certificate, Client, ConnectOptions, Identity, PutOptions, TlsOptions};
use hickory_server::proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{Name, Record, RecordType},
};
use persys_identity::{Credentials, install_crypto};

use crate::lab::{Lab, persys_lab, text};

pub const SERVER: &str = "10.77.0.40:53";

#[test]
fn the_embedded_server_answers_as_coredns_does() {
    let coredns = answers("coredns");
    assert!(coredns.contains("SRV 10 50 8085 prow1._prow-scheduler.persys.local."), "{coredns}");
    assert_eq!(answers("embedded"), coredns);
}

fn answers(dns: &str) -> String {
    let lab = Lab::up("dns", &["--bare", "--dns", dns]);
    let program = std::env::current_exe().unwrap();
    let output = persys_lab(["shell", "--name", &lab.name, "client"])
        .arg(program)
        .args(["--exact", "dns::questions", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    shown
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
#[ignore = "is run on a machine of a lab by the test above"]
fn questions() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(register());
    for (name, kind) in [
        ("_prow-scheduler.persys.local.", RecordType::SRV),
        ("_prow-scheduler.persys.local.", RecordType::A),
        ("prow1._prow-scheduler.persys.local.", RecordType::A),
        ("scheduler.persys.local.", RecordType::A),
        ("scheduler.persys.local.", RecordType::SRV),
        ("agent1.persys.local.", RecordType::A),
        ("AGENT1.Persys.LOCAL.", RecordType::A),
        ("agent1.persys.local.", RecordType::AAAA),
        ("agent1.persys.local.", RecordType::SRV),
        ("nowhere.persys.local.", RecordType::A),
        ("nowhere.persys.local.", RecordType::SRV),
        ("example.org.", RecordType::A),
        ("heavy.persys.local.", RecordType::SRV),
    ] {
        let query = question(name, kind);
        let by_udp = show(&ask_udp(&query));
        print!("> {kind} {name}\n{by_udp}");
        assert_eq!(show(&ask_tcp(&query)), by_udp, "{name} {kind}");
    }
}

/// What schedulers and nodes put there.
async fn register() {
    install_crypto();
    let folder = std::path::Path::new("/run/persys/credentials");
    let credentials = Credentials::in_folder(folder, "etcd-client").load().unwrap();
    let (cert, key, ca) = credentials.pem();
    let tls = TlsOptions::new()
        .ca_certificate(Certificate::from_pem(ca))
        .identity(Identity::from_pem(cert, key));
    let options = ConnectOptions::new().with_tls(tls);
    let mut etcd = Client::connect(["https://10.77.0.50:2379"], Some(options)).await.unwrap();
    let lease = etcd.lease_grant(15, None).await.unwrap().id();
    for (number, host) in [(1, "10.77.0.31"), (2, "10.77.0.32")] {
        let service =
            format!(r#"{{"host":"{host}","port":8085,"priority":10,"weight":10,"ttl":2}}"#);
        let address = format!(r#"{{"host":"{host}","ttl":2}}"#);
        let under_lease = Some(PutOptions::new().with_lease(lease));
        let key = format!("/skydns/local/persys/_prow-scheduler/prow{number}");
        etcd.put(key, service, under_lease.clone()).await.unwrap();
        let key = format!("/skydns/local/persys/scheduler/prow{number}");
        etcd.put(key, address, under_lease).await.unwrap();
    }
    for (key, value) in [
        ("agent1", r#"{"host":"10.77.0.61","ttl":2}"#),
        ("heavy/a", r#"{"host":"10.77.0.61","port":1,"priority":5,"weight":3,"ttl":2}"#),
        ("heavy/b", r#"{"host":"10.77.0.62","port":2,"priority":5,"weight":1,"ttl":2}"#),
        ("heavy/c", r#"{"host":"10.77.0.63","port":3,"priority":7,"ttl":2}"#),
    ] {
        etcd.put(format!("/skydns/local/persys/{key}"), value, None).await.unwrap();
    }
}

/// That it is there, by UDP and by TCP.
pub fn assert_answers() {
    let query = question("example.org.", RecordType::A);
    assert_eq!(show(&ask_udp(&query)), show(&ask_tcp(&query)));
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

fn ask_udp(question: &[u8]) -> Message {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(question, SERVER).unwrap();
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).unwrap();
    Message::from_vec(&answer[..length]).unwrap()
}

fn ask_tcp(question: &[u8]) -> Message {
    let mut stream = TcpStream::connect(SERVER).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(&u16::try_from(question.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(question).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    Message::from_vec(&answer).unwrap()
}

/// Without what may differ: the order, the counters of a zone, and how long an
/// answer was kept already.
fn show(message: &Message) -> String {
    let records = |records: &[Record]| {
        let mut shown: Vec<_> = records
            .iter()
            .map(|record| match record.record_type() {
                RecordType::SOA => format!("{} SOA", record.name.to_lowercase()),
                kind => {
                    assert!(record.ttl <= 2, "{record}");
                    format!("{} {kind} {}", record.name.to_lowercase(), record.data)
                }
            })
            .collect();
        shown.sort();
        shown.iter().map(|line| format!(">     IN {line}\n")).collect::<String>()
    };
    format!(
        ">   {} authoritative {}\n>   answers\n{}>   authorities\n{}>   additionals\n{}",
        message.metadata.response_code,
        message.metadata.authoritative,
        records(&message.answers),
        records(&message.authorities),
        records(&message.additionals),
    )
}
