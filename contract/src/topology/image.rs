//! The images that test workloads run.

use serde::{Deserialize, Serialize};

/// What an image is for. The topology gives each its reference, so that a
/// platform with a registry can name its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestImage {
    /// Serves HTTP on port 80: `/` and every file below `/www`. Has a shell.
    Web,
    /// Has a shell and the usual small tools, and no server.
    Worker,
}

impl TestImage {
    pub const ALL: [Self; 2] = [Self::Web, Self::Worker];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }
}
