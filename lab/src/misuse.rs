//! What only who typed the command can mend.

use std::fmt;

/// Told as it is, with the option and the mend in it; ends the program as wrong usage does.
#[derive(Debug)]
pub struct Misuse(pub String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}
