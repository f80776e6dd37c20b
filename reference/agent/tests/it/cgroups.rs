//! The cgroups that Docker makes below the one it was given.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the hierarchies are mounted: one (v2) or one per controller (v1).
const ROOT: &str = "/sys/fs/cgroup";

/// Removes a cgroup with all below it, in every hierarchy; waits until its processes are gone.
pub fn remove(name: &str) -> Result<(), String> {
    let root = Path::new(ROOT);
    let mut tops = vec![root.join(name)];
    let hierarchies = std::fs::read_dir(root).map_err(|error| error.to_string())?;
    tops.extend(hierarchies.flatten().map(|entry| entry.path().join(name)));
    let deadline = Instant::now() + Duration::from_secs(10);
    for top in tops.iter().filter(|top| top.is_dir()) {
        while let Err(error) = remove_tree(top) {
            if Instant::now() > deadline {
                return Err(format!("{}: {error}", top.display()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

fn remove_tree(folder: &Path) -> std::io::Result<()> {
    let below: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    for child in below {
        remove_tree(&child)?;
    }
    std::fs::remove_dir(folder)
}
