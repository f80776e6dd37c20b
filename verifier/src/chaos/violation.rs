//! A promise that was broken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What must hold under every plan. Each is a step of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    FaultsHealed,
    RecoveryBounded,
    AnswersKeepContract,
    NothingAcknowledgedLost,
    NothingRunsTwice,
    StatusesTrue,
    DiscoveryAgrees,
}

impl Invariant {
    pub const ALL: [Self; 7] = [
        Self::FaultsHealed,
        Self::RecoveryBounded,
        Self::AnswersKeepContract,
        Self::NothingAcknowledgedLost,
        Self::NothingRunsTwice,
        Self::StatusesTrue,
        Self::DiscoveryAgrees,
    ];

    /// The id of its step.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaultsHealed => "faults-healed",
            Self::RecoveryBounded => "recovery-bounded",
            Self::AnswersKeepContract => "answers-keep-contract",
            Self::NothingAcknowledgedLost => "nothing-acknowledged-lost",
            Self::NothingRunsTwice => "nothing-runs-twice",
            Self::StatusesTrue => "statuses-true",
            Self::DiscoveryAgrees => "discovery-agrees",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    pub invariant: Invariant,
    /// When it was seen, since the plan's beginning; absent of what is so in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<u64>,
    /// A sentence with all that is needed to look for it.
    pub text: String,
}

impl Violation {
    pub fn in_the_end(invariant: Invariant, text: impl Into<String>) -> Self {
        Self { invariant, at_ms: None, text: text.into() }
    }

    pub fn at(invariant: Invariant, at_ms: u64, text: impl Into<String>) -> Self {
        Self { invariant, at_ms: Some(at_ms), text: text.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_ms {
            Some(at) => write!(f, "+{:.1} s: {}", at as f64 / 1000.0, self.text),
            None => f.write_str(&self.text),
        }
    }
}
