//! What is said of a step, a scenario and a run.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Passed,
    /// Something it needs is missing, or a step it depends on did not pass.
    Skipped,
    /// Went wrong, as somebody knows who answers for it until a day.
    Quarantined,
    /// Passed only when it was tried again.
    Flaky,
    /// The environment or the verifier broke, so nothing is known of the platform.
    Error,
    /// The platform broke its contract.
    Failed,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Quarantined => "quarantined",
            Self::Flaky => "flaky",
            Self::Error => "error",
            Self::Failed => "failed",
        }
    }

    /// Whether the step came to an end that is not what was hoped for, and nobody answers for it.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }

    /// The same, whoever answers for it.
    pub fn went_wrong(self) -> bool {
        self.is_bad() || self == Self::Quarantined
    }

    /// What is said of a step that was tried several times, in order of the attempts. One that
    /// was skipped at last takes nothing back of what was seen before.
    pub fn of_attempts(attempts: &[Self]) -> Option<Self> {
        let (last, earlier) = attempts.split_last()?;
        let wrong = earlier.iter().rev().find(|verdict| verdict.went_wrong());
        Some(match (last, wrong) {
            (Self::Passed, Some(wrong)) if wrong.is_bad() => Self::Flaky,
            (Self::Skipped, Some(wrong)) => *wrong,
            _ => *last,
        })
    }

    /// The gravest verdict; a scenario in which nothing but skips happened is skipped.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let (mut worst, mut passed) = (None, false);
        for verdict in verdicts {
            passed |= verdict == Self::Passed;
            worst = worst.max(Some(verdict));
        }
        match worst {
            Some(Self::Skipped) if passed => Self::Passed,
            Some(worst) => worst,
            None => Self::Skipped,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict::*, *};

    #[test]
    fn the_gravest_verdict_wins() {
        assert_eq!(Verdict::of_all([Passed, Skipped]), Passed);
        assert_eq!(Verdict::of_all([Skipped, Skipped]), Skipped);
        assert_eq!(Verdict::of_all([]), Skipped);
        assert_eq!(Verdict::of_all([Passed, Quarantined, Skipped]), Quarantined);
        assert_eq!(Verdict::of_all([Passed, Flaky, Quarantined]), Flaky);
        assert_eq!(Verdict::of_all([Error, Flaky]), Error);
        assert_eq!(Verdict::of_all([Error, Failed, Passed]), Failed);
    }

    #[test]
    fn only_a_step_that_went_wrong_and_then_passed_is_flaky() {
        assert_eq!(Verdict::of_attempts(&[]), None);
        assert_eq!(Verdict::of_attempts(&[Passed]), Some(Passed));
        assert_eq!(Verdict::of_attempts(&[Failed, Passed]), Some(Flaky));
        assert_eq!(Verdict::of_attempts(&[Error, Passed]), Some(Flaky));
        assert_eq!(Verdict::of_attempts(&[Skipped, Passed]), Some(Passed));
        assert_eq!(Verdict::of_attempts(&[Passed, Failed]), Some(Failed));
        assert_eq!(Verdict::of_attempts(&[Failed, Error, Skipped]), Some(Error));
        assert_eq!(Verdict::of_attempts(&[Quarantined, Skipped]), Some(Quarantined));
        assert_eq!(Verdict::of_attempts(&[Quarantined, Passed]), Some(Passed));
    }
}
