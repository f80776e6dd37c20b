//! Something that is not as a lab needs it.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    weight: Weight,
    what: String,
    mend: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Prevents,
    Note,
}

impl Finding {
    /// No lab can run.
    pub fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { weight: Weight::Prevents, what: what.into(), mend: mend.into() }
    }

    /// Good to know.
    pub fn note(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { weight: Weight::Note, what: what.into(), mend: mend.into() }
    }

    pub fn prevents(&self) -> bool {
        self.weight == Weight::Prevents
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Prevents => "problem",
            Weight::Note => "note",
        };
        write!(f, "{weight}: {}\n   mend: {}", self.what, self.mend)
    }
}
