//! A machine's view of the file system: the host's programs, and nothing that a
//! component writes reaches the host.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    mounting::{self, Kept},
    paths,
};

/// Emptied: each machine has its own.
const EMPTY: [(&str, &str); 3] = [
    // All state of a machine, its images and containers included.
    ("/run", "mode=755,size=1g"),
    ("/tmp", "mode=1777,size=256m"),
    ("/dev/shm", "mode=1777,size=64m"),
];

/// Readable as on the host; what is written there stays on the machine. The
/// engine and its containerd keep keys and plugins in `/etc` and `/opt`.
const COPIED: [&str; 3] = ["/etc", "/opt", "/var"];

/// Where the host's security module would take profiles that Docker loads, for
/// the whole host. Docker that sees none loads none.
const SECURITY: &str = "/sys/kernel/security";

/// `/sys` as a whole must stay: the engine needs the control groups below it.
pub fn arrange(machine: &str, keep: &[std::path::PathBuf]) -> Result<()> {
    let hidden: Vec<&str> = EMPTY.iter().map(|(path, _)| *path).chain(COPIED).collect();
    let kept = Kept::hold(keep, &hidden)?;
    let logs = Path::new(paths::ALL_LOGS).join(machine);
    let logs = fs::File::open(&logs).with_context(|| format!("open {}", logs.display()))?;
    for (path, options) in EMPTY {
        if Path::new(path).is_dir() {
            mounting::tmpfs(Path::new(path), options)?;
        }
    }
    for path in COPIED {
        let layer = Path::new(paths::STATE).join("overlay").join(path.trim_start_matches('/'));
        if Path::new(path).is_dir() {
            mounting::overlay(Path::new(path), &layer.join("upper"), &layer.join("work"))?;
        }
    }
    if Path::new(SECURITY).is_dir() {
        mounting::tmpfs(Path::new(SECURITY), "size=4k")?;
    }
    for path in &kept {
        path.put_back()?;
    }
    fs::create_dir_all(paths::LOGS).with_context(|| format!("make {}", paths::LOGS))?;
    mounting::bind(&logs, Path::new(paths::LOGS))
}
