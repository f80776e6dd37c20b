//! Looks at all engines and all records, again and again.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::time::{MissedTickBehavior, interval};

use super::{conduct::Conduct, stage::Shared};
use crate::{
    chaos::{Sample, SampledContainer, SampledRecord},
    probe::{EtcdProbe, ListedContainer},
};

const EVERY: Duration = Duration::from_millis(500);
/// Who does not answer within this is not waited for.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Goes on until it is dropped.
pub async fn sample(conduct: Arc<Conduct>, samples: Shared<Vec<Sample>>) {
    let etcd = conduct.probes.etcd().with_timeout(PATIENCE).quiet();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let nodes = conduct.probes.dockers().iter().map(|(node, docker)| async move {
            let containers = docker.clone().with_timeout(PATIENCE).workloads().await.ok()?;
            Some((node.clone(), containers.iter().map(container).collect()))
        });
        let (containers, records) = tokio::join!(join_all(nodes), records(&etcd));
        let sample = Sample {
            at_ms: conduct.now_ms(),
            containers: containers.into_iter().flatten().collect(),
            records,
        };
        samples.with(|all| all.push(sample));
    }
}

fn container(listed: &ListedContainer) -> SampledContainer {
    SampledContainer {
        id: listed.id.clone(),
        workload: listed.workload().unwrap_or_default().to_owned(),
        part: listed.part(),
        running: listed.state == "running",
    }
}

async fn records(etcd: &EtcdProbe) -> Option<std::collections::BTreeMap<String, SampledRecord>> {
    let records = etcd.workloads().await.ok()?;
    let record = |stored: crate::probe::Stored<persys_contract::Workload>| {
        let workload = stored.value;
        (workload.id, SampledRecord { node: workload.node_id, status: workload.status })
    };
    Some(records.into_iter().map(record).collect())
}
