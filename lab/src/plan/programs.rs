//! Where the programs are that a lab runs.

use std::{
    env,
    ffi::OsString,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::options::{Dns, LabOptions};
use crate::paths;

/// A program that is not there is named where it was looked for; the doctor
/// says how to get it.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This program.
    pub lab: PathBuf,
    pub gateway: PathBuf,
    pub prow: PathBuf,
    pub agent: PathBuf,
    pub cli: PathBuf,
    pub github: PathBuf,
    pub faultd: PathBuf,
    pub verifier: PathBuf,
    pub etcd: Option<PathBuf>,
    pub coredns: Option<PathBuf>,
    pub dockerd: Option<PathBuf>,
    pub busybox: Option<PathBuf>,
}

impl Programs {
    pub fn find(options: &LabOptions) -> Result<Self> {
        let lab = env::current_exe().context("find this program")?;
        let folder = match &options.bin_dir {
            Some(folder) => absolute(folder)?,
            None => lab.parent().context("find this program's folder")?.to_owned(),
        };
        let own = |chosen: &Option<PathBuf>, name: &str| match chosen {
            Some(path) => absolute(path),
            None => Ok(folder.join(name)),
        };
        let system = |chosen: &Option<PathBuf>, name: &str| match chosen {
            Some(path) => absolute(path).map(Some),
            None => Ok(find_in_path(name)),
        };
        let coredns = match (&options.dns, &options.coredns) {
            (Dns::Embedded, _) => None,
            (Dns::Coredns, Some(path)) => Some(absolute(path)?),
            (Dns::Coredns, None) => {
                in_checkout(&options.topology, &lab).or_else(|| find_in_path("coredns"))
            }
        };
        Ok(Self {
            gateway: own(&options.gateway, "api-gateway")?,
            prow: own(&options.prow, "prow-scheduler")?,
            agent: own(&options.agent, "persys-agent")?,
            cli: own(&options.cli, "persys-cli")?,
            github: own(&options.github, "persys-github")?,
            faultd: own(&None, "persys-faultd")?,
            verifier: own(&None, "persys-verifier")?,
            etcd: system(&options.etcd, "etcd")?,
            coredns,
            dockerd: find_in_path("dockerd"),
            busybox: find_in_path("busybox"),
            lab,
        })
    }

    /// All paths that must be visible on the machines.
    pub fn paths(&self) -> Vec<PathBuf> {
        let own = [
            &self.lab,
            &self.gateway,
            &self.prow,
            &self.agent,
            &self.cli,
            &self.github,
            &self.faultd,
            &self.verifier,
        ];
        let system = [&self.etcd, &self.coredns, &self.dockerd, &self.busybox];
        own.into_iter().chain(system.into_iter().flatten()).cloned().collect()
    }
}

/// CoreDNS as `make tools` installs it: above the topology file or this program.
fn in_checkout(topology: &Path, lab: &Path) -> Option<PathBuf> {
    let topology = absolute(topology).ok()?;
    topology
        .ancestors()
        .chain(lab.ancestors())
        .map(|folder| folder.join(".tools/bin/coredns"))
        .find(|path| is_executable(path))
}

pub fn find_in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&search_path())
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
}

/// `PATH` and the folders of system programs, which some users' lack.
pub fn search_path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    for folder in ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
        if !env::split_paths(&path).any(|known| known == Path::new(folder)) {
            if !path.is_empty() {
                path.push(":");
            }
            path.push(folder);
        }
    }
    path
}

fn absolute(path: &Path) -> Result<PathBuf> {
    paths::real(path).with_context(|| format!("find {}", path.display()))
}

pub fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
