//! The fault daemon of every machine.

use super::site::Site;
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
    spec.restart = RestartPolicy::Always;
    spec
}
