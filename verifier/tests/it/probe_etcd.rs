//! The store's probe and its recordings against a real etcd.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use persys_contract::topology::MachineRole;
use persys_verifier::probe::{ChangeKind, ProbeError, Recording, RevisionClock};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::probe_net::Net;

/// A real etcd over mutual TLS; gone when it is dropped.
struct Etcd {
    process: Child,
    data: TempDir,
}

impl Etcd {
    async fn start(net: &Net) -> Self {
        let data = tempfile::tempdir().unwrap();
        let process = Self::spawn(net, &data);
        let etcd = Self { process, data };
        etcd.ready(net).await;
        etcd
    }

    fn spawn(net: &Net, data: &TempDir) -> Child {
        let ip = net.ip(MachineRole::Etcd);
        let folder = net.credentials("etcd");
        let file = |name: &str| folder.join(name).display().to_string();
        let (client, peer) = (format!("https://{ip}:2379"), format!("http://{ip}:2380"));
        let data = data.path().display().to_string();
        let cluster = format!("default={peer}");
        Command::new("etcd")
            .args(["--data-dir", &data, "--client-cert-auth", "--logger", "zap"])
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &cluster])
            .args(["--cert-file", &file("etcd.crt"), "--key-file", &file("etcd.key")])
            .args(["--trusted-ca-file", &file("ca.crt")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("etcd is installed")
    }

    async fn ready(&self, net: &Net) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Err(error) = net.probes.etcd().status().await {
            assert!(Instant::now() < deadline, "{error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn again(&mut self, net: &Net) {
        self.process = Self::spawn(net, &self.data);
        self.ready(net).await;
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn until(recording: &Recording, so: impl Fn(&Recording) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut changed = recording.changed();
    while !so(recording) {
        assert!(Instant::now() < deadline, "{:?}", recording.changes());
        let _ = tokio::time::timeout(Duration::from_millis(100), changed.changed()).await;
    }
}

#[tokio::test]
async fn keys_are_read_with_their_revisions() {
    let net = Net::new();
    let _etcd = Etcd::start(&net).await;
    let etcd = net.probes.etcd();
    assert!(etcd.status().await.unwrap().has_leader);
    assert_eq!(etcd.get("/workloads/w-1").await.unwrap(), None);
    etcd.put("/workloads/w-1", r#"{"id":"w-1","name":"web","status":"running"}"#).await.unwrap();
    etcd.put("/workloads/w-1", r#"{"id":"w-1","name":"web","status":"Exited"}"#).await.unwrap();
    let stored = etcd.workload("w-1").await.unwrap().unwrap();
    assert_eq!(stored.value.name, "web");
    assert_eq!(stored.entry.version, 2);
    assert_eq!(stored.entry.mod_revision, stored.entry.create_revision + 1);
    assert_eq!(etcd.workloads().await.unwrap().len(), 1);
    etcd.put("/workloads/w-2", "no workload").await.unwrap();
    assert!(matches!(etcd.workload("w-2").await, Err(ProbeError::Violation { .. })));
    assert!(etcd.delete("/workloads/w-2").await.unwrap());
    assert!(!etcd.delete("/workloads/w-2").await.unwrap());
    assert_eq!(etcd.list("/nodes/").await.unwrap(), []);
}

#[tokio::test]
async fn it_is_known_until_when_a_revision_was_still_to_come() {
    let net = Net::new();
    let _etcd = Etcd::start(&net).await;
    let etcd = net.probes.etcd();
    etcd.put("/earlier", "x").await.unwrap();
    let earlier = etcd.get("/earlier").await.unwrap().unwrap().mod_revision;
    let clock = RevisionClock::start(etcd.clone()).await.unwrap();
    let before = OffsetDateTime::now_utc();
    while clock.last_before(earlier + 1).unwrap() <= before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    etcd.put("/later", "y").await.unwrap();
    let written = OffsetDateTime::now_utc();
    // That one is still to come, so that this ends.
    while clock.last_before(earlier + 2).unwrap() <= written {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let last = clock.last_before(earlier + 1).unwrap();
    assert!(before < last && last < written, "{before} {last} {written}");
    assert_eq!(clock.last_before(earlier), None, "it came before the clock");
    assert!(clock.looked_after(before).unwrap() <= written - before);
    assert_eq!(clock.looked_after(OffsetDateTime::now_utc() + Duration::from_secs(60)), None);
}

#[tokio::test]
async fn a_recording_keeps_what_passes_and_wakes_who_waits() {
    let net = Net::new();
    let _etcd = Etcd::start(&net).await;
    let etcd = net.probes.etcd();
    let write = async |status: &str| {
        let value = format!(r#"{{"id":"w-1","name":"web","status":"{status}"}}"#);
        etcd.put("/workloads/w-1", &value).await.unwrap();
    };
    write("Pending").await;
    let recording = etcd.record("/workloads/").await.unwrap();
    for status in ["Scheduled", "Pulling", "Pulling", "Running"] {
        write(status).await;
    }
    etcd.delete("/workloads/w-1").await.unwrap();
    let started = Instant::now();
    until(&recording, |r| r.last("/workloads/w-1").unwrap().kind == ChangeKind::Delete).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(recording.statuses("w-1"), ["Pending", "Scheduled", "Pulling", "Running"]);
    let kinds: Vec<_> = recording.of("/workloads/w-1").iter().map(|change| change.kind).collect();
    assert_eq!(kinds[0], ChangeKind::Found);
    assert_eq!(kinds.len(), 6);
    assert!(recording.first_revision("/workloads/w-1").unwrap() > 1);
    assert_eq!(recording.workload_versions("w-1").len(), 5);
    assert_eq!((recording.gaps(), recording.interruptions()), (vec![], vec![]));
}

#[tokio::test]
async fn a_recording_outlives_its_store_s_crash_without_a_gap() {
    let net = Net::new();
    let mut server = Etcd::start(&net).await;
    let etcd = net.probes.etcd();
    let recording = etcd.record("/n/").await.unwrap();
    etcd.put("/n/a", "1").await.unwrap();
    server.kill();
    let started = Instant::now();
    let error = etcd.get("/n/a").await.unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    server.again(&net).await;
    etcd.put("/n/a", "2").await.unwrap();
    etcd.put("/n/b", "3").await.unwrap();
    until(&recording, |r| r.changes().len() == 3).await;
    let values: Vec<_> =
        recording.changes().iter().map(|change| change.entry.text().into_owned()).collect();
    assert_eq!(values, ["1", "2", "3"]);
    assert_eq!(recording.gaps(), Vec::<String>::new());
    assert!(!recording.interruptions().is_empty());
}

#[tokio::test]
async fn a_store_that_is_held_holds_nobody_up() {
    let net = Net::new();
    let server = Etcd::start(&net).await;
    let etcd = net.probes.etcd().with_timeout(Duration::from_secs(1));
    etcd.put("/n/a", "1").await.unwrap();
    let pid = nix::unistd::Pid::from_raw(server.process.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    stopped(server.process.id());
    let started = Instant::now();
    let error = etcd.get("/n/a").await.unwrap_err();
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    assert!(error.is_timeout(), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    let patient = etcd.with_timeout(Duration::from_secs(20));
    assert_eq!(patient.get("/n/a").await.unwrap().unwrap().text(), "1");
}

/// The signal is sent at once; a thread on another processor may run on for a moment.
fn stopped(pid: u32) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let all = || {
        std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().all(|task| {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    };
    while !all() {
        assert!(Instant::now() < deadline, "process {pid} does not stop");
        std::thread::yield_now();
    }
}
