//! The containers of a project, as its node's engine shows them.

use std::collections::BTreeMap;

use persys_contract::WORKLOAD_LABEL;

use crate::{
    context::{Checks, Context},
    evidence::StepError,
    probe::{Container, PROJECT_LABEL, SERVICE_LABEL},
};

/// A project that was handed in.
#[derive(Clone, Debug)]
pub struct Handed {
    pub id: String,
    pub node: String,
    pub name: String,
}

impl Handed {
    /// Its containers by service. Each service has one, on the project's node, and no other
    /// node has any; all of them run and bear the contract's labels (§3.3).
    pub async fn containers(
        &self,
        cx: &Context,
        services: &[&str],
        checks: &mut Checks,
    ) -> Result<BTreeMap<String, Container>, StepError> {
        let mut found: BTreeMap<String, Vec<Container>> = BTreeMap::new();
        for (node, docker) in cx.probes().dockers() {
            for listed in docker.of_workload(&self.id).await? {
                checks.equal(&format!("node of container {}", listed.name), node, &self.node);
                let Some(container) = docker.inspect(&listed.id).await? else { continue };
                let service = container.labels().remove(SERVICE_LABEL).unwrap_or_default();
                found.entry(service).or_default().push(container);
            }
        }
        let counts: Vec<_> = found.iter().map(|(name, own)| (name.as_str(), own.len())).collect();
        let mut wanted: Vec<_> = services.iter().map(|service| (*service, 1)).collect();
        wanted.sort_unstable();
        checks.equal(&format!("containers of {} by service", self.name), counts, wanted);
        let mut containers = BTreeMap::new();
        for (service, own) in found {
            let Some(container) = own.into_iter().next() else { continue };
            let of = format!("of {service} of {}", self.name);
            checks.equal(&format!("state {of}"), container.status().as_str(), "running");
            let labels = container.labels();
            for (label, value) in [
                (WORKLOAD_LABEL, &self.id),
                ("displayName", &self.name),
                ("persys.node", &self.node),
            ] {
                checks.equal(&format!("label {label} {of}"), labels.get(label), Some(value));
            }
            containers.insert(service, container);
        }
        Ok(containers)
    }

    /// The name that Compose knows the project by.
    pub async fn project(&self, cx: &Context) -> Result<String, StepError> {
        let listed = cx.docker(&self.node).of_workload(&self.id).await?;
        let project = listed.first().and_then(|first| first.labels.get(PROJECT_LABEL).cloned());
        project.ok_or_else(|| {
            StepError::failed(format!(
                "no container of {} has the label {PROJECT_LABEL}",
                self.name
            ))
        })
    }
}

/// The environment of a container must hold these; `None` is for what must not be there.
pub fn environment(
    checks: &mut Checks,
    service: &str,
    container: Option<&Container>,
    wanted: &[(&str, Option<&str>)],
) {
    let Some(container) = checks.some(&format!("container of {service}"), container) else {
        return;
    };
    let env = container.env();
    for (name, value) in wanted {
        checks.equal(&format!("{name} of {service}"), env.get(*name).map(String::as_str), *value);
    }
}
