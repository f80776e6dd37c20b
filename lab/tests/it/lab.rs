//! A lab of a test's own, ended with the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use persys_faultd::supervisor::{Component, ComponentState, Request, SupervisorClient};
use serde_json::Value;

/// `persys-lab` in the checkout, where the topology is.
pub fn persys_lab<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_persys-lab"));
    command.current_dir(checkout()).args(args).stdin(Stdio::null());
    command
}

pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A name that no other test uses, in this run or one at the same time.
pub fn unique(word: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{word}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// Asks until it is so.
#[track_caller]
pub fn eventually(what: &str, within: Duration, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub struct Lab {
    pub name: String,
}

impl Lab {
    /// etcd, CoreDNS and Docker alone, unless the arguments say otherwise.
    pub fn up(word: &str, args: &[&str]) -> Self {
        let lab = Self { name: unique(word) };
        let output = persys_lab(["up", "--name", &lab.name]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        lab
    }

    pub fn shell(&self, machine: &str, script: &str) -> Output {
        persys_lab(["shell", "--name", &self.name, machine, "sh", "-c", script]).output().unwrap()
    }

    /// The output of a script that must succeed.
    #[track_caller]
    pub fn on(&self, machine: &str, script: &str) -> String {
        let output = self.shell(machine, script);
        assert!(output.status.success(), "{script}: {}", text(&output));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub fn status(&self) -> Value {
        let output = persys_lab(["status", "--json", "--name", &self.name]).output().unwrap();
        let labs: Value = serde_json::from_slice(&output.stdout).unwrap();
        labs[0].clone()
    }

    /// PID 1 of a machine, as the host sees it.
    pub fn pid(&self, machine: &str) -> u64 {
        let status = self.status();
        let machines = status["machines"].as_array().unwrap();
        let own = machines.iter().find(|own| own["name"] == machine).expect(machine);
        own["pid"].as_u64().expect(machine)
    }

    /// The supervisor of a machine.
    pub fn supervisor(&self, machine: &str) -> Supervisor {
        let socket = format!("/proc/{}/root/run/persys/supervisor.sock", self.pid(machine));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Supervisor { client: SupervisorClient::new(socket), runtime }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = persys_lab(["down", "--name", &self.name]).output();
    }
}

pub struct Supervisor {
    client: SupervisorClient,
    runtime: tokio::runtime::Runtime,
}

impl Supervisor {
    pub fn ask(&self, request: &Request) -> Result<Vec<Component>, String> {
        self.runtime.block_on(self.client.ask(request)).map_err(|error| error.to_string())
    }

    pub fn component(&self, name: &str) -> Component {
        let all = self.ask(&Request::List).unwrap();
        all.into_iter().find(|component| component.name == name).expect(name)
    }

    #[track_caller]
    pub fn await_state(&self, name: &str, state: ComponentState) -> Component {
        let within = Duration::from_secs(20);
        eventually(&format!("{name} is {state:?}"), within, || self.component(name).state == state);
        self.component(name)
    }
}

/// A folder with a stand-in for each of the platform's programs.
pub struct StandIns {
    pub folder: tempfile::TempDir,
}

/// Gives notice and waits. Perl is part of every Debian.
const WELL_BEHAVED: &str = "#!/usr/bin/perl
use Socket;
$| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
send($s, 'READY=1', 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die;
print \"stand-in $0 COLOUR=\", ($ENV{COLOUR} // ''), ' ID=', ($ENV{NODE_ID} // 'none'), \"\\n\";
sleep 1000 while 1;
";

impl StandIns {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stand_ins = Self { folder };
        for name in [
            "api-gateway",
            "prow-scheduler",
            "persys-agent",
            "persys-cli",
            "persys-faultd",
            "persys-github",
        ] {
            stand_ins.write(name, WELL_BEHAVED);
        }
        stand_ins
    }

    pub fn write(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }
}
