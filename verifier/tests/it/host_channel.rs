//! The host channel against a stand-in for whoever runs the machines.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use persys_verifier::{
    events::{Body, Verdict},
    evidence::Recorder,
    probe::HostChannel,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Answers every request as `answer` says, and keeps them in order.
struct Host {
    folder: TempDir,
    recorder: Recorder,
}

impl Host {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), recorder: Recorder::in_memory() }
    }

    fn channel(&self, scale: f64) -> HostChannel {
        HostChannel::open(self.folder.path(), scale, self.recorder.clone()).unwrap()
    }

    fn requests(&self) -> Vec<Value> {
        let mut all: Vec<Value> = listed(&self.folder.path().join("requests"))
            .iter()
            .map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
            .collect();
        all.sort_by_key(|request| request["id"].as_u64());
        all
    }

    /// Serves until the test ends.
    fn serve(&self, answer: impl Fn(&Value) -> Value + Send + 'static) {
        let folder = self.folder.path().to_owned();
        tokio::spawn(async move {
            loop {
                for file in listed(&folder.join("requests")) {
                    let done = folder.join("answers").join(file.file_name().unwrap());
                    if !done.exists() {
                        let text = fs::read_to_string(&file).unwrap();
                        let answer = answer(&serde_json::from_str(&text).unwrap());
                        let new = folder.join("new");
                        fs::write(&new, answer.to_string()).unwrap();
                        fs::rename(new, done).unwrap();
                    }
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }

    /// `crash injected` and so on, in order.
    fn faults(&self) -> Vec<String> {
        let events = self.recorder.log().events();
        let faults = events.into_iter().filter_map(|event| match event.body {
            Body::Fault(fault) => {
                Some(format!("{} {}", fault.fault["kind"].as_str().unwrap(), fault.change))
            }
            _ => None,
        });
        faults.collect()
    }
}

/// The whole files of a folder, without those that are still being written.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|end| end == "json")).collect()
}

fn done(request: &Value) -> Value {
    json!({ "id": request["id"], "ok": true })
}

#[tokio::test]
async fn a_crash_is_asked_for_and_healed() {
    let host = Host::new();
    let channel = host.channel(1.0);
    host.serve(done);
    let fault = channel.crash("agent2").await.unwrap();
    assert_eq!(fault.machine(), "agent2");
    fault.heal().await.unwrap();
    channel.reboot("etcd").await.unwrap();
    assert_eq!(
        host.requests(),
        [
            json!({ "id": 1, "order": "crash", "machine": "agent2" }),
            json!({ "id": 2, "order": "start", "machine": "agent2" }),
            json!({ "id": 3, "order": "reboot", "machine": "etcd" }),
        ]
    );
    let told = ["host-crash injected", "host-crash healed", "host-reboot action"];
    assert_eq!(host.faults(), told);
}

#[tokio::test]
async fn a_fault_that_is_dropped_is_healed_and_that_is_checked() {
    let host = Host::new();
    let channel = host.channel(1.0);
    host.serve(|request| match request["order"].as_str() {
        Some("unblock") => json!({ "id": request["id"], "ok": false, "error": "no such cable" }),
        _ => done(request),
    });
    drop(channel.block("gateway").await.unwrap());
    for _ in 0..500 {
        if host.faults().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(host.requests()[1]["order"], "unblock");
    let told = ["host-block injected", "host-block released", "host-block heal-failed"];
    assert_eq!(host.faults(), told);
}

#[tokio::test]
async fn a_refusal_is_an_error_with_the_host_s_reason_and_nothing_to_heal() {
    let host = Host::new();
    let channel = host.channel(1.0);
    host.serve(|request| json!({ "id": request["id"], "ok": false, "error": "no machine agent9" }));
    let error = channel.crash("agent9").await.unwrap_err();
    assert!(error.to_string().contains("refused: no machine agent9"), "{error}");
    assert_eq!(persys_verifier::evidence::StepError::from(error).verdict(), Verdict::Error);
    assert_eq!(host.requests().len(), 1, "{:?}", host.requests());
}

#[tokio::test]
async fn what_is_never_answered_is_given_up_and_healed() {
    let host = Host::new();
    let error = host.channel(0.01).crash("agent2").await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(host.requests()[1]["order"], "start", "it may have been in effect");
}

#[tokio::test]
async fn answers_that_are_none_are_told() {
    for (answer, told) in [
        (json!({ "id": 77, "ok": true }), "it answers request 77, not 1"),
        (json!("yes"), "the answer cannot be read"),
        (json!({ "id": 1 }), "missing field `ok`"),
    ] {
        let host = Host::new();
        let channel = host.channel(1.0);
        host.serve(move |_| answer.clone());
        let error = channel.reboot("etcd").await.unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[tokio::test]
async fn numbers_go_on_where_an_earlier_run_has_ended() {
    let host = Host::new();
    fs::create_dir(host.folder.path().join("answers")).unwrap();
    fs::write(host.folder.path().join("answers/41.json"), r#"{"id":41,"ok":true}"#).unwrap();
    let channel = host.channel(1.0);
    host.serve(done);
    channel.reboot("etcd").await.unwrap();
    assert_eq!(host.requests(), [json!({ "id": 42, "order": "reboot", "machine": "etcd" })]);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_a_mistake() {
    let error = HostChannel::open(Path::new("/no/such"), 1.0, Recorder::in_memory());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("/no/such") && error.contains("whoever runs the machines"), "{error}");
}
