//! What must hold after every scenario, whatever it did.

mod containers;
mod discovery;

use crate::{plan::Invariant, step};

pub const ALL: &[Invariant] = &[
    Invariant {
        id: "containers-have-workloads",
        title: "no container is without a workload, and no workload runs twice",
        run: step!(containers::have_workloads),
    },
    Invariant {
        id: "discovery-answers",
        title: "every scheduler that DNS names answers",
        run: step!(discovery::answers),
    },
];
