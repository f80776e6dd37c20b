//! What was asked and what came of it, as `history.jsonl` has it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{Client, Operation, Violation};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Acknowledged.
    Ok,
    /// Refused, or never sent: it has had no effect.
    Fail,
    /// Answered with 5xx, or not at all: it may have had its effect, or may have it yet.
    Info,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Info => "info",
        }
    }
}

/// What an answer told besides its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Finding {
    /// The plan's workloads in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<Vec<u32>>,
    /// What no answer may say, such as another workload's logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odd: Option<String>,
}

/// An operation from its beginning to its end. Times are milliseconds since the plan's
/// beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub client: Client,
    pub operation: Operation,
    pub invoked_ms: u64,
    pub completed_ms: u64,
    pub outcome: Outcome,
    /// The HTTP status, also where `persys-cli` told it by its code.
    pub status: Option<u16>,
    pub finding: Finding,
}

impl Done {
    /// The last moment at which it can have had its effect.
    pub fn effective_until(&self) -> u64 {
        if self.outcome == Outcome::Info { u64::MAX } else { self.completed_ms }
    }
}

/// A fault from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disturbance {
    pub machine: String,
    pub what: String,
    pub from_ms: u64,
    pub to_ms: u64,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Line {
    /// An operation begins. Each has a process of its own.
    Invoke { at_ms: u64, process: u32, client: Client, operation: Operation },
    /// It ends.
    Complete {
        at_ms: u64,
        process: u32,
        outcome: Outcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The refusal, or why there is no answer.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        detail: String,
        #[serde(flatten)]
        finding: Finding,
    },
    /// A fault is in effect.
    Fault { at_ms: u64, machine: String, what: String },
    /// It is gone.
    Healed { at_ms: u64, machine: String, what: String },
    /// A container was hit. Who watches it knows at once, so that it excuses nothing.
    Blow { at_ms: u64, machine: String, what: String },
    /// What an entry was to disturb was not there, or could not be disturbed.
    Spared { at_ms: u64, what: String, why: String },
    Violated {
        #[serde(flatten)]
        violation: Violation,
    },
}

impl Line {
    pub fn at_ms(&self) -> Option<u64> {
        match self {
            Self::Invoke { at_ms, .. }
            | Self::Complete { at_ms, .. }
            | Self::Fault { at_ms, .. }
            | Self::Healed { at_ms, .. }
            | Self::Blow { at_ms, .. }
            | Self::Spared { at_ms, .. } => Some(*at_ms),
            Self::Violated { violation } => violation.at_ms,
        }
    }
}

/// Writes lines as they come, whole lines at a time, and keeps them.
pub struct HistoryFile {
    state: Mutex<State>,
}

struct State {
    file: Option<File>,
    lines: Vec<Line>,
    broken: Option<io::Error>,
}

impl HistoryFile {
    /// Without a folder it is only kept.
    pub fn create(file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(File::create).transpose()?;
        Ok(Self { state: Mutex::new(State { file, lines: Vec::new(), broken: None }) })
    }

    pub fn write(&self, line: Line) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        if let Some(Err(error)) = state.file.as_mut().map(|file| file.write_all(text.as_bytes())) {
            state.broken.get_or_insert(error);
        }
        state.lines.push(line);
    }

    pub fn lines(&self) -> Vec<Line> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// The first error of writing it.
    pub fn broken(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.broken.as_ref().map(ToString::to_string)
    }
}

/// The operations and the disturbances of a history. An operation without an end is unknown;
/// a disturbance without one lasts.
pub fn read_history(lines: &[Line]) -> (Vec<Done>, Vec<Disturbance>) {
    let mut begun: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut done, mut disturbances): (Vec<Done>, Vec<Disturbance>) = Default::default();
    for line in lines {
        match line {
            Line::Invoke { at_ms, process, client, operation } => {
                begun.insert(*process, done.len());
                done.push(Done {
                    client: *client,
                    operation: operation.clone(),
                    invoked_ms: *at_ms,
                    completed_ms: u64::MAX,
                    outcome: Outcome::Info,
                    status: None,
                    finding: Finding::default(),
                });
            }
            Line::Complete { at_ms, process, outcome, status, finding, .. } => {
                if let Some(one) = begun.remove(process).and_then(|at| done.get_mut(at)) {
                    one.completed_ms = *at_ms;
                    one.outcome = *outcome;
                    one.status = *status;
                    one.finding = finding.clone();
                }
            }
            Line::Fault { at_ms, machine, what } => disturbances.push(Disturbance {
                machine: machine.clone(),
                what: what.clone(),
                from_ms: *at_ms,
                to_ms: u64::MAX,
            }),
            Line::Healed { at_ms, machine, what } => {
                let open = disturbances.iter_mut().find(|one| {
                    one.to_ms == u64::MAX && one.machine == *machine && one.what == *what
                });
                if let Some(open) = open {
                    open.to_ms = *at_ms;
                }
            }
            Line::Blow { .. } | Line::Spared { .. } | Line::Violated { .. } => {}
        }
    }
    (done, disturbances)
}

#[cfg(test)]
pub(super) mod fixture {
    use super::*;

    /// An operation through the gateway that was answered like this.
    pub fn done(operation: Operation, invoked_ms: u64, completed_ms: u64, status: u16) -> Done {
        let outcome = match status {
            200..300 => Outcome::Ok,
            400..500 => Outcome::Fail,
            _ => Outcome::Info,
        };
        Done {
            client: Client::Gateway,
            operation,
            invoked_ms,
            completed_ms,
            outcome,
            status: Some(status),
            finding: Finding::default(),
        }
    }

    pub fn schedule(workload: u32) -> Operation {
        Operation::Schedule { workload, kind: super::super::Kind::Service, node: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::Invariant;

    fn lines() -> Vec<Line> {
        let (client, operation) = (Client::Cli, Operation::Get { workload: 3 });
        vec![
            Line::Invoke { at_ms: 5, process: 1, client, operation },
            Line::Fault { at_ms: 6, machine: "etcd".into(), what: "pause etcd".into() },
            Line::Invoke { at_ms: 7, process: 2, client, operation: Operation::List },
            Line::Complete {
                at_ms: 9,
                process: 1,
                outcome: Outcome::Fail,
                status: Some(404),
                detail: "not_found".into(),
                finding: Finding { odd: Some("x".into()), ..Finding::default() },
            },
            Line::Healed { at_ms: 12, machine: "etcd".into(), what: "pause etcd".into() },
            Line::Spared { at_ms: 13, what: "kill".into(), why: "it is gone".into() },
            Line::Violated { violation: Violation::at(Invariant::StatusesTrue, 14, "a lie") },
        ]
    }

    #[test]
    fn every_line_survives_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        let file = HistoryFile::create(Some(&path)).unwrap();
        lines().into_iter().for_each(|line| file.write(line));
        let text = std::fs::read_to_string(&path).unwrap();
        let read: Vec<Line> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, lines());
        assert_eq!((file.lines(), file.broken()), (lines(), None));
    }

    #[test]
    fn what_has_no_end_is_unknown() {
        let (done, disturbances) = read_history(&lines());
        assert_eq!((done[0].outcome, done[0].status), (Outcome::Fail, Some(404)));
        assert_eq!((done[0].effective_until(), done[0].completed_ms), (9, 9));
        assert_eq!((done[1].outcome, done[1].effective_until()), (Outcome::Info, u64::MAX));
        assert_eq!((disturbances[0].from_ms, disturbances[0].to_ms), (6, 12));
        assert_eq!(read_history(&lines()[..2]).1[0].to_ms, u64::MAX);
    }
}
