//! `persys-verifier coverage`: which steps prove which line of the strategy.

use std::io::{Write as _, stdout};

use super::{Exit, Registry};
use crate::coverage::markdown;

pub fn coverage(registry: Registry) -> Exit {
    match markdown(registry.scenarios) {
        Ok(text) => {
            // A reader that closes early, such as head, has read enough.
            let _ = stdout().write_all(text.as_bytes());
            Exit::Passed
        }
        Err(error) => {
            eprintln!("error: failed to {error}");
            Exit::Usage
        }
    }
}
