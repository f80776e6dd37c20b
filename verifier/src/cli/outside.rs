//! What a run has in its hands of the world outside.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use futures::future::{BoxFuture, join_all};
use persys_contract::topology::{MachineRole, Topology};
use serde_json::Value;

use crate::{
    engine::{Capabilities, CapabilitySource},
    evidence::{LogSource, Recorder, StepError},
    probe::{HostChannel, ProbeError, Probes},
};

/// All of it is absent where the engine's own tests run.
#[derive(Default)]
pub struct Outside {
    pub probes: Option<Arc<Probes>>,
    pub capabilities: Option<Arc<dyn CapabilitySource>>,
    pub logs: Option<Arc<dyn LogSource>>,
}

impl Outside {
    pub fn open(
        topology: Arc<Topology>,
        credentials: &Path,
        cli: &Path,
        host: Option<HostChannel>,
        recorder: Recorder,
        scale: f64,
    ) -> Result<Self, ProbeError> {
        persys_identity::install_crypto();
        let probes = Probes::open(topology, credentials, cli, recorder)?.with_host(host);
        let probes = Arc::new(probes);
        Ok(Self {
            logs: Some(probes.logs(scale)),
            capabilities: Some(Arc::new(Daemons(probes.clone()))),
            probes: Some(probes),
        })
    }
}

/// The fault daemons, asked what their machines can do.
struct Daemons(Arc<Probes>);

impl CapabilitySource for Daemons {
    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities, StepError>> {
        Box::pin(async move {
            let topology = self.0.topology();
            let answers = self.0.all_faults().iter().map(|(machine, probe)| async move {
                let has = probe.capabilities().await?;
                let is_agent = topology.machines[machine].has(MachineRole::Agent);
                Ok::<_, StepError>((machine.clone(), names(&serde_json::to_value(has)?, is_agent)))
            });
            let machines = join_all(answers).await.into_iter().collect::<Result<_, _>>()?;
            Ok(Capabilities { machines })
        })
    }
}

/// What is reported as `true`. Only agents have a Docker Engine, so the others
/// do not lack it.
fn names(capabilities: &Value, is_agent: bool) -> BTreeSet<String> {
    let fields = capabilities.as_object().into_iter().flatten();
    let has = fields.filter(|(_, has)| **has == Value::Bool(true)).map(|(name, _)| name.clone());
    has.chain((!is_agent).then(|| "docker".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capabilities_are_what_is_true() {
        let reported = json!({ "machine": "dns", "nft": true, "netem": false, "docker": false });
        assert_eq!(names(&reported, true), BTreeSet::from(["nft".to_owned()]));
        assert_eq!(names(&reported, false), ["docker", "nft"].map(str::to_owned).into());
    }
}
