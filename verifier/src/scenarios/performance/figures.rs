//! What every component takes, at one moment.

use std::{collections::BTreeMap, fmt, time::Instant};

use futures::future::try_join_all;
use persys_contract::component;
use persys_faultd::protocol::Figures;
use serde_json::{Value, json};

use crate::{
    evidence::StepError,
    probe::{DiskUsage, Probes},
};

/// The platform's own programs. The rest (etcd, CoreDNS, Docker) is shown, and not judged.
const OWN: [&str; 3] = [component::GATEWAY, component::SCHEDULER, component::AGENT];

/// A component of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub machine: String,
    pub component: String,
}

impl Part {
    /// Whether it is one of the platform's own programs.
    pub fn is_own(&self) -> bool {
        OWN.contains(&self.component.as_str())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.component, self.machine)
    }
}

/// The figures of all components that have processes, and how much there is in etcd.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub at: Instant,
    pub of: BTreeMap<Part, Figures>,
    pub store_bytes: i64,
    /// Of whomever, the platform's passing leases among them.
    pub store_keys: usize,
}

/// What the engines keep on their machines' disks, by node.
pub async fn disks(probes: &Probes) -> Result<BTreeMap<String, DiskUsage>, StepError> {
    let asked = probes.dockers().iter();
    let asked = asked
        .map(async |(node, docker)| Ok::<_, StepError>((node.clone(), docker.disk_usage().await?)));
    Ok(try_join_all(asked).await?.into_iter().collect())
}

impl Snapshot {
    pub async fn take(probes: &Probes) -> Result<Self, StepError> {
        let machines = probes.all_faults().iter();
        let asked = machines.map(async |(machine, faults)| {
            let reports = faults.components().await?;
            Ok::<_, StepError>((machine.clone(), reports))
        });
        let mut of = BTreeMap::new();
        for (machine, reports) in try_join_all(asked).await? {
            for report in reports {
                let component = report.component.name;
                let part = Part { machine: machine.clone(), component };
                of.extend(report.figures.map(|figures| (part, figures)));
            }
        }
        let store_bytes = probes.etcd().status().await?.db_size;
        let store_keys = probes.etcd().quiet().keys().await?.len();
        let taken = Self { at: Instant::now(), of, store_bytes, store_keys };
        let text = format!("what {} components take", taken.of.len());
        probes.recorder().record("usage", text, taken.to_json());
        Ok(taken)
    }

    /// As the report's page reads it.
    fn to_json(&self) -> Value {
        let components = self.of.iter().map(|(part, figures)| {
            json!({
                "machine": part.machine,
                "component": part.component,
                "rssBytes": figures.rss_bytes,
                "openFds": figures.open_fds,
                "cpuSeconds": figures.cpu_seconds,
            })
        });
        let components: Vec<Value> = components.collect();
        json!({ "components": components, "storeBytes": self.store_bytes, "storeKeys": self.store_keys })
    }
}
