//! A lab whose outermost process is killed leaves nothing behind, whenever it was.

use std::{
    collections::BTreeSet,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    process::Stdio,
    sync::mpsc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    lab::{Lab, eventually, persys_lab, text, unique},
    snapshot::{self, Trap},
};

const ROUNDS: u32 = 10;
/// A lab is up in less, so that some moments are after it.
const LATEST: Duration = Duration::from_secs(4);
const GONE_WITHIN: Duration = Duration::from_secs(15);

/// The same moments again: `PERSYS_SEED=… cargo test`.
fn seed() -> u64 {
    match std::env::var("PERSYS_SEED") {
        Ok(seed) => seed.parse().expect("PERSYS_SEED is a number"),
        Err(_) => rand::random(),
    }
}

#[test]
fn killed_at_any_moment_nothing_is_left() {
    let seed = seed();
    println!("PERSYS_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for round in 0..ROUNDS {
        let moment = LATEST.mul_f64(random.random_range(0.0..1.0));
        println!("round {round}: killed after {moment:?}");
        kill_after(moment);
    }
}

fn kill_after(moment: Duration) {
    let before = snapshot::host();
    let (lab, trap) = (unique("kill"), Trap::new());
    let results = trap.folder().join("results");
    let results = results.to_str().unwrap();
    let run = persys_lab(["run", "--bare", "--name", &lab, "--results", results])
        .args(["--", "sleep", "600"])
        .get_args()
        .map(ToOwned::to_owned)
        .collect::<Vec<_>>();
    let mut outermost = trap
        .around(persys_lab(&run).stdin(Stdio::null()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let user = start_container(&lab);
    let mut namespaces = BTreeSet::new();
    while start.elapsed() < moment {
        namespaces.extend(snapshot::namespaces_below(outermost.id()));
        assert!(outermost.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(10));
    }
    outermost.kill().unwrap();
    let killed = snapshot::now();
    outermost.wait().unwrap();
    user.stop();
    nothing_is_left(&lab, &namespaces, killed);
    assert_eq!(snapshot::host(), before);
    assert_eq!(trap.caught(), Vec::<String>::new());
}

/// No process of a lab that was killed, and no control group.
pub fn nothing_is_left(lab: &str, namespaces: &BTreeSet<String>, killed: snapshot::Ticks) {
    // With its last process a namespace goes, and all that is mounted in it.
    let deadline = Instant::now() + GONE_WITHIN;
    loop {
        let mut left = snapshot::processes(lab);
        left.extend(snapshot::processes_in(lab, namespaces, killed));
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "left: {left:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(snapshot::control_groups(lab), Vec::<String>::new());
}

/// Somebody who runs a container as soon as there is an engine.
struct User {
    stop: mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

fn start_container(lab: &str) -> User {
    let lab = lab.to_owned();
    let (stop, stopped) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(100))
            == Err(mpsc::RecvTimeoutError::Timeout)
        {
            let output = persys_lab(["shell", "--name", &lab, "agent1", "docker", "run"])
                .args(["--detach", "--memory=64m", "persys-test/web:1"])
                .output()
                .unwrap();
            if output.status.success() {
                println!("  with a container");
                return;
            }
        }
    });
    User { stop, thread }
}

impl User {
    fn stop(self) {
        // It may have done its work.
        let _ = self.stop.send(());
        self.thread.join().unwrap();
    }
}

#[test]
fn ended_in_order_nothing_is_left_either() {
    let before = snapshot::host();
    let (lab, trap) = (unique("order"), Trap::new());
    let results = trap.folder().join("results");
    let command = ["run", "--bare", "--name", &lab, "--results", results.to_str().unwrap()];
    let mut run = persys_lab(command);
    run.args(["--", "true"]);
    let output = trap.around(&run).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(snapshot::processes(&lab), Vec::<String>::new());
    assert_eq!(snapshot::control_groups(&lab), Vec::<String>::new());
    assert_eq!(snapshot::host(), before);
    assert_eq!(trap.caught(), Vec::<String>::new());
}

#[test]
fn a_paused_container_holds_nothing_up() {
    let lab = Lab::up("paused", &["--bare"]);
    lab.on("agent1", "docker run --detach --name frozen persys-test/web:1");
    lab.on("agent1", "docker pause frozen");
    let name = lab.name.clone();
    // Ends the lab.
    drop(lab);
    eventually("nothing is left of the lab", GONE_WITHIN, || {
        snapshot::processes(&name).is_empty() && snapshot::control_groups(&name).is_empty()
    });
}

#[test]
fn what_a_killed_janitor_leaves_clean_removes() {
    let lab = Lab::up("leaves", &["--bare"]);
    lab.on("agent1", "docker run --detach persys-test/web:1");
    let outermost = lab.status()["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).unwrap();
    let janitor = snapshot::below(outermost, &["__janitor".to_owned(), lab.name.clone()]);
    end(janitor);
    // Its name taken, labs of other tests do not clean up yet.
    let address = SocketAddr::from_abstract_name(format!("persys-lab-janitor/{}", lab.name));
    let address = address.unwrap();
    let mut turn = None;
    eventually("the janitor is gone", GONE_WITHIN, || {
        turn = UnixListener::bind_addr(&address).ok();
        turn.is_some()
    });
    end(outermost);
    eventually("no process is left", GONE_WITHIN, || snapshot::processes(&lab.name).is_empty());
    assert_ne!(snapshot::control_groups(&lab.name), Vec::<String>::new());
    drop(turn);
    let clean = persys_lab(["clean"]).output().unwrap();
    assert!(clean.status.success(), "{}", text(&clean));
    assert_eq!(snapshot::control_groups(&lab.name), Vec::<String>::new());
}

/// It may have ended by itself.
fn end(pid: u32) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
}
