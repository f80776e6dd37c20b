//! What was found out about one defect.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// A step failed.
    Caught {
        /// The steps that failed, `SCENARIO/STEP`, in the order in which they did.
        by: Vec<String>,
        /// The first one's message, its first line.
        message: String,
        /// Whether one of them is among those that ought to notice.
        expected: bool,
    },
    /// Everything passed.
    Missed,
    /// The run took longer than it may.
    Timeout { seconds: u64 },
    /// Nobody can tell.
    Unjudged { why: String },
}

impl Outcome {
    /// By a step that ought to: what another one makes of it may be chance.
    pub fn is_caught(&self) -> bool {
        matches!(self, Self::Caught { expected: true, .. })
    }

    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Caught { expected: false, .. })
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Caught { expected: true, .. } => "caught",
            Self::Caught { expected: false, .. } => "elsewhere",
            Self::Missed => "MISSED",
            Self::Timeout { .. } => "timeout",
            Self::Unjudged { .. } => "unjudged",
        }
    }

    /// By what, or why.
    pub fn detail(&self) -> String {
        match self {
            Self::Caught { by, .. } => by.first().cloned().unwrap_or_default(),
            Self::Missed => "every step passed".to_owned(),
            Self::Timeout { seconds } => format!("not done within {seconds} s"),
            Self::Unjudged { why } => why.clone(),
        }
    }
}

/// A defect's outcome as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub name: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Of the whole run, the lab's coming up included.
    pub seconds: f64,
    /// The programs, the machines and the defect's entry by which it was judged.
    pub fingerprint: String,
    /// The results of the run, below the audit's folder.
    pub results: String,
}

impl Judged {
    /// One line: name, who caught it, seconds.
    pub fn line(&self) -> String {
        let (name, word) = (&self.name, self.outcome.word());
        format!("{word:<8} {name:<38} {:6.1} s  {}", self.seconds, self.outcome.detail())
    }
}
