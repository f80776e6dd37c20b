//! The machines' logs of each shard, in a folder of its own: two labs have machines of the same
//! names.

use std::{fs, io, path::Path};

use super::{MergeError, ShardRecord};
use crate::report::ResultsFolder;

/// Below `logs/shard-N/` of the folder.
pub fn take_logs(shards: &[ShardRecord], into: &ResultsFolder) -> Result<(), MergeError> {
    for shard in shards {
        let from = ResultsFolder::existing(&shard.folder).logs();
        let to = into.logs().join(format!("shard-{}", shard.shard.index));
        if from.is_dir() {
            copy(&from, &to).map_err(|source| MergeError::Io { path: from, source })?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
