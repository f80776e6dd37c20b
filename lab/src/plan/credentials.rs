//! The credentials of every machine as files. They are made in the lab's own
//! file system in memory, and each machine is handed its own alone.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};
use persys_contract::topology::Topology;

use crate::spec::{FileSpec, MachineSpec};

/// Makes all credentials anew and gives each machine its files.
pub fn hand_out(topology: &Topology, scratch: &Path, machines: &mut [MachineSpec]) -> Result<()> {
    persys_identity::write_credentials(topology, scratch).context("make the credentials")?;
    for machine in machines {
        let folder = scratch.join(&machine.name);
        let read = || -> std::io::Result<Vec<FileSpec>> {
            fs::read_dir(&folder)?
                .map(|entry| {
                    let entry = entry?;
                    let mode = entry.metadata()?.permissions().mode() & 0o7777;
                    let contents = fs::read_to_string(entry.path())?;
                    let path = topology.credentials.join(entry.file_name());
                    Ok(FileSpec::new(path, mode, contents))
                })
                .collect()
        };
        let files = read().with_context(|| format!("read {}", folder.display()))?;
        machine.files.extend(files);
    }
    fs::remove_dir_all(scratch).with_context(|| format!("remove {}", scratch.display()))
}
