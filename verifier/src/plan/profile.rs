//! Named selections.

use std::{fmt, str::FromStr};

use super::{Scenario, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// What a developer runs after every change.
    Smoke,
    /// Everything but the scenarios that are a profile of their own.
    #[default]
    Full,
}

/// Scenarios with one of these labels run only when they are asked for.
const APART: [&str; 3] = ["chaos", "perf", "soak"];

impl Profile {
    pub const ALL: [Self; 2] = [Self::Smoke, Self::Full];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Full => "full",
        }
    }

    pub fn contains(self, scenario: &Scenario, step: &Step) -> bool {
        match self {
            Self::Smoke => {
                step.labels.contains(&"smoke")
                    || scenario.labels.contains(&"smoke") && !step.labels.contains(&"full")
            }
            Self::Full => {
                !APART.iter().any(|l| scenario.labels.contains(l) || step.labels.contains(l))
            }
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == text);
        found.ok_or_else(|| "is neither smoke nor full".to_owned())
    }
}
