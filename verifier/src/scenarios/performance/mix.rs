//! The containers that are handed in, in turn. The other types are a step of their own: plain
//! Docker, which containers are held against, knows nothing like them.

use persys_contract::{
    RestartPolicy, Workload, WorkloadType,
    topology::{Machine, TestImage},
};

use crate::{context::Context, probe::PlainContainer, scenarios::support::ends_on_sigterm};

type Kind = fn(&Context) -> Workload;

const KINDS: [Kind; 2] = [web, worker];

/// So many workloads, each kind in turn, the first on the first of the nodes and so on.
pub fn workloads(cx: &Context, nodes: &[String], count: usize) -> Vec<Workload> {
    (0..count)
        .map(|n| {
            let labels = cx.topology().machines.get(&nodes[n % nodes.len()]);
            let labels = labels.map(|Machine { labels, .. }| labels.clone()).unwrap_or_default();
            Workload { labels, ..KINDS[n % KINDS.len()](cx) }
        })
        .collect()
}

/// The same as containers that the engine runs without the platform.
pub fn plain(cx: &Context, count: usize) -> Vec<PlainContainer> {
    (0..count)
        .map(|n| {
            let Workload { name, image, command, .. } = KINDS[n % KINDS.len()](cx);
            PlainContainer {
                name,
                image: image.unwrap_or_default(),
                command: command.and_then(|command| shlex::split(&command)),
            }
        })
        .collect()
}

fn web(cx: &Context) -> Workload {
    container(cx, "load-web", TestImage::Web, None)
}

fn worker(cx: &Context) -> Workload {
    container(cx, "load-worker", TestImage::Worker, Some(ends_on_sigterm("echo at work")))
}

fn container(cx: &Context, name: &str, image: TestImage, command: Option<String>) -> Workload {
    Workload {
        name: cx.unique(name),
        kind: Some(WorkloadType::DockerContainer),
        image: Some(cx.topology().image(image).to_owned()),
        command,
        restart_policy: Some(RestartPolicy::No),
        ..Workload::default()
    }
}
