//! Leaves the containers of the machine little more memory than they have.
//!
//! All containers of a machine are below one control group, of which the settings
//! tell. Its limit is what they have at the time and a little more, so that nothing
//! outside of it is ever short: neither the components of the machine nor its host.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    protocol::{Capability, RefusalCode},
    refused::Refused,
};

const ROOT: &str = "/sys/fs/cgroup";

/// The control group of a machine's containers.
#[derive(Clone, Debug)]
pub struct ContainerMemory {
    /// As Docker's `--cgroup-parent` has it; none where nobody has told.
    group: Option<PathBuf>,
    root: PathBuf,
}

/// The files by which one version of control groups bounds memory.
struct Files {
    usage: PathBuf,
    /// With the word for no limit at all.
    limit: PathBuf,
    unlimited: &'static str,
    /// Absent where the kernel does not count what is swapped out.
    swap: PathBuf,
    /// Whether the limit of swap counts memory as well, and cannot be below it.
    swap_counts_memory: bool,
}

impl ContainerMemory {
    pub fn of_group(group: Option<&Path>) -> Self {
        Self { group: group.map(Path::to_owned), root: ROOT.into() }
    }

    /// Refuses where containers have no control group, and where it has a limit already.
    pub(crate) fn check(&self) -> Result<(), Refused> {
        let files = self.files()?;
        let limit = read(&files.limit).map_err(Refused::failed)?;
        match files.is_limited(&limit) {
            false => Ok(()),
            true => Err(Refused::new(
                RefusalCode::Conflict,
                format!("the containers' memory is limited to {limit} bytes already"),
            )),
        }
    }

    pub(crate) fn bound(&self, leave_bytes: u64) -> Result<(), Refused> {
        let files = self.files()?;
        let failed = |error| Refused::failed(format!("failed to bound memory: {error}"));
        let usage = read(&files.usage).map_err(failed)?;
        let usage: u64 =
            usage.parse().map_err(|_| failed(format!("{usage} is no number of bytes")))?;
        let limit = usage.saturating_add(leave_bytes).to_string();
        write(&files.limit, &limit).map_err(failed)?;
        if files.swap.exists() {
            let swap = if files.swap_counts_memory { &limit } else { "0" };
            write(&files.swap, swap).map_err(failed)?;
        }
        Ok(())
    }

    pub(crate) fn free(&self) -> Result<String, String> {
        let files = match self.files() {
            Ok(files) => files,
            Err(_) => return Ok("the containers' control group is gone".to_owned()),
        };
        // First the outer limit of the two.
        if files.swap.exists() {
            write(&files.swap, files.unlimited)?;
        }
        write(&files.limit, files.unlimited)?;
        let limit = read(&files.limit)?;
        if files.is_limited(&limit) {
            return Err(format!("the containers' memory is still limited to {limit} bytes"));
        }
        Ok(format!("the containers have {} bytes and no limit", read(&files.usage)?))
    }

    fn files(&self) -> Result<Files, Refused> {
        let lack = |detail: &str| Refused::unsupported(Capability::ContainerMemory, detail);
        let group = self.group.as_deref().ok_or_else(|| lack("CONTAINERS_CGROUP is not set"))?;
        let group = group.strip_prefix("/").unwrap_or(group);
        let files = Files::below(&self.root, group);
        if files.limit.exists() {
            return Ok(files);
        }
        Err(lack(&format!("there is no {}", files.limit.display())))
    }

    /// Why the machine cannot do it; none if it can. The group itself need not be
    /// there yet: Docker makes it with the first container.
    pub(crate) fn lack(&self) -> Option<String> {
        if self.group.is_none() {
            return Some("CONTAINERS_CGROUP is not set".to_owned());
        }
        let controllers = fs::read_to_string(self.root.join("cgroup.controllers"));
        let has = match controllers {
            Ok(controllers) => controllers.split_whitespace().any(|name| name == "memory"),
            Err(_) => self.root.join("memory/memory.limit_in_bytes").exists(),
        };
        (!has).then(|| "the kernel has no control groups for memory".to_owned())
    }
}

impl Files {
    fn below(root: &Path, group: &Path) -> Self {
        if root.join("cgroup.controllers").exists() {
            let group = root.join(group);
            return Self {
                usage: group.join("memory.current"),
                limit: group.join("memory.max"),
                unlimited: "max",
                swap: group.join("memory.swap.max"),
                swap_counts_memory: false,
            };
        }
        let group = root.join("memory").join(group);
        Self {
            usage: group.join("memory.usage_in_bytes"),
            limit: group.join("memory.limit_in_bytes"),
            unlimited: "-1",
            swap: group.join("memory.memsw.limit_in_bytes"),
            swap_counts_memory: true,
        }
    }

    /// Version 1 shows no limit as the largest number of whole pages.
    fn is_limited(&self, shown: &str) -> bool {
        shown.parse::<u64>().is_ok_and(|limit| limit < 1 << 62)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path);
    text.map(|text| text.trim().to_owned()).map_err(|error| told("read", path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| told("write", path, &error))
}

fn told(what: &str, path: &Path, error: &io::Error) -> String {
    format!("{what} {}: {error}", path.display())
}

#[cfg(test)]
#[path = "container_memory_tests.rs"]
mod tests;
