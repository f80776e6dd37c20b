//! A workload that a scenario has handed in, and what is watched meanwhile.

use std::collections::BTreeMap;

use persys_contract::{ScheduleReply, Workload, topology::Feature};

use super::leftovers::LEFTOVERS;
use crate::{
    context::Context,
    evidence::StepError,
    probe::{ApiProbe, DockerRecording, Exchange, Recording},
};

/// A workload and the scheduler's answer to it.
#[derive(Clone, Debug)]
pub struct Submission {
    pub workload: Workload,
    pub reply: ScheduleReply,
    /// The request and its answer.
    pub exchange: Exchange,
}

impl Submission {
    /// Hands a workload in through the gateway, and takes it away again when the
    /// scenario ends. Anything but success is the platform's failure.
    pub async fn through_gateway(cx: &Context, workload: Workload) -> Result<Self, StepError> {
        Self::by(cx, &cx.gateway(), workload).await
    }

    /// The same, handed to the scheduler on a machine.
    pub async fn to_scheduler(
        cx: &Context,
        machine: &str,
        workload: Workload,
    ) -> Result<Self, StepError> {
        Self::by(cx, &cx.scheduler(machine), workload).await
    }

    async fn by(cx: &Context, api: &ApiProbe, workload: Workload) -> Result<Self, StepError> {
        let answer = api.schedule(&workload).await?;
        let reply = answer.ok()?;
        remove_at_the_end(cx, &reply.workload_id);
        Ok(Self { workload, reply, exchange: answer.exchange })
    }

    pub fn id(&self) -> &str {
        &self.reply.workload_id
    }

    pub fn node(&self) -> &str {
        &self.reply.node_id
    }
}

/// Registers the deletion of a workload as clean-up. One that is gone already is fine;
/// nothing of it may be left then.
pub fn remove_at_the_end(cx: &Context, id: &str) {
    if !cx.topology().platform.has(Feature::Delete) {
        let why = format!("{id} stays: platform.features lacks delete");
        return cx.record("note", why, serde_json::Value::Null);
    }
    cx.gone_at_the_end(id, &LEFTOVERS);
    let (gateway, id) = (cx.gateway(), id.to_owned());
    cx.on_cleanup(format!("delete workload {id}"), async move {
        let exchange = gateway.delete(&id).await?;
        match exchange.status {
            202 | 404 => Ok(()),
            _ => Err(StepError::failed(exchange.to_string())),
        }
    });
}

/// The history of all workload records and of all containers, from before the
/// first workload was handed in.
pub struct Watch {
    pub records: Recording,
    /// By node.
    pub containers: BTreeMap<String, DockerRecording>,
}

impl Watch {
    pub async fn start(cx: &Context) -> Result<Self, StepError> {
        let records = cx.etcd().record(persys_contract::StoreKeys::WORKLOADS).await?;
        let mut containers = BTreeMap::new();
        for (node, docker) in cx.probes().dockers() {
            containers.insert(node.clone(), docker.record().await?);
        }
        Ok(Self { records, containers })
    }
}
