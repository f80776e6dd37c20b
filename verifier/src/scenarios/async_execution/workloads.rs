//! What is handed in here, and what is looked at afterwards.

use persys_contract::{RestartPolicy, Workload, WorkloadType, topology::TestImage};

use crate::{
    context::Context,
    evidence::StepError,
    scenarios::support::{Submission, ends_on_sigterm},
};

/// Prints a line every half second until it is ended.
pub fn long_running(cx: &Context, prefix: &str) -> Workload {
    let command = "n=0; while true; do n=$((n+1)); echo line $n; sleep 0.5 & wait $!; done";
    Workload {
        // Only an image that is there counts, so that nothing hangs on a registry.
        name: cx.unique(prefix),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(TestImage::Worker).to_owned()),
        command: Some(ends_on_sigterm(command)),
        restart_policy: Some(RestartPolicy::UnlessStopped),
        ..Workload::default()
    }
}

/// The same, for the one node that has all of this machine's labels.
pub fn on_node(cx: &Context, prefix: &str, machine: &str) -> Workload {
    let labels = cx.topology().machines[machine].labels.clone();
    Workload { labels, ..long_running(cx, prefix) }
}

/// A node whose labels no other has, so that nothing goes elsewhere.
pub fn distinct_node(cx: &Context) -> Result<String, StepError> {
    let agents: Vec<_> = cx.probes().agents().keys().cloned().collect();
    let labels = |name: &String| &cx.topology().machines[name].labels;
    let distinct = |name: &&String| {
        let own = labels(name);
        let shared = |other: &&String| {
            other != name && own.iter().all(|(k, v)| labels(other).get(k) == Some(v))
        };
        !own.is_empty() && !agents.iter().any(|other| shared(&other))
    };
    agents
        .iter()
        .find(distinct)
        .cloned()
        .ok_or_else(|| StepError::skipped("needs an agent whose labels no other has"))
}

pub fn id_and_node(submission: &Submission) -> (String, String) {
    (submission.id().to_owned(), submission.node().to_owned())
}
