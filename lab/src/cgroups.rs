//! The control groups that Docker makes for a lab. They outlive the processes in
//! them, so somebody has to remove them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::misuse::Misuse;

const ROOT: &str = "/sys/fs/cgroup";
const PREFIX: &str = "persys-lab-";

/// The name of a lab's folder in every hierarchy.
pub fn folder(lab: &str) -> String {
    format!("{PREFIX}{lab}")
}

/// The labs that have control groups, living or not.
pub fn labs() -> Vec<String> {
    let mut labs: Vec<String> = roots()
        .iter()
        .filter_map(|root| fs::read_dir(root).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_prefix(PREFIX)?.to_owned()))
        .collect();
    labs.sort();
    labs.dedup();
    labs
}

/// Removes a lab's, waiting for the last processes in them to be gone.
pub fn remove(lab: &str, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let Err(error) = try_remove(lab) else { return Ok(()) };
        if Instant::now() > deadline {
            return Err(error);
        }
        // The kernel gives no notice when a group gets empty that works everywhere.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lets go of what Docker has paused: a frozen process does not even die.
pub fn thaw(lab: &str) {
    for root in roots() {
        thaw_tree(&root.join(folder(lab)));
    }
}

fn thaw_tree(group: &Path) {
    // Version 1, then version 2. A group has one of them or none, and may go meanwhile.
    for (file, thawed) in [("freezer.state", "THAWED"), ("cgroup.freeze", "0")] {
        let file = group.join(file);
        if file.exists() {
            let _ = fs::write(file, thawed);
        }
    }
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            thaw_tree(&entry.path());
        }
    }
}

fn try_remove(lab: &str) -> Result<()> {
    thaw(lab);
    let mut failed = None;
    for root in roots() {
        let group = root.join(folder(lab));
        if let Err(error) = remove_tree(&group) {
            failed = Some((group, error));
        }
    }
    match failed {
        Some((group, error)) => Err(error).with_context(|| format!("remove {}", group.display())),
        None => Ok(()),
    }
}

/// Only the folders can be removed, and with them goes all that is in them.
fn remove_tree(group: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(group) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// One hierarchy (version 2) or one for each controller (version 1).
fn roots() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_owned()];
    }
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    entries
        .flatten()
        // Links name combined controllers a second time.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

/// Refuses names that could lead out of the folder.
pub fn check_name(lab: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if lab.is_empty() || lab.len() > 32 || !lab.bytes().all(plain) || lab.starts_with('-') {
        let mend = "write 1 to 32 lower-case letters, digits and hyphens";
        bail!(Misuse(format!("--name \"{lab}\": is no name for a lab; {mend}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_refused() {
        for good in ["lab", "lab-2", "x"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "../x", "a/b", "-x", "Lab", &"x".repeat(33)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_lab_without_groups_has_nothing_to_remove() {
        remove("there-is-no-such-lab", Duration::ZERO).unwrap();
    }
}
