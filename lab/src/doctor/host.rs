//! Who runs this, from where, and what is left of earlier labs.

use std::{env, fs, path::Path};

use super::finding::Finding;
use crate::{
    cgroups, names,
    plan::{LabOptions, read_topology},
};

pub fn root() -> Option<Finding> {
    (!nix::unistd::geteuid().is_root()).then(|| {
        Finding::new(
            "this is not root, who alone may make namespaces and run Docker",
            "run it again with sudo",
        )
    })
}

pub fn topology(options: &LabOptions) -> Option<Finding> {
    let error = read_topology(&options.topology).err()?;
    Some(Finding::new(
        format!("failed to {error:#}"),
        "run it in the checkout, or name the file with --topology",
    ))
}

/// Machines have folders of their own there, so what is needed of the host's must
/// lie below them, not be them.
pub fn folders() -> Vec<Finding> {
    let mut findings = Vec::new();
    let here = env::current_dir().unwrap_or_default();
    if ["/run", "/tmp", "/etc", "/var", "/opt", "/dev/shm"].iter().any(|own| here == Path::new(own))
    {
        findings.push(Finding::note(
            format!(
                "machines have a {} of their own, so commands cannot use this one",
                here.display()
            ),
            "start the lab from another folder, such as the checkout",
        ));
    }
    let linked = fs::canonicalize("/var/run").is_ok_and(|target| target == Path::new("/run"));
    if !linked {
        findings.push(Finding::new(
            "/var/run is not a link to /run, so namespaces and sockets would land on the host",
            "move what is in it and `ln -s /run /var/run`",
        ));
    }
    findings
}

pub fn leftovers() -> Option<Finding> {
    let mut dead = cgroups::labs();
    let living = names::living_or_ending().unwrap_or_default();
    dead.retain(|lab| !living.contains(lab));
    (!dead.is_empty()).then(|| {
        Finding::note(
            format!("control groups of labs that were killed are left: {}", dead.join(", ")),
            "the next run removes them, or `persys-lab clean`",
        )
    })
}
