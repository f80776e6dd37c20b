//! A run of the program with the fake scenarios.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use persys_verifier::{
    events::{Event, read_events},
    report::{RunSummary, fold},
};
use serde_json::Value;

pub const TOPOLOGY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../topology.json");
/// Long enough for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Child {
    process: std::process::Child,
    folder: tempfile::TempDir,
}

impl Child {
    /// Starts `run` with the fake scenarios.
    pub fn run(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("r");
        let all = ["persys-verifier", "run", "--topology", TOPOLOGY, "--results"]
            .into_iter()
            .chain([results.to_str().unwrap()])
            .chain(arguments.iter().copied());
        let all: Vec<&str> = all.collect();
        let mut command = Command::new(std::env::current_exe().unwrap());
        // What whoever runs the tests has set for a verifier is not meant for this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PERSYS_") {
                command.env_remove(name);
            }
        }
        let process = command
            .args(["--exact", "program::stories::program", "--ignored", "--nocapture"])
            .env("PERSYS_TEST_ARGUMENTS", all.join("\n"))
            .env("PERSYS_TEST_MARK", folder.path().join("mark"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, folder }
    }

    /// Runs to the end.
    pub fn finished(arguments: &[&str]) -> (Ended, Output) {
        Self::run(arguments).wait()
    }

    pub fn results(&self) -> PathBuf {
        self.folder.path().join("r")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id() as i32), signal).unwrap();
    }

    /// Waits until the record bears a text.
    pub fn await_event(&self, text: &str) {
        let file = self.results().join("events.jsonl");
        let until = Instant::now() + PATIENCE;
        while !std::fs::read_to_string(&file).is_ok_and(|events| events.contains(text)) {
            assert!(Instant::now() < until, "no {text} in {}", file.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait(self) -> (Ended, Output) {
        let pid = Pid::from_raw(self.process.id() as i32);
        let (done, guard) = std::sync::mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            if guard.recv_timeout(2 * PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        let output = self.process.wait_with_output().unwrap();
        drop(done);
        guard.join().unwrap();
        (Ended { folder: self.folder }, output)
    }
}

/// What a run has left behind.
pub struct Ended {
    folder: tempfile::TempDir,
}

impl Ended {
    pub fn results(&self) -> PathBuf {
        self.folder.path().join("r")
    }

    pub fn was_cleaned_up(&self) -> bool {
        self.folder.path().join("mark").exists()
    }

    pub fn events(&self) -> Vec<Event> {
        read_events(&self.results().join("events.jsonl")).unwrap()
    }

    pub fn summary(&self) -> RunSummary {
        fold(&self.events())
    }

    /// Status and message of every testcase of `junit.xml`, which must be sound.
    pub fn junit(&self) -> Vec<(String, String)> {
        let xml = read(&self.results().join("junit.xml"));
        let document = roxmltree::Document::parse(&xml).unwrap();
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
        let told = cases.map(|case| {
            let name = case.attribute("name").unwrap();
            let class = case.attribute("classname").unwrap().strip_prefix("e2e.").unwrap();
            let result = ["failure", "error", "skipped"]
                .iter()
                .find_map(|tag| case.children().find(|node| node.has_tag_name(*tag)));
            let result = result.map_or("passed".to_owned(), |node| {
                format!("{}: {}", node.tag_name().name(), node.attribute("message").unwrap())
            });
            (format!("{class}/{name}"), result)
        });
        told.collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&read(&self.results().join("report.json"))).unwrap()
    }
}

pub fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The program's exit code; `None` when a signal ended it.
pub fn code(output: &Output) -> Option<i32> {
    output.status.code()
}
