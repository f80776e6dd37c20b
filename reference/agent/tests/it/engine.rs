//! A Docker Engine of a test's own, gone without a trace when it is dropped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bollard::models::{ContainerInspectResponse, EventMessage};
use bollard::query_parameters::{
    CreateImageOptionsBuilder, EventsOptionsBuilder, InspectContainerOptions,
    ListContainersOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::TryStreamExt;
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tempfile::TempDir;

use crate::cgroups;

/// The image that every engine has: busybox, which sleeps unless it is told otherwise.
pub const IMAGE: &str = "persys-test/box:1";

const APPLETS: [&str; 8] = ["cat", "echo", "head", "httpd", "sh", "sleep", "tail", "yes"];

/// What runs in the engine's namespaces. Hiding `/run` keeps away from the host's containerd.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs tmpfs /run
ip link set lo up
rm -rf "$1/pid" "$1/exec"
exec dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" -H "unix://$1/docker.sock" \
    --iptables=false --ip-masq=false --ip-forward=false --storage-driver vfs \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$2"
"#;

/// A dockerd in network, mount and process namespaces of its own.
pub struct TestEngine {
    folder: TempDir,
    cgroup: String,
    outer: Option<Child>,
}

impl TestEngine {
    /// An engine that is yet to be started.
    pub fn away() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("persys-agent-").tempdir().unwrap();
        let cgroup = format!("persys-agent-test-{}-{number}", std::process::id());
        Self { folder, cgroup, outer: None }
    }

    /// An engine that answers and holds [`IMAGE`].
    pub async fn start() -> Self {
        let mut engine = Self::away();
        engine.launch().await;
        engine.import(IMAGE).await;
        engine
    }

    /// Starts the daemon, on what it had before, and waits until it answers.
    pub async fn launch(&mut self) {
        assert!(
            Uid::effective().is_root(),
            "these tests start a Docker Engine in namespaces of its own: they must run as root"
        );
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        // Should the test be killed, the kernel takes the daemon with it.
        let outer = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare"])
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(self.folder.path())
            .arg(&self.cgroup)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("failed to run setpriv and unshare");
        self.outer = Some(outer);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.answers().await {
            let ended = self.outer.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "dockerd ended with {ended:?}:\n{}", self.log_text());
            assert!(Instant::now() < deadline, "dockerd is not there:\n{}", self.log_text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills the daemon, and all its containers with it.
    pub fn kill(&mut self) {
        let Some(mut outer) = self.outer.take() else { return };
        // The daemon is the first process of its namespace: when it is gone, all are.
        match self.daemon_of(outer.id()) {
            Some(daemon) => drop(kill(daemon, Signal::SIGKILL)),
            None => drop(outer.kill()),
        }
        outer.wait().unwrap();
    }

    /// Lets the daemon hang.
    pub fn pause(&self) {
        kill(self.daemon(), Signal::SIGSTOP).unwrap();
    }

    pub fn resume(&self) {
        kill(self.daemon(), Signal::SIGCONT).unwrap();
    }

    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The test's own view of the engine.
    pub fn docker(&self) -> Docker {
        Docker::connect_with_unix(&self.host(), 60, API_DEFAULT_VERSION).unwrap()
    }

    /// A container as Docker knows it.
    pub async fn inspect(&self, id: &str) -> ContainerInspectResponse {
        self.docker().inspect_container(id, None::<InspectContainerOptions>).await.unwrap()
    }

    /// Each signal that a container was sent so far, with Docker's time of it since the epoch.
    pub async fn signals(&self, name: &str) -> Vec<(String, Duration)> {
        let filters = [("container", vec![name]), ("event", vec!["kill"])];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 1;
        let options = EventsOptionsBuilder::default()
            .since("0")
            .until(&now.to_string())
            .filters(&HashMap::from(filters))
            .build();
        let events: Vec<_> = self.docker().events(Some(options)).try_collect().await.unwrap();
        let signal = |event: EventMessage| {
            let signal = event.actor?.attributes?.remove("signal")?;
            Some((signal, Duration::from_nanos(event.time_nano?.try_into().ok()?)))
        };
        events.into_iter().filter_map(signal).collect()
    }

    /// How many containers there are, whosever they are and whatever their state.
    pub async fn count(&self) -> usize {
        let all = ListContainersOptionsBuilder::default().all(true).build();
        self.docker().list_containers(Some(all)).await.unwrap().len()
    }

    /// Makes an image of busybox.
    pub async fn import(&self, image: &str) {
        let root = self.folder.path().join("rootfs");
        if !root.exists() {
            make_root(&root);
        }
        let tar = Command::new("tar").arg("-C").arg(&root).args(["-c", "."]).output().unwrap();
        assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
        let (repo, tag) = image.rsplit_once(':').unwrap();
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(repo)
            .tag(tag)
            .changes(vec!["CMD [\"sleep\", \"1000\"]".to_owned()])
            .build();
        let body = bollard::body_full(tar.stdout.into());
        let _: Vec<_> = self
            .docker()
            .create_image(Some(options), Some(body), None)
            .try_collect()
            .await
            .unwrap();
    }

    /// Opens a socket in the engine's network.
    pub fn in_network<T: Send>(&self, open: impl FnOnce() -> T + Send) -> T {
        let network = std::fs::File::open(format!("/proc/{}/ns/net", self.daemon())).unwrap();
        // A thread changes its own network only; a socket stays in that where it was opened.
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                setns(network, CloneFlags::CLONE_NEWNET).unwrap();
                open()
            });
            inside.join().unwrap()
        })
    }

    async fn answers(&self) -> bool {
        if !self.socket().exists() {
            return false;
        }
        let asking = tokio::time::timeout(Duration::from_secs(2), async {
            Docker::connect_with_unix(&self.host(), 2, API_DEFAULT_VERSION)?.ping().await
        });
        matches!(asking.await, Ok(Ok(_)))
    }

    fn daemon(&self) -> Pid {
        let outer = self.outer.as_ref().expect("dockerd does not run").id();
        self.daemon_of(outer).expect("dockerd does not run")
    }

    fn daemon_of(&self, outer: u32) -> Option<Pid> {
        let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"));
        Some(Pid::from_raw(children.ok()?.split_whitespace().next()?.parse().ok()?))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        self.kill();
        if let Err(error) = cgroups::remove(&self.cgroup) {
            eprintln!("failed to remove the cgroup {}: {error}", self.cgroup);
        }
    }
}

fn make_root(root: &Path) {
    let bin = root.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(root.join("www")).unwrap();
    std::fs::write(root.join("www/index.html"), "persys test page\n").unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let busybox = std::env::split_paths(&path)
        .map(|folder| folder.join("busybox"))
        .find(|file| file.is_file())
        .expect("there is no busybox in PATH");
    std::fs::copy(busybox, bin.join("busybox")).unwrap();
    for applet in APPLETS {
        std::os::unix::fs::symlink("busybox", bin.join(applet)).unwrap();
    }
}
