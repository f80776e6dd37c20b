//! Power loss and reboot as the verifier sees them: a stand-in for the host of
//! virtual machines serves the host channel, and takes a lab's machine away by
//! killing all that runs on it.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use persys_faultd::supervisor::Request;
use serde_json::{Value, json};

use crate::lab::{Lab, persys_lab, text, unique};

const PATIENCE: Duration = Duration::from_secs(240);
const CRASH: &str = "reconciliation/crashed-node-runs-nothing-twice";
const REBOOT: &str = "error-handling/store-machine-rebooted-nothing-lost";

fn obey(lab: &Lab, order: &str, machine: &str) {
    let supervisor = lab.supervisor(machine);
    let each = |request: fn(String) -> Request| {
        for component in supervisor.ask(&Request::List).unwrap() {
            supervisor.ask(&request(component.name)).unwrap();
        }
    };
    match order {
        // Everything at once, containers included; then nothing may come back.
        "crash" => {
            let _ = lab.shell(machine, "kill -9 -1");
            each(|component| Request::Stop { component });
        }
        "start" => each(|component| Request::Start { component }),
        "reboot" => each(|component| Request::Restart { component }),
        other => panic!("nobody should order {other}"),
    }
}

/// Answers what has come since; the orders in the sequence of their numbers.
fn serve(channel: &Path, lab: &Lab, orders: &mut Vec<String>) {
    let request = channel.join(format!("requests/{}.json", orders.len() + 1));
    let Ok(request) = fs::read_to_string(request) else { return };
    let request: Value = serde_json::from_str(&request).unwrap();
    let (order, machine) = (&request["order"], request["machine"].as_str().unwrap());
    obey(lab, order.as_str().unwrap(), machine);
    orders.push(format!("{} {machine}", order.as_str().unwrap()));
    let (answer, new) = (channel.join(format!("answers/{}.json", orders.len())), "answers/.new");
    fs::write(channel.join(new), json!({ "id": orders.len(), "ok": true }).to_string()).unwrap();
    fs::rename(channel.join(new), answer).unwrap();
}

#[test]
fn a_power_loss_and_a_reboot_lose_nothing() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (channel, results) = (folder.path().join("channel"), folder.path().join("results"));
    fs::create_dir(&channel).unwrap();
    let lab = Lab { name: unique("host") };
    let child = persys_lab(["run", "--name", &lab.name, "--results"])
        .arg(&results)
        .args(["--", "run", "--only", CRASH, "--only", REBOOT, "--host-channel"])
        .arg(&channel)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::thread::spawn(move || child.wait_with_output().unwrap());
    let (mut orders, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    while !output.is_finished() {
        assert!(Instant::now() < deadline, "the run did not end; orders: {orders:?}");
        serve(&channel, &lab, &mut orders);
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = output.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{orders:?}\n{}", text(&output));
    let [crash, start, reboot] = &orders[..] else { panic!("{orders:?}") };
    let node = crash.strip_prefix("crash agent").expect(crash);
    assert_eq!(start, &format!("start agent{node}"));
    assert_eq!(reboot, "reboot etcd");
    let events = fs::read_to_string(results.join("events.jsonl")).unwrap();
    for change in ["\"change\":\"injected\"", "\"change\":\"healed\""] {
        let told = events.lines().any(|line| line.contains("host-crash") && line.contains(change));
        assert!(told, "{change}");
    }
}

#[test]
fn without_a_host_the_steps_are_skipped_and_say_so() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let results = folder.path().join("results");
    let output = persys_lab(["run", "--name", &unique("no-host"), "--results"])
        .arg(&results)
        .args(["--", "run", "--only", CRASH])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let junit = fs::read_to_string(results.join("junit.xml")).unwrap();
    let skipped = "needs host-channel, which this run lacks";
    assert_eq!(junit.matches(&format!("message=\"{skipped}")).count(), 2, "{junit}");
}
