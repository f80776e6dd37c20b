//! Against a `systemctl` that writes down what it is told.

use std::{os::unix::fs::symlink, path::Path, sync::Arc};

use super::*;
use crate::{faults::Components, protocol::ComponentState};

struct World {
    folder: tempfile::TempDir,
    systemd: Arc<Systemd>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        // Links, for a program that was just written may be "busy" to a test beside this one.
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        for program in ["systemctl", "journalctl"] {
            symlink(fixtures.join(program), path.join(program)).unwrap();
        }
        let programs = SystemdPrograms {
            systemctl: path.join("systemctl"),
            journalctl: path.join("journalctl"),
            units: path.join("units"),
            cgroups: path.join("cgroup"),
        };
        let components = vec!["docker".to_owned(), "etcd".to_owned()];
        let systemd = Arc::new(Systemd::new(programs, components, path.join("log")));
        let world = Self { folder, systemd };
        world.put("state", &unit("active", std::process::id()));
        world
    }

    fn put(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    fn orders(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("orders")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn forbids_restart(&self) -> bool {
        let path = "units/docker.service.d/persys-faultd.conf";
        let text = std::fs::read_to_string(self.folder.path().join(path));
        text.is_ok_and(|text| text.contains("Restart=no"))
    }
}

fn unit(active: &str, pid: u32) -> String {
    format!(
        "Id=docker.service\nLoadState=loaded\nActiveState={active}\nSubState=x\nType=notify\n\
         MainPID={pid}\nTriggeredBy=docker.socket\nControlGroup=/system.slice/docker.service\n\n\
         Id=etcd.service\nLoadState=not-found\nActiveState=inactive\nMainPID=0\n"
    )
}

#[tokio::test]
async fn only_units_that_exist_are_components() {
    let world = World::new();
    let components = world.systemd.list().await.unwrap();
    assert_eq!(components.len(), 1);
    assert_eq!(
        (components[0].name.as_str(), components[0].state),
        ("docker", ComponentState::Ready)
    );
    let unknown = world.systemd.stop("sshd").await.unwrap_err();
    assert!(matches!(unknown, BackendError::UnknownComponent(name) if name == "sshd"));
    assert!(world.orders().is_empty());
}

#[tokio::test]
async fn what_triggers_a_unit_is_stopped_with_it() {
    let world = World::new();
    world.put("after-stop", &unit("inactive", 0));
    world.systemd.stop("docker").await.unwrap();
    assert_eq!(world.orders(), ["stop docker.socket docker.service"]);
}

#[tokio::test]
async fn a_killed_unit_stays_down_until_it_is_started() {
    let world = World::new();
    world.put("after-kill", &unit("failed", 0));
    world.put("after-start", &unit("active", std::process::id()));
    world.systemd.kill("docker").await.unwrap();
    assert_eq!(
        world.orders(),
        ["daemon-reload", "stop docker.socket", "kill --signal=SIGKILL docker.service"]
    );
    assert!(world.forbids_restart());
    world.systemd.start("docker").await.unwrap();
    assert!(!world.forbids_restart());
    assert_eq!(
        world.orders()[3..],
        [
            "daemon-reload",
            "reset-failed docker.service",
            "start --no-block docker.socket docker.service"
        ]
    );
}

#[tokio::test]
async fn a_unit_that_somebody_started_is_started_again_by_itself_as_before() {
    let world = World::new();
    world.put("after-kill", &unit("failed", 0));
    world.systemd.kill("docker").await.unwrap();
    assert!(world.forbids_restart());
    // By hand, not by the daemon.
    world.put("state", &unit("active", std::process::id()));
    let seen = Components::new(world.systemd.clone()).bring_back("docker").await.unwrap();
    assert!(seen.contains("already"), "{seen}");
    assert!(!world.forbids_restart());
    assert_eq!(world.orders().last().map(String::as_str), Some("daemon-reload"));
}

#[tokio::test]
async fn what_an_earlier_process_left_is_swept_and_systemd_told_once() {
    let world = World::new();
    world.systemd.sweep().await.unwrap();
    assert!(world.orders().is_empty(), "nothing was there");
    for component in ["docker", "etcd"] {
        world.systemd.forbid_restart(component).await.unwrap();
    }
    world.systemd.sweep().await.unwrap();
    assert!(!world.forbids_restart());
    assert_eq!(world.orders(), ["daemon-reload"; 3]);
}

#[tokio::test]
async fn no_unit_is_changed_that_stays_down_by_itself() {
    let world = World::new();
    let stays = "RestartPreventExitStatus=KILL\n";
    world.put("state", &format!("{stays}{}", unit("active", std::process::id())));
    world.put("after-kill", &unit("failed", 0));
    world.systemd.kill("docker").await.unwrap();
    assert!(!world.forbids_restart());
    assert_eq!(world.orders(), ["stop docker.socket", "kill --signal=SIGKILL docker.service"]);
}

#[tokio::test]
async fn the_journal_is_read_where_there_is_no_file() {
    let world = World::new();
    let docker = world.systemd.find("docker").await.unwrap();
    let chunk = world.systemd.logs(&docker, 5, 100).await.unwrap();
    assert_eq!((chunk.text.as_str(), chunk.next), ("one\nline two\n", 18));
    std::fs::create_dir(world.folder.path().join("log")).unwrap();
    world.put("log/docker.log", "from the file");
    let chunk = world.systemd.logs(&docker, 0, 100).await.unwrap();
    assert_eq!(chunk.text, "from the file");
}

#[tokio::test]
async fn processes_are_those_of_the_whole_control_group() {
    let world = World::new();
    let group = world.folder.path().join("cgroup/system.slice/docker.service");
    std::fs::create_dir_all(group.join("inner")).unwrap();
    std::fs::write(group.join("cgroup.procs"), "11\n12\n").unwrap();
    std::fs::write(group.join("inner/cgroup.procs"), "13\n").unwrap();
    let docker = world.systemd.find("docker").await.unwrap();
    // Systemd was asked once, by the search; a slow machine takes a second for an answer.
    world.put("state", "");
    assert_eq!(world.systemd.processes(&docker).await, [11, 12, 13]);
    std::fs::remove_dir_all(world.folder.path().join("cgroup")).unwrap();
    let own = i32::try_from(std::process::id()).unwrap();
    assert!(world.systemd.processes(&docker).await.contains(&own));
}
