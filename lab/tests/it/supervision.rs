//! The supervisor of a machine does what the fault daemon asks of it.

use std::time::{Duration, Instant};

use persys_faultd::supervisor::{ComponentState, Request};

use crate::lab::{Lab, StandIns};

fn start(component: &str) -> Request {
    Request::Start { component: component.to_owned() }
}

fn stop(component: &str) -> Request {
    Request::Stop { component: component.to_owned() }
}

fn kill(component: &str) -> Request {
    Request::Kill { component: component.to_owned() }
}

fn pause(component: &str) -> Request {
    Request::Pause { component: component.to_owned() }
}

fn resume(component: &str) -> Request {
    Request::Resume { component: component.to_owned() }
}

#[test]
fn every_order_has_its_effect_before_the_answer() {
    let lab = Lab::up("orders", &["--bare"]);
    let etcd = lab.supervisor("etcd");
    let first = etcd.component("etcd");
    assert_eq!(first.state, ComponentState::Ready);
    assert_eq!(first.log_file.to_str(), Some("/run/persys/log/etcd.log"));
    let runs = |pid: u32| lab.shell("etcd", &format!("kill -0 {pid}")).status.success();
    let process_state =
        |pid: u32| lab.on("etcd", &format!("grep State /proc/{pid}/status | cut -c8"));

    // Starting what runs changes nothing.
    assert_eq!(etcd.ask(&start("etcd")).unwrap()[0].pid, first.pid);

    let paused = etcd.ask(&pause("etcd")).unwrap();
    assert_eq!(paused[0].state, ComponentState::Paused);
    assert_eq!(process_state(first.pid.unwrap()), "T");
    assert_eq!(etcd.ask(&resume("etcd")).unwrap()[0].state, ComponentState::Ready);
    assert_eq!(process_state(first.pid.unwrap()), "S");

    let killed = etcd.ask(&kill("etcd")).unwrap();
    assert_eq!(killed[0].state, ComponentState::Exited);
    assert_eq!(killed[0].exit.as_deref(), Some("signal 9"));
    assert!(!runs(first.pid.unwrap()));
    let refused = etcd.ask(&kill("etcd")).unwrap_err();
    assert!(refused.contains("etcd has no process: it is exited"), "{refused}");

    let started = etcd.ask(&start("etcd")).unwrap();
    assert_eq!(started[0].state, ComponentState::Starting);
    assert_ne!(started[0].pid, first.pid);
    etcd.await_state("etcd", ComponentState::Ready);

    // Held, it takes the order to stop all the same, and does so in order.
    etcd.ask(&pause("etcd")).unwrap();
    let stopped = etcd.ask(&stop("etcd")).unwrap();
    assert_eq!(stopped[0].state, ComponentState::Stopped);
    assert_eq!(stopped[0].pid, None);
    etcd.ask(&Request::Restart { component: "etcd".to_owned() }).unwrap();
    etcd.await_state("etcd", ComponentState::Ready);

    let unknown = etcd.ask(&stop("nothing")).unwrap_err();
    assert!(unknown.contains("no component is named nothing here; there is etcd"), "{unknown}");
}

#[test]
fn a_killed_engine_leaves_its_containers_and_comes_back_with_its_images() {
    let lab = Lab::up("engine", &["--bare"]);
    let docker = lab.supervisor("agent1");
    let container = lab.on("agent1", "docker run --detach --restart=always persys-test/web:1");
    let serves = || lab.on("agent1", "grep -lz '^httpd' /proc/[0-9]*/cmdline | wc -l");
    assert_eq!(serves(), "1");
    docker.ask(&kill("docker")).unwrap();
    assert_eq!(serves(), "1", "the engine's containers do not die with it");
    docker.ask(&start("docker")).unwrap();
    docker.await_state("docker", ComponentState::Ready);
    let images = lab.on("agent1", "docker images --format '{{.Repository}}:{{.Tag}}' | sort");
    assert_eq!(images, "persys-test/web:1\npersys-test/worker:1");
    let running = lab.on("agent1", "docker ps --quiet --no-trunc");
    assert_eq!(running, container);
    // Held as a whole: the engine, and the containerd that it started.
    docker.ask(&pause("docker")).unwrap();
    let held = lab.on("agent1", "grep -l 'State:.T' /proc/[0-9]*/status | wc -l");
    assert!(held.parse::<u32>().unwrap() >= 2, "{held}");
    docker.ask(&resume("docker")).unwrap();
    lab.on("agent1", "docker ps");
}

#[test]
fn a_component_that_is_to_be_always_there_comes_back_by_itself() {
    let stand_ins = StandIns::new();
    let lab = Lab::up("always", &["--bin-dir", stand_ins.path()]);
    let client = lab.supervisor("client");
    let first = client.component("persys-faultd");
    client.ask(&kill("persys-faultd")).unwrap();
    let second = client.await_state("persys-faultd", ComponentState::Ready);
    assert_ne!(second.pid, first.pid);
    assert_eq!(second.restarts, 1);
    assert_eq!(second.exit.as_deref(), Some("signal 9"));
    // Stopped by order it stays so.
    client.ask(&stop("persys-faultd")).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(client.component("persys-faultd").state, ComponentState::Stopped);
    // Others stay away until they are wanted.
    let gateway = lab.supervisor("gateway");
    gateway.ask(&kill("api-gateway")).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(gateway.component("api-gateway").state, ComponentState::Exited);
}

#[test]
fn who_does_not_stop_is_killed_after_ten_seconds_with_all_its_processes() {
    let stand_ins = StandIns::new();
    stand_ins.write("deaf", "#!/bin/sh\ntrap '' TERM\nsleep 1000 &\nwhile :; do sleep 1; done\n");
    let deaf = stand_ins.folder.path().join("deaf");
    // It listens nowhere, so the lab does not wait for it to its end.
    let args = ["--bin-dir", stand_ins.path(), "--gateway", deaf.to_str().unwrap()];
    let lab = Lab::up("deaf", &args);
    let gateway = lab.supervisor("gateway");
    let start = Instant::now();
    let stopped = gateway.ask(&stop("api-gateway")).unwrap();
    let took = start.elapsed();
    assert_eq!(stopped[0].state, ComponentState::Stopped);
    assert_eq!(stopped[0].exit.as_deref(), Some("signal 9"));
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(14), "{took:?}");
    assert!(!lab.shell("gateway", "grep -qz '^sleep' /proc/[0-9]*/cmdline").status.success());
}
