//! What is said of a commit.

use std::{path::PathBuf, time::Duration};

/// As `git bisect` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Good,
    /// Cannot be judged.
    Skip,
    Bad,
}

impl Judgement {
    /// The word after `git bisect`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Skip => "skip",
            Self::Bad => "bad",
        }
    }
}

/// A judgement and what it stands on.
#[derive(Clone, Debug)]
pub struct Judged {
    pub judgement: Judgement,
    /// One line.
    pub reason: String,
    /// The run that decided; absent where none came to be.
    pub results: Option<PathBuf>,
    pub took: Duration,
}
