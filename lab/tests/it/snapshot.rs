//! What of a lab can be seen from the host.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Kinds of namespaces that a lab makes.
const KINDS: [&str; 5] = ["pid", "net", "mnt", "uts", "ipc"];

/// Processes that have the lab's name among their words or in a control group.
pub fn processes(lab: &str) -> Vec<String> {
    let own = |pid: &u32| {
        let words = read(&format!("/proc/{pid}/cmdline"));
        let groups = read(&format!("/proc/{pid}/cgroup"));
        *pid != std::process::id() && (words.contains(lab) || groups.contains(lab))
    };
    pids().into_iter().filter(own).map(describe).collect()
}

/// Processes in one of the namespaces that were born before a moment and belong to no
/// other lab: the kernel gives the names of namespaces that are gone to new ones.
pub fn processes_in(lab: &str, namespaces: &BTreeSet<String>, before: Ticks) -> Vec<String> {
    let inside = |pid: &u32| {
        born(*pid).is_some_and(|born| born <= before)
            && !is_of_another_lab(*pid, lab)
            && KINDS.iter().any(|kind| {
                let link = fs::read_link(format!("/proc/{pid}/ns/{kind}")).unwrap_or_default();
                namespaces.contains(link.to_string_lossy().as_ref())
            })
    };
    pids().into_iter().filter(inside).map(describe).collect()
}

/// Whether there is the janitor of another lab above it, which holds all of its own.
fn is_of_another_lab(pid: u32, lab: &str) -> bool {
    std::iter::successors(Some(pid), |pid| parent(*pid).filter(|parent| *parent > 1)).any(|pid| {
        let line = read(&format!("/proc/{pid}/cmdline"));
        let mut words = line.split('\0').skip(1);
        words.next() == Some("__janitor") && words.next() != Some(lab)
    })
}

/// All processes below this one, it among them.
fn descendants(ancestor: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> =
        pids().into_iter().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut below = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = below.get(next) {
        next += 1;
        below.extend(parents.iter().filter(|(_, own)| *own == parent).map(|(pid, _)| *pid));
    }
    below
}

/// The process below this one that was called with these words.
pub fn below(ancestor: u32, words: &[String]) -> u32 {
    let called = |pid: &u32| {
        let line = read(&format!("/proc/{pid}/cmdline"));
        line.split('\0').skip(1).take(words.len()).eq(words.iter().map(String::as_str))
    };
    descendants(ancestor).into_iter().find(called).expect("it runs")
}

/// The namespaces of all processes below this one that the host has not.
pub fn namespaces_below(ancestor: u32) -> BTreeSet<String> {
    let below = descendants(ancestor);
    let link = |pid: &str, kind: &str| fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok();
    let mut found = BTreeSet::new();
    for pid in &below[1..] {
        for kind in KINDS {
            let theirs = link(&pid.to_string(), kind);
            // The outermost process may be in a mount namespace of the test's.
            if theirs != link("self", kind) && theirs != link(&ancestor.to_string(), kind) {
                found.extend(theirs.map(|link| link.display().to_string()));
            }
        }
    }
    found
}

/// Control groups that bear the lab's name, in every hierarchy.
pub fn control_groups(lab: &str) -> Vec<String> {
    let found = run("find", &["/sys/fs/cgroup", "-type", "d", "-name", &format!("*{lab}*")]);
    found.lines().map(str::to_owned).collect()
}

/// Interfaces, mounts and named namespaces on the host such as labs make. Those
/// of other programs come and go as they like.
pub fn host() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let interfaces = run("ip", &["-oneline", "link"]);
    let names = interfaces.lines().filter_map(|line| line.split(": ").nth(1));
    let like_ours = |name: &&str| name.starts_with("to-") || name.starts_with("switch");
    found.extend(names.filter(like_ours).map(str::to_owned));
    let machines = ["client", "gateway", "prow1", "prow2", "dns", "etcd", "agent1", "agent2"];
    let named = run("ip", &["netns", "list"]);
    let named = named
        .lines()
        .filter(|line| line.split(' ').next().is_some_and(|name| machines.contains(&name)));
    found.extend(named.map(|name| format!("netns {name}")));
    let mounts = read("/proc/self/mountinfo");
    let ours =
        mounts.lines().filter(|line| line.contains("persys-lab") || line.contains("/run/persys"));
    found.extend(ours.map(str::to_owned));
    let loops = run("sh", &["-c", "cat /sys/block/loop*/loop/backing_file 2> /dev/null"]);
    found.extend(
        loops.lines().filter(|file| file.contains("persys")).map(|file| format!("loop {file}")),
    );
    found
}

/// Folders of the host that are shown to a lab through overlays: whatever it
/// writes there is caught.
pub struct Trap {
    upper: tempfile::TempDir,
}

/// What Docker and containerd make outside the folders that they are told to use.
const ENGINE: [&str; 4] =
    ["/etc/docker", "/opt/containerd", "/var/lib/docker", "/var/lib/containerd"];

const TRAPPED: [&str; 6] = ["/run", "/tmp", "/etc", "/var", "/opt", "/root"];

impl Trap {
    pub fn new() -> Self {
        // A file system in memory, which can carry overlays everywhere.
        Self { upper: tempfile::tempdir_in("/dev/shm").unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.upper.path()
    }

    /// The command that it was, behind the trap and with the same process id.
    pub fn around(&self, command: &Command) -> Command {
        let mut script = String::from("set -e\n");
        for folder in TRAPPED {
            let layer = self.layer(folder);
            fs::create_dir_all(layer.join("upper")).unwrap();
            fs::create_dir_all(layer.join("work")).unwrap();
            script += &format!(
                "mount -t overlay trap -o lowerdir={folder},upperdir={0}/upper,workdir={0}/work {folder}\n",
                layer.display()
            );
        }
        // What an engine made on the host already, it would not make again.
        for known in ENGINE {
            script += &format!("rm -rf {known}\n");
        }
        // The working folder may lie in a trapped one.
        script += "cd \"$PWD\"\nexec \"$@\"\n";
        let mut trapped = Command::new("unshare");
        trapped.args(["--mount", "--", "sh", "-c", &script, "sh"]);
        trapped.arg(command.get_program()).args(command.get_args());
        trapped.current_dir(command.get_current_dir().unwrap());
        trapped
    }

    /// What was written, in whatever folder. Character devices are what overlays
    /// note removed files by.
    pub fn caught(&self) -> Vec<String> {
        let mut found = Vec::new();
        for folder in TRAPPED {
            let upper = self.layer(folder).join("upper");
            let listed =
                run("find", &[upper.to_str().unwrap(), "-mindepth", "1", "!", "-type", "c"]);
            found.extend(listed.lines().map(str::to_owned));
        }
        found
    }

    fn layer(&self, folder: &str) -> PathBuf {
        self.upper.path().join(folder.trim_start_matches('/'))
    }
}

fn pids() -> Vec<u32> {
    let folders = fs::read_dir("/proc").unwrap().flatten();
    folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok()).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let status = read(&format!("/proc/{pid}/status"));
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// Clock ticks since the kernel's start, of which there are a hundred per second.
pub type Ticks = u64;

pub fn now() -> Ticks {
    let uptime = read("/proc/uptime");
    let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    (seconds * 100.0) as Ticks
}

fn born(pid: u32) -> Option<Ticks> {
    let stat = read(&format!("/proc/{pid}/stat"));
    // The 22nd field; the second may hold spaces.
    stat.get(stat.rfind(')')? + 2..)?.split(' ').nth(19)?.parse().ok()
}

fn describe(pid: u32) -> String {
    format!("{pid} {}", read(&format!("/proc/{pid}/cmdline")).replace('\0', " "))
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
