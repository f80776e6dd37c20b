//! Why results are not those of one run.

use std::{io, path::PathBuf};

use crate::events::ReadError;

/// Follows "failed to merge the results".
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error("{}: is no shard: it was run without --shard, or is merged already; leave it away", folder.display())]
    NoShard { folder: PathBuf },
    #[error(
        "{}: has {field} {value}, but {} has {expected}; merge only shards of one run",
        folder.display(),
        first.display()
    )]
    Differs {
        folder: PathBuf,
        first: PathBuf,
        field: &'static str,
        value: String,
        expected: String,
    },
    #[error("{}: is shard {shard}, as {} is; name each shard once", folder.display(), first.display())]
    Twice { folder: PathBuf, first: PathBuf, shard: String },
    #[error("shard {shard} is missing; name the results of all {of} shards")]
    Missing { shard: String, of: u32 },
    #[error(
        "{}: scenario {scenario} is in {times} shards instead of one; run all shards with the \
         same selection",
        folder.display()
    )]
    Scenario { folder: PathBuf, scenario: String, times: usize },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}
