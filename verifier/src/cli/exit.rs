//! The exit codes: an interface, listed in the README.

use std::process::ExitCode;

use crate::events::RunOutcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was selected passed, or could not be judged here.
    Passed = 0,
    /// The platform broke its contract, or a step was flaky.
    CheckFailed = 1,
    /// A wrong option or an unusable file.
    Usage = 2,
    /// The environment failed, or the run is incomplete.
    Environment = 3,
    /// Nothing was selected, or everything selected was skipped.
    NothingSelected = 4,
    /// For bisecting: this revision cannot be judged.
    CannotJudge = 125,
    /// `judge` or `audit` could not work: git ends its bisection at 128 and above.
    Aborted = 128,
    /// Somebody ended the run.
    Interrupted = 130,
}

/// What `audit` means by codes that mean something else elsewhere.
impl Exit {
    pub const DEFECTS_MISSED: Self = Self::Usage;
    pub const DEFECTS_UNJUDGED: Self = Self::Environment;
    pub const BASELINE_RED: Self = Self::NothingSelected;
}

impl From<RunOutcome> for Exit {
    fn from(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Passed => Self::Passed,
            RunOutcome::Failed => Self::CheckFailed,
            RunOutcome::Error => Self::Environment,
            RunOutcome::NothingRan => Self::NothingSelected,
            RunOutcome::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_and_the_program_agree() {
        for outcome in [
            RunOutcome::Passed,
            RunOutcome::Failed,
            RunOutcome::Error,
            RunOutcome::NothingRan,
            RunOutcome::Interrupted,
        ] {
            assert_eq!(Exit::from(outcome) as u8, outcome.exit_code());
        }
    }
}
