//! The plan's workloads, as they are handed in.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use persys_contract::{
    RestartPolicy, Workload, WorkloadType,
    topology::{TestImage, Topology},
};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::{
    chaos::{ChaosPlan, Kind, Ordered},
    evidence::StepError,
    scenarios::support::ends_on_sigterm,
    workloads::TestWorkload,
};

/// What each of them prints, so that its logs are known for its own.
const MARK: &str = "I am ";

/// Everybody who comes up in a plan, by number. In another run the same numbers have other ids.
pub struct Cast {
    run_id: String,
    workloads: BTreeMap<u32, Workload>,
}

impl Cast {
    pub fn of(plan: &ChaosPlan, topology: &Topology, run_id: &str) -> Result<Self, StepError> {
        let mut cast = Self { run_id: run_id.to_owned(), workloads: BTreeMap::new() };
        for (number, ordered) in plan.orders() {
            let workload = cast.workload(number, &ordered, topology)?;
            cast.workloads.insert(number, workload);
        }
        Ok(cast)
    }

    pub fn id(&self, number: u32) -> String {
        let digest = Sha256::digest(format!("{} {number}", self.run_id));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.workloads.values().map(|workload| workload.id.as_str())
    }

    pub fn number(&self, id: &str) -> Option<u32> {
        self.workloads.iter().find(|(_, workload)| workload.id == id).map(|(number, _)| *number)
    }

    pub fn get(&self, number: u32) -> Option<&Workload> {
        self.workloads.get(&number)
    }

    pub fn all(&self) -> impl Iterator<Item = (u32, &Workload)> {
        self.workloads.iter().map(|(number, workload)| (*number, workload))
    }

    fn name(&self, number: u32) -> String {
        format!("chaos-{}-w{number}", self.run_id)
    }

    /// Whose logs these are, if they are not those of this workload.
    pub fn foreign(&self, number: u32, logs: &str) -> Option<String> {
        let own = self.name(number);
        let marks = logs.split(MARK).skip(1).filter_map(|rest| rest.split('.').next());
        marks.into_iter().find(|name| *name != own).map(str::to_owned)
    }

    fn workload(
        &self,
        number: u32,
        ordered: &Ordered,
        topology: &Topology,
    ) -> Result<Workload, StepError> {
        let name = self.name(number);
        let labels = match &ordered.node {
            Some(node) => topology.machines.get(node).map(|machine| machine.labels.clone()),
            None => None,
        };
        let says = format!("echo {MARK}{name}.");
        let image = topology.image(TestImage::Worker).to_owned();
        let container = |command: String, policy| Workload {
            kind: Some(WorkloadType::DockerContainer),
            image: Some(image.clone()),
            command: Some(command),
            restart_policy: Some(policy),
            ..Workload::default()
        };
        let workload = match ordered.kind {
            Kind::Service => container(ends_on_sigterm(&says), RestartPolicy::UnlessStopped),
            Kind::OneShot => container(format!("sh -c '{says}; sleep 1'"), RestartPolicy::No),
            Kind::Compose => Workload {
                kind: Some(WorkloadType::DockerCompose),
                compose: Some(STANDARD.encode(project(&image, &says))),
                ..Workload::default()
            },
            Kind::Git => TestWorkload::GitRepo
                .workload(topology)
                .map_err(|error| StepError::error(format!("failed to {error}")))?,
        };
        Ok(Workload { id: self.id(number), name, labels: labels.unwrap_or_default(), ..workload })
    }
}

/// A project of two services that go at once when they are told to.
fn project(image: &str, says: &str) -> String {
    let service = |name: &str| {
        format!(
            "  {name}:\n    image: {image}\n    command: [\"sh\", \"-c\", \"trap 'exit 143' TERM; \
             {says}; while true; do sleep 1 & wait $$!; done\"]\n"
        )
    };
    format!("services:\n{}{}", service("one"), service("two"))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::chaos::{Act, Client, Entry, Operation, PLAN_SCHEMA};

    fn cast(run_id: &str) -> Cast {
        let text = include_str!("../../../../topology.json");
        let topology = Topology::parse(Path::new("topology.json"), text).unwrap();
        let kinds = [Kind::Service, Kind::OneShot, Kind::Compose, Kind::Git];
        let entries = kinds.into_iter().zip(0..).map(|(kind, workload)| {
            let node = (workload == 1).then(|| "agent2".to_owned());
            let operation = Operation::Schedule { workload, kind, node };
            Entry { at_ms: 0, act: Act::Operation { client: Client::Cli, operation } }
        });
        let plan = ChaosPlan {
            schema: PLAN_SCHEMA,
            seed: 1,
            duration_ms: 1,
            left_out: Vec::new(),
            entries: entries.collect(),
        };
        Cast::of(&plan, &topology, run_id).unwrap()
    }

    #[test]
    fn every_workload_is_valid_and_has_an_id_of_its_run() {
        let (one, other) = (cast("1a2b3c4d"), cast("ffffffff"));
        let ids: BTreeSet<_> = one.all().chain(other.all()).map(|(_, w)| w.id.clone()).collect();
        assert_eq!(ids.len(), 8);
        for (number, workload) in one.all() {
            assert_eq!(workload.validate(), Ok(()), "{number}");
            assert_eq!(one.number(&workload.id), Some(number));
            if let Some(command) = &workload.command {
                assert!(shlex::split(command).is_some(), "{command}");
            }
        }
        assert_eq!(one.get(1).unwrap().labels["zone"], "b");
        assert_eq!(one.id(2), cast("1a2b3c4d").id(2));
    }

    #[test]
    fn logs_are_known_by_their_mark() {
        let cast = cast("r");
        assert_eq!(cast.foreign(1, "one_1 | I am chaos-r-w1.\nI am chaos-r-w1.\n"), None);
        assert_eq!(cast.foreign(1, ""), None);
        let foreign = cast.foreign(1, "I am chaos-r-w1.\nI am chaos-r-w12.\n");
        assert_eq!(foreign.as_deref(), Some("chaos-r-w12"));
    }
}
