//! What runs is what was asked for.

use std::collections::BTreeMap;

use persys_contract::WORKLOAD_LABEL;

use super::create::{Web, Worker};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::{Container, ContainerMount},
};

pub async fn as_requested(cx: &mut Context) -> StepResult {
    let web = cx.get::<Web>()?.0.clone();
    let container = only_container(cx, web.id(), web.node()).await?;
    let asked = &web.workload;
    let mut checks = cx.checks();
    checks.equal("name", container.name(), web.id());
    checks.equal("image", Some(container.image()), asked.image.as_deref());
    let words = asked.command.as_deref().and_then(shlex::split);
    checks.equal("command", Some(container.command()), words);
    let env = container.env();
    for (name, value) in &asked.env_vars {
        checks.equal(&format!("environment variable {name}"), env.get(name), Some(value));
    }
    checks.equal("ports", &container.ports(), &asked.ports);
    let source = format!("/run/persys-volumes/{}", asked.name);
    let mount = ContainerMount { source, destination: "/data".into(), writable: false };
    checks.equal("mounts", container.mounts(), vec![mount]);
    checks.equal("networks", container.networks(), vec!["bridge".to_owned()]);
    checks.equal("restart policy", container.restart_policy().as_str(), "unless-stopped");
    let labels = container.labels();
    for (label, value) in [
        (WORKLOAD_LABEL, web.id()),
        ("displayName", asked.name.as_str()),
        ("persys.node", web.node()),
    ] {
        checks.equal(&format!("label {label}"), labels.get(label).map(String::as_str), Some(value));
    }
    checks.finish()?;
    let (id, node) = {
        let worker = cx.get::<Worker>()?;
        (worker.id.clone(), worker.node.clone())
    };
    let container = only_container(cx, &id, &node).await?;
    let mut checks = cx.checks();
    checks.equal("restart policy by persys-cli", container.restart_policy().as_str(), "always");
    checks.equal("ports that nobody asked for", container.ports(), Vec::<String>::new());
    checks.finish()
}

/// The one container of a workload, which is on its node and on no other.
async fn only_container(cx: &Context, id: &str, node: &str) -> Result<Container, StepError> {
    let mut found = BTreeMap::new();
    for (name, docker) in cx.probes().dockers() {
        for container in docker.of_workload(id).await? {
            found.insert(container.id, name.clone());
        }
    }
    let on_node = found.values().filter(|name| *name == node).count();
    if found.len() != 1 || on_node != 1 {
        return Err(StepError::failed(format!(
            "workload {id} should have one container, on {node}; it has {found:?}"
        )));
    }
    cx.docker(node)
        .inspect(id)
        .await?
        .ok_or_else(|| StepError::failed(format!("{node} has no container named {id}")))
}

pub async fn published_port_answers(cx: &mut Context) -> StepResult {
    let web = cx.get::<Web>()?;
    let (node, number) = (web.0.node().to_owned(), web.port()?);
    let port = cx.probes().published(&node, number)?;
    let page = cx
        .wait(format!("port {number} of {node} answers"), || async {
            Progress::from(port.get("/").await)
        })
        .await?;
    let mut checks = cx.checks();
    checks.equal("status", page.status, 200);
    checks.contains("page", &page.text(), "persys test page");
    checks.finish()
}
