//! Containers and workload records fit each other.

use std::collections::BTreeMap;

use crate::engine::{Context, Progress, StepResult};

/// Waits, since a removal may be under way; what stays is a violation.
pub async fn have_workloads(cx: &mut Context) -> StepResult {
    let (etcd, probes) = (cx.etcd(), cx.probes());
    cx.wait("every container belongs to a workload of its node, and to no other's", || async {
        let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (node, docker) in probes.dockers() {
            match docker.workloads().await {
                Ok(containers) => {
                    for container in containers {
                        let workload = container.workload().unwrap_or_default().to_owned();
                        homes.entry(workload).or_default().push(node.clone());
                    }
                }
                Err(error) => return Progress::unanswered(error),
            }
        }
        // Asked after the engines: a workload that was made meanwhile has its record.
        let records: BTreeMap<String, Option<String>> = match etcd.workloads().await {
            Ok(records) => {
                records.into_iter().map(|r| (r.value.id.clone(), r.value.node_id)).collect()
            }
            Err(error) => return Progress::unanswered(error),
        };
        for (workload, nodes) in &homes {
            let record = records.get(workload);
            match (record, &nodes[..]) {
                (None, _) => {
                    return Progress::not_yet(format!(
                        "{nodes:?}: container of {workload}, which has no record"
                    ));
                }
                (Some(home), [node]) if home.as_deref() == Some(node) => {}
                (Some(home), _) => {
                    return Progress::not_yet(format!(
                        "{workload} has containers on {nodes:?}, its record says {home:?}"
                    ));
                }
            }
        }
        Progress::Ready(())
    })
    .await
}
