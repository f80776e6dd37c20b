//! A piece of a component's log.

use serde::{Deserialize, Serialize};

/// The text between two byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogChunk {
    /// Where the text begins, in bytes. Less than what was asked for when the log is
    /// shorter than that.
    pub offset: u64,
    /// Where to read on.
    pub next: u64,
    /// How long the log was when it was read.
    pub size: u64,
    /// Bytes that are not UTF-8 appear as U+FFFD.
    pub text: String,
}

impl LogChunk {
    /// The most bytes that one answer holds.
    pub const MAX_BYTES: u64 = 1024 * 1024;

    /// Whether the log went on behind this piece when it was read.
    pub fn has_more(&self) -> bool {
        self.next < self.size
    }
}
