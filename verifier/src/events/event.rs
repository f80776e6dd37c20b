//! The schema of `events.jsonl`. Fields are only ever added within a version.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{PlannedScenario, Verdict};

/// The version that the first line of the file names.
pub const SCHEMA: u32 = 2;

/// Begins the line of a step's message that names the components that did not
/// run when the step went wrong.
pub const NOT_IN_ORDER: &str = "not in order then: ";

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Event {
    /// Only on the first line.
    #[serde(default)]
    pub schema: Option<u32>,
    /// From 0, without gaps.
    pub seq: u64,
    /// RFC 3339 with microseconds.
    pub ts: String,
    /// Milliseconds since the start of the run, from a clock that never jumps.
    pub at: f64,
    #[serde(default)]
    pub scenario: Option<String>,
    #[serde(default)]
    pub step: Option<String>,
    #[serde(flatten)]
    pub body: Body,
}

macro_rules! bodies {
    ($($name:ident($of:ty) = $tag:literal,)*) => {
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(tag = "type")]
        pub enum Body {
            $(#[serde(rename = $tag)] $name($of),)*
            /// Written by a later release; readers pass over it.
            #[serde(other)]
            Unknown,
        }

        impl Body {
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $tag,)*
                    Self::Unknown => "unknown",
                }
            }
        }

        /// The fields that tell what and when come before the body's, so that a
        /// line can be read by eye.
        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match &self.body {
                    $(Body::$name(body) => Line::of(self, body).serialize(serializer),)*
                    Body::Unknown => Line::of(self, &Empty {}).serialize(serializer),
                }
            }
        }
    };
}

bodies! {
    RunStarted(Box<RunStarted>) = "run-started",
    ScenarioStarted(ScenarioStarted) = "scenario-started",
    StepStarted(StepStarted) = "step-started",
    Waiting(Waiting) = "waiting",
    Evidence(Evidence) = "evidence",
    Measurement(Measurement) = "measurement",
    Fault(FaultChange) = "fault",
    Operation(OperationEnded) = "operation",
    LogSlice(LogSlice) = "log-slice",
    StepFinished(StepFinished) = "step-finished",
    ScenarioFinished(ScenarioFinished) = "scenario-finished",
    Note(Note) = "note",
    RunFinished(RunFinished) = "run-finished",
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Line<'a, B> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<u32>,
    r#type: &'static str,
    seq: u64,
    ts: &'a str,
    at: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(flatten)]
    body: &'a B,
}

impl<'a, B> Line<'a, B> {
    fn of(event: &'a Event, body: &'a B) -> Self {
        Self {
            schema: event.schema,
            r#type: event.body.kind(),
            seq: event.seq,
            ts: &event.ts,
            at: event.at,
            scenario: event.scenario.as_deref(),
            step: event.step.as_deref(),
            body,
        }
    }
}

/// Everything that is known before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunStarted {
    pub run_id: String,
    pub verifier_version: String,
    /// The topology's name.
    pub topology: String,
    /// The platform's name.
    pub platform: String,
    pub features: Vec<String>,
    pub machines: BTreeMap<String, String>,
    /// Seconds by name.
    pub timings: BTreeMap<String, f64>,
    pub profile: String,
    pub seed: u64,
    pub shuffled: bool,
    pub timeout_scale: f64,
    pub retries: u32,
    /// Whether a flaky step fails the run.
    pub flaky_fails: bool,
    /// What the caller says of the environment, such as `backend` and `dns`.
    pub facts: BTreeMap<String, String>,
    /// Remarks that every report must show.
    pub notes: Vec<String>,
    pub host: HostFacts,
    /// The command that runs the same again.
    pub reproduce: String,
    pub plan: Vec<PlannedScenario>,
    /// Absent unless it is one of several shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardFacts>,
}

/// Which share of what a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShardFacts {
    /// From 1.
    pub index: u32,
    pub of: u32,
    /// The scenarios of all shares, in the order in which a single run would have had them.
    pub selection: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostFacts {
    pub hostname: String,
    pub kernel: String,
    pub cpus: usize,
    pub memory_mib: u64,
    /// Over one minute, when the run began.
    pub load: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScenarioStarted {
    pub title: String,
    /// From 1.
    pub attempt: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepStarted {
    pub title: String,
    pub attempt: u32,
    pub budget_ms: u64,
}

/// A change of what is seen while something is awaited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Waiting {
    pub what: String,
    pub status: String,
    /// How often was asked so far.
    pub asked: u64,
    pub elapsed_ms: u64,
}

/// Something that was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    pub kind: String,
    pub summary: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Measurement {
    pub name: String,
    pub value: f64,
    pub unit: String,
}

/// A fault came, went, or would not go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FaultChange {
    pub machine: String,
    pub lease: String,
    /// `injected`, `healed`, `expired`, `heal-failed`, a one-shot `action`, or `unseen` when the
    /// record of its shard ends before it does.
    pub change: String,
    pub fault: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What one of many users asked for at random, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationEnded {
    pub what: String,
    /// `ok`, `fail` (refused, without effect) or `info` (nobody knows whether it had any).
    pub outcome: String,
    /// Absent when nothing was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub duration_ms: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What a component logged while a step went wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogSlice {
    pub machine: String,
    pub component: String,
    pub text: String,
    /// Bytes of the same time that are only in the log file.
    pub omitted_bytes: u64,
    /// Nothing was logged in that time: these are the last lines before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub older: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepFinished {
    pub verdict: Verdict,
    /// Why, unless it passed. Its first line stands alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    pub duration_ms: f64,
    pub attempt: u32,
    /// How many things were seen, and how many of them more than once.
    #[serde(default)]
    pub observations: u64,
    #[serde(default)]
    pub repeated: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioFinished {
    pub verdict: Verdict,
    pub duration_ms: f64,
    pub attempt: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Note {
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    Passed,
    Failed,
    Error,
    Interrupted,
    /// Every step was skipped.
    NothingRan,
}

impl RunOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
            Self::NothingRan => "nothing ran",
        }
    }

    /// What the verdicts of all planned steps make of a run that came to its end. A failure says
    /// most, so it wins over an error: the platform is known to break its contract.
    pub fn of_steps(verdicts: impl IntoIterator<Item = Verdict>, flaky_fails: bool) -> Self {
        let verdicts: BTreeSet<Verdict> = verdicts.into_iter().collect();
        let any = |verdict| verdicts.contains(&verdict);
        if any(Verdict::Failed) || flaky_fails && any(Verdict::Flaky) {
            Self::Failed
        } else if any(Verdict::Error) {
            Self::Error
        } else if any(Verdict::Passed) || any(Verdict::Flaky) {
            Self::Passed
        } else {
            Self::NothingRan
        }
    }

    /// The README's table of exit codes.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Error => 3,
            Self::NothingRan => 4,
            Self::Interrupted => 130,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFinished {
    pub outcome: RunOutcome,
    pub exit_code: u8,
    pub duration_ms: f64,
}

/// `get w3 through the gateway → ok 200 (12 ms)`
impl std::fmt::Display for OperationEnded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let Self { what, outcome, duration_ms, .. } = self;
        write!(f, "{what} → {outcome} {status} ({duration_ms} ms)")?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " {}", self.detail) }
    }
}
