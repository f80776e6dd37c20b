//! The lab's own listeners bear whoever says nothing, nonsense or too much.

use std::{
    io::{Read, Write},
    net::{TcpStream, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    },
    time::Duration,
};

use persys_faultd::supervisor::ComponentState;

use crate::lab::{Lab, persys_lab, text};

/// More at once than would be done one after the other while somebody waits.
const SILENT: usize = 20;

fn nonsense() -> [Vec<u8>; 5] {
    let noise = (0..100_000).map(|_| rand::random::<u8>());
    [
        Vec::new(),
        noise.collect(),
        b"{\"op\": \"explode\"}\n\n{}\n[[[[\n\"\0\"\n".to_vec(),
        [&b"[".repeat(1 << 21)[..], b"\n"].concat(),
        b"\"describe".to_vec(),
    ]
}

/// Says it, and hears until the other side has had enough.
fn say(mut stream: UnixStream, what: &[u8]) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut listening = stream.try_clone().unwrap();
    // It answers while it is still being spoken to.
    let hearing = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let _ = listening.read_to_end(&mut heard);
        String::from_utf8_lossy(&heard).into_owned()
    });
    let _ = stream.write_all(what);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    hearing.join().unwrap()
}

#[test]
fn whoever_speaks_nonsense_to_a_lab_keeps_nobody_waiting() {
    let lab = Lab::up("nonsense", &["--bare"]);
    let own = SocketAddr::from_abstract_name(format!("persys-lab/{}", lab.name)).unwrap();
    let to_lab = || UnixStream::connect_addr(&own).unwrap();
    let machine = format!("/proc/{}/root/run/persys/supervisor.sock", lab.pid("etcd"));
    let to_supervisor = || UnixStream::connect(&machine).unwrap();

    let _silent: Vec<_> = (0..SILENT).flat_map(|_| [to_lab(), to_supervisor()]).collect();
    for what in nonsense() {
        let heard = say(to_lab(), &what);
        assert_eq!(heard, "", "the lab");
        let heard = say(to_supervisor(), &what);
        assert!(heard.lines().all(|line| line.contains("\"ok\":false")), "{heard}");
    }
    assert_eq!(lab.status()["name"].as_str(), Some(lab.name.as_str()));
    assert_eq!(lab.supervisor("etcd").component("etcd").state, ComponentState::Ready);
}

#[test]
fn whoever_speaks_nonsense_to_the_embedded_dns_keeps_nobody_waiting() {
    let lab = Lab::up("noisy", &["--bare", "--dns", "embedded"]);
    let program = std::env::current_exe().unwrap();
    let output = persys_lab(["shell", "--name", &lab.name, "client"])
        .arg(program)
        .args(["--exact", "hostile::noise_to_dns", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
#[ignore = "is run on a machine of a lab by the test above"]
fn noise_to_dns() {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let connect = || TcpStream::connect(crate::dns::SERVER).unwrap();
    let mut silent: Vec<TcpStream> = (0..200).map(|_| connect()).collect();
    for length in (0..600).chain([4096, 60_000]) {
        let noise: Vec<u8> = (0..length).map(|_| rand::random()).collect();
        socket.send_to(&noise, crate::dns::SERVER).unwrap();
        // A question's head, and then anything.
        let mut headed = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        headed.extend(&noise);
        if headed.len() < 60_000 {
            socket.send_to(&headed, crate::dns::SERVER).unwrap();
        }
        if length % 20 == 0 {
            let mut stream = connect();
            let _ = stream.write_all(&noise);
            silent.push(stream);
        }
    }
    crate::dns::assert_answers();
}
