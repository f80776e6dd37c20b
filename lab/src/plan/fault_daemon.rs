//! The fault daemon of every machine.

use persys_contract::topology::MachineRole;

use super::{docker, site::Site};
use crate::{
    paths,
    spec::{ComponentSpec, Part, Readiness, RestartPolicy},
};

pub fn faultd(site: &Site) -> ComponentSpec {
    let mut spec = ComponentSpec::new(
        "persys-faultd",
        Part::Infrastructure,
        site.programs.faultd.clone(),
        Readiness::Notify,
    )
    .with_args(["--backend", "lab", "--machine", site.name])
    .with_args(["--topology", paths::TOPOLOGY])
    .with_args(["--supervisor", paths::SUPERVISOR_SOCKET]);
    if site.machine.has(MachineRole::Agent) {
        spec = spec.with_env("CONTAINERS_CGROUP", docker::cgroup(site));
    }
    // Disks are memory here, which is the host's: only small ones may be filled.
    let most = docker::DISK_BYTES.to_string();
    spec = spec.with_env("FILL_MOST", most);
    spec.restart = RestartPolicy::Always;
    spec
}
